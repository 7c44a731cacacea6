package ground

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"

	"cairn/retrieval/glossary"
)

var (
	holdout = flag.Bool("holdout", false, "print the figures of the held-out sentences too")
	cross   = flag.Bool("cross", false, "print the cross-validated figures of the score")
	fit     = flag.Bool("fit", false, "fit the score anew on the development sentences and write them")
	ablate  = flag.Bool("ablate", false, "print what passes without each rule (development only)")
	show    = flag.String("show", "", "print the sentences of this kind with their features (development only)")
)

// A labelled is a sentence with what somebody says about it.
type labelled struct {
	ID       string `json:"id"`
	Lang     string `json:"lang"`
	Label    bool   `json:"label"`
	Kind     string `json:"kind"`
	Text     string `json:"text"`
	Evidence []struct {
		Heading []string `json:"heading"`
		Text    string   `json:"text"`
	} `json:"evidence"`
	Split string `json:"split"`
}

func (l *labelled) evidence() []Evidence {
	var out []Evidence
	for _, e := range l.Evidence {
		out = append(out, Evidence{Heading: e.Heading, Text: e.Text})
	}
	return out
}

// writer is who wrote the sentence: each file is one hand's.
func (l *labelled) writer() string {
	file, _, _ := strings.Cut(l.ID, "-")
	return file
}

// source names what the sentence stands on; twins share it.
func (l *labelled) source() string {
	var b strings.Builder
	for _, e := range l.Evidence {
		b.WriteString(strings.Join(e.Heading, ">"))
	}
	return b.String()
}

func labelledSentences(t testing.TB, split string) []labelled {
	t.Helper()
	var out []labelled
	files, err := filepath.Glob(filepath.Join("..", "testdata", "grounding", "*.jsonl"))
	if err != nil || len(files) < 2 {
		t.Fatalf("labelled sentences: %v %v", files, err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(data)) {
			var l labelled
			if err := json.Unmarshal([]byte(line), &l); err != nil {
				t.Fatal(err)
			}
			if l.Split == split {
				out = append(out, l)
			}
		}
	}
	return out
}

// A rate counts how many of a kind pass.
type rate struct{ passed, of int }

func (r rate) String() string {
	lo, hi := wilson(r.passed, r.of)
	return fmt.Sprintf("%4d of %4d  %5.1f%%  [%.1f, %.1f]", r.passed, r.of, 100*float64(r.passed)/max(1, float64(r.of)), 100*lo, 100*hi)
}

// wilson is the 95% interval of a share.
func wilson(k, n int) (float64, float64) {
	if n == 0 {
		return 0, 1
	}
	const z = 1.96
	p, m := float64(k)/float64(n), float64(n)
	mid := p + z*z/(2*m)
	half := z * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return (mid - half) / (1 + z*z/m), (mid + half) / (1 + z*z/m)
}

// TestGrounding measures the check on labelled sentences. With -args -holdout
// it prints those that were held out as well.
func TestGrounding(t *testing.T) {
	c := New(glossary.Default())
	dev := labelledSentences(t, "dev")
	if *fit || *cross {
		fitModel(t, c, dev)
	}
	rates := measure(c, dev)
	report(t, "dev", rates)
	floors(t, "dev", rates, aimFalse, 0.13)
	if *holdout {
		report(t, "holdout", measure(c, labelledSentences(t, "holdout")))
	}
	if *ablate {
		ablation(t, c, dev, rates)
	}
	if *show == "top" {
		showTop(t, c, dev)
	}
	if *show != "" {
		for _, l := range dev {
			v := c.Check(l.Text, l.evidence())
			k := fmt.Sprint(l.Label) + "/" + l.Kind
			if *show == "hard" && l.Label && (v.Reason == ReasonLiteral || v.Reason == ReasonNumber) || strings.HasPrefix(k, *show) || l.ID == *show || *show == "pass" && v.Grounded && !l.Label {
				cmp, _ := c.compare(l.Text, l.evidence())
				t.Logf("%s %v %s score %.3f %s %q\n   %s", l.ID, v.Grounded, k, v.Score, v.Reason, v.Detail, l.Text)
				if cmp != nil {
					t.Log("   " + describe(cmp))
				}
			}
		}
	}
}

// floors fails the test when more false or fewer true sentences pass than when
// the rules were frozen.
func floors(t *testing.T, name string, rates map[string]rate, mostFalse, leastTrue float64) {
	t.Helper()
	if r := rates["false"]; float64(r.passed) > mostFalse*float64(r.of) {
		t.Errorf("%s: false sentences that pass: got %s, want at most %.1f%%", name, r, 100*mostFalse)
	}
	if r := rates["true"]; float64(r.passed) < leastTrue*float64(r.of) {
		t.Errorf("%s: true sentences that pass: got %s, want at least %.1f%%", name, r, 100*leastTrue)
	}
}

func describe(c *comparison) string {
	var b strings.Builder
	for i, v := range c.f {
		if v != 0 {
			fmt.Fprintf(&b, "%s=%.2f ", featureNames[i], v)
		}
	}
	return b.String()
}

func measure(c *Checker, sentences []labelled) map[string]rate {
	rates := map[string]rate{}
	for _, l := range sentences {
		v := c.Check(l.Text, l.evidence())
		for _, k := range []string{fmt.Sprint(l.Label), fmt.Sprint(l.Label) + " " + l.Lang, fmt.Sprint(l.Label) + " " + l.Kind} {
			r := rates[k]
			r.of++
			if v.Grounded {
				r.passed++
			}
			rates[k] = r
		}
		if !v.Grounded {
			k := fmt.Sprintf("%v dropped for %s", l.Label, v.Reason)
			rates[k] = rate{rates[k].passed + 1, rates[k].of}
		}
	}
	return rates
}

func report(t *testing.T, name string, rates map[string]rate) {
	t.Helper()
	keys := make([]string, 0, len(rates))
	for k := range rates {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	t.Logf("%s: sentences that pass, with 95%% intervals", name)
	for _, k := range keys {
		if rates[k].of == 0 {
			t.Logf("  %-30s %4d", k, rates[k].passed)
			continue
		}
		t.Logf("  %-18s %s", k, rates[k])
	}
}

// aimFalse is the share of false sentences that may pass.
const aimFalse = 0.01

// showTop prints the false sentences of the highest scores.
func showTop(t *testing.T, c *Checker, dev []labelled) {
	type item struct {
		v Verdict
		l labelled
	}
	var items []item
	for _, l := range dev {
		if v := c.Check(l.Text, l.evidence()); !l.Label {
			items = append(items, item{v, l})
		}
	}
	slices.SortFunc(items, func(a, b item) int { return int(1e6 * (b.v.Score - a.v.Score)) })
	for _, it := range items[:min(60, len(items))] {
		cmp, _ := c.compare(it.l.Text, it.l.evidence())
		if cmp == nil {
			continue
		}
		t.Logf("%.3f %s %s\n  %s\n  %s", it.v.Score, it.l.ID, it.l.Kind, it.l.Text, describe(cmp))
	}
}

// ablation prints how many more sentences pass without each rule.
func ablation(t *testing.T, c *Checker, dev []labelled, with map[string]rate) {
	names := []string{"figures", "names"}
	for _, g := range gates {
		names = append(names, g.name)
	}
	for _, n := range append(names, "score") {
		got := measure(&Checker{lexicon: c.lexicon, without: n}, dev)
		t.Logf("without %-26s %+4d false, %+4d true pass", n, got["false"].passed-with["false"].passed, got["true"].passed-with["true"].passed)
	}
}
