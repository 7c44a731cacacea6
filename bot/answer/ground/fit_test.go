package ground

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A sample is a sentence's features, or nothing when a hard rule failed it.
type sample struct {
	f      *features
	label  bool
	fold   int
	source string
	id     string
}

const folds = 10

// aimFit is the share of false sentences that the threshold lets pass when
// cross-validated: below aimFalse, since the rules themselves were made looking
// at the same sentences.
const aimFit = 0.005

// fitModel fits the weights by logistic regression with a penalty, measures it
// leaving out each tenth of the evidence in turn, and writes what the whole
// gives.
func fitModel(t *testing.T, c *Checker, dev []labelled) {
	var samples []sample
	foldOf := map[string]int{}
	for _, l := range dev {
		cmp, _ := c.compare(l.Text, l.evidence())
		s := sample{label: l.Label, source: l.source(), id: l.ID}
		if _, ok := foldOf[s.source]; !ok {
			foldOf[s.source] = len(foldOf) % folds
		}
		s.fold = foldOf[s.source]
		if cmp != nil {
			s.f = &cmp.f
		}
		samples = append(samples, s)
	}
	hard := map[bool]int{}
	for _, s := range samples {
		if s.f == nil {
			hard[s.label]++
		}
	}
	t.Logf("the hard rules fail %d true and %d false sentences", hard[true], hard[false])
	// Cross-validated scores.
	type scored struct {
		v     float64
		label bool
	}
	var out []scored
	n := map[bool]int{}
	for _, s := range samples {
		n[s.label]++
	}
	for k := range folds {
		var train []sample
		for _, s := range samples {
			if s.fold != k && s.f != nil {
				train = append(train, s)
			}
		}
		m := logistic(train)
		for _, s := range samples {
			if s.fold == k && s.f != nil {
				out = append(out, scored{m.score(s.f), s.label})
			}
		}
	}
	slices.SortFunc(out, func(a, b scored) int {
		switch {
		case a.v > b.v:
			return -1
		case a.v < b.v:
			return 1
		}
		return 0
	})
	pass := map[bool]int{}
	threshold := 1.0
	marks := []float64{0.005, 0.01, 0.02, 0.03, 0.05, 0.1}
	for _, o := range out {
		if !o.label {
			for len(marks) > 0 && float64(pass[false]+1)/float64(n[false]) > marks[0] {
				t.Logf("cross-validated: %.1f%% of the false pass with %.1f%% of the true at %.3f", 100*marks[0], 100*float64(pass[true])/float64(n[true]), o.v)
				marks = marks[1:]
			}
			if float64(pass[false]+1)/float64(n[false]) > aimFit && threshold == 1 {
				threshold = o.v
			}
		}
		pass[o.label]++
	}
	var all []sample
	for _, s := range samples {
		if s.f != nil {
			all = append(all, s)
		}
	}
	m := logistic(all)
	m.threshold = math.Ceil(threshold*1000)/1000 + 0.001
	var b strings.Builder
	b.WriteString("# Weights of the grounding score: name, value. bias and threshold beside the\n# features. Fitted on the development sentences; see docs/benchmarks.md.\n")
	fmt.Fprintf(&b, "bias %.2f\nthreshold %.3f\n", m.bias, m.threshold)
	for i, w := range m.weights {
		if math.Abs(w) >= 0.05 {
			fmt.Fprintf(&b, "%s %.2f\n", featureNames[i], w)
		}
	}
	if err := os.WriteFile(filepath.Join("data", "weights.txt"), []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Log(b.String())
	*theModel() = *m
}

// helps lists the features that can only speak for a sentence; the others,
// but for cross, only against it. A weight that comes out with the wrong sign
// is held at nothing, so that no accident of the sentences, such as true ones
// being longer, is learned.
var helps = []int{fAll, fGroup, fClause, fClauseMin, fUnit, fNear, fExact, fBindAll}

// logistic fits the weights, holding those of the wrong sign at nothing.
func logistic(train []sample) *model {
	out := map[int]bool{}
	for {
		m := newton(train, out)
		worst, at := 0., -1
		for i, w := range m.weights {
			if slices.Contains(helps, i) {
				w = -w
			}
			if i != fCross && w > worst {
				worst, at = w, i
			}
		}
		if at < 0 {
			return m
		}
		out[at] = true
	}
}

// newton fits by Newton's method with a ridge penalty on everything but the
// bias, without the features of out.
func newton(train []sample, out map[int]bool) *model {
	const ridge = 1.0
	d := int(numFeatures) + 1
	w := make([]float64, d)
	x := func(s *sample, i int) float64 {
		if i == 0 {
			return 1
		}
		if out[i-1] {
			return 0
		}
		return s.f[i-1]
	}
	for range 25 {
		g := make([]float64, d)
		h := make([][]float64, d)
		for i := range h {
			h[i] = make([]float64, d)
			g[i] = -ridge * w[i]
			h[i][i] = ridge
		}
		g[0], h[0][0] = 0, 1e-6
		for k := range train {
			s := &train[k]
			z := 0.
			for i := range d {
				z += w[i] * x(s, i)
			}
			p := 1 / (1 + math.Exp(-z))
			y := 0.
			if s.label {
				y = 1
			}
			for i := range d {
				xi := x(s, i)
				if xi == 0 {
					continue
				}
				g[i] += (y - p) * xi
				for j := range d {
					h[i][j] += p * (1 - p) * xi * x(s, j)
				}
			}
		}
		step := solve(h, g)
		size := 0.
		for i := range w {
			w[i] += step[i]
			size += math.Abs(step[i])
		}
		if size < 1e-6 {
			break
		}
	}
	m := &model{bias: w[0]}
	copy(m.weights[:], w[1:])
	return m
}

func solve(a [][]float64, b []float64) []float64 {
	n := len(b)
	for i := range n {
		p := i
		for r := i + 1; r < n; r++ {
			if math.Abs(a[r][i]) > math.Abs(a[p][i]) {
				p = r
			}
		}
		a[i], a[p] = a[p], a[i]
		b[i], b[p] = b[p], b[i]
		for r := i + 1; r < n; r++ {
			k := a[r][i] / a[i][i]
			for c := i; c < n; c++ {
				a[r][c] -= k * a[i][c]
			}
			b[r] -= k * b[i]
		}
	}
	out := make([]float64, n)
	for i := n - 1; i >= 0; i-- {
		v := b[i]
		for c := i + 1; c < n; c++ {
			v -= a[i][c] * out[c]
		}
		out[i] = v / a[i][i]
	}
	return out
}
