package retrieval

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairn/retrieval/lexical"
	"cairn/runbooks"
)

func TestClauses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"nginx answers 502":                    nil,
		"connect to 10.0.0.1:80: refused":      {"connect to 10.0.0.1:80"}, // the second one is too short
		"it broke at noon. etcd has no leader": {"it broke at noon", "etcd has no leader"},
		"磁盘写满了，先删什么":                           {"磁盘写满了", "先删什么"},
		"one thing here, another one, a third one": {
			"one thing here, another one", "another one, a third one", "one thing here", "another one", "a third one",
		},
	} {
		if diff := cmp.Diff(want, clauses(text)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
	if n := len(clauses(strings.Repeat("a clause of its own, ", 400))); n != maxClauses {
		t.Errorf("%d clauses, want %d", n, maxClauses)
	}
}

// odd is a library of one telling runbook among others.
func odd(tb testing.TB) *Index {
	tb.Helper()
	docs := corpus(tb)
	docs = append(docs,
		parse(tb, "oom.md", "# The kernel kills processes\n\n## Symptoms\n\nThe kernel log says `Out of memory: Killed process`.\n\n## Fix\n\n1. Find the process that takes the memory.\n"),
		parse(tb, "crash.md", "# A pod is in CrashLoopBackOff\n\n## Symptoms\n\nThe crash loop goes on.\n\n## Fix\n\n1. Read the log of the container before.\n"),
	)
	return mustBuild(tb, nil, nil, Library{Name: "a", Documents: docs})
}

// What surrounds an error, a machine's own words or a person's, does not hide
// it.
func TestHearsWhatMatters(t *testing.T) {
	t.Parallel()
	ix := odd(t)
	for question, want := range map[string]string{
		"Nov 29 03:12:44 web07 kernel: [1284411.302117] Out of memory: Killed process 28817 (gunicorn) total-vm:4831220kB": "oom.md",
		"hi team, the billing widgets vanished from Felicity's quokka. Out of memory: Killed process":                      "oom.md",
		"hey all, anyone know what to do with crashloop since lunch? thanks":                                               "crash.md",
		"crashloop": "crash.md",
	} {
		r := find(t, ix, question)
		if len(r.Hits) == 0 || r.Hits[0].Document.Path != want || r.Verdict == Abstain {
			t.Errorf("%q: %v, confidence %.2f, want %s", question, r.Verdict, r.Confidence, want)
		}
	}
}

// Reading clauses leaves the work space as the whole question made it: vectors
// are added from it afterwards.
func TestListeningLeavesTheSearchAlone(t *testing.T) {
	t.Parallel()
	ix := odd(t)
	s := ix.scratch.New().(*search)
	sc := ix.scope(nil)
	q := ix.ask(&s.scratch, "the widgets of quokka vanished. the kernel kills processes, it said", sc)
	ix.score(s, q, sc)
	cands := slices.Clone(ix.rank(s, q, sc))
	passages, texts, weight := slices.Clone(s.passages), slices.Clone(s.texts), slices.Clone(s.weight)
	var res Result
	if err := ix.listen(t.Context(), s, q, sc, cands[0].doc, &res); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(passages, s.passages) || !slices.Equal(texts, s.texts) || !slices.Equal(weight, s.weight) {
		t.Error("scores or weights are those of a clause")
	}
}

// What is said around a question changes neither what is found nor how surely.
func TestFillerTellsNothing(t *testing.T) {
	t.Parallel()
	ix := odd(t)
	plain := find(t, ix, "a pod is in CrashLoopBackOff")
	for _, around := range []string{
		"Hi team, anyone know why a pod is in CrashLoopBackOff? Thanks in advance",
		"urgent: a pod is in CrashLoopBackOff since yesterday",
		"大佬们，a pod is in CrashLoopBackOff，急，在线等",
	} {
		r := find(t, ix, around)
		if len(r.Hits) == 0 || r.Hits[0].Document.Path != plain.Hits[0].Document.Path {
			t.Errorf("%q finds another document", around)
		}
		if d := r.Confidence - plain.Confidence; d < -0.1 {
			t.Errorf("%q: confidence %.2f, want %.2f", around, r.Confidence, plain.Confidence)
		}
	}
	for text, want := range map[string]string{"磁盘突然满了": "磁盘满了", "the disk is full since yesterday, help": "the disk is full  , help", "大佬们，急": "，", "": ""} {
		if got := without(text, lexical.FillerSpans(text)); got != want {
			t.Errorf("%q without filler is %q, want %q", text, got, want)
		}
	}
	// Where nothing else is said, filler is all there is to go by.
	if r := find(t, ix, "since yesterday"); r.Verdict != Abstain {
		t.Errorf("filler alone: %v", r.Verdict)
	}
}

// A bare name that many titles hold is offered, not answered.
func TestBareNameHasRivals(t *testing.T) {
	t.Parallel()
	var docs []*runbooks.Document
	for _, what := range []string{"reload fails", "runs out of workers", "answers slowly", "drops its log"} {
		docs = append(docs, parse(t, strings.ReplaceAll(what, " ", "-")+".md", "# nginx "+what+"\n\n## Fix\n\n1. Look why nginx "+what+".\n"))
	}
	ix := mustBuild(t, nil, nil, Library{Name: "a", Documents: append(corpus(t), docs...)})
	bare, named := find(t, ix, "nginx"), find(t, ix, "nginx reload fails")
	if bare.Verdict == Sure || bare.Confidence >= named.Confidence {
		t.Errorf("a bare name: %v, confidence %.2f; with what is wrong: %.2f", bare.Verdict, bare.Confidence, named.Confidence)
	}
	if named.Verdict != Sure || named.Hits[0].Document.Path != "reload-fails.md" {
		t.Errorf("what is wrong: %v, %s", named.Verdict, named.Hits[0].Document.Path)
	}
}

func FuzzClauses(f *testing.F) {
	for _, s := range []string{"", "a,b", "，。，", "one clause. another clause\nand more", "\xff,\xfe clause of bytes", strings.Repeat("，", 100)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		cs := clauses(text)
		if len(cs) > maxClauses {
			t.Errorf("%d clauses", len(cs))
		}
		for _, c := range cs {
			if !strings.Contains(text, c) || len(c) < minClause {
				t.Errorf("clause %q of %q", c, text)
			}
		}
	})
}
