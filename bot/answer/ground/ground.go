package ground

import (
	"sync"

	"cairn/retrieval/glossary"
)

// Evidence is a cited passage.
type Evidence struct {
	// Heading is the heading path, outermost first.
	Heading []string `json:"heading"`
	// Text is the passage as it stands in its document, with its markup.
	Text string `json:"text"`
}

// A Reason says why a sentence is not grounded. The set is closed: it is a
// metric label.
type Reason string

// The reasons.
const (
	// ReasonNone is the reason of a grounded sentence.
	ReasonNone Reason = ""
	// ReasonLiteral: an identifier, a command, an address, a host or a file is
	// not in the evidence.
	ReasonLiteral Reason = "literal"
	// ReasonNumber: a number or its unit is not in the evidence.
	ReasonNumber Reason = "number"
	// ReasonPolarity: it denies what the evidence says, or the reverse.
	ReasonPolarity Reason = "polarity"
	// ReasonOrder: it puts things in another order.
	ReasonOrder Reason = "order"
	// ReasonScope: it says all, only or must where the evidence does not.
	ReasonScope Reason = "scope"
	// ReasonBinding: what it puts together stands apart in the evidence.
	ReasonBinding Reason = "binding"
	// ReasonCoverage: too little of it is in the evidence.
	ReasonCoverage Reason = "coverage"
)

// A Verdict is what the check found.
type Verdict struct {
	Grounded bool
	// Score is how well the evidence carries the sentence, 0 to 1.
	Score  float64
	Reason Reason
	// Detail is the part of the sentence that failed; for logs of tests, not
	// for people.
	Detail string
}

// A Checker compares sentences with evidence.
type Checker struct {
	lexicon func() *lexicon
	without string // a rule left out, to measure what it is worth
}

// New returns a checker that knows two languages' words for the same thing
// from the glossary. What it needs is made at the first check.
func New(g *glossary.Glossary) *Checker {
	return &Checker{lexicon: sync.OnceValue(func() *lexicon { return newLexicon(g) })}
}

// Check reports whether the sentence follows from the evidence together.
func (c *Checker) Check(sentence string, evidence []Evidence) Verdict {
	cmp, v := c.compare(sentence, evidence)
	if cmp == nil {
		return v
	}
	return cmp.verdict(c.without)
}

// compare reads both sides; it returns no comparison when a hard rule has
// already failed the sentence.
func (c *Checker) compare(sentence string, evidence []Evidence) (*comparison, Verdict) {
	cmp, v := c.lay(sentence, evidence)
	if cmp == nil {
		return nil, v
	}
	if v := cmp.literals(c.without); v.Reason != ReasonNone {
		return nil, v
	}
	if v := cmp.gated(c.without); v.Reason != ReasonNone {
		return nil, v
	}
	return cmp, Verdict{}
}

// lay lays a sentence beside the evidence; it returns no comparison of what
// cannot be looked at.
func (c *Checker) lay(sentence string, evidence []Evidence) (*comparison, Verdict) {
	if len(evidence) == 0 {
		return nil, Verdict{Reason: ReasonCoverage}
	}
	lex := c.lexicon()
	if len(sentence) > maxSentence {
		return nil, Verdict{Reason: ReasonCoverage, Detail: "too long"}
	}
	folded := fold(sentence, maxSentence)
	s := lex.scan(folded, false)
	p := lex.read(evidence)
	if len(s) == 0 || len(p.groups) == 0 {
		return nil, Verdict{Reason: ReasonCoverage}
	}
	cmp := p.compare(s, lowerASCII(folded))
	if len(cmp.pieces) > maxPieces {
		return nil, Verdict{Reason: ReasonCoverage, Detail: "too many clauses"}
	}
	return cmp, Verdict{}
}
