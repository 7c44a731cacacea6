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
	abstainBelow = 0.577
	sureFrom     = 0.65
)

// coverage tells whether the library holds an answer at all.
var coverage = logistic{bias: -5.131, weights: [evidences]float64{-0.260, -0.160, -0.779, 0.000, 0.000, 1.152, 7.819, -0.239, 0.912, 5.923, 0.133, -4.004, -1.643, -1.058, -1.059, 3.004, 0.616, -1.275, -1.889, 2.640}}

// firstRight tells whether the first hit is right, given that there is one.
var firstRight = logistic{bias: -1.926, weights: [evidences]float64{2.567, 2.294, -1.655, 0.032, 0.575, -0.517, 0.214, -2.006, -0.009, 1.141, 2.653, -1.884, -0.425, -1.491, -2.521, -0.032, 1.034, -0.231, 0.790, 0.522}}
