package answer

import (
	"context"
	"strings"
	"testing"
	"time"

	"cairn/retrieval/llm/llmtest"
	"cairn/runbooks"
	"cairn/runbooks/lint"
)

const proposed = `{"title": "Gateway loses its workers", "service": "Payment Gateway",
 "questions": ["gateway has no workers", "all workers are busy"],
 "summary": {"text": "The backend accepts at most 64 connections. It was built in 1999.", "cites": ["P2"]},
 "symptoms": [{"text": "New connections are refused.", "cites": ["P2"]}, {"text": "See [here](https://evil.example) @everyone", "cites": []}],
 "first_look": [{"text": "Count the busy workers.", "command": "backendctl workers --busy\nbackendctl workers --kill-all", "expect": "fewer than 64", "cites": ["P2"]},
   {"text": "Look at the gateway's log for the reason.", "command": "tail -n 50 /var/log/gateway/error.log", "cites": ["P1"]}],
 "diagnose": [{"text": "Look at the log.", "command": "tail -n 50 /var/log", "cites": ["P1"]}],
 "fix": [{"cause": "All workers are busy", "steps": [{"text": "Restart it.", "command": "reboot", "cites": ["P7"]}], "rollback": {"text": "Nothing to undo.", "cites": []}}],
 "verify": [{"text": "Ask again.", "command": "", "cites": []}],
 "prevent": [{"text": "Watch the workers.", "cites": []}]}`

func TestDraft(t *testing.T) {
	t.Parallel()
	req := stage(t, "gateway workers", gatewayRunbook, poolRunbook)
	today := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	d, err := writer(t, says(t, "Here:\n```json\n"+proposed+"\n```"), nil).Draft(context.Background(), DraftRequest{
		Question: "why has the gateway no workers?", Lang: runbooks.English, Hits: req.Hits, Now: today,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"\ndraft: true\n", "  - \"why has the gateway no workers?\"", "\nservice: \"payment-gateway\"\n", "reviewed: 2026-03-01",
		"The backend accepts at most 64 connections. It was built in 1999. **[UNCITED]** (source d2.md:",
		"   backendctl workers --busy\n   # UNVERIFIED backendctl workers --kill-all\n",
		"   tail -n 50 /var/log/gateway/error.log\n", "   # UNVERIFIED tail -n 50 /var/log\n", "   # UNVERIFIED reboot\n",
		"Ask again. **[UNCITED]**",
	} {
		if !strings.Contains(d.Markdown, want) {
			t.Errorf("the draft lacks %q", want)
		}
	}
	for _, bad := range []string{"](http", "@everyone", "https://"} {
		if strings.Contains(d.Markdown, bad) {
			t.Errorf("the draft holds %q", bad)
		}
	}
	if d.Unverified != 3 || d.Uncited < 5 || len(d.Sources) != 2 {
		t.Errorf("%d unverified, %d uncited, sources %q", d.Unverified, d.Uncited, d.Sources)
	}
	doc, err := runbooks.Parse("draft.md", []byte(d.Markdown), nil)
	if err != nil || doc.Meta.Err != nil || !doc.Meta.Draft {
		t.Fatalf("the draft does not parse: %v, %v", err, doc.Meta.Err)
	}
	for _, f := range lint.Run([]*runbooks.Document{doc}, &lint.Options{Now: func() time.Time { return today }}) {
		if f.Severity == lint.Error && f.Rule != "related" && f.Rule != "first-look" {
			t.Errorf("lint: %s: %s", f.Rule, f.Message)
		}
	}
	if t.Failed() {
		t.Log(d.Markdown)
	}
}

func TestDraftRefuses(t *testing.T) {
	t.Parallel()
	req := DraftRequest{Question: "why", Lang: runbooks.English, Hits: stage(t, "gateway 502", gatewayRunbook).Hits, Now: time.Now()}
	for name, says := range map[string]string{"prose": "just reboot", "no title": `{"service": "x"}`, "cut off": `{"title": "x", "fix": [`} {
		s := llmtest.New(t)
		s.Script(func(int, llmtest.Request) llmtest.Reply { return llmtest.Reply{Pieces: []string{says}} })
		if d, err := writer(t, s, nil).Draft(context.Background(), req); err == nil {
			t.Errorf("%s: drafted %q", name, d.Markdown)
		}
	}
	if _, err := writer(t, says(t, proposed), &WriterOptions{Send: SendNothing}).Draft(context.Background(), req); err == nil {
		t.Error("drafted although nothing may be sent")
	}
}

// A part of a command that goes over several lines is another command.
func TestDraftKeepsCommandsWhole(t *testing.T) {
	t.Parallel()
	const runbook = "# Gateway drains\n\n1. Drain it.\n\n   ```bash\n   gatewayctl drain \\\n     --only spare \\\n     --wait\n   ```\n"
	req := stage(t, "gateway drains", runbook)
	for name, tc := range map[string]struct {
		command    string
		unverified int
	}{
		"whole":       {`gatewayctl drain \\\n  --only spare \\\n  --wait`, 0},
		"one added":   {`gatewayctl drain \\\n  --only all \\\n  --wait`, 3},
		"one less":    {`gatewayctl drain \\\n  --wait`, 2},
		"other order": {`gatewayctl drain \\\n  --wait \\\n  --only spare`, 3},
	} {
		d, err := writer(t, says(t, `{"title": "Drain", "first_look": [{"text": "Drain it.", "command": "`+tc.command+`", "cites": ["P1"]}]}`), nil).
			Draft(context.Background(), DraftRequest{Question: "how?", Lang: runbooks.English, Hits: req.Hits, Now: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		if d.Unverified != tc.unverified || strings.Count(d.Markdown, "# UNVERIFIED") != tc.unverified {
			t.Errorf("%s: %d unverified lines, want %d:\n%s", name, d.Unverified, tc.unverified, d.Markdown)
		}
	}
}

// The model is told to draft, in the language asked for, and which line fences
// the data.
func TestDraftPrompt(t *testing.T) {
	t.Parallel()
	req := stage(t, "gateway 502", gatewayRunbook)
	for lang, name := range map[runbooks.Lang]string{runbooks.English: "English", runbooks.Chinese: "简体中文"} {
		s := says(t, proposed)
		if _, err := writer(t, s, nil).Draft(context.Background(), DraftRequest{Question: "why?", Lang: lang, Hits: req.Hits, Now: time.Now()}); err != nil {
			t.Fatal(err)
		}
		sent := s.Requests()[0].Messages
		system, user := sent[0], sent[1]
		fence := strings.Split(user, "\n")[1]
		if !strings.HasPrefix(system, "You draft a runbook") || !strings.Contains(system, name) || !strings.HasPrefix(fence, "=====") || !strings.Contains(system, fence) {
			t.Errorf("%s: the system text %q does not ask for a draft with the fence %q", lang, system, fence)
		}
	}
}
