package bot

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairn/adapters"
	"cairn/bot/store"
)

func TestGaps(t *testing.T) {
	t.Parallel()
	at := func(day int) time.Time { return time.Date(2026, 3, day, 12, 0, 0, 0, time.UTC) }
	qs := []store.Question{
		{ID: "1", Text: "how do I rotate the vault root token?", Lang: "en", Outcome: store.OutcomeAbstained, At: at(1), Closest: []string{"Vault is sealed", "Tokens"}},
		{ID: "2", Text: "rotate vault root token", Lang: "en", Outcome: store.OutcomeUnsure, At: at(4), Closest: []string{"Vault is sealed"}},
		{ID: "3", Text: "Rotate Vault root token", Lang: "en", Outcome: store.OutcomeAbstained, At: at(3)},
		{ID: "4", Text: "打印机卡纸怎么办", Lang: "zh", Outcome: store.OutcomeAbstained, At: at(2)},
		{ID: "5", Text: "打印机卡纸了", Lang: "zh", Outcome: store.OutcomeAbstained, At: at(5)},
		{ID: "6", Text: "kafka lag", Lang: "en", Outcome: store.OutcomeAnswered, Wrong: 2, Title: "Consumer backlog", At: at(6)},
		{ID: "7", Text: "kafka broker down", Lang: "en", Outcome: store.OutcomeAbstained, Terms: []string{"kafka"}, At: at(7)},
		{ID: "8", Text: "kafka zookeeper session", Lang: "en", Outcome: store.OutcomeAbstained, Terms: []string{"kafka"}, At: at(8)},
	}
	got := Gaps(qs)
	var lines []string
	for _, g := range got {
		lines = append(lines, fmt.Sprintf("%d %s (%d/%d/%d) closest %v shown %v ids %v", g.Count, g.Question, g.Abstained, g.Unsure, g.Wrong, g.Closest, g.Shown, g.IDs))
	}
	want := []string{
		"3 Rotate Vault root token (2/1/0) closest [Vault is sealed Tokens] shown [] ids [2 3 1]",
		"2 打印机卡纸了 (2/0/0) closest [] shown [] ids [5 4]",
		"1 kafka zookeeper session (1/0/0) closest [] shown [] ids [8]",
		"1 kafka broker down (1/0/0) closest [] shown [] ids [7]",
		"1 kafka lag (0/0/1) closest [] shown [Consumer backlog] ids [6]",
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("gaps (-want +got):\n%s", diff)
	}
	for range 20 {
		rand.Shuffle(len(qs), func(i, j int) { qs[i], qs[j] = qs[j], qs[i] })
		if diff := cmp.Diff(got, Gaps(qs)); diff != "" {
			t.Fatalf("another order gives other gaps (-want +got):\n%s", diff)
		}
	}
	var b bytes.Buffer
	if err := WriteQueries(&b, got[:2]); err != nil {
		t.Fatal(err)
	}
	if want := `{"id":"gap-001","query":"Rotate Vault root token","lang":"en","gold":[],"count":3}` + "\n" + `{"id":"gap-002","query":"打印机卡纸了","lang":"zh","gold":[],"count":2}` + "\n"; b.String() != want {
		t.Errorf("wrote %s", b.String())
	}
	if got := Gaps(nil); got == nil || len(got) != 0 {
		t.Errorf("no questions give %v", got)
	}
}

func TestGapsOfManyQuestions(t *testing.T) {
	t.Parallel()
	var qs []store.Question
	for i := range 10_000 {
		qs = append(qs, store.Question{ID: fmt.Sprint(i), Text: fmt.Sprintf("service%d fails with error%d", i%100, i%100), At: time.Unix(int64(i), 0)})
	}
	gaps := Gaps(qs)
	if len(gaps) != 100 || gaps[0].Count != 100 {
		t.Errorf("%d gaps, the first of %d", len(gaps), gaps[0].Count)
	}
}

func TestRecentShowsNoNamesAndNothingPrivate(t *testing.T) {
	t.Parallel()
	f := setup(t, secretFor("insider"))
	now := time.Now()
	for i, q := range []store.Question{
		{Text: "own private flux", Adapter: "chat", Workspace: "W", User: "ann", Outcome: store.OutcomeAbstained},
		{Text: "public warp core", Adapter: "chat", Workspace: "W", User: "bob", Public: true, Outcome: store.OutcomeAbstained, Closest: []string{"vault is sealed", "nginx answers 502"}},
		{Text: "private holodeck", Adapter: "chat", Workspace: "W", User: "bob", Outcome: store.OutcomeAbstained},
		{Text: "foreign transporter", Adapter: "chat", Workspace: "other", User: "eve", Public: true, Outcome: store.OutcomeAbstained},
	} {
		q.ID, q.At = fmt.Sprint(i), now.Add(-time.Duration(i)*time.Minute)
		if err := f.store.SaveQuestion(context.Background(), q); err != nil {
			t.Fatal(err)
		}
	}
	got, err := f.bot.Recent(context.Background(), adapters.Viewer{Adapter: "chat", Workspace: "W", User: "ann"}, 10)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, e := range got {
		texts = append(texts, e.Question+" "+strings.Join(e.Closest, "|"))
	}
	if diff := cmp.Diff([]string{"own private flux ", "public warp core nginx answers 502"}, texts); diff != "" {
		t.Errorf("recent (-want +got):\n%s", diff)
	}
}
