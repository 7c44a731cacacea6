package answer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"cairn/bot/answer/ground"
	"cairn/retrieval/llm"
	"cairn/runbooks"
)

// endWithin is how long a server has to end its answer, and to say what it
// used, once the object is whole.
const endWithin = time.Second

// A draft is an answer that grows.
type draft struct {
	w     *Writer
	req   WriteRequest
	grow  func(Answer)
	mask  masker
	lang  runbooks.Lang
	bench *bench // nil without a judge

	mu                   sync.Mutex // guards what follows
	over                 bool       // nothing more is taken in
	sources              []source
	c                    composer
	a                    Answer
	kept, dropped, added int
	droppedFor           map[ground.Reason]int
	seen                 int   // sentences, in whatever lists they came
	pending              int   // before the judge
	unheard              int   // dropped in the judge's place
	judged               int   // that came before it
	judging              error // why it was not heard
}

func (w *Writer) newDraft(req WriteRequest, grow func(Answer)) *draft {
	d := &draft{w: w, req: req, grow: grow, mask: w.newMask(), a: req.Answer, lang: runbooks.Lang(req.Answer.Language), droppedFor: map[ground.Reason]int{}}
	d.a.Steps, d.a.Citations = slices.Clone(d.a.Steps), slices.Clone(d.a.Citations)
	d.sources = sources(req.Answer, req.Index, req.Hits)
	o := Options{Cache: req.Cache, Lang: d.lang}
	d.c = composer{idx: req.Index, opts: o.withDefaults(), question: req.Question, lang: d.lang}
	return d
}

// newMask makes what hides secrets in one call.
func (w *Writer) newMask() masker {
	if w.opts.Masker == nil {
		return noMask{}
	}
	return w.opts.Masker()
}

// maskWritten hides in what a model has written what it was not shown, and
// leaves its placeholders.
func maskWritten(m masker, text string) string {
	if w, ok := m.(interface{ MaskWritten(string) string }); ok {
		return w.MaskWritten(text)
	}
	return m.Mask(text)
}

type noMask struct{}

func (noMask) Mask(s string) string    { return s }
func (noMask) Restore(s string) string { return s }

// read asks the model and takes its answer in as it comes.
func (d *draft) read(ctx context.Context) error {
	messages, sent := prompt(systemPrompt(d.w.opts.Judge != nil), d.req.Question, d.lang, d.sources, d.w.opts.Send, d.mask)
	d.sources = d.sources[:sent]
	if d.w.opts.Judge != nil {
		d.bench = d.newBench(ctx)
	}
	err := d.ask(ctx, messages)
	d.bench.close(err == nil)
	return err
}

// ask lets the pieces of the model's answer go through a pipe to the reader of
// the object; an object that is whole ends the call, whatever the model goes on
// to say.
func (d *draft) ask(ctx context.Context, messages []llm.Message) error {
	call, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	pr, pw := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := d.take(pr)
		if err == nil {
			time.AfterFunc(endWithin, func() { stop(llm.ErrEnough) }) // a server may say no more and not end either
		}
		pr.CloseWithError(llm.ErrEnough) // the writer stops at its next piece
		ended <- err
	}()
	read := sync.OnceValue(func() error { // waits for the reader, who gets no more
		pw.Close()
		return <-ended
	})
	_, err := d.w.chat.Chat(call, llm.ChatRequest{Messages: messages, JSON: true, Person: d.req.Person, Check: func(string) error {
		if err := read(); !errors.Is(err, errUngrounded) && !errors.Is(err, errPanic) { // neither speaks against its form
			return err
		}
		return nil
	}}, func(piece string) error {
		_, err := io.WriteString(pw, piece)
		return err
	})
	parsed := read()
	switch {
	case parsed == nil, errors.Is(parsed, errUngrounded), errors.Is(parsed, errPanic):
		return parsed // how the call ended after it does not matter
	case err != nil && llm.ReasonOf(err) != llm.ReasonCanceled:
		return err
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return &llm.Error{Reason: llm.ReasonTimeout, Op: "write an answer", Err: ctx.Err()}
	case ctx.Err() != nil:
		return &llm.Error{Reason: llm.ReasonCanceled, Op: "write an answer", Err: ctx.Err()}
	}
	return parsed
}

// take reads the object. A panic is one answer without a model's words: this
// goroutine is nobody else's to guard.
func (d *draft) take(r io.Reader) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errPanic
			d.w.lg.Error("panic while reading the model's answer", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		}
	}()
	return readWritten(r, written{passages: d.passages, sentence: d.sentence, missing: d.missing})
}

// passages adds the passages that the model chose, once each.
func (d *draft) passages(ids []string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, id := range ids {
		s := d.source(id)
		if s == nil || s.citation > 0 || s.first > 0 || d.added >= d.w.opts.MaxAdded {
			continue
		}
		d.add(s, func(c *composer) { c.section(s.hit) })
	}
	return nil
}

// add lets a composer go on with the answer and takes what it added.
func (d *draft) add(s *source, do func(*composer)) {
	before := len(d.a.Citations)
	c := d.c
	c.a = d.a
	do(&c)
	if len(c.a.Citations) == before {
		return
	}
	d.a.Steps, d.a.Citations = c.a.Steps, c.a.Citations
	d.c.used = c.used
	s.first, s.last = before+1, len(c.a.Citations)
	d.a.Related = slices.DeleteFunc(slices.Clone(d.a.Related), func(r Related) bool {
		return r.Library == s.hit.Library && r.Document == s.hit.Document.Path && r.Document != d.req.Answer.Document
	})
	d.added++
	if d.kept > 0 { // else with the first sentence, or at the end: nothing shown is taken back for it
		d.grow(d.a)
	}
}

