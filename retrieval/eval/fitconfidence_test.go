package eval

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cairn/retrieval"
	"cairn/retrieval/lexical"
)

// A sample is one question put to one library.
type sample struct {
	evidence   []float64
	answerable bool
	right      bool
	weight     float64
	file, text string
	talk       bool
}

// collectSamples asks every development question of its own library, the
// built-in library's of it with them hidden, and every question that has no
// answer of all libraries.
func collectSamples(t *testing.T) map[string][]sample {
	t.Helper()
	root := shared(t)
	var none []Question
	for _, f := range []string{filepath.Join(root, "eval/out-of-domain/queries.jsonl"), "testdata/out-of-domain.jsonl"} {
		qs, err := ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		none = append(none, qs...)
	}
	out := map[string][]sample{}
	collect := func(name string, ix *retrieval.Index, files map[string][]Question) {
		ask := func(q Question, file string, weight float64) {
			e, err := ix.Evidence(t.Context(), retrieval.Query{Text: q.Query})
			if err != nil {
				t.Fatal(err)
			}
			r, err := ix.Search(t.Context(), retrieval.Query{Text: q.Query})
			if err != nil {
				t.Fatal(err)
			}
			o := judge(q, r)
			out[name] = append(out[name], sample{e, o.Answerable, o.Answerable && o.Right(), weight, file, q.ID, lexical.SmallTalk(q.Query)})
		}
		for file, qs := range files {
			// Titles and names as questions are easy and not what people ask.
			weight := 20 / (float64(len(qs)) * float64(len(files)))
			if strings.Contains(file, "titles") || strings.Contains(file, "names") {
				weight *= 0.2
			}
			for _, q := range qs {
				ask(q, name+"/"+file, weight)
			}
		}
		for _, q := range none {
			ask(q, name+"/none", 1/math.Sqrt(float64(len(none))))
		}
	}
	for _, set := range devSets(root) {
		files := map[string][]Question{}
		for _, file := range set.queries {
			qs, err := ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			files[filepath.Base(file)] = qs
		}
		collect(set.name, buildSet(t, set.name, set.docs), files)
	}
	ix, qs := builtinSet(t)
	collect("builtin", ix, map[string][]Question{"hidden": qs})
	return out
}

