package eval

import (
	"flag"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"cairn/retrieval"
)

var fit = flag.Bool("fit", false, "fit the weights of ranking and confidence on the development sets and print them")

// A list is one question's candidates with which of them are right.
type list struct {
	name     string // of the library
	weight   float64
	features [][]float64
	right    []bool
}

// TestFitRanking fits the weights of the features so that right passages come
// first: softmax over each question's candidates, every question file counting
// the same. It prints what each set reaches with weights fitted without it.
func TestFitRanking(t *testing.T) {
	if !*fit {
		t.Log("only with -fit")
		return
	}
	lists, names := listsOf(t)
	for _, out := range names {
		var train []list
		for _, n := range names {
			if n != out {
				train = append(train, lists[n]...)
			}
		}
		w := fitLists(train)
		t.Logf("without %-12s%s", out, firstRight(lists[out], w))
	}
	var all []list
	for _, n := range names {
		all = append(all, lists[n]...)
	}
	w := fitLists(all)
	for _, n := range names {
		t.Logf("with    %-12s%s", n, firstRight(lists[n], w))
		t.Logf("before  %-12s%s", n, firstRight(lists[n], wide(retrieval.RankWeights())))
	}
	var b strings.Builder
	for i, n := range retrieval.FeatureNames() {
		fmt.Fprintf(&b, "\n%-16s %8.3f", n, w[i])
	}
	t.Log(b.String())
}

// collectLists asks every training library its questions; by group, and the
// groups in order.
func collectLists(t *testing.T) (map[string][]list, []string) {
	t.Helper()
	lists := map[string][]list{}
	var names []string
	for _, tr := range trainingsOf(t) {
		if len(lists[tr.group]) == 0 {
			names = append(names, tr.group)
		}
		// What was made of a set counts less than the set.
		share := 1.0
		if tr.name != tr.group {
			share = 0.3
		}
		for file, questions := range tr.questions {
			for _, q := range questions {
				cs, err := tr.ix.Candidates(t.Context(), retrieval.Query{Text: q.Query}, 80)
				if err != nil {
					t.Fatal(err)
				}
				l := list{name: tr.name, weight: share / float64(len(questions))}
				if strings.Contains(file, "titles") || strings.Contains(file, "names") {
					l.weight *= 0.5
				}
				any := false
				for _, c := range cs {
					f := make([]float64, len(c.Features))
					for i, v := range c.Features {
						f[i] = float64(v)
					}
					ok := right(q.Gold, c)
					any = any || ok
					l.features, l.right = append(l.features, f), append(l.right, ok)
				}
				if any {
					lists[tr.group] = append(lists[tr.group], l)
				}
			}
		}
	}
	return lists, names
}

var listsOf = collectLists

func wide(w []float32) []float64 {
	out := make([]float64, len(w))
	for i, v := range w {
		out[i] = float64(v)
	}
	return out
}

func right(gold []Gold, c retrieval.Candidate) bool {
	for _, g := range gold {
		if g.Doc != c.Path {
			continue
		}
		if g.Contains == "" {
			return true
		}
		if g.LastLine > 0 {
			if g.Line <= c.StartLine && c.StartLine <= g.LastLine {
				return true
			}
			continue
		}
		t := []rune(c.Text)
		if strings.Contains(squeeze(string(t[:min(len(t), passageLimit)])), squeeze(g.Contains)) {
			return true
		}
	}
	return false
}

func score(f, w []float64) float64 {
	s := 0.0
	for i, v := range f {
		s += v * w[i]
	}
	return s
}

// firstRight says for each library how often a right one comes first.
func firstRight(ls []list, w []float64) string {
	n, all := map[string]int{}, map[string]int{}
	for _, l := range ls {
		best, at := math.Inf(-1), -1
		for i, f := range l.features {
			if s := score(f, w); s > best {
				best, at = s, i
			}
		}
		all[l.name]++
		if l.right[at] {
			n[l.name]++
		}
	}
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&b, "  %s %.3f", name, ratio(n[name], all[name]))
	}
	return b.String()
}

// fixed are the features that these sets cannot teach: they are set by hand.
var fixed = map[string]bool{"links": true, "boilerplate": true, "steps": true, "language": true}

// fitLists is gradient descent with momentum per weight (Adam).
func fitLists(ls []list) []float64 {
	n := len(ls[0].features[0])
	w, m, v := wide(retrieval.RankWeights()), make([]float64, n), make([]float64, n)
	const rate, decay = 0.1, 0.0005
	total := 0.0
	for _, l := range ls {
		total += l.weight
	}
	p := make([]float64, 0, 256)
	for step := 1; step <= 400; step++ {
		g := make([]float64, n)
		for _, l := range ls {
			p = p[:0]
			high := math.Inf(-1)
			for _, f := range l.features {
				s := score(f, w)
				p = append(p, s)
				high = max(high, s)
			}
			sum, good := 0.0, 0.0
			for i := range p {
				p[i] = math.Exp(p[i] - high)
				sum += p[i]
				if l.right[i] {
					good += p[i]
				}
			}
			for i, f := range l.features {
				d := p[i] / sum
				if l.right[i] {
					d -= p[i] / good
				}
				d *= l.weight / total
				if d > -1e-6 && d < 1e-6 {
					continue
				}
				for j, x := range f {
					g[j] += d * x
				}
			}
		}
		for j := range w {
			if name := retrieval.FeatureNames()[j]; fixed[name] {
				continue
			}
			g[j] += decay * w[j]
			m[j] = 0.9*m[j] + 0.1*g[j]
			v[j] = 0.999*v[j] + 0.001*g[j]*g[j]
			a := m[j] / (1 - math.Pow(0.9, float64(step)))
			b := v[j] / (1 - math.Pow(0.999, float64(step)))
			w[j] = max(0, w[j]-rate*a/(math.Sqrt(b)+1e-8))
		}
	}
	return w
}