func (d *draft) source(id string) *source { return sourceByID(d.sources, id) }

// A claim is a sentence that can be shown if it follows from what it cites.
type claim struct {
	text     string
	hidden   string // as it may leave again
	cited    []*source
	evidence []ground.Evidence
}

// sentence takes a sentence in if it can be shown and follows from what it
// cites: at once, or when the judge has said so.
func (d *draft) sentence(ws writtenSentence) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.seen++; d.seen > maxSentences {
		return nil
	}
	c, reason := d.claim(ws)
	if reason == ground.ReasonNone && d.bench != nil { // no need to wait for the judge, who asks the same first
		reason = d.w.check.Minimum(c.text, c.evidence).Reason
	}
	switch {
	case reason != ground.ReasonNone:
		d.drop(reason)
	case d.bench != nil:
		d.pending++
		d.bench.add(c)
	default:
		d.settle(c, d.w.check.Check(c.text, c.evidence))
	}
	if d.dropped-d.unheard >= 4 && d.tooMuch() {
		return errUngrounded
	}
	return nil
}

func (d *draft) drop(reason ground.Reason) {
	d.dropped++
	d.droppedFor[reason]++
	d.w.lg.Debug("sentence dropped", "reason", string(reason))
}

// tooMuch reports that so little of what the model says holds that the rest is
// not worth believing either. What was dropped because the judge was not heard
// says nothing of that, and what is before it may hold.
func (d *draft) tooMuch() bool { return d.dropped-d.unheard > 3*(d.kept+d.pending) }

// claim reads a sentence and says why it cannot be shown, whether it is true or
// not.
func (d *draft) claim(ws writtenSentence) (claim, ground.Reason) {
	var c claim
	for _, id := range ws.Cites {
		s := d.source(id)
		if s == nil {
			return c, dropCitation
		}
		if !slices.Contains(c.cited, s) {
			c.cited = append(c.cited, s)
		}
	}
	if len(c.cited) == 0 {
		return c, dropCitation
	}
	for _, s := range c.cited {
		c.evidence = append(c.evidence, s.evidence)
	}
	restored, ok := restore(d.mask, ws.Text, c.evidence)
	if !ok {
		return c, dropSecret
	}
	var reason ground.Reason
	c.text, reason = screen(restored, d.lang, c.evidence)
	c.hidden = maskWritten(d.mask, ws.Text)
	return c, reason
}

// settle takes a sentence in that follows from what it cites.
func (d *draft) settle(c claim, v ground.Verdict) {
	if !v.Grounded {
		d.drop(v.Reason)
		return
	}
	for _, p := range d.a.Prose {
		if p.Text == c.text {
			d.drop(dropForm) // said already
			return
		}
	}
	adds := 0
	for _, s := range c.cited {
		if s.citation == 0 && s.first == 0 {
			adds++
		}
	}
	if d.added+adds > d.w.opts.MaxAdded {
		d.drop(dropCitation) // it would rest on what is not shown
		return
	}
	var cites []int
	for _, s := range c.cited {
		n := d.cite(s)
		if n == 0 {
			d.drop(dropCitation)
			return
		}
		cites = append(cites, n)
	}
	slices.Sort(cites)
	cites = slices.Compact(cites)
	d.kept++
	d.a.Prose = append(slices.Clip(d.a.Prose), Prose{Text: c.text, BeforeStep: d.place(cites), Citations: cites})
	d.grow(d.a)
}

// cite returns the number under which a source stands in the answer, adding it
// as a quote where it has none; 0 where it cannot stand there.
func (d *draft) cite(s *source) int {
	if s.citation > 0 {
		return s.citation
	}
	if s.first == 0 {
		d.add(s, func(c *composer) { c.passage(s.hit, s.hit.Passage.Span) })
	}
	return s.first
}

// place says before which step a sentence stands: the first one of an added
// passage that it speaks of alone, else after all (0), so that nothing of the
// first stage moves.
func (d *draft) place(cites []int) int {
	for i := range d.sources {
		s := &d.sources[i]
		if s.first == 0 || slices.Min(cites) < s.first || slices.Max(cites) > s.last {
			continue
		}
		for _, st := range d.a.Steps {
			if st.Citation >= s.first && st.Citation <= s.last {
				return st.N
			}
		}
	}
	return 0
}

// missing keeps the words of the question that no source speaks of. Only the
// asker's own words are shown.
func (d *draft) missing(phrases []string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	question := strings.ToLower(d.req.Question)
	for _, p := range phrases {
		if v, ok := d.mask.(interface{ Values(text string) []string }); ok && len(v.Values(p)) > 0 {
			continue // what was hidden is not shown a second time
		}
		p = strings.Join(strings.Fields(d.mask.Restore(p)), " ")
		if p == "" || strings.ContainsAny(p, "@＠<>`") || strings.Contains(p, "//") || strings.ContainsFunc(p, unprintable) ||
			!strings.Contains(question, strings.ToLower(p)) || strings.EqualFold(p, strings.TrimSpace(d.req.Question)) || slices.Contains(d.a.Missing, p) {
			continue
		}
		d.a.Missing = append(slices.Clip(d.a.Missing), p)
	}
	return nil
}
