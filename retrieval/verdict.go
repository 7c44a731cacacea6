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
	abstainBelow = 0.447
	sureFrom     = 0.7
)

// coverage tells whether the library holds an answer at all.
var coverage = logistic{bias: -9.782, weights: [evidences]float64{0.165, -0.215, 1.586, 0.000, 0.000, 0.903, 5.358, -0.655, 0.074, 6.407, 0.619, -2.254, -1.610, -0.456, -2.477, 2.974, -0.111, -1.084, -0.410, 1.743, 1.293, -1.379, -0.217, 0.382, 1.213, 3.854, 0.411, 0.000}}

// firstRight tells whether the first hit is right.
var firstRight = logistic{bias: -2.135, weights: [evidences]float64{2.285, -1.019, -3.802, -0.062, 0.184, 0.980, 3.448, -1.703, -0.445, 1.985, -1.422, -2.053, -0.841, 1.623, -2.782, 0.832, -0.701, -1.665, -0.716, 2.718, 4.354, -0.899, -0.019, 0.513, -1.745, 1.845, 1.810, -1.462}}
