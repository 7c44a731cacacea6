package answer

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairn/retrieval"
	"cairn/runbooks"
	"cairn/runbooks/risk"
)

const runbook = `---
title: Example store answers slowly
service: store
---

# Example store answers slowly

Reads take seconds.

## Symptoms

- slow reads

## First look

1. Measure one read.
   ` + "```bash\n   time curl -s http://<host>/read\n   ```" + `
   Expect: under ` + "`0.1 s`" + `.
   If not: go on.

2. **Destructive:** Throw the cache away.
   ` + "```bash\n   store-cli cache drop\n   ```" + `

## Diagnose

1. Count the keys with ` + "`kubectl get keys`" + `.

## Fix

### A compaction runs

1. Wait for it.

#### Rollback

Nothing to undo.

### The disk is nearly full

1. Remove old snapshots.
   ` + "```bash\n   rm -rf /snap/old\n   ```" + `

#### Rollback

1. Restore them.

## Verify

1. Measure again.

## Prevent

- Watch the disk.
`

func parse(t testing.TB, path, text string) *runbooks.Document {
	t.Helper()
	d, err := runbooks.Parse(path, []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// hit returns the passage that holds the text.
func hit(t testing.TB, d *runbooks.Document, text string) retrieval.Hit {
	t.Helper()
	for _, p := range runbooks.Passages(d) {
		if strings.Contains(d.Slice(p.Span), text) {
			return retrieval.Hit{Library: "lib", Document: d, Passage: p, Score: 1}
		}
	}
	t.Fatalf("no passage of %s holds %q", d.Path, text)
	return retrieval.Hit{}
}

func compose(question string, hits ...retrieval.Hit) Answer {
	return Compose(context.Background(), nil, retrieval.Result{Hits: hits, Confidence: 0.9, Coverage: 0.9, Verdict: retrieval.Sure}, question, nil)
}

func relatedTitles(a Answer) []string {
	out := []string{}
	for _, r := range a.Related {
		out = append(out, fmt.Sprintf("%s:%d", r.Title, r.StartLine))
	}
	return out
}

func TestRunbookGivesFirstLookAndDiagnose(t *testing.T) {
	t.Parallel()
	d := parse(t, "store.md", runbook)
	for _, found := range []string{"slow reads", "Measure one read", "Count the keys", "Wait for it", "Measure again", "Watch the disk"} {
		a := compose("store is slow", hit(t, d, found))
		checkAnswer(t, d, a)
		want := []Step{
			{N: 1, Section: "First look", Text: "Measure one read.", Commands: []string{"time curl -s http://<host>/read"}, Expect: "under `0.1 s`.", IfNot: "go on.", Risk: risk.Safe, Citation: 1},
			{N: 2, Section: "First look", Text: "Throw the cache away.", Commands: []string{"store-cli cache drop"}, Risk: risk.Destructive, Citation: 2},
			{N: 3, Section: "Diagnose", Text: "Count the keys with `kubectl get keys`.", Commands: []string{"kubectl get keys"}, Risk: risk.Safe, Citation: 3},
		}
		if diff := cmp.Diff(want, a.Steps); diff != "" {
			t.Errorf("hit in %q (-want +got):\n%s", found, diff)
		}
		if diff := cmp.Diff([]string{"A compaction runs:34", "The disk is nearly full:42"}, relatedTitles(a)); diff != "" {
			t.Errorf("hit in %q, related (-want +got):\n%s", found, diff)
		}
		if a.Title != "Example store answers slowly" || a.Document != "store.md" || a.Library != "lib" {
			t.Errorf("named %q of %q in %q", a.Title, a.Document, a.Library)
		}
		if got := a.Citations[0].Quote; got != "1. Measure one read.\n   ```bash\n   time curl -s http://<host>/read\n   ```\n   Expect: under `0.1 s`.\n   If not: go on." {
			t.Errorf("quote is %q", got)
		}
	}
}

func TestNamedCauseGivesItsSteps(t *testing.T) {
	t.Parallel()
	d := parse(t, "store.md", runbook)
	a := compose("store slow because the disk is nearly full", hit(t, d, "Measure one read"))
	checkAnswer(t, d, a)
	if len(a.Steps) != 1 || a.Steps[0].Section != "The disk is nearly full" || a.Steps[0].Risk != risk.Destructive {
		t.Errorf("steps are %+v, want the cause's own without its rollback", a.Steps)
	}
	want := []string{"The disk is nearly full › Rollback:49", "Example store answers slowly › Verify:53", "A compaction runs:34"}
	if diff := cmp.Diff(want, relatedTitles(a)); diff != "" {
		t.Errorf("related (-want +got):\n%s", diff)
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	d := parse(t, "store.md", runbook)
	for line, want := range map[int]string{
		1: "First look", 7: "First look", 14: "First look", 30: "First look", 34: "A compaction runs", 36: "A compaction runs", 42: "The disk is nearly full", 49: "Rollback", 53: "Verify",
	} {
		a, ok := Open(d, "lib", line, "q", nil)
		if !ok || len(a.Steps) == 0 || a.Steps[0].Section != want {
			t.Errorf("line %d opens %+v (%v), want %s", line, a.Steps, ok, want)
			continue
		}
		checkAnswer(t, d, a)
	}
	// A way back that is a sentence is quoted.
	if a, ok := Open(d, "lib", 38, "q", nil); !ok || len(a.Steps) != 0 || !strings.Contains(a.Citations[0].Quote, "Nothing to undo.") {
		t.Errorf("a rollback in prose opens %+v (%v)", a, ok)
	}
	if _, ok := Open(d, "lib", 10_000, "q", nil); ok {
		t.Error("a line beyond the end opened something")
	}
	if _, ok := Open(parse(t, "empty.md", ""), "lib", 1, "q", nil); ok {
		t.Error("an empty document opened something")
	}
}

func TestConceptIsQuoted(t *testing.T) {
	t.Parallel()
	d := parse(t, "c.md", "# Quorum\n\nA quorum is the smallest majority.\n\n## How it works\n\nThree of five vote.\n")
	a := compose("what is a quorum", hit(t, d, "smallest"))
	if len(a.Steps) != 0 || len(a.Citations) != 1 || !strings.Contains(a.Citations[0].Quote, "A quorum is the smallest majority.") {
		t.Errorf("got %+v", a)
	}
	if a.Abstained || a.Citations[0].N != 1 {
		t.Errorf("abstained %v, n %d", a.Abstained, a.Citations[0].N)
	}
	raw, _ := json.Marshal(a)
	if !strings.Contains(string(raw), `"steps":[]`) || !strings.Contains(string(raw), `"related":[]`) {
		t.Errorf("object is %s", raw)
	}
}

func TestSectionIsNeverCut(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("# Move the fleet\n\n")
	for i := range 60 {
		fmt.Fprintf(&b, "%d. Do the thing number %d with all the care that it needs.\n\n   ```bash\n   fleet move --ship %d\n   ```\n\n", i+1, i+1, i+1)
	}
	d := parse(t, "fleet.md", b.String())
	if n := len(runbooks.Passages(d)); n < 2 {
		t.Fatalf("%d passages, want several for the test", n)
	}
	a := compose("how do I move the fleet", hit(t, d, "number 40 "))
	checkAnswer(t, d, a)
	if len(a.Steps) != 60 || a.Steps[0].Commands[0] != "fleet move --ship 1" || a.Steps[59].N != 60 {
		t.Errorf("%d steps, want all 60 in document order", len(a.Steps))
	}
}

func TestLinkListKeepsItsOrder(t *testing.T) {
	t.Parallel()
	text := "# Reading\n\n## Kafka\n\n- [First steps](https://example.com/1)\n- [Consumer groups](https://example.com/2)\n- [Tuning](https://example.com/3)\n- [Operations](https://example.com/4)\n"
	d := parse(t, "links.md", text)
	h := hit(t, d, "Tuning")
	if h.Passage.Kind != runbooks.Links {
		t.Fatalf("kind is %v", h.Passage.Kind)
	}
	a := compose("how do I learn kafka", h)
	q := a.Citations[0].Quote
	if len(a.Steps) != 0 || !strings.Contains(q, "[First steps](https://example.com/1)\n- [Consumer groups](https://example.com/2)\n- [Tuning](https://example.com/3)\n- [Operations](https://example.com/4)") {
		t.Errorf("quote is %q with %d steps", q, len(a.Steps))
	}
}

func TestSeveralIntents(t *testing.T) {
	t.Parallel()
	text := "# Codes\n\n## nginx 502\n\n1. Look at the gateway.\n\n## nginx 503\n\n1. Look at the load.\n\n## nginx 504\n\n1. Look at the timeout.\n"
	d := parse(t, "codes.md", text)
	a502, a503, a504 := hit(t, d, "gateway"), hit(t, d, "load"), hit(t, d, "timeout")
	for question, want := range map[string][]string{
		"nginx 502 或者 504":             {"nginx 502", "nginx 504"},
		"nginx 502 or nginx 504":       {"nginx 502", "nginx 504"},
		"502、503、504 怎么排查":             {"nginx 502", "nginx 503", "nginx 504"},
		"nginx 502":                    {"nginx 502"},
		"nginx 502 and the disk":       {"nginx 502"},
		"nginx 502 with and without x": {"nginx 502"},
	} {
		a := compose(question, a502, a503, a504)
		got := []string{}
		for _, s := range a.Steps {
			got = append(got, s.Section)
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", question, diff)
		}
		for i, s := range a.Steps {
			if s.N != i+1 || s.Citation != i+1 {
				t.Errorf("%q: step %d is numbered %d and cites %d", question, i+1, s.N, s.Citation)
			}
		}
	}
}

func TestIntents(t *testing.T) {
	t.Parallel()
	for q, want := range map[string][]string{
		"nginx 502 或者 504":             {"nginx 502", "nginx 504"},
		"nginx 502 or 504":             {"nginx 502", "nginx 504"},
		"nginx 502、503、504 怎么排查":       {"nginx 502", "nginx 503", "nginx 504"},
		"redis 主从延迟和内存满怎么办":            {"redis 主从延迟", "redis 内存满"},
		"kafka lag and redis memory":   {"kafka lag", "redis memory"},
		"nginx 502":                    nil,
		"HTTP 与 HTTPS 的区别":             nil,
		"what is a pod and a node":     nil,
		"a, b, c, d, e":                nil,
		"nginx or":                     nil,
		"1, 2, 3, 4, 5, 6, 7, 8, 9, 0": nil,
	} {
		if diff := cmp.Diff(want, Intents(q)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", q, diff)
		}
	}
}

func TestAbstains(t *testing.T) {
	t.Parallel()
	store := parse(t, "store.md", runbook)
	other := parse(t, "other.md", "# Other\n\n## One\n\ntext one\n\n## Two\n\ntext two\n\n## Three\n\ntext three\n\n## Four\n\ntext four\n")
	nav := hit(t, other, "text one")
	nav.Passage.Kind = runbooks.Boilerplate
	hits := []retrieval.Hit{nav, hit(t, store, "slow reads"), hit(t, store, "Measure again"), hit(t, other, "text two"), hit(t, other, "text three"), hit(t, other, "text four")}
	for _, v := range []retrieval.Verdict{retrieval.Abstain, retrieval.Unsure} {
		a := Compose(context.Background(), nil, retrieval.Result{Hits: hits, Confidence: 0.9 - 0.6*float64(v), Coverage: 0.3, Verdict: v}, "what?", &Options{MaxRelated: 9})
		if !a.Abstained || a.Title+a.Document+a.Library != "" || len(a.Steps)+len(a.Citations) != 0 || a.Confidence != 0.3 {
			t.Errorf("%s: got %+v", v, a)
		}
		want := []string{"Example store answers slowly:1", "Other › Two:7", "Other › Three:11"}
		got := relatedTitles(a)
		if len(got) > 0 && strings.HasPrefix(got[0], "Example store answers slowly") {
			got[0] = "Example store answers slowly:1"
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: related (-want +got):\n%s", v, diff)
		}
	}
	// An unsure answer is no more confident than the question is covered, however
	// well its first hit stands against the others.
	if a := Compose(context.Background(), nil, retrieval.Result{Hits: hits, Confidence: 0.9, Coverage: 0.6, Verdict: retrieval.Unsure}, "what?", nil); a.Confidence != 0.6 {
		t.Errorf("unsure: confidence %v, want 0.6", a.Confidence)
	}
	for name, r := range map[string]retrieval.Result{
		"nothing found":      {Verdict: retrieval.Sure},
		"a hit without text": {Verdict: retrieval.Sure, Hits: []retrieval.Hit{{}}},
	} {
		a := Compose(context.Background(), nil, r, "q", nil)
		raw, _ := json.Marshal(a)
		if !a.Abstained || strings.Contains(string(raw), "null") {
			t.Errorf("%s: got %s", name, raw)
		}
	}
}

// A document of headings alone can be found; it is offered and answers nothing.
func TestHeadingAloneAnswersNothing(t *testing.T) {
	t.Parallel()
	d := parse(t, "stub.md", "# Restart the pump\n\n## When\n\n## How\n")
	ps := runbooks.Passages(d)
	if len(ps) != 1 {
		t.Fatalf("%d passages", len(ps))
	}
	a := Compose(context.Background(), nil, sure(d, ps[0]), "restart the pump", nil)
	if !a.Abstained || len(a.Citations) != 0 || len(a.Related) != 1 || a.Related[0].Document != "stub.md" {
		t.Errorf("got %+v", a)
	}
}

func TestAnswerInTheQuestionsLanguage(t *testing.T) {
	t.Parallel()
	en := parse(t, "en/x.md", "# The frob is stuck\n\n1. Shake it gently.\n")
	zh := parse(t, "zh/x.md", "# 弗罗布卡住\n\n1. 轻轻摇一摇。\n")
	h := hit(t, en, "Shake")
	p := hit(t, zh, "摇").Passage
	h.Duplicates = []retrieval.Ref{{Library: "lib", Path: "zh/x.md", StartLine: p.StartLine, EndLine: p.EndLine}}
	idx := documents{"lib/zh/x.md": zh}
	r := retrieval.Result{Hits: []retrieval.Hit{h}, Verdict: retrieval.Sure, Lang: runbooks.Chinese}
	if a := Compose(context.Background(), idx, r, "弗罗布卡住怎么办", nil); a.Document != "zh/x.md" || a.Language != "zh" {
		t.Errorf("answered in %s from %s", a.Language, a.Document)
	}
	r.Lang = runbooks.English
	if a := Compose(context.Background(), idx, r, "frob is stuck", nil); a.Document != "en/x.md" {
		t.Errorf("answered from %s", a.Document)
	}
	// Without a known duplicate, the twin in the other language's folder.
	r.Hits[0].Duplicates, r.Lang = nil, runbooks.Chinese
	if a := Compose(context.Background(), idx, r, "弗罗布卡住怎么办", nil); a.Document != "zh/x.md" {
		t.Errorf("answered from %s", a.Document)
	}
	idx["lib/zh/x.md"] = parse(t, "zh/x.md", "# 别的\n\n## 结构不同\n\n内容不同。\n")
	if a := Compose(context.Background(), idx, r, "弗罗布卡住怎么办", nil); a.Document != "en/x.md" {
		t.Errorf("answered from %s, which is another document", a.Document)
	}
	if a := Compose(context.Background(), nil, retrieval.Result{}, "???", &Options{Lang: runbooks.Chinese}); a.Language != "zh" {
		t.Errorf("a question without language is answered in %s", a.Language)
	}
}

type documents map[string]*runbooks.Document

func (ds documents) Document(library, path string) (*runbooks.Document, bool) {
	d, ok := ds[library+"/"+path]
	return d, ok
}

func TestTitlesOfSections(t *testing.T) {
	t.Parallel()
	real := parse(t, "a.md", "# Redis\n\n## Sentinel\n\n### Cons\n\ntext\n\n### What happens when the primary dies\n\ntext\n")
	meta := parse(t, "b.md", "---\ntitle: Redis\n---\n\n## Sentinel\n\ntext\n")
	dump := parse(t, "c.md", "# First\n\ntext\n\n# Second of many things here\n\ntext\n\n## Cons\n\ntext\n")
	for _, tc := range []struct {
		d    *runbooks.Document
		line int
		want string
	}{
		{real, 1, "Redis"}, {real, 3, "Redis › Sentinel"}, {real, 5, "Redis › Sentinel › Cons"}, {real, 9, "Redis › What happens when the primary dies"},
		{meta, 5, "Redis › Sentinel"}, {dump, 5, "Second of many things here"}, {dump, 9, "Second of many things here › Cons"},
	} {
		if got := title(tc.d, sectionAt(tc.d, tc.line)); got != tc.want {
			t.Errorf("%s:%d is titled %q, want %q", tc.d.Path, tc.line, got, tc.want)
		}
	}
	bare := parse(t, "notes_17.txt", "The pump is stuck again and nobody knows for how long it will stay so.\n")
	if got := title(bare, 0); got != "The pump is stuck again and nobody knows…" {
		t.Errorf("a text without a heading is titled %q", got)
	}
	if got := title(real, 99); got != "Redis" {
		t.Errorf("a section that is not there is titled %q", got)
	}
}

func TestLinksAreMade(t *testing.T) {
	t.Parallel()
	commit := func(_, _, hash string) string {
		if hash == "h1" {
			return "abc123"
		}
		return ""
	}
	for name, tc := range map[string]struct {
		links Links
		hash  string
		want  string
	}{
		"none":                   {Links{}, "h1", ""},
		"page":                   {Links{Page: "/"}, "h1", "/d/my%20lib/a%20b/%E7%BD%91.md?lines=3-5#L3"},
		"public":                 {Links{Page: "https://c.example.com/x/", Outward: true}, "h1", "https://c.example.com/x/d/my%20lib/a%20b/%E7%BD%91.md?lines=3-5#L3"},
		"loopback stays":         {Links{Page: "http://127.0.0.1:8080", Outward: true}, "h1", ""},
		"localhost stays":        {Links{Page: "http://localhost:8080", Outward: true}, "h1", ""},
		"ipv6 loopback stays":    {Links{Page: "http://[::1]:8080", Outward: true}, "h1", ""},
		"mapped loopback stays":  {Links{Page: "http://[::ffff:127.0.0.1]/", Outward: true}, "h1", ""},
		"unspecified stays":      {Links{Page: "http://0.0.0.0:8080", Outward: true}, "h1", ""},
		"relative stays":         {Links{Page: "/", Outward: true}, "h1", ""},
		"pattern":                {Links{Patterns: pattern("https://git.example.com/{path}?plain=1#L{line}-L{end_line}"), Outward: true}, "h1", "https://git.example.com/a%20b/%E7%BD%91.md?plain=1#L3-L5"},
		"commit":                 {Links{Patterns: pattern("https://git.example.com/blob/{commit}/{path}#L{line}"), Commit: commit, Outward: true}, "h1", "https://git.example.com/blob/abc123/a%20b/%E7%BD%91.md#L3"},
		"unknown commit":         {Links{Patterns: pattern("https://git.example.com/blob/{commit}/{path}"), Commit: commit, Page: "https://c.example.com", Outward: true}, "h2", "https://c.example.com/d/my%20lib/a%20b/%E7%BD%91.md?lines=3-5#L3"},
		"no commits at all":      {Links{Patterns: pattern("https://git.example.com/blob/{commit}/{path}")}, "h1", ""},
		"loopback pattern stays": {Links{Patterns: pattern("http://localhost/{path}"), Outward: true}, "h1", ""},
		"script pattern stays":   {Links{Patterns: pattern("javascript:alert(1)//{path}"), Outward: true}, "h1", ""},
	} {
		if got := tc.links.URL("my lib", "a b/网.md", tc.hash, 3, 5); got != tc.want {
			t.Errorf("%s: got %q, want %q", name, got, tc.want)
		}
	}
	if got := (Links{Page: "/"}).URL("l", "../../etc/passwd?x#y", "", 4, 4); got != "/d/l/../../etc/passwd%3Fx%23y?lines=4-4#L4" {
		t.Errorf("got %q", got)
	}
	c := Citation{Library: "l", Document: "one.md", StartLine: 2, EndLine: 2, StartColumn: 301, EndColumn: 340}
	if got, want := (Links{Page: "/"}).Citation(c, ""), "/d/l/one.md?lines=2-2&columns=301-340#L2"; got != want {
		t.Errorf("part of a line: got %q, want %q", got, want)
	}
}

func pattern(p string) map[string]string { return map[string]string{"my lib": p} }

func TestCacheChangesNothing(t *testing.T) {
	t.Parallel()
	cache := new(Cache)
	for _, path := range []string{"a.md", "b.md", "a.md"} {
		d := parse(t, path, runbook)
		r := retrieval.Result{Hits: []retrieval.Hit{hit(t, d, "slow reads")}, Verdict: retrieval.Sure}
		want := Compose(context.Background(), nil, r, "slow", nil)
		got := Compose(context.Background(), nil, r, "slow", &Options{Cache: cache})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-without +with cache):\n%s", path, diff)
		}
		got.Steps[0].Commands[0] = "changed by a caller"
	}
}

func TestVerifyRefusesLies(t *testing.T) {
	t.Parallel()
	d := parse(t, "store.md", runbook)
	good, ok := Cite(d, "lib", nil, d.Sections[3].Steps[0].Span)
	if !ok || !Verify(d, good) {
		t.Fatalf("a true citation is refused: %+v", good)
	}
	for name, change := range map[string]func(*Citation){
		"a changed byte":  func(c *Citation) { c.Quote = strings.Replace(c.Quote, "keys", "kegs", 1) },
		"an added word":   func(c *Citation) { c.Quote += " now" },
		"no quote":        func(c *Citation) { c.Quote = "" },
		"shifted lines":   func(c *Citation) { c.StartLine++; c.EndLine++ },
		"too many lines":  func(c *Citation) { c.EndLine++ },
		"line zero":       func(c *Citation) { c.StartLine = 0 },
		"beyond the end":  func(c *Citation) { c.StartLine, c.EndLine = 900, 901 },
		"backwards":       func(c *Citation) { c.EndLine = c.StartLine - 1 },
		"a wrong column":  func(c *Citation) { c.StartColumn = 5 },
		"a column beyond": func(c *Citation) { c.StartColumn = 500 },
	} {
		c := good
		change(&c)
		if Verify(d, c) {
			t.Errorf("%s: %+v passes", name, c)
		}
	}
	for _, span := range []runbooks.Span{{Start: -1, End: 3}, {Start: 3, End: 3}, {Start: 5, End: 2}, {Start: 0, End: len(d.Text) + 1}} {
		if _, ok := Cite(d, "lib", nil, span); ok {
			t.Errorf("span %v gives a citation", span)
		}
	}
}

func TestColumnsOnLongLines(t *testing.T) {
	t.Parallel()
	text := "# 一行\n\n" + strings.Repeat("前面的文字很长，", 60) + "要找的内容在这里。" + strings.Repeat("后面还有，", 60) + "\n"
	d := parse(t, "long.md", text)
	i := strings.Index(d.Text, "要找的")
	c, ok := Cite(d, "lib", nil, runbooks.Span{Start: i, End: i + len("要找的内容在这里。")})
	if !ok || c.StartLine != 3 || c.StartColumn != 481 || c.EndColumn != 489 {
		t.Errorf("got %+v (%v)", c, ok)
	}
}

func FuzzCompose(f *testing.F) {
	f.Add(runbook, "store is slow", 10)
	f.Add("1. a\n2. b\n\n```\n\xff", "a 或者 b", 0)
	f.Add("- [x](http://y)\n- [z](http://y)\n\u202e", "", 3)
	f.Fuzz(func(t *testing.T, text, question string, at int) {
		d, err := runbooks.Parse("f.md", []byte(text), nil)
		if err != nil {
			return
		}
		ps := runbooks.Passages(d)
		if len(ps) == 0 {
			return
		}
		var hits []retrieval.Hit
		for i := range ps {
			hits = append(hits, retrieval.Hit{Library: "lib", Document: d, Passage: ps[(i+max(at, 0))%len(ps)], Score: 1})
		}
		a := Compose(context.Background(), nil, retrieval.Result{Hits: hits, Verdict: retrieval.Sure}, question, nil)
		checkAnswer(t, d, a)
		if o, ok := Open(d, "lib", at, question, nil); ok {
			checkAnswer(t, d, o)
		}
	})
}
