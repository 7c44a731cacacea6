package eval

import (
	"flag"
	"fmt"
	"hash/fnv"
	"maps"
	"math"
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
	library    string
	file       string
	id, query  string
	talk       bool
}

// collectSamples asks every training library its questions; by group.
func collectSamples(t *testing.T) map[string][]sample {
	t.Helper()
	out := map[string][]sample{}
	trs := trainingsOf(t)
	groups := map[string]int{}
	for _, tr := range trs {
		groups[tr.group]++
	}
	for _, tr := range trs {
		// Each group counts the same, as many that have an answer as have none.
		share := 1 / float64(groups[tr.group])
		ask := func(file string, qs []Question, weight float64) {
			for _, q := range qs {
				e, err := tr.ix.Evidence(t.Context(), retrieval.Query{Text: q.Query})
				if err != nil {
					t.Fatal(err)
				}
				r, err := tr.ix.Search(t.Context(), retrieval.Query{Text: q.Query})
				if err != nil {
					t.Fatal(err)
				}
				o := judge(q, r)
				if file == ambiguous {
					o.Document, o.ByPassage = 0, false // sure of any one is wrong
				}
				out[tr.group] = append(out[tr.group], sample{e, o.Answerable, o.Answerable && o.Right(), share * weight / float64(len(qs)), tr.name, file, q.ID, q.Query, lexical.SmallTalk(q.Query)})
			}
		}
		for file, qs := range tr.questions {
			weight := 20 / float64(len(tr.questions))
			// Titles and names as questions are easy and not what people ask.
			if strings.Contains(file, "titles") || strings.Contains(file, "names") {
				weight *= 0.4
			}
			if file == ambiguous {
				weight *= 0.08 // they are few
			}
			ask(file, qs, weight)
		}
		ask("none", tr.none["none"], 20)
		ask("lacking", tr.none["lacking"], 5)
	}
	return out
}

