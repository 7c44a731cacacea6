package retrieval

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"cairn/retrieval/lexical"
	"cairn/runbooks"
)

// The fields of a passage and of a document. The lengths are those of usual
// ones; they are constants, so that adding documents moves no impact.
var (
	passageHeading = lexical.Field{Weight: 1.6, Length: 8, B: 0.3}
	passageBody    = lexical.Field{Weight: 1, Length: 110, B: 0.6}
	passageCode    = lexical.Field{Weight: 0.8, Length: 60, B: 0.6}

	docTitle    = lexical.Field{Weight: 4, Length: 5, B: 0.5}
	docPath     = lexical.Field{Weight: 1.2, Length: 6, B: 0.3}
	docTags     = lexical.Field{Weight: 1.5, Length: 5, B: 0.3}
	docQuestion = lexical.Field{Weight: 2.5, Length: 40, B: 0.4}
	docAlert    = lexical.Field{Weight: 4, Length: 8, B: 0.3}
	docHeading  = lexical.Field{Weight: 1.2, Length: 40, B: 0.5}
	docBody     = lexical.Field{Weight: 1, Length: 500, B: 0.75}
)

// maxAliases bounds the short texts that one document is known by.
const maxAliases = 40

// The bounds of what is kept of a passage's sentences.
const (
	maxSentences = 48
	maxSentence  = 400 // bytes
)

// An analyzed document: everything that the tables hold of it, with terms
// numbered by the vocabulary of the worker that analysed it.
type analyzed struct {
	library, path, title, hash, meta, text string
	lang                                   runbooks.Lang
	steps                                  uint32
	postings                               []lexical.Posting
	aliases                                [][]uint32
	passages                               []analyzedPassage
	// worker is the index of the vocabulary.
	worker int
}

type analyzedPassage struct {
	postings   []lexical.Posting
	heading    []uint32
	sentences  [][]uint32
	kind       runbooks.PassageKind
	start, end uint32
	hash       uint64
	vector     []float32
	// embed is the text that an embedder gets.
	embed string
}

// A worker analyses documents one after the other.
type worker struct {
	vocab *lexical.Vocab
	tally *lexical.Tally
	embed bool

	// The sums of a passage, of the passages' texts and of the document.
	passage, body, doc lexical.Sum
	ids                []uint32
}

func newWorker(a *lexical.Analyzer, embed bool) *worker {
	v := lexical.NewVocab()
	return &worker{vocab: v, tally: lexical.NewTally(a, v), embed: embed}
}

func (w *worker) analyze(lib string, d *runbooks.Document) (analyzed, error) {
	m := d.Meta
	m.Err = nil
	meta, err := json.Marshal(m)
	if err != nil {
		return analyzed{}, fmt.Errorf("write the front matter of %s: %w", d.Path, err)
	}
	out := analyzed{library: lib, path: d.Path, title: d.Title, hash: d.Hash, meta: string(meta), text: d.Text, lang: d.Lang}
	for i := range d.Sections {
		out.steps += uint32(len(d.Sections[i].Steps))
	}
	w.passages(&out, d)
	field := func(f lexical.Field, text string, alias bool) {
		if text == "" {
			return
		}
		counts, n := w.tally.Count(text)
		w.doc.Add(f, counts, n)
		if alias && len(out.aliases) < maxAliases {
			out.aliases = append(out.aliases, w.alias(counts))
		}
	}
	field(docTitle, d.Title, true)
	for i := range d.Sections {
		if s := &d.Sections[i]; s.Level == 1 && s.Heading != d.Title && !s.Boilerplate {
			counts, _ := w.tally.Count(s.Heading)
			out.aliases = append(out.aliases, w.alias(counts))
			break
		}
	}
	field(docPath, pathWords(d.Path), false)
	field(docTags, strings.Join(append([]string{m.Service}, m.Tags...), ", "), false)
	for _, a := range m.Alerts {
		field(docAlert, a, true)
	}
	for _, q := range m.Questions {
		field(docQuestion, q, true)
	}
	out.postings = lexical.Impacts(w.doc.Take())
	return out, nil
}

