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
	abstainBelow = 0.433
	sureFrom     = 0.72
)

// coverage tells whether the library holds an answer at all.
var coverage = logistic{bias: -10.536, weights: [evidences]float64{-0.110, -0.222, 1.293, 0.000, 0.000, 0.894, 4.341, -0.780, 0.112, 6.423, 0.730, -1.525, -1.294, -0.344, -2.123, 2.575, 0.415, -0.404, -0.253, 1.723, 1.384, -1.376, -0.409, 0.530, 1.236, 4.610, -0.068, 0.000, 1.421, 1.406, 2.037}}

// firstRight tells whether the first hit is right.
var firstRight = logistic{bias: -2.062, weights: [evidences]float64{1.678, -0.638, -3.306, -0.083, 0.165, 0.539, 2.508, -1.068, -0.394, 2.307, -0.467, -1.426, -0.542, 1.784, -2.146, 1.189, -0.405, -1.093, -0.517, 2.174, 3.544, -1.068, -0.129, 0.023, -1.069, 1.639, 1.141, -1.926, 1.643, -2.061, 0.652}}
