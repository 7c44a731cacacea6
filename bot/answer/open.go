package answer

import (
	"slices"

	"cairn/retrieval"
	"cairn/runbooks"
)

// Open makes the answer that shows one place of a document: the one that
// somebody chose from Related. A cause of a runbook gives its steps, the
// beginning of a runbook its First look and Diagnose, another section its
// steps or its text. It is not ok when there is nothing to show.
func Open(d *runbooks.Document, library string, line int, question string, o *Options) (Answer, bool) {
	hit, ok := hitAt(d, library, line)
	opts := o.withDefaults()
	c := composer{
		opts: opts, question: question, lang: language("", question, opts.Lang),
		a: Answer{
			Question: question, Confidence: 1, Mode: ModeExtractive,
			Steps: []Step{}, Citations: []Citation{}, Related: []Related{},
		},
	}
	c.a.Language = string(c.lang)
	if !ok {
		return c.a, false
	}
	if l, own := layoutOf(d); own {
		switch sec := sectionAt(d, line); {
		case slices.Contains(l.causes, sec):
			c.steps(hit, d.Title, sec)
			c.addCauses(hit, l, sec)
		case sec <= slices.Max(l.steps):
			c.steps(hit, d.Title, l.steps...)
			c.addCauses(hit, l, -1)
		default: // Rollback, Verify, Prevent: as they stand
			c.steps(hit, d.Title, sec)
			c.addCauses(hit, l, -1)
		}
	}
	if len(c.a.Citations) == 0 {
		c.section(hit)
	}
	c.a.Related = append(c.a.Related, c.causes...)
	return c.a, len(c.a.Citations) > 0
}

// sectionAt returns the section that the line stands in, or -1.
func sectionAt(d *runbooks.Document, line int) int {
	found := -1
	for i := range d.Sections {
		if start, _ := d.Lines(d.Sections[i].Span); start <= line {
			found = i
		}
	}
	return found
}

// hitAt returns the passage at the line, or the next one after it.
func hitAt(d *runbooks.Document, library string, line int) (retrieval.Hit, bool) {
	for _, p := range runbooks.Passages(d) {
		if p.EndLine >= line {
			return retrieval.Hit{Library: library, Document: d, Passage: p, Score: 1}, true
		}
	}
	return retrieval.Hit{}, false
}

// WithLinks returns the answer with its addresses made anew, for a place with
// other rules.
func (a Answer) WithLinks(idx Index, l Links) Answer {
	hash := func(library, path string) string {
		if idx != nil && l.Commit != nil {
			if d, ok := idx.Document(library, path); ok {
				return d.Hash
			}
		}
		return ""
	}
	a.Citations, a.Related = slices.Clone(a.Citations), slices.Clone(a.Related)
	for i := range a.Citations {
		c := &a.Citations[i]
		c.URL = l.Citation(*c, hash(c.Library, c.Document))
	}
	for i := range a.Related {
		r := &a.Related[i]
		r.URL = l.URL(r.Library, r.Document, hash(r.Library, r.Document), r.StartLine, r.StartLine)
	}
	return a
}

// Candidates makes an answer that only offers what hits found: at most n
// places in Related.
func Candidates(hits []retrieval.Hit, question string, n int, o *Options) Answer {
	opts := o.withDefaults()
	opts.MaxRelated = n
	c := composer{
		opts: opts, question: question, lang: language("", question, opts.Lang),
		a: Answer{Question: question, Abstained: true, Mode: ModeExtractive, Steps: []Step{}, Citations: []Citation{}, Related: []Related{}},
	}
	c.a.Language = string(c.lang)
	c.closest(hits, map[string]bool{})
	return c.a
}
