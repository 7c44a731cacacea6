package eval

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"cairn/runbooks/library"
)

// A walkup is what a person types or pastes who has never read the library.
// Gold names, without language, the documents that would be a right first
// answer: one is enough. Verdict is "answer" when the library covers the
// question, "unsure" when it is so bare or ambiguous that offering the
// documents of Gold is right, and "none" when nothing covers it. Lang is
// "mixed" for Chinese around English that is more than a product's name; pinyin
// is "zh". Dev is for looking at, holdout only for measuring.
type walkup struct {
	ID      string   `json:"id"`
	Query   string   `json:"query"`
	Lang    string   `json:"lang"`
	Kind    string   `json:"kind"`
	Gold    []string `json:"gold"`
	Verdict string   `json:"verdict"`
	Split   string   `json:"split"`
}

var (
	walkupKinds    = []string{"bare", "error", "logline", "pager", "symptom", "howto", "concept", "typo", "followlike", "lack", "chat"}
	walkupLangs    = []string{"en", "zh", "mixed"}
	walkupVerdicts = []string{"answer", "unsure", "none"}
	walkupSplits   = []string{"dev", "holdout"}
)

func readWalkups(tb testing.TB) []walkup {
	tb.Helper()
	raw, err := os.ReadFile("testdata/walkup.jsonl")
	if err != nil {
		tb.Fatal(err)
	}
	var out []walkup
	for s := bufio.NewScanner(bytes.NewReader(raw)); s.Scan(); {
		dec := json.NewDecoder(bytes.NewReader(s.Bytes()))
		dec.DisallowUnknownFields()
		var w walkup
		if err := dec.Decode(&w); err != nil {
			tb.Fatalf("line %d: %v", len(out)+1, err)
		}
		out = append(out, w)
	}
	return out
}

// librarySlugs counts in how many languages each area/slug is written.
func librarySlugs(tb testing.TB) map[string]int {
	tb.Helper()
	slugs := map[string]int{}
	for _, lang := range []string{"en", "zh"} {
		names, err := fs.Glob(library.FS, lang+"/*/*.md")
		if err != nil {
			tb.Fatal(err)
		}
		for _, n := range names {
			slugs[strings.TrimSuffix(strings.TrimPrefix(n, lang+"/"), ".md")]++
		}
	}
	return slugs
}

// expectedSlugs are documents that may still be missing from the library.
var expectedSlugs = []string{
	"delivery/terraform-state-lock", "distributed/vault-sealed", "databases/clickhouse-too-many-parts",
	"delivery/argocd-out-of-sync", "network/connection-refused-reset-timeout",
}

// TestWalkupForm keeps the set fit to measure with: every line well formed,
// nothing asked twice, gold that exists, and the same mixture in both splits.
func TestWalkupForm(t *testing.T) {
	t.Parallel()
	set, slugs := readWalkups(t), librarySlugs(t)
	if len(set) < walkupMin {
		t.Errorf("%d questions, want at least %d", len(set), walkupMin)
	}
	ids, queries := map[string]bool{}, map[string]bool{}
	for _, w := range set {
		q := strings.ToLower(strings.Join(strings.Fields(w.Query), " "))
		switch {
		case w.ID == "" || ids[w.ID]:
			t.Errorf("%s: the id is empty or taken", w.ID)
		case q == "" || queries[q] || len(w.Query) > 3<<10 || !utf8.ValidString(w.Query):
			t.Errorf("%s: the query is empty, asked already, too long or no UTF-8: %.60q", w.ID, w.Query)
		case !slices.Contains(walkupKinds, w.Kind) || !slices.Contains(walkupLangs, w.Lang) ||
			!slices.Contains(walkupVerdicts, w.Verdict) || !slices.Contains(walkupSplits, w.Split):
			t.Errorf("%s: kind %q, lang %q, verdict %q, split %q", w.ID, w.Kind, w.Lang, w.Verdict, w.Split)
		case (w.Verdict == "none") != (len(w.Gold) == 0):
			t.Errorf("%s: verdict %q with gold %v", w.ID, w.Verdict, w.Gold)
		case (w.Kind == "lack" || w.Kind == "chat") && w.Verdict != "none":
			t.Errorf("%s: kind %q with verdict %q", w.ID, w.Kind, w.Verdict)
		}
		ids[w.ID], queries[q] = true, true
		for i, g := range w.Gold {
			if slices.Contains(w.Gold[:i], g) {
				t.Errorf("%s: gold %s twice", w.ID, g)
			}
			if slugs[g] != 2 && !slices.Contains(expectedSlugs, g) {
				t.Errorf("%s: gold %s is not in the library in both languages", w.ID, g)
			}
		}
	}
	checkWalkupBalance(t, set)
}

// walkupMin is how many questions the set holds at the least.
const walkupMin = 560

func checkWalkupBalance(t *testing.T, set []walkup) {
	t.Helper()
	kinds, langs, dev := map[string]int{}, map[string]int{}, map[string]int{}
	for _, w := range set {
		kinds[w.Kind]++
		langs[w.Lang]++
		if w.Split == "dev" {
			dev[w.Kind]++
		}
	}
	for _, k := range walkupKinds {
		if kinds[k]*len(walkupKinds)*4 < len(set)*3 {
			t.Errorf("kind %s: %d of %d questions", k, kinds[k], len(set))
		}
		if d := 2*dev[k] - kinds[k]; d < -4 || d > 4 {
			t.Errorf("kind %s: %d of %d questions in dev", k, dev[k], kinds[k])
		}
	}
	for l, percent := range map[string]int{"en": 35, "zh": 35, "mixed": 15} {
		if langs[l]*100 < percent*len(set) {
			t.Errorf("language %s: %d of %d questions, want %d%%", l, langs[l], len(set), percent)
		}
	}
}
