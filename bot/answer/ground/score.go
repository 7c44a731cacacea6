package ground

import (
	_ "embed"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"
)

//go:embed data/weights.txt
var weightsData string

// A model turns features into a score: the logistic function of their weighted
// sum. What scores at least the threshold is grounded.
type model struct {
	bias, threshold float64
	weights         features
}

var theModel = sync.OnceValue(func() *model {
	m, err := parseModel(weightsData)
	if err != nil {
		panic(fmt.Sprintf("ground: the embedded weights: %v", err)) // a test parses them
	}
	return m
})

func parseModel(data string) (*model, error) {
	index := map[string]int{}
	for i, n := range featureNames {
		index[n] = i
	}
	m := &model{}
	for line := range strings.Lines(data) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		name, value, _ := strings.Cut(line, " ")
		v, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		if err != nil {
			return nil, fmt.Errorf("weight of %s: %w", name, err)
		}
		switch i, ok := index[name]; {
		case name == "bias":
			m.bias = v
		case name == "threshold":
			m.threshold = v
		case ok:
			m.weights[i] = v
		default:
			return nil, fmt.Errorf("there is no feature %q", name)
		}
	}
	return m, nil
}

func (m *model) score(f *features) float64 {
	z := m.bias
	for i, v := range f {
		z += m.weights[i] * v
	}
	return 1 / (1 + math.Exp(-z))
}

// verdict scores the comparison and says what weighed most against it.
func (c *comparison) verdict(without string) Verdict {
	m := theModel()
	v := Verdict{Score: m.score(&c.f)}
	if v.Score >= m.threshold || without == "score" {
		v.Grounded = true
		return v
	}
	v.Reason, v.Detail = ReasonCoverage, c.worst
	return v
}
