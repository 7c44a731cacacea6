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
	abstainBelow = 0.459
	sureFrom     = 0.7
)

// coverage tells whether the library holds an answer at all.
var coverage = logistic{bias: -9.674, weights: [evidences]float64{-0.022, -0.153, 1.141, 0.000, 0.000, 0.721, 4.088, -0.722, 0.161, 6.234, 0.487, -1.532, -1.310, -0.459, -1.949, 2.560, 0.191, -0.426, -0.248, 1.607, 1.147, -1.516, -0.340, 0.398, 1.374, 4.327, -0.044, 0.000, 2.030, 1.947}}

// firstRight tells whether the first hit is right.
var firstRight = logistic{bias: -2.102, weights: [evidences]float64{1.736, -0.580, -3.454, -0.089, 0.181, 0.455, 2.347, -0.987, -0.394, 2.422, -0.467, -1.662, -0.678, 1.866, -2.433, 1.288, -0.494, -1.070, -0.522, 2.268, 3.773, -1.130, -0.035, 0.092, -0.969, 1.477, 1.316, -1.662, 1.747, -2.073}}
