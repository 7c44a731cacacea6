package groundtest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A Sentence is a sentence with what somebody says about it.
type Sentence struct {
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
	// Freedom says of a true sentence how far its words are from the evidence:
	// near, moderate or free. The oldest files have none.
	Freedom string `json:"freedom"`
}

// Writer is who wrote the sentence: each prefix of ids is one hand's.
func (s *Sentence) Writer() string {
	name, _, _ := strings.Cut(s.ID, "-")
	return name
}

// Source names what the sentence stands on; twins share it.
func (s *Sentence) Source() string {
	var b strings.Builder
	for _, e := range s.Evidence {
		b.WriteString(strings.Join(e.Heading, ">"))
	}
	return b.String()
}

// Load returns the sentences of a split, in the order of their files. dir is
// bot/answer/testdata/grounding as seen from the test.
func Load(t testing.TB, dir, split string) []Sentence {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	if err != nil || len(files) < 2 {
		t.Fatalf("labelled sentences: %v %v", files, err)
	}
	var out []Sentence
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			var s Sentence
			if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if s.Split == split {
				out = append(out, s)
			}
		}
		if err := lines.Err(); err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	return out
}

// A Rate counts how many of a kind pass.
type Rate struct{ Passed, Of int }

// String gives the share with its 95% interval.
func (r Rate) String() string {
	lo, hi := Wilson(r.Passed, r.Of)
	return fmt.Sprintf("%4d of %4d  %5.1f%%  [%.1f, %.1f]", r.Passed, r.Of, r.Percent(), 100*lo, 100*hi)
}

// Percent is the share in hundredths, 0 of nothing.
func (r Rate) Percent() float64 { return 100 * float64(r.Passed) / max(1, float64(r.Of)) }

// Wilson is the 95% interval of a share of k in n, by Wilson's score.
func Wilson(k, n int) (low, high float64) {
	if n == 0 {
		return 0, 1
	}
	const z = 1.96
	p, m := float64(k)/float64(n), float64(n)
	mid := p + z*z/(2*m)
	half := z * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return max(0, (mid-half)/(1+z*z/m)), (mid + half) / (1 + z*z/m)
}

// Rates count what passes by label, by label and language, and by label and
// kind; an entry with Of 0 counts reasons.
type Rates map[string]Rate

// Add counts one sentence and, where it was dropped, the reason.
func (r Rates) Add(s *Sentence, passed bool, reason string) {
	for _, k := range []string{fmt.Sprint(s.Label), fmt.Sprint(s.Label) + " " + s.Lang, fmt.Sprint(s.Label) + " " + s.Kind} {
		e := r[k]
		e.Of++
		if passed {
			e.Passed++
		}
		r[k] = e
	}
	if !passed {
		k := fmt.Sprintf("%v dropped for %s", s.Label, reason)
		r[k] = Rate{Passed: r[k].Passed + 1}
	}
}

// Report prints them.
func (r Rates) Report(t testing.TB, name string) {
	t.Helper()
	keys := make([]string, 0, len(r))
	for k := range r {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	t.Logf("%s: sentences that pass, with 95%% intervals", name)
	for _, k := range keys {
		if r[k].Of == 0 {
			t.Logf("  %-30s %4d", k, r[k].Passed)
			continue
		}
		t.Logf("  %-18s %s", k, r[k])
	}
}

// Floors fails the test when more false or fewer true sentences pass than
// these shares.
func (r Rates) Floors(t testing.TB, name string, mostFalse, leastTrue float64) {
	t.Helper()
	if x := r["false"]; x.Of == 0 || float64(x.Passed) > mostFalse*float64(x.Of) {
		t.Errorf("%s: false sentences that pass: got %s, want at most %.1f%%", name, x, 100*mostFalse)
	}
	if x := r["true"]; x.Of == 0 || float64(x.Passed) < leastTrue*float64(x.Of) {
		t.Errorf("%s: true sentences that pass: got %s, want at least %.1f%%", name, x, 100*leastTrue)
	}
}
