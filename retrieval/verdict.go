package retrieval

// The models below were fitted on the development sets, and on questions that
// no set answers, by
//
//	go test ./retrieval/eval -run TestFitConfidence -v -args -fit
//
// which also prints what each library reaches with models fitted without it.

// abstainBelow is the coverage below which the library is said to have no
// answer. The first hit is the answer from sureFrom of confidence and sureCover
// of coverage on: confidence takes for granted that there is an answer.
const (
	abstainBelow = 0.455
	sureFrom     = 0.72
	sureCover    = 0.65
)

// coverage tells whether the library holds an answer at all.
var coverage = logistic{bias: -10.450, weights: [evidences]float64{-0.144, -0.189, 1.318, 0.000, 0.000, 0.977, 4.372, -0.858, 0.121, 6.461, 0.735, -1.531, -1.307, -0.373, -2.125, 2.607, 0.434, -0.410, -0.266, 1.734, 1.320, -1.408, -0.400, 0.522, 1.155, 4.554, -0.181, 0.000, 1.494, 1.454, 1.981}}

// firstRight tells whether the first hit is right.
var firstRight = logistic{bias: -0.648, weights: [evidences]float64{1.055, -0.360, -2.645, -0.063, 0.176, 0.291, 1.653, -0.869, -0.394, 1.514, 0.327, -1.177, -0.312, 2.318, -1.565, 0.575, 0.271, -0.902, -0.448, 1.817, 2.292, -0.768, -0.103, -0.205, -0.958, 0.983, 1.264, -1.813, 1.589, -1.807, 0.339}}
