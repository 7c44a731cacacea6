package retrieval

import (
	"testing"

	"cairn/retrieval/lexical"
	"cairn/runbooks"
)

// Of two documents that say the same, the one about the product that is asked
// about comes first; one that names none stays where it was.
func TestPrefersTheProductAskedAbout(t *testing.T) {
	t.Parallel()
	body := "\n\n## Symptoms\n\nThe reload of the configuration failed, the old one stays in use. The metric of the reload is 0.\n\n## Fix\n\n1. Check the file, then reload the configuration again.\n"
	docs := []*runbooks.Document{
		parse(t, "a.md", "# Alertmanager failed reload"+body),
		parse(t, "b.md", "# PrometheusBadConfig"+body+"\nAlertmanager has a file of its own.\n"),
		parse(t, "c.md", "# Reload after a change"+body),
	}
	ix := mustBuild(t, nil, nil, Library{Name: "a", Documents: append(corpus(t), docs...)})
	for question, want := range map[string]string{
		"Prometheus has failed to reload its configuration":   "b.md",
		"Alertmanager has failed to reload its configuration": "a.md",
		"prometheus 重新加载配置失败":                                 "b.md",
	} {
		if got := first(t, ix, question); got != want {
			t.Errorf("%q: %s first, want %s", question, got, want)
		}
	}
}

// A title about another product counts half, however alike it is.
func TestOtherTitleCountsLess(t *testing.T) {
	t.Parallel()
	body := "\n\nThe replica lags behind.\n"
	ix := mustBuild(t, nil, nil, Library{Name: "a", Documents: append(corpus(t),
		parse(t, "m.md", "# MySQL backups\n\nText about MySQL.\n"),
		parse(t, "p.md", "# PostgreSQL replica lags behind"+body), parse(t, "n.md", "# A replica lags behind"+body))})
	titles := map[string]float32{}
	for _, question := range []string{"mysql replica lags behind", "postgresql replica lags behind"} {
		cs, err := ix.Candidates(t.Context(), Query{Text: question}, 20)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cs {
			titles[question[:1]+" "+c.Path] = c.Features[fTitle]
		}
	}
	if got, other := titles["m n.md"], titles["m p.md"]; other == 0 || other > 0.6*got {
		t.Errorf("asked about MySQL the title about PostgreSQL counts %.2f, the one about none %.2f", other, got)
	}
	if got := titles["p p.md"]; got < 0.8 {
		t.Errorf("its own title counts %.2f", got)
	}
}

func TestAboutIsBetweenMinusOneAndOne(t *testing.T) {
	t.Parallel()
	ix := mustBuild(t, nil, nil, Library{Name: "a", Documents: []*runbooks.Document{
		parse(t, "m.md", "# MySQL replication stopped\n\nText about replication.\n"),
		parse(t, "p.md", "# Replication to PostgreSQL from MySQL\n\nText about replication and pg.\n"),
		parse(t, "n.md", "# Replication in general\n\nText about replication.\n"),
	}})
	sc := ix.scope(nil)
	for question, want := range map[string][3]float32{ // m, n, p
		"mysql replication":    {1, 0, 1},
		"pg replication":       {-1, 0, 1},
		"replication":          {0, 0, 0},
		"mysql pg replication": {1, 0, 1},
	} {
		var s lexical.Scratch
		q := ix.ask(&s, question, sc)
		var got [3]float32
		for d := range got {
			got[d] = ix.about(d, q)
		}
		if got != want {
			t.Errorf("%q: %v, want %v", question, got, want)
		}
	}
}

// No name stands for two products.
func TestSystems(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, names := range lexical.Systems() {
		for _, n := range names {
			if seen[n] {
				t.Errorf("%s stands there twice", n)
			}
			seen[n] = true
		}
	}
	if len(seen) < 80 {
		t.Errorf("%d names", len(seen))
	}
}
