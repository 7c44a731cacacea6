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
	abstainBelow = 0.473
	sureFrom     = 0.7
)

// coverage tells whether the library holds an answer at all.
var coverage = logistic{bias: -9.053, weights: [evidences]float64{-0.001, -0.392, 1.753, 0.000, 0.000, 0.988, 5.180, -1.006, 0.002, 6.648, 0.287, -2.036, -1.626, -0.332, -2.663, 3.088, -0.276, -1.221, -0.400, 1.809, 1.314, -1.449, -0.208, 0.317, 0.986, 3.666, 0.130, 0.000}}

// firstRight tells whether the first hit is right.
var firstRight = logistic{bias: -2.174, weights: [evidences]float64{1.929, -1.588, -3.700, -0.061, 0.194, 1.090, 3.746, -1.593, -0.697, 2.051, -1.265, -1.846, -0.852, 1.697, -2.676, 1.031, -0.554, -1.375, -0.548, 2.774, 3.633, -0.908, -0.002, 0.317, -1.630, 1.546, 2.084, -1.355}}