// passages analyses the document's passages, and adds what they bring to the
// document to its sums.
func (w *worker) passages(out *analyzed, d *runbooks.Document) {
	ps := runbooks.Passages(d)
	out.passages = make([]analyzedPassage, 0, len(ps))
	words, section, counted := 0, -1, -1
	var name []uint32 // the section's heading
	for _, p := range ps {
		s := &d.Sections[p.Section]
		heading, prose, code := passageText(d, s, p)
		own := p.Kind != runbooks.Boilerplate
		if first := own && p.Section != counted; first || p.Section != section {
			counts, n := w.tally.Count(s.Heading)
			if name, section = w.alias(counts), p.Section; first {
				counted = p.Section
				w.doc.Add(docHeading, counts, n)
			}
		}
		ap := analyzedPassage{kind: p.Kind, start: uint32(p.StartLine), end: uint32(p.EndLine), heading: name}
		counts, n := w.tally.Count(heading)
		w.passage.Add(passageHeading, counts, n)
		for _, part := range []struct {
			field lexical.Field
			text  string
		}{{passageBody, prose}, {passageCode, code}} {
			counts, n := w.tally.Count(part.text)
			w.passage.Add(part.field, counts, n)
			if own {
				w.body.Add(lexical.Field{Weight: 1}, counts, n)
				words += n
			}
			ap.sentences = w.sentences(ap.sentences, part.text)
		}
		ap.postings = lexical.Impacts(w.passage.Take())
		ap.hash = w.vocab.Similarity(ap.postings)
		if w.embed {
			ap.embed = embedText(d, p, heading)
		}
		out.passages = append(out.passages, ap)
	}
	w.doc.Add(docBody, w.body.Take(), words)
}

// alias returns the sorted distinct terms of a short text by its counts.
func (w *worker) alias(counts []lexical.Count) []uint32 {
	w.ids = w.ids[:0]
	for _, c := range counts {
		w.ids = append(w.ids, c.ID)
	}
	return slices.Clone(w.distinct())
}

// sentences appends the sorted distinct terms of each sentence of the text that
// was counted last, without single characters and pairs, up to maxSentences.
func (w *worker) sentences(dst [][]uint32, text string) [][]uint32 {
	for s := range sentences(text) {
		if len(dst) == maxSentences {
			break
		}
		if s.torn || s.to > lexical.MaxText {
			w.ids = w.tally.Terms(w.ids[:0], text[s.from:s.to])
		} else {
			w.ids = w.tally.Part(w.ids[:0], s.from, s.to)
		}
		if ids := w.distinct(); len(ids) > 1 {
			dst = append(dst, slices.Clone(ids))
		}
	}
	return dst
}

// distinct sorts w.ids and drops repetitions.
func (w *worker) distinct() []uint32 {
	slices.Sort(w.ids)
	w.ids = slices.Compact(w.ids)
	return w.ids
}

// passageText gives the fields of a passage: the headings below the title, the
// prose and the code.
func passageText(d *runbooks.Document, s *runbooks.Section, p runbooks.Passage) (heading, prose, code string) {
	hs := p.Heading
	if len(hs) > 1 && hs[0] == d.Title {
		hs = hs[1:]
	}
	var b, c strings.Builder
	b.Grow(p.Span.Len())
	for i := range s.Blocks {
		blk := &s.Blocks[i]
		if blk.Span.End <= p.Span.Start || blk.Span.Start >= p.Span.End {
			continue
		}
		text := blk.Text
		if blk.Span.Start < p.Span.Start || blk.Span.End > p.Span.End {
			// A block that several passages share: the part that is here.
			text = withoutURLs(d.Text[max(blk.Span.Start, p.Span.Start):min(blk.Span.End, p.Span.End)])
		}
		w := &b
		if blk.Kind == runbooks.Code {
			w = &c
		}
		w.WriteString(text)
		w.WriteByte('\n')
	}
	if b.Len() == 0 && c.Len() == 0 {
		b.WriteString(withoutURLs(d.Slice(p.Span)))
	}
	return strings.Join(hs, "\n"), b.String(), c.String()
}

// withoutURLs drops web addresses, whose path and query say nothing.
func withoutURLs(text string) string {
	var b strings.Builder
	for {
		i := strings.Index(text, "://")
		if i < 0 {
			break
		}
		start := i
		for start > 0 && text[start-1] >= 'a' && text[start-1] <= 'z' {
			start--
		}
		end := i
		for end < len(text) && text[end] > ' ' && text[end] < 0x80 && text[end] != ')' && text[end] != '"' && text[end] != '>' {
			end++
		}
		b.WriteString(text[:start])
		b.WriteByte(' ')
		text = text[end:]
	}
	if b.Len() == 0 {
		return text
	}
	b.WriteString(text)
	return b.String()
}

// embedText is what an embedder reads of a passage.
func embedText(d *runbooks.Document, p runbooks.Passage, heading string) string {
	const limit = 4000
	text := d.Title + "\n" + heading + "\n" + d.Slice(p.Span)
	if len(text) > limit {
		text = strings.ToValidUTF8(text[:limit], "")
	}
	return text
}

// pathWords is a path as text: without extension, index names and language
// folders.
func pathWords(p string) string {
	p = strings.TrimSuffix(p, path.Ext(p))
	var out []string
	for part := range strings.SplitSeq(p, "/") {
		switch strings.ToLower(part) {
		case "index", "_index", "readme", "docs", "doc", "zh", "en", "zh-cn", "zh_cn", "runbooks", "content":
		default:
			out = append(out, part)
		}
	}
	return strings.Join(out, ", ")
}
