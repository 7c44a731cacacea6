package ground

import (
	_ "embed"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed data/weights.txt
var weightsData string

// A model turns features into a score: the logistic function of a sum of steps,
// each of which counts when a feature exceeds its bound. Sentences in the
// evidence's language have one sum, those in the other language another, since
// order and nearness say less there. What scores at least the threshold is
// grounded.
type model struct {
	threshold float64
	sums      [2]sum // by fCross
}

type sum struct {
	bias  float64
	steps []step
}

// sections are the lines of data/weights.txt that begin the sums.
var sections = [2]string{"[same language]", "[other language]"}

type step struct {
	feature int
	above   float64
	weight  float64
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
	at := &m.sums[0]
	for line := range strings.Lines(data) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if k := slices.Index(sections[:], line); k >= 0 {
			at = &m.sums[k]
			continue
		}
		words := strings.Fields(line)
		v, err := strconv.ParseFloat(words[len(words)-1], 64)
		if err != nil {
			return nil, fmt.Errorf("got %q, want a number at the end: %w", line, err)
		}
		i, ok := index[words[0]]
		switch {
		case len(words) == 2 && words[0] == "bias":
			at.bias = v
		case len(words) == 2 && words[0] == "threshold":
			m.threshold = v
		case ok && len(words) == 4 && words[1] == ">":
			above, err := strconv.ParseFloat(words[2], 64)
			if err != nil {
				return nil, fmt.Errorf("got %q, want feature > bound weight: %w", line, err)
			}
			at.steps = append(at.steps, step{i, above, v})
		default:
			return nil, fmt.Errorf("got %q, want feature > bound weight", line)
		}
	}
	return m, nil
}

func (m *model) score(f *features) float64 {
	k := 0
	if f[fCross] > 0 {
		k = 1
	}
	z := m.sums[k].bias
	for i := range m.sums[k].steps {
		if s := &m.sums[k].steps[i]; f[s.feature] > s.above {
			z += s.weight
		}
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
