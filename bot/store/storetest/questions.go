package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairn/bot/store"
)

func testQuestions(t *testing.T, db Database) {
	ctx := t.Context()
	s := open(t, db)
	want := store.Question{
		ID: "q1", Text: "502 怎么排查\n`x`", Lang: "zh",
		Adapter: "slack", Workspace: "T1", Channel: "C1", Thread: "1.2", User: "U1", Public: true,
		Outcome: store.OutcomeUnsure, Confidence: 0.25,
		Library: "builtin", Document: "a/b.md", StartLine: 3, EndLine: 9,
		Title: "Nginx 502", Closest: []string{"one", "two"}, Terms: []string{"502"},
		Answer: []byte(`{"a":1}`), At: at(1),
	}
	ok(t, s.SaveQuestion(ctx, want), "save")
	got := must(s.Question(ctx, "q1"))(t, "read")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
	want.Outcome, want.Closest, want.Answer = store.OutcomeAnswered, nil, nil
	ok(t, s.SaveQuestion(ctx, want), "replace")
	got = must(s.Question(ctx, "q1"))(t, "read")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("after replacing (-want +got):\n%s", diff)
	}
	if _, err := s.Question(ctx, "none"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Question of the unknown: %v, want ErrNotFound", err)
	}
}

func testQuestionFilters(t *testing.T, db Database) {
	ctx := t.Context()
	s := open(t, db)
	for i, q := range []store.Question{
		{Outcome: store.OutcomeAnswered, Adapter: "slack", Workspace: "T1", User: "U1"},
		{Outcome: store.OutcomeAbstained, Adapter: "slack", Workspace: "T1", User: "U1"},
		{Outcome: store.OutcomeAbstained, Adapter: "slack", Workspace: "T1", User: "U2", Public: true},
		{Outcome: store.OutcomeUnsure, Adapter: "slack", Workspace: "T1", User: "U2"},
		{Outcome: store.OutcomeAbstained, Adapter: "slack", Workspace: "T2", User: "U3", Public: true},
	} {
		q.ID, q.At, q.Answer = fmt.Sprint("q", i), at(i), []byte("not listed")
		ok(t, s.SaveQuestion(ctx, q), "save")
	}
	ok(t, s.SetFeedback(ctx, "q0", "slack", "U9", false, at(9)), "feedback")
	for _, tc := range []struct {
		name string
		f    store.QuestionFilter
		want []string
	}{
		{"all, newest first", store.QuestionFilter{}, []string{"q4", "q3", "q2", "q1", "q0"}},
		{"limit", store.QuestionFilter{Limit: 2}, []string{"q4", "q3"}},
		{"since", store.QuestionFilter{Since: at(3)}, []string{"q4", "q3"}},
		{"outcomes", store.QuestionFilter{Outcomes: []string{store.OutcomeUnsure, store.OutcomeAnswered}}, []string{"q3", "q0"}},
		{"or wrong", store.QuestionFilter{Outcomes: []string{store.OutcomeUnsure}, OrWrong: true}, []string{"q3", "q0"}},
		{"own", store.QuestionFilter{Adapter: "slack", User: "U1"}, []string{"q1", "q0"}},
		{"own or public", store.QuestionFilter{Adapter: "slack", User: "U1", OrPublic: true}, []string{"q4", "q2", "q1", "q0"}},
		{"own or public here", store.QuestionFilter{Adapter: "slack", User: "U1", OrPublic: true, Workspace: "T1"}, []string{"q2", "q1", "q0"}},
		{"same id elsewhere", store.QuestionFilter{Adapter: "discord", User: "U1"}, nil},
		{"own and outcome", store.QuestionFilter{Adapter: "slack", User: "U1", Outcomes: []string{store.OutcomeAbstained}}, []string{"q1"}},
	} {
		list := must(s.ListQuestions(ctx, tc.f))(t, tc.name)
		var got []string
		for _, q := range list {
			got = append(got, q.ID)
			if q.Answer != nil {
				t.Errorf("%s: %s is listed with its answer", tc.name, q.ID)
			}
			if want := map[bool]int{true: 1}[q.ID == "q0"]; q.Wrong != want {
				t.Errorf("%s: %s has %d wrong marks, want %d", tc.name, q.ID, q.Wrong, want)
			}
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
}

func testFeedback(t *testing.T, db Database) {
	ctx := t.Context()
	s := open(t, db)
	ok(t, s.SaveQuestion(ctx, store.Question{ID: "q", At: at(1)}), "save")
	counts := func(helpful, wrong int) {
		t.Helper()
		q := must(s.Question(ctx, "q"))(t, "read")
		if q.Helpful != helpful || q.Wrong != wrong {
			t.Errorf("feedback is %d to %d, want %d to %d", q.Helpful, q.Wrong, helpful, wrong)
		}
	}
	ok(t, s.SetFeedback(ctx, "q", "slack", "U1", true, at(2)), "feedback")
	ok(t, s.SetFeedback(ctx, "q", "slack", "U1", true, at(3)), "again")
	ok(t, s.SetFeedback(ctx, "q", "discord", "U1", false, at(3)), "another person")
	counts(1, 1)
	ok(t, s.SetFeedback(ctx, "q", "slack", "U1", false, at(4)), "change of mind")
	counts(0, 2)
	// Saving the answer again keeps what people said about it.
	ok(t, s.SaveQuestion(ctx, store.Question{ID: "q", Text: "x", At: at(1)}), "save again")
	counts(0, 2)
	if err := s.SetFeedback(ctx, "none", "slack", "U1", true, at(2)); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("feedback on the unknown: %v, want ErrNotFound", err)
	}
}

func testConversations(t *testing.T, db Database) {
	ctx := t.Context()
	s := open(t, db)
	if _, err := s.Conversation(ctx, "slack", "C", "1"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Conversation of the unknown: %v, want ErrNotFound", err)
	}
	var want []store.Turn
	for i := range 25 {
		turn := store.Turn{Role: "user", User: "U1", Text: fmt.Sprint("turn ", i), At: at(i)}
		if i%2 == 1 {
			turn = store.Turn{Role: "cairn", Text: "answer", QuestionID: fmt.Sprint("q", i), At: at(i)}
		}
		ok(t, s.AppendTurn(ctx, "slack", "C", "1", turn), "append")
		want = append(want, turn)
	}
	ok(t, s.SetQuiet(ctx, "slack", "C", "1", true, at(30)), "quiet")
	ok(t, s.SetQuiet(ctx, "slack", "C", "2", true, at(30)), "quiet before the first turn")
	got := must(s.Conversation(ctx, "slack", "C", "1"))(t, "read")
	if diff := cmp.Diff(store.Conversation{Adapter: "slack", Channel: "C", Thread: "1", Quiet: true, Turns: want[5:], At: at(30)}, got); diff != "" {
		t.Errorf("the last 20 turns (-want +got):\n%s", diff)
	}
	ok(t, s.AppendTurn(ctx, "slack", "C", "2", store.Turn{Role: "user", Text: "hi", At: at(31)}), "append")
	got = must(s.Conversation(ctx, "slack", "C", "2"))(t, "read")
	if !got.Quiet || len(got.Turns) != 1 {
		t.Errorf("got %+v, want one turn in a quiet conversation", got)
	}
	ok(t, s.SetQuiet(ctx, "slack", "C", "2", false, at(32)), "speak")
	if got = must(s.Conversation(ctx, "slack", "C", "2"))(t, "read"); got.Quiet {
		t.Error("the conversation stayed quiet")
	}
}

func testLeases(t *testing.T, db Database) {
	ctx := t.Context()
	a, b := open(t, db), open(t, db)
	// PostgreSQL goes by its own clock, so the times are real.
	acquire := func(s store.Store, holder string, ttl time.Duration) (bool, int64) {
		t.Helper()
		has, token, err := s.AcquireLease(ctx, "tips", holder, time.Now(), ttl)
		ok(t, err, "acquire")
		return has, token
	}
	has, first := acquire(a, "a", time.Hour)
	if !has {
		t.Fatal("a free lease was refused")
	}
	if has, _ := acquire(b, "b", time.Hour); has {
		t.Error("a lease has two holders")
	}
	if has, token := acquire(a, "a", time.Hour); !has || token != first {
		t.Errorf("renewing: %v with token %d, want true with %d", has, token, first)
	}
	ok(t, b.ReleaseLease(ctx, "tips", "b"), "release what is another's")
	if has, _ := acquire(b, "b", time.Hour); has {
		t.Error("a lease was released by one who did not have it")
	}
	ok(t, a.ReleaseLease(ctx, "tips", "a"), "release")
	has, second := acquire(b, "b", 0) // lapses at once
	if !has || second <= first {
		t.Errorf("after release: %v with token %d, want true with more than %d", has, second, first)
	}
	has, third := acquire(a, "a", time.Hour)
	if !has || third <= second {
		t.Errorf("after lapse: %v with token %d, want true with more than %d", has, third, second)
	}
}
