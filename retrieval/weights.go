package retrieval

import "cairn/retrieval/lexical"

const kinds = lexical.Pair + 1

// What a term of each kind counts in a question.
var kindWeight = [kinds]float32{
	lexical.Word:    1,
	lexical.Number:  0.9,
	lexical.Ident:   1.2,
	lexical.Bigram:  0.4,
	lexical.Unigram: 0.12,
	lexical.Concept: 1.8,
	lexical.Pair:    0.4,
}

// weights of the first stage and of the question, chosen on the development
// sets; see docs/benchmarks.md.
var weights = struct {
	// document is what the whole document counts beside the passage.
	document float32
	// foreign is what a word counts against a text in the other language.
	foreign float32
	// again is taken off for each better passage of the same short document.
	again float32
	// inner is what a concept inside a longer one counts.
	inner float32
	// part is what a piece of an identifier counts.
	part float32
	// noise is what a name made up by a machine counts.
	noise float32
	// crossing is what a pair of Han characters across a concept's border counts.
	crossing float32
}{
	document: 0.8, foreign: 0.3, again: 1, inner: 0.6, part: 0.8, noise: 0.25, crossing: 0.3,
}

// rankWeights weigh the features, fitted by
//
//	go test ./retrieval/eval -run TestFit -fit
var rankWeights = [features]float32{
	fWords: 4.7, fText: 4, fTitle: 1.3, fTitleSame: 1, fTitleCover: 4.1, fHeading: 0.8,
	fSentence: 0.3, fCover: 2.7, fLead: 4.9, fLongWords: 4.4, fLongTitle: 1.55, fLongSent: 1.4, fLongCover: 2.6,
	fLinks: -0.3, fBoilerplate: -8, fSteps: 0.1, fLang: 0.3,
	fAim:    3,
	fSystem: 2,
	// Set by hand: no development set asks for lists or bare definitions. Either
	// decides between what is else about as good.
	fLearn: 8, fDefine: 12,
}