func keys(m map[string][]sample) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// TestFitConfidence fits the two models that the verdict rests on and prints
// what each library reaches with models fitted without it.
func TestFitConfidence(t *testing.T) {
	if !*fit {
		t.Log("only with -fit")
		return
	}
	all := collectSamples(t)
	answerable := func(s sample) (bool, bool) { return s.answerable, true }
	right := func(s sample) (bool, bool) { return s.right, s.answerable }
	var pooled []point
	for _, name := range keys(all) {
		var train []sample
		for _, other := range keys(all) {
			if other != name {
				train = append(train, all[other]...)
			}
		}
		pooled = append(pooled, report(t, "without "+name, all[name], fitLogistic(train, answerable, byTitle), fitLogistic(train, right, nil), threshold(train, fitLogistic(train, answerable, byTitle)))...)
	}
	t.Logf("left out, pooled: calibration error %.3f", ece(pooled))
	var train []sample
	for _, name := range keys(all) {
		train = append(train, all[name]...)
	}
	c, r := fitLogistic(train, answerable, byTitle), fitLogistic(train, right, nil)
	pooled = nil
	limit := threshold(train, c)
	for _, name := range keys(all) {
		pooled = append(pooled, report(t, "with "+name, all[name], c, r, limit)...)
	}
	t.Logf("with all, pooled: calibration error %.3f", ece(pooled))
	var wrong []string
	for _, name := range keys(all) {
		for _, s := range all[name] {
			if p := c.at(s.evidence); s.answerable && p < limit || !s.answerable && p > limit && !s.talk {
				wrong = append(wrong, fmt.Sprintf("%v %.2f %s %s %.2f", s.answerable, p, s.file, s.text, s.evidence))
			}
		}
	}
	slices.Sort(wrong)
	for _, l := range wrong {
		t.Log(l)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\nabstain below %.3f\n%-18s %8.3f %8.3f", limit, "bias", c.bias, r.bias)
	for i, n := range retrieval.EvidenceNames() {
		fmt.Fprintf(&b, "\n%-18s %8.3f %8.3f", n, c.w[i], r.w[i])
	}
	for _, m := range []struct {
		name string
		m    model
	}{{"coverage", c}, {"firstRight", r}} {
		fmt.Fprintf(&b, "\n\nvar %s = logistic{bias: %.3f, weights: [evidences]float64{", m.name, m.m.bias)
		for i, w := range m.m.w {
			if i > 0 {
				b.WriteString(", ")
			}
			fmt.Fprintf(&b, "%.3f", w)
		}
		b.WriteString("}}")
	}
	t.Log(b.String())
}

type point struct {
	conf  float64
	right bool
}

func ece(ps []point) float64 {
	os := make([]Outcome, len(ps))
	for i, p := range ps {
		os[i] = Outcome{Answerable: true, Confidence: p.conf}
		if p.right {
			os[i].Document = 1
		}
	}
	return calibrationError(os)
}

// maxRefused is the share of answerable questions that may be refused.
const maxRefused = 0.05

// threshold is the coverage that refuses maxRefused of the answerable
// questions.
func threshold(ss []sample, m model) float64 {
	var ps []float64
	for _, s := range ss {
		if s.answerable {
			ps = append(ps, m.at(s.evidence))
		}
	}
	slices.Sort(ps)
	return ps[int(maxRefused*float64(len(ps)))]
}

func report(t *testing.T, what string, ss []sample, c, r model, limit float64) []point {
	t.Helper()
	refused, count := map[string]int{}, map[string]int{}
	sure, sureRight, sureNone := 0, 0, 0
	var ps []point
	for _, s := range ss {
		p := c.at(s.evidence)
		if s.talk {
			p = 0
		}
		conf := p * r.at(s.evidence)
		count[s.file]++
		if p < limit {
			refused[s.file]++
		}
		if s.answerable {
			ps = append(ps, point{conf, s.right})
			if p >= limit && conf >= 0.75 {
				sure++
				if s.right {
					sureRight++
				}
			}
		} else if p >= limit && conf >= 0.75 {
			sureNone++
		}
	}
	var files []string
	for f := range count {
		files = append(files, f)
	}
	slices.Sort(files)
	var b strings.Builder
	for _, f := range files {
		if strings.HasSuffix(f, "/none") {
			fmt.Fprintf(&b, " none answered %.3f", 1-ratio(refused[f], count[f]))
		} else {
			fmt.Fprintf(&b, " %s refused %.3f", strings.TrimSuffix(filepath.Base(f), ".jsonl"), ratio(refused[f], count[f]))
		}
	}
	t.Logf("%-20s ece %.3f limit %.3f sure %.2f right %.3f none-sure %d;%s", what, ece(ps), limit, ratio(sure, len(ps)), ratio(sureRight, sure), sureNone, b.String())
	return ps
}

// A model is a logistic regression.
type model struct {
	bias float64
	w    []float64
}

func (m model) at(x []float64) float64 {
	s := m.bias
	for i, v := range x {
		s += v * m.w[i]
	}
	return 1 / (1 + math.Exp(-s))
}

// byTitle is the evidence that says nothing of coverage where documents have
// no telling titles.
var byTitle = map[string]bool{"score": true, "margin": true}

// fitLogistic fits label, which also says whether a sample takes part.
func fitLogistic(ss []sample, label func(sample) (yes, part bool), without map[string]bool) model {
	n := len(ss[0].evidence)
	mean, dev := make([]float64, n), make([]float64, n)
	for i := range n {
		for _, s := range ss {
			mean[i] += s.evidence[i] / float64(len(ss))
		}
		for _, s := range ss {
			d := s.evidence[i] - mean[i]
			dev[i] += d * d / float64(len(ss))
		}
		dev[i] = math.Sqrt(dev[i]) + 1e-9
	}
	w, m, v := make([]float64, n+1), make([]float64, n+1), make([]float64, n+1)
	total := 0.0
	for _, s := range ss {
		if _, part := label(s); part {
			total += s.weight
		}
	}
	const rate, decay = 0.05, 0.002
	for step := 1; step <= 600; step++ {
		g := make([]float64, n+1)
		for _, s := range ss {
			yes, part := label(s)
			if !part || s.talk {
				continue
			}
			z := w[n]
			for i, x := range s.evidence {
				z += w[i] * (x - mean[i]) / dev[i]
			}
			d := 1 / (1 + math.Exp(-z))
			if yes {
				d--
			}
			d *= s.weight / total
			for i, x := range s.evidence {
				g[i] += d * (x - mean[i]) / dev[i]
			}
			g[n] += d
		}
		for j := range w {
			if j < n && without[retrieval.EvidenceNames()[j]] {
				continue
			}
			if j < n {
				g[j] += decay * w[j]
			}
			m[j] = 0.9*m[j] + 0.1*g[j]
			v[j] = 0.999*v[j] + 0.001*g[j]*g[j]
			w[j] -= rate * (m[j] / (1 - math.Pow(0.9, float64(step)))) / (math.Sqrt(v[j]/(1-math.Pow(0.999, float64(step)))) + 1e-9)
		}
	}
	out := model{bias: w[n], w: make([]float64, n)}
	for i := range n {
		out.w[i] = w[i] / dev[i]
		out.bias -= w[i] * mean[i] / dev[i]
	}
	return out
}
