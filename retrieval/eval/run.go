package eval

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"

	"cairn/retrieval"
)

// Depth is how many passages every question is judged by.
const Depth = 10

// passageLimit is how many characters of a passage count: an answer further
// down is not what the reader sees.
const passageLimit = 1200

// A Searcher answers questions; *retrieval.Index is one.
type Searcher interface {
	Search(ctx context.Context, q retrieval.Query) (*retrieval.Result, error)
}

// An Outcome is what became of one question. It holds no text.
type Outcome struct {
	ID string `json:"id"`
	// Answerable reports that the question has gold.
	Answerable bool `json:"answerable"`
	// Document and Passage are the ranks of the first right document, counting
	// distinct documents, and of the first right passage; 0 where none of the
	// first ten is right. Passage is 0 where the gold names documents only.
	Document int `json:"document"`
	Passage  int `json:"passage,omitempty"`
	// ByPassage reports that the gold names passages.
	ByPassage  bool              `json:"by_passage,omitempty"`
	Verdict    retrieval.Verdict `json:"verdict"`
	Confidence float64           `json:"confidence"`
	Coverage   float64           `json:"coverage"`
	Took       time.Duration     `json:"-"`
	// First is the first hit's place, "path:line".
	First string `json:"first"`
	// Golds is how many right documents or passages there are, for nDCG.
	Golds int `json:"golds,omitempty"`
	// Features are what confidence rests on.
	Features []float64 `json:"-"`
}

// Right reports whether the first hit is a right one.
func (o Outcome) Right() bool {
	if o.ByPassage {
		return o.Passage == 1
	}
	return o.Document == 1
}

// Run asks all questions, one after the other.
func Run(ctx context.Context, s Searcher, questions []Question) ([]Outcome, error) {
	out := make([]Outcome, 0, len(questions))
	for _, q := range questions {
		start := time.Now()
		r, err := s.Search(ctx, retrieval.Query{Text: q.Query, K: Depth})
		took := time.Since(start)
		if err != nil {
			return nil, fmt.Errorf("question %s: %w", q.ID, err)
		}
		o := judge(q, r)
		o.Took = took
		out = append(out, o)
	}
	return out, nil
}

func judge(q Question, r *retrieval.Result) Outcome {
	o := Outcome{ID: q.ID, Answerable: len(q.Gold) > 0, Verdict: r.Verdict, Confidence: r.Confidence, Coverage: r.Coverage}
	docs := make(map[string]bool)
	gold := make(map[string]bool)
	for _, g := range q.Gold {
		gold[g.Doc] = true
		if g.Contains != "" || g.Line > 0 {
			o.ByPassage = true
		}
	}
	o.Golds = len(gold)
	if o.ByPassage {
		o.Golds = len(q.Gold)
	}
	for i, h := range r.Hits {
		if i == 0 {
			o.First = fmt.Sprintf("%s:%d", h.Document.Path, h.Passage.StartLine)
		}
		docs[h.Document.Path] = true
		if gold[h.Document.Path] && o.Document == 0 {
			o.Document = len(docs)
		}
		if o.ByPassage && o.Passage == 0 && rightPassage(q.Gold, h) {
			o.Passage = i + 1
		}
	}
	return o
}

func rightPassage(gold []Gold, h retrieval.Hit) bool {
	text := ""
	for _, g := range gold {
		if g.Doc != h.Document.Path {
			continue
		}
		if g.Line > 0 && g.Line >= h.Passage.StartLine && g.Line <= h.Passage.EndLine {
			return true
		}
		if g.LastLine > 0 && g.Line <= h.Passage.StartLine && h.Passage.StartLine <= g.LastLine {
			return true
		}
		if g.Contains == "" {
			continue
		}
		if text == "" {
			t := []rune(h.Text())
			text = squeeze(string(t[:min(len(t), passageLimit)]))
		}
		if strings.Contains(text, squeeze(g.Contains)) {
			return true
		}
	}
	return false
}

// squeeze drops all white space.
func squeeze(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}
