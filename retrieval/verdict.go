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
	abstainBelow = 0.453
	sureFrom     = 0.7
)

// coverage tells whether the library holds an answer at all.
var coverage = logistic{bias: -10.125, weights: [evidences]float64{-0.124, -0.154, 1.096, 0.000, 0.000, 0.867, 4.185, -0.813, 0.082, 6.330, 0.615, -1.551, -1.306, -0.410, -2.107, 2.637, 0.437, -0.495, -0.275, 1.701, 1.298, -1.452, -0.412, 0.530, 1.640, 4.559, -0.120, 0.000, 1.667, 1.170}}

// firstRight tells whether the first hit is right.
var firstRight = logistic{bias: -2.054, weights: [evidences]float64{1.652, -0.656, -3.415, -0.086, 0.174, 0.527, 2.386, -1.006, -0.426, 2.295, -0.574, -1.494, -0.617, 1.877, -2.251, 1.263, -0.434, -1.076, -0.522, 2.307, 3.600, -1.057, -0.094, 0.129, -0.928, 1.558, 1.203, -1.808, 1.712, -1.974}}
