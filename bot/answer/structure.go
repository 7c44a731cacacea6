package answer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"cairn/retrieval/llm"
)

// What a model is asked for: one object whose fields come in this order, so
// that what is written can be shown while it still comes.
//
//	{"passages": ["P1", "P3"],
//	 "sentences": [{"text": "...", "cites": ["P1"]}],
//	 "missing": ["words of the question"]}
type (
	// writtenSentence is one connecting sentence.
	writtenSentence struct {
		Text string `json:"text"`
		// Cites are ids of passages.
		Cites []string `json:"cites"`
	}
	// written takes the parts as they come.
	written struct {
		passages func(ids []string) error
		sentence func(writtenSentence) error
		missing  func(phrases []string) error
	}
)

// Bounds on what a model may write.
const (
	maxWritten   = 64 << 10 // bytes of the whole answer
	maxSentences = 12
	maxPassages  = 8
	maxMissing   = 4
)

var (
	errNoObject    = errors.New("the model's answer holds no object")
	errTooLong     = errors.New("the model's answer is too long")
	errOtherObject = errors.New("the model's answer has none of the fields asked for")
)

// readWritten reads a model's answer piece by piece and hands out its parts
// once they are whole. It accepts what models do around the object: fences,
// words before and after it, thoughts in tags, and one object around it. It
// returns nil once the object is whole, whatever comes after it.
func readWritten(r io.Reader, w written) error {
	src := &objectReader{r: io.LimitReader(r, maxWritten)}
	dec := json.NewDecoder(src)
	err := readObject(dec, w, 0)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		switch {
		case src.total >= maxWritten:
			return errTooLong
		case !src.began:
			return errNoObject
		}
		return fmt.Errorf("the model's answer breaks off: %w", io.ErrUnexpectedEOF)
	}
	return err
}

// readObject reads one object; known fields are handed out, an object in an
// unknown field is looked into once.
func readObject(dec *json.Decoder, w written, depth int) error {
	if err := delim(dec, '{'); err != nil {
		return err
	}
	known := 0
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return err
		}
		n, err := readField(dec, w, fmt.Sprint(key), depth)
		if err != nil {
			return err
		}
		known += n
	}
	if err := delim(dec, '}'); err != nil {
		return err
	}
	if known == 0 {
		return errOtherObject
	}
	return nil
}

func readField(dec *json.Decoder, w written, key string, depth int) (known int, err error) {
	switch key {
	case "passages":
		var ids []any
		if err := dec.Decode(&ids); err != nil {
			return 0, err
		}
		return 1, w.passages(texts(ids, maxPassages))
	case "missing":
		var v any
		if err := dec.Decode(&v); err != nil {
			return 0, err
		}
		list, ok := v.([]any)
		if !ok {
			list = []any{v} // one phrase, or null
		}
		return 1, w.missing(texts(list, maxMissing))
	case "sentences":
		return 1, readSentences(dec, w)
	}
	var raw json.RawMessage
	if err := dec.Decode(&raw); err != nil {
		return 0, err
	}
	if depth == 0 && len(raw) > 0 && raw[0] == '{' { // {"answer": {...}}
		err := readObject(json.NewDecoder(strings.NewReader(string(raw))), w, depth+1)
		if errors.Is(err, errOtherObject) {
			return 0, nil
		}
		return 1, err
	}
	return 0, nil
}

func readSentences(dec *json.Decoder, w written) error {
	tok, err := dec.Token()
	if err != nil || tok == nil { // null
		return err
	}
	if tok != json.Delim('[') {
		return fmt.Errorf("read the model's answer: sentences are a %T, want a list", tok) // the log gets no text
	}
	for n := 0; dec.More(); n++ {
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return err
		}
		var s struct {
			Text  string `json:"text"`
			Cites any    `json:"cites"`
		}
		if json.Unmarshal(raw, &s) != nil {
			continue // no sentence: as good as uncited
		}
		list, ok := s.Cites.([]any)
		if !ok {
			list = []any{s.Cites}
		}
		if n >= maxSentences {
			continue
		}
		if err := w.sentence(writtenSentence{Text: s.Text, Cites: texts(list, maxPassages)}); err != nil {
			return err
		}
	}
	return delim(dec, ']')
}

// delim reads one delimiter.
func delim(dec *json.Decoder, want rune) error {
	tok, err := dec.Token()
	if err != nil {
		return err
	}
	if tok != json.Delim(want) {
		return fmt.Errorf("read the model's answer: got a %T, want %c", tok, want)
	}
	return nil
}

// texts returns at most n of the values that are strings.
func texts(values []any, n int) []string {
	var out []string
	for _, v := range values {
		if s, ok := v.(string); ok && len(out) < n {
			out = append(out, s)
		}
	}
	return out
}

// An objectReader skips what stands before the object: words, a fence, a
// model's thoughts.
type objectReader struct {
	r     io.Reader
	began bool
	held  []byte // read but not decided on
	total int
}

// Read implements [io.Reader].
func (o *objectReader) Read(p []byte) (int, error) {
	for !o.began {
		buf := make([]byte, 4096)
		n, err := o.r.Read(buf)
		o.total += n
		o.held = append(o.held, buf[:n]...)
		if i, ok := llm.ObjectStart(o.held, err != nil); ok {
			o.began, o.held = true, o.held[i:]
			break
		}
		if err != nil {
			return 0, err
		}
	}
	if len(o.held) > 0 {
		n := copy(p, o.held)
		o.held = o.held[n:]
		return n, nil
	}
	n, err := o.r.Read(p)
	o.total += n
	return n, err
}
