package ground

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"

	"cairn/bot/answer/ground/groundtest"
	"cairn/retrieval/glossary"
)

var (
	holdout = flag.Bool("holdout", false, "print the figures of the held-out sentences too")
	cross   = flag.Bool("cross", false, "print the cross-validated figures of the score")
	fit     = flag.Bool("fit", false, "fit the score anew on the development sentences and write them")
	ablate  = flag.Bool("ablate", false, "print what passes without each rule (development only)")
	show    = flag.String("show", "", "print the sentences of this kind with their features (development only)")
)

const labelledDir = "../testdata/grounding"

func evidenceOf(s *groundtest.Sentence) []Evidence {
	var out []Evidence
	for _, e := range s.Evidence {
		out = append(out, Evidence{Heading: e.Heading, Text: e.Text})
	}
	return out
}

// TestGrounding measures the check on labelled sentences. With -args -holdout
// it prints those that were held out as well.
func TestGrounding(t *testing.T) {
	c := New(glossary.Default())
	dev := groundtest.Load(t, labelledDir, "dev")
	if *fit || *cross {
		fitModel(t, c, dev)
	}
	rates := measure(c, dev)
	rates.Report(t, "dev")
	rates.Floors(t, "dev", aimFalse, 0.13)
	if *holdout {
		measure(c, groundtest.Load(t, labelledDir, "holdout")).Report(t, "holdout")
	}
	if *ablate {
		ablation(t, c, dev, rates)
	}
	if *show == "top" {
		showTop(t, c, dev)
	}
	if *show != "" {
		for _, l := range dev {
			v := c.Check(l.Text, evidenceOf(&l))
			k := fmt.Sprint(l.Label) + "/" + l.Kind
			if *show == "hard" && l.Label && (v.Reason == ReasonLiteral || v.Reason == ReasonNumber) || strings.HasPrefix(k, *show) || l.ID == *show || *show == "pass" && v.Grounded && !l.Label {
				cmp, _ := c.compare(l.Text, evidenceOf(&l))
				t.Logf("%s %v %s score %.3f %s %q\n   %s", l.ID, v.Grounded, k, v.Score, v.Reason, v.Detail, l.Text)
				if cmp != nil {
					t.Log("   " + describe(cmp))
				}
			}
		}
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

func measure(c *Checker, sentences []groundtest.Sentence) groundtest.Rates {
	rates := groundtest.Rates{}
	for i := range sentences {
		v := c.Check(sentences[i].Text, evidenceOf(&sentences[i]))
		rates.Add(&sentences[i], v.Grounded, string(v.Reason))
	}
	return rates
}

// aimFalse is the share of false sentences that may pass.
const aimFalse = 0.01

// showTop prints the false sentences of the highest scores.
func showTop(t *testing.T, c *Checker, dev []groundtest.Sentence) {
	type item struct {
		v Verdict
		l groundtest.Sentence
	}
	var items []item
	for _, l := range dev {
		if v := c.Check(l.Text, evidenceOf(&l)); !l.Label {
			items = append(items, item{v, l})
		}
	}
	slices.SortFunc(items, func(a, b item) int { return int(1e6 * (b.v.Score - a.v.Score)) })
	for _, it := range items[:min(60, len(items))] {
		cmp, _ := c.compare(it.l.Text, evidenceOf(&it.l))
		if cmp == nil {
			continue
		}
		t.Logf("%.3f %s %s\n  %s\n  %s", it.v.Score, it.l.ID, it.l.Kind, it.l.Text, describe(cmp))
	}
}

// ablation prints how many more sentences pass without each rule.
func ablation(t *testing.T, c *Checker, dev []groundtest.Sentence, with groundtest.Rates) {
	names := []string{"figures", "names"}
	for _, g := range gates {
		names = append(names, g.name)
	}
	for _, n := range append(names, "score") {
		got := measure(&Checker{lexicon: c.lexicon, without: n}, dev)
		t.Logf("without %-26s %+4d false, %+4d true pass", n, got["false"].Passed-with["false"].Passed, got["true"].Passed-with["true"].Passed)
	}
}
