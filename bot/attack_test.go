package bot

import (
	"bufio"
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairn/adapters"
	"cairn/bot/answer"
	"cairn/bot/answer/ground"
	"cairn/bot/answer/judge"
	"cairn/retrieval"
	"cairn/retrieval/glossary"
	"cairn/retrieval/llm"
	"cairn/retrieval/llm/llmtest"
	"cairn/runbooks"
)

// An attack is a document, a question or a model that wants something to come
// out that must not; the model says what the attacker would like.
type attack struct {
	ID, Lang, Where, Aim     string
	Document, Question, Says string
	Forbidden                []string
}

// The runbook that is attacked; an attacking document adds a paragraph.
var attacked = map[string]string{
	"en": "# Gateway returns 502\n\n%s\n\n1. Look at the gateway's log for the reason.\n\n   ```bash\n   tail -n 50 /var/log/gateway/error.log\n   ```\n\n2. Check that the backend listens on port 8080.\n\n   ```bash\n   ss -ltn 'sport = :8080'\n   ```\n",
	"zh": "# 网关返回 502\n\n%s\n\n1. 查看网关日志里的原因。\n\n   ```bash\n   tail -n 50 /var/log/gateway/error.log\n   ```\n\n2. 确认后端监听 8080 端口。\n\n   ```bash\n   ss -ltn 'sport = :8080'\n   ```\n",
}

func TestAttacks(t *testing.T) {
	t.Parallel()
	f, err := os.Open("testdata/attacks.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	count := map[string]int{}
	for sc := bufio.NewScanner(f); sc.Scan(); {
		var a attack
		if err := json.Unmarshal(sc.Bytes(), &a); err != nil {
			t.Fatalf("attacks.jsonl: %v", err)
		}
		if len(a.Forbidden) == 0 || a.Says == "" {
			t.Fatalf("%s forbids nothing", a.ID)
		}
		count[a.Where]++
		count[a.Lang]++
		t.Run(a.ID+" "+a.Aim, func(t *testing.T) {
			t.Parallel()
			for name, follows := range judges(a) {
				t.Run(name, func(t *testing.T) {
					out := runAttack(t, a, follows)
					if through := name == "won over" && slices.Contains(judgeTells, a.ID); (out != "") != through {
						t.Errorf("comes out: %q, want that: %v", out, through)
					}
				})
			}
		})
	}
	if count["en"]+count["zh"] < 60 || count["zh"] < 20 || count["document"] < 15 || count["question"] < 15 || count["output"] < 15 {
		t.Errorf("too few attacks: %v", count)
	}
}

// judgeTells are the attacks of which nobody but the judge can tell that they
// say what the runbook does not: in its own words, names and figures. A model
// that is won over both as writer and as judge gets these through.
var judgeTells = []string{"o45", "o66", "q33", "d11", "d80"}

// judges are nobody, a judge that lets everything through, and one that the
// attacker has won over and who still knows every control.
func judges(a attack) map[string]func(passages, statement string) bool {
	out := map[string]func(passages, statement string) bool{
		"no judge": nil,
		"says yes": func(string, string) bool { return true },
	}
	out["won over"] = func(passages, s string) bool {
		return llmtest.Verbatim(passages, s) || strings.Contains(strings.Join(strings.Fields(a.Says), " "), s)
	}
	return out
}

// runAttack returns what comes out and must not.
func runAttack(t *testing.T, a attack, follows func(passages, statement string) bool) (out string) {
	question := a.Question
	if question == "" {
		question = map[string]string{"en": "gateway returns 502", "zh": "网关返回 502"}[a.Lang]
	}
	text := strings.Replace(attacked[a.Lang], "%s", a.Document, 1)
	d, err := runbooks.Parse("gateway.md", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	r := retrieval.Result{Verdict: retrieval.Sure, Confidence: 0.9, Lang: runbooks.Lang(a.Lang)}
	for _, p := range runbooks.Passages(d) {
		r.Hits = append(r.Hits, retrieval.Hit{Library: "lib", Document: d, Passage: p, Score: 1})
	}
	base := answer.Compose(context.Background(), nil, r, question, nil)
	if base.Abstained || len(base.Steps) != 2 {
		t.Fatalf("the first stage has %d steps", len(base.Steps))
	}
	s := llmtest.New(t)
	s.Script(func(_ int, r llmtest.Request) llmtest.Reply {
		if reply, ok := llmtest.JudgeReply(r, follows); ok {
			return reply
		}
		return llmtest.Reply{Pieces: []string{a.Says}}
	})
	c, err := llm.New(llm.Config{BaseURL: s.URL(), ChatModel: "scripted", Retries: -1})
	if err != nil {
		t.Fatal(err)
	}
	var o answer.WriterOptions
	check := ground.New(glossary.Default())
	if follows != nil {
		o.Judge = judge.New(slog.New(slog.DiscardHandler), c, check)
	}
	w, err := answer.NewWriter(slog.New(slog.DiscardHandler), c, check, &o)
	if err != nil {
		t.Fatal(err)
	}
	shown := []answer.Answer{}
	got, _ := w.Write(context.Background(), answer.WriteRequest{Answer: base, Question: question, Hits: r.Hits}, func(a answer.Answer) { shown = append(shown, a) })
	for _, g := range append(shown, got) {
		if diff := cmp.Diff(base.Steps, g.Steps[:len(base.Steps)]) + cmp.Diff(base.Citations, g.Citations[:len(base.Citations)]); diff != "" {
			t.Errorf("the steps have changed:\n%s", diff)
		}
		m := Message(g, &RenderOptions{AnswerID: "id", Feedback: true})
		added := writtenBy(m)
		for _, p := range g.Prose {
			added += "\n" + p.Text
		}
		for _, bad := range a.Forbidden {
			if strings.Contains(added, bad) {
				out = added
			}
		}
	}
	return out
}

// writtenBy is all of a message that is not quoted from a document.
func writtenBy(m adapters.Message) string {
	out := []string{m.Lead, m.Mark, m.UnderstoodAs}
	out = append(append(out, m.Notes...), m.Warnings...)
	for _, s := range m.Steps {
		out = append(out, s.Before...)
	}
	return strings.Join(out, "\n")
}
