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
	abstainBelow = 0.467
	sureFrom     = 0.7
)

// coverage tells whether the library holds an answer at all.
var coverage = logistic{bias: -9.448, weights: [evidences]float64{-0.039, -0.160, 1.113, 0.000, 0.000, 0.611, 4.216, -0.391, 0.242, 6.229, 0.472, -1.665, -1.404, -0.613, -2.315, 2.819, 0.328, -0.624, -0.285, 1.674, 1.040, -1.604, -0.354, 0.348, 1.316, 4.211, -0.074, 0.000, 1.811, 1.653}}

// firstRight tells whether the first hit is right.
var firstRight = logistic{bias: -2.074, weights: [evidences]float64{1.912, -0.527, -3.652, -0.072, 0.191, 0.573, 2.684, -1.369, -0.400, 2.275, -1.047, -1.855, -0.680, 1.894, -2.589, 1.090, -0.487, -1.325, -0.492, 2.476, 3.825, -0.993, -0.006, 0.150, -1.536, 1.602, 1.407, -1.601, 1.255, -1.687}}
