package retrieval

// The models below were fitted on the development sets, and on questions that
// no set answers, by
//
//	go test ./retrieval/eval -run TestFitConfidence -v -args -fit
//
// which also prints what each library reaches with models fitted without it.

// abstainBelow is the coverage below which the library is said to have no
// answer, sureFrom the confidence from which the first hit is the answer.
const (
	abstainBelow = 0.561
	sureFrom     = 0.75
)

// coverage tells whether the library holds an answer at all.
var coverage = logistic{bias: -5.414, weights: [evidences]float64{-0.303, -0.106, -0.865, 0.000, 0.000, 1.456, 8.115, -0.319, 1.313, 6.193, 0.281, -4.244, -1.679, -1.148, -1.117, 2.979, 0.740, -1.213, -1.949, 2.705}}

// firstRight tells whether the first hit is right, given that there is one.
var firstRight = logistic{bias: -1.274, weights: [evidences]float64{2.809, 3.869, -2.843, 0.060, 0.583, -1.966, 0.183, -1.606, 0.625, 0.729, 2.362, -1.572, -0.848, -1.735, -2.927, -0.283, 1.095, -0.470, 0.489, 0.496}}