var samplesOf = collectSamples

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
	all := samplesOf(t)
	var left []outcome
	for _, name := range keys(all) {
		var train []sample
		for _, other := range keys(all) {
			if other != name {
				train = append(train, all[other]...)
			}
		}
		left = append(left, fitVerdicts(train).on(all[name])...)
	}
	reportOutcomes(t, "without its group", left)
	var half []outcome
	var halves [2][]sample
	var train []sample
	for _, name := range keys(all) {
		for _, s := range all[name] {
			h := fnv.New32a()
			h.Write([]byte(s.id))
			n := h.Sum32() >> 7 & 1
			halves[n] = append(halves[n], s)
		}
		train = append(train, all[name]...)
	}
	for n := range halves {
		half = append(half, fitVerdicts(halves[1-n]).on(halves[n])...)
	}
	reportOutcomes(t, "by the other half", half)
	v := fitVerdicts(train)
	with := v.on(train)
	reportOutcomes(t, "with all", with)
	if *verbose {
		for _, o := range left {
			if o.answerable && o.verdict == retrieval.Abstain || !o.answerable && o.verdict != retrieval.Abstain {
				t.Logf("%v %.2f %.2f %s/%s %s %s %.2f", o.answerable, o.coverage, o.confidence, o.library, o.file, o.id, o.query, o.evidence)
			}
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\nabstainBelow = %.3f, sureFrom = %.3f\n%-18s %8.3f %8.3f", v.abstainBelow, v.sureFrom, "bias", v.coverage.bias, v.confidence.bias)
	for i, n := range retrieval.EvidenceNames() {
		fmt.Fprintf(&b, "\n%-18s %8.3f %8.3f", n, v.coverage.w[i], v.confidence.w[i])
	}
	for _, m := range []struct {
		name string
		m    model
	}{{"coverage", v.coverage}, {"firstRight", v.confidence}} {
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

var verbose = flag.Bool("wrong", false, "print the questions whose verdict is wrong when fitted without their group")

// verdicts are the two models and their limits.
type verdicts struct {
	coverage, confidence   model
	abstainBelow, sureFrom float64
}

// sureCover is the coverage that a sure answer has at least: confidence is
// fitted nearly without questions that have no answer, so it does not tell them.
const sureCover = 0.65

// noneShare is what a question without an answer counts for confidence.
const noneShare = 0.04

func fitVerdicts(train []sample) verdicts {
	v := verdicts{
		coverage: fitLogistic(train, func(s sample) (bool, float64) { return s.answerable, s.weight }, byTitle, 0.002),
		// Confidence is about answers given: nearly all to questions that have
		// one. With more of the others it is too modest where evidence is weak:
		// whether there is an answer at all, coverage tells.
		confidence: fitLogistic(train, func(s sample) (bool, float64) {
			if !s.answerable {
				return false, noneShare * s.weight
			}
			return s.right, s.weight
		}, nil, 0.005),
		sureFrom: 0.72,
	}
	v.abstainBelow = threshold(train, v.coverage)
	return v
}

// An outcome is a sample with the verdict about it.
type outcome struct {
	sample
	coverage, confidence float64
	verdict              retrieval.Verdict
}

func (v verdicts) on(ss []sample) []outcome {
	var out []outcome
	for _, s := range ss {
		o := outcome{sample: s, coverage: v.coverage.at(s.evidence)}
		if s.talk {
			o.coverage = 0
		}
		o.confidence = v.confidence.at(s.evidence)
		switch {
		case o.coverage < v.abstainBelow:
		case o.confidence >= v.sureFrom && o.coverage >= sureCover:
			o.verdict = retrieval.Sure
		default:
			o.verdict = retrieval.Unsure
		}
		out = append(out, o)
	}
	return out
}

// reportOutcomes prints a line for each library, and one for the development
// sets and the built-in library as they are.
func reportOutcomes(t *testing.T, what string, os []outcome) {
	t.Helper()
	var b strings.Builder
	row := func(name string, in func(o outcome) bool) {
		var ps []point
		n, refused, none, answered, lacking, offered, sure, sureRight, sureNone := 0, 0, 0, 0, 0, 0, 0, 0, 0
		for _, o := range os {
			if !in(o) {
				continue
			}
			switch {
			case o.answerable:
				n++
				ps = append(ps, point{o.confidence, o.right})
				switch o.verdict {
				case retrieval.Abstain:
					refused++
				case retrieval.Sure:
					sure++
					if o.right {
						sureRight++
					}
				}
			case o.file == "lacking":
				lacking++
				if o.verdict != retrieval.Abstain {
					offered++
				}
			default:
				none++
				if o.verdict != retrieval.Abstain {
					answered++
				}
				if o.verdict == retrieval.Sure {
					sureNone++
				}
			}
		}
		fmt.Fprintf(&b, "\n%-36s n=%4d refused %.3f sure %.2f right %.3f ece %.3f", name, n, ratio(refused, n), ratio(sure, n), ratio(sureRight, sure), ece(ps))
		if none > 0 {
			fmt.Fprintf(&b, " | none answered %.3f sure %.3f", ratio(answered, none), ratio(sureNone, none))
		}
		if lacking > 0 {
			fmt.Fprintf(&b, " | lacking %.3f", ratio(offered, lacking))
		}
	}
	libs := map[string]map[string]bool{}
	for _, o := range os {
		if libs[o.library] == nil {
			libs[o.library] = map[string]bool{}
		}
		if o.answerable {
			libs[o.library][o.file] = true
		}
	}
	for _, lib := range slices.Sorted(maps.Keys(libs)) {
		row(lib, func(o outcome) bool { return o.library == lib })
		if len(libs[lib]) > 1 {
			for _, f := range slices.Sorted(maps.Keys(libs[lib])) {
				row("    "+f, func(o outcome) bool { return o.library == lib && o.file == f })
			}
		}
	}
	row("ALL", func(o outcome) bool { return true })
	row("DEV", func(o outcome) bool { return o.library == o.group() })
	row("DEV without builtin", func(o outcome) bool { return o.library == o.group() && o.library != "builtin" })
	t.Logf("%s:%s", what, b.String())
}

// group is the library that was not made of another one's texts.
func (s sample) group() string {
	switch s.library {
	case "prometheus", "k8s-zh", "k8s-en", "documents", "builtin", "walkup":
		return s.library
	}
	return ""
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

// maxAnswered is the share of questions without an answer that may be answered.
const maxAnswered = 0.025

// threshold is the coverage that answers maxAnswered of the questions without
// an answer, put to libraries as they are.
func threshold(ss []sample, m model) float64 {
	var ps []float64
	for _, s := range ss {
		if s.file == "none" && s.library == s.group() {
			p := m.at(s.evidence)
			if s.talk {
				p = 0
			}
			ps = append(ps, p)
		}
	}
	slices.Sort(ps)
	return ps[int((1-maxAnswered)*float64(len(ps)))]
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
var byTitle = map[string]bool{"score": true, "margin": true, "tie": true}

// fitLogistic fits label, which also says how much a sample counts; decay draws
// weights to 0, as evidence that says much the same twice wants it.
func fitLogistic(ss []sample, label func(sample) (yes bool, weight float64), without map[string]bool, decay float64) model {
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
		_, w := label(s)
		total += w
	}
	const rate = 0.05
	for step := 1; step <= 600; step++ {
		g := make([]float64, n+1)
		for _, s := range ss {
			yes, weight := label(s)
			if weight == 0 || s.talk {
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
			d *= weight / total
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
