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
	abstainBelow = 0.522
	sureFrom     = 0.75
)

// coverage tells whether the library holds an answer at all.
var coverage = logistic{bias: -5.737, weights: [evidences]float64{-0.164, -0.737, -0.390, 0.000, 0.000, 0.757, 8.428, 6.161, 0.013, -3.271, -1.551, -1.260, -1.217, 3.302, 0.682, -2.229, -1.289, 2.529}}

// firstRight tells whether the first hit is right, given that there is one.
var firstRight = logistic{bias: -2.259, weights: [evidences]float64{1.317, 2.401, -2.603, 0.072, 0.532, -0.721, 0.151, 0.605, 2.769, -0.573, -0.149, -5.846, -2.146, -0.476, 2.167, -0.790, 1.319, -0.093}}
