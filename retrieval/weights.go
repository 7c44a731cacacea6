package retrieval

import "cairn/retrieval/lexical"

const kinds = lexical.Concept + 1

// What a term of each kind counts in a question.
var kindWeight = [kinds]float32{
	lexical.Word:    1,
	lexical.Number:  0.9,
	lexical.Ident:   1.2,
	lexical.Bigram:  0.4,
	lexical.Unigram: 0.12,
	lexical.Concept: 1.8,
}

// The weights of the parts of a score, chosen on the development sets; see
// docs/benchmarks.md.
var weights = struct {
	document, title, heading float32
	titlePower, headPower    float32
	// foreign is what a word counts against a text in the other language.
	foreign float32
	// links and boilerplate are what is left of a score of such passages.
	links, boilerplate float32
	// again is what is left of a score for each better passage of the same
	// short document.
	again float32
	// inner is what a concept inside a longer one counts.
	inner float32
	// part is what a piece of an identifier counts.
	part float32
}{
	document: 0.8, title: 9, heading: 0.25, foreign: 0.3, titlePower: 1, headPower: 2,
	links: 0.6, boilerplate: 0.2, again: 0.85, inner: 0.6, part: 0.8,
}
