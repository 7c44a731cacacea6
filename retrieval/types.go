package retrieval

import (
	"cairn/runbooks"
)

// A Library is a named set of parsed documents, the input of [Build].
type Library struct {
	// Name names the library in results and URLs; unique within an index.
	Name string
	// Documents are the new and the changed documents.
	Documents []*runbooks.Document
	// Keep are the paths of documents to take over from the previous index as
	// they are, without parsing or analysing them again. What stands in
	// neither list is gone from the new index.
	Keep []string
}

// A DocInfo is what the index knows of a document without parsing it.
type DocInfo struct {
	Library, Path, Title, Hash string
	Lang                       runbooks.Lang
	Meta                       runbooks.Meta
	// Passages counts the document's passages, Steps its steps.
	Passages, Steps int
	// Twin is the path of the document that says the same in the other language,
	// in the same library; "" where there is none.
	Twin string
}

// A Query is a question to the index.
type Query struct {
	// Text is what was asked; any length, any bytes: what is too much is cut.
	Text string
	// K is how many hits are wanted. Defaults to 10; at most 100.
	K int
	// Libraries limits the search to the named ones: what is not named here is
	// neither searched nor counted. Nil means all.
	Libraries []string
	// Explain fills [Hit.Parts].
	Explain bool
}

// A Verdict says what the evidence allows.
type Verdict uint8

// The verdicts.
const (
	// Abstain: the library does not cover the question.
	Abstain Verdict = iota
	// Unsure: it is covered, but which passage is right is open; offer titles.
	Unsure
	// Sure: the first hit answers the question.
	Sure
)

// String returns "abstain", "unsure" or "sure".
func (v Verdict) String() string {
	switch v {
	case Sure:
		return "sure"
	case Unsure:
		return "unsure"
	default:
		return "abstain"
	}
}

// A Result is what a search found.
type Result struct {
	// Hits are the best passages, best first, at most K, filled even when the
	// verdict is Abstain. Near-duplicates are collapsed into the best of them.
	Hits []Hit
	// Confidence is the calibrated probability that the first hit is right,
	// given that the library holds an answer.
	Confidence float64
	// Coverage is the calibrated probability that the library holds an answer
	// at all; the verdict Abstain rests on it, the verdict Sure on both.
	Coverage float64
	Verdict  Verdict
	// Lang is the question's language; "" when it has none.
	Lang runbooks.Lang
	// Fallbacks say why an embedder or a reranker that is configured had no part
	// in the result; empty when all went well or none is configured.
	Fallbacks []error
	// Terms are the informative terms that the question was reduced to, for
	// explaining and for grouping similar questions.
	Terms []string
}

// A Hit is a scored passage.
type Hit struct {
	Library  string
	Document *runbooks.Document
	Passage  runbooks.Passage
	Score    float64
	// Parts are the named parts that sum to Score; nil unless asked for.
	Parts []Part
	// Duplicates are other passages that say the same, such as the same
	// document in the other language.
	Duplicates []Ref
}

// A Ref names a passage.
type Ref struct {
	Library, Path      string
	StartLine, EndLine int
}

// A Part is one named contribution to a score.
type Part struct {
	Name  string
	Value float64
	// Note says what contributed, such as the matched terms; may be empty.
	Note string
}

// Text returns the passage as it stands in the file.
func (h Hit) Text() string { return h.Document.Slice(h.Passage.Span) }
