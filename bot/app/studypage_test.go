package app

import (
	"bytes"
	"html/template"
	"strings"
	"testing"

	"cairn/adapters"
	"cairn/bot/quiz"
	"cairn/bot/store"
)

// The template renders every part in both languages, and what documents and
// people wrote stays text.
func TestStudyTemplate(t *testing.T) {
	t.Parallel()
	const hostile = `<script>alert(1)</script>`
	for _, zh := range []bool{false, true} {
		d := studyData{
			ZH: zh, Person: true,
			Tip: &adapters.Message{Title: "Tip " + hostile, Lead: hostile, Steps: []adapters.Step{{N: 1, Text: hostile, Commands: []adapters.Command{{Text: "ls <dir>"}}, Risk: adapters.Safe}}},
			Paths: []pathView{{Title: hostile, Units: 2, Stages: []stageView{{Title: "one", Part: hostile, Units: []unitView{
				{Title: "bad", URL: "javascript:alert(1)"}, {Title: "good", URL: "https://example.org/a", Done: true}, {Title: "own", Page: "/d/lib/a.md"},
			}}}}},
			Progress: quiz.Progress{
				CardCounts: store.CardCounts{Seen: 3, Known: 2, Due: 1}, OnBoard: true,
				Board: []store.Rank{{Name: hostile, Reviews: 4}},
			},
			Ways:  wayViews([]quiz.PathStatus{{Title: "p", Library: "a lib", Done: 1, Units: 2, Next: quiz.Unit{Title: "next one", Document: "x y/b#.md"}}}),
			Chart: template.HTML(quiz.Chart([]store.DayCount{{Day: "2026-01-01", Count: 2}}, "en")),
		}
		var b bytes.Buffer
		if err := studyTemplate().Execute(&b, d); err != nil {
			t.Fatal(err)
		}
		got := b.String()
		if strings.Contains(got, "<script>") || strings.Contains(got, "javascript:") {
			t.Errorf("zh %v: hostile text came through:\n%s", zh, got)
		}
		for _, want := range []string{"<svg", "https://example.org/a", "ls &lt;dir&gt;", "next one", "1 / 2", `href="/d/a%20lib/x%20y/b%23.md"`, `href="/d/lib/a.md"`} {
			if !strings.Contains(got, want) {
				t.Errorf("zh %v: no %q in\n%s", zh, want, got)
			}
		}
	}
}

func TestStudyPageIsServed(t *testing.T) {
	t.Parallel()
	s := startServe(t, nil)
	for path, want := range map[string]string{
		"/study":            "h-tip",
		"/study?lang=zh":    "学习",
		"/me/no-such-token": "not valid",
	} {
		if code, body := s.get(path); code != 200 || !strings.Contains(body, want) {
			t.Errorf("GET %s: %d, want %q in\n%.400s", path, code, want, body)
		}
	}
}
