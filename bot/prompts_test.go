package bot

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairn/adapters"
	"cairn/bot/store"
)

// promptFile is a runbook with a severity and questions.
func promptFile(title, service, severity string, questions ...string) string {
	q := ""
	for _, x := range questions {
		q += "  - " + fmt.Sprintf("%q", x) + "\n"
	}
	return "---\ntitle: " + title + "\nservice: " + service + "\nseverity: " + severity + "\nquestions:\n" + q + "---\n# " + title + "\n\n## Fix\n\n1. Restart it.\n"
}

func TestPrompts(t *testing.T) {
	t.Parallel()
	st := newMemoryStore()
	ix := newFakeIndex(t, map[string]string{
		"team/en/disk.md":     promptFile("Disk full", "linux", "critical", `{"level":"error"}`, "The disk is full, what may go?"),
		"team/en/load.md":     promptFile("Load high", "linux", "critical", "Why is the load so high?"),
		"team/en/redis.md":    promptFile("Redis out of memory", "redis", "high", "Redis refuses writes"),
		"team/zh/redis.md":    promptFile("Redis 内存不足", "redis", "high", "Redis 写不进去了怎么办？"),
		"team/en/lag.md":      promptFile("Replication lag", "postgres", "medium", "LOG: x=[1] {y}"),
		"team/en/cards.md":    promptFile("What is a cgroup", "linux", "info", "What is a cgroup?"),
		"secret/en/vault.md":  promptFile("Vault sealed", "vault", "critical", "The vault is sealed"),
		"team/en/disliked.md": promptFile("Disliked", "web", "info", "Did that help nobody?"),
	})
	b, err := New(slog.New(slog.DiscardHandler), func() Index { return ix }, st, &Options{Allows: func(library string, v adapters.Viewer) bool { return library != "secret" || v.User == "insider" }})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	me := adapters.Viewer{Adapter: "chat", Workspace: "W", User: "ann"}
	questions := func(v adapters.Viewer, lang string, n int) []string {
		var out []string
		for _, p := range b.Prompts(ctx, v, lang, n) {
			if p.Title == "" {
				t.Errorf("no title: %+v", p)
			}
			out = append(out, p.Question)
		}
		return out
	}
	check := func(what string, got, want []string) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	// Nothing was asked: the most severe, of another service each, then more.
	check("at first", questions(me, "en", 4), []string{"The disk is full, what may go?", "Redis refuses writes", "Replication lag", "Did that help nobody?"})
	check("in Chinese", questions(me, "zh", 2), []string{"Redis 写不进去了怎么办？", "The disk is full, what may go?"})
	check("an insider's", questions(adapters.Viewer{Adapter: "chat", Workspace: "W", User: "insider"}, "en", 2), []string{"The disk is full, what may go?", "The vault is sealed"})

	// What people asked lately in public comes first, by how many they were.
	now := time.Now()
	for i, q := range []store.Question{
		{Document: "en/cards.md", User: "bob", Public: true}, {Document: "en/cards.md", User: "cyd", Public: true},
		{Document: "zh/redis.md", User: "bob", Public: true}, {Document: "zh/redis.md", User: "bob", Public: true}, {Document: "zh/redis.md", User: "bob", Public: true},
		{Document: "en/lag.md", User: "bob"}, {Document: "en/lag.md", User: "cyd"}, {Document: "en/lag.md", User: "ann"}, // private
		{Document: "en/load.md", User: "bob", Public: true, Workspace: "other"},
		{Document: "en/load.md", User: "bob", Public: true, At: now.Add(-30 * 24 * time.Hour)},
		{Document: "en/load.md", User: "bob", Public: true, Outcome: store.OutcomeAbstained},
		{Library: "secret", Document: "en/vault.md", User: "bob", Public: true},
		{Document: "en/gone.md", User: "bob", Public: true},
		{Document: "en/disliked.md", User: "bob", Public: true},
	} {
		q.ID, q.Adapter, q.Text = fmt.Sprint(i), "chat", "server web-17 of Jane is broken"
		if q.At.IsZero() {
			q.At = now.Add(-time.Duration(i) * time.Minute)
		}
		if q.Library == "" {
			q.Library = "team"
		}
		if q.Workspace == "" {
			q.Workspace = "W"
		}
		if q.Outcome == "" {
			q.Outcome = store.OutcomeAnswered
		}
		if err := st.SaveQuestion(ctx, q); err != nil {
			t.Fatal(err)
		}
		if q.Document == "en/disliked.md" {
			if err := st.SetFeedback(ctx, q.ID, "chat", "bob", false, now); err != nil {
				t.Fatal(err)
			}
		}
	}
	check("after questions", questions(me, "en", 4), []string{"What is a cgroup?", "Redis refuses writes", "Replication lag", "Did that help nobody?"})
	check("after questions, in Chinese", questions(me, "zh", 1), []string{"Redis 写不进去了怎么办？"})
	for _, q := range questions(me, "", 20) {
		if strings.Contains(q, "Jane") {
			t.Errorf("somebody's words are suggested: %q", q)
		}
	}
}
