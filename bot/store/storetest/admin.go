package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairn/bot/store"
)

// fill writes something of every topic for the person.
func fill(t *testing.T, s store.Store, user string) {
	t.Helper()
	ctx := t.Context()
	must(s.RecordEvent(ctx, store.Event{Adapter: "slack", Keys: []string{"done" + user}, Payload: []byte("xoxb-token"), At: at(1)}))(t, "record")
	ok(t, s.FinishEvent(ctx, "slack", "done"+user, "answered", at(2)), "finish")
	must(s.RecordEvent(ctx, store.Event{Adapter: "slack", Keys: []string{"open" + user, "k" + user}, Payload: []byte("xoxb-token"), At: at(3)}))(t, "record")
	ok(t, s.SaveQuestion(ctx, store.Question{ID: "q" + user, Text: "why <b>?", Adapter: "slack", User: user, Answer: []byte{0, 1, 255}, Terms: []string{"x"}, At: at(3)}), "save")
	ok(t, s.SetFeedback(ctx, "q"+user, "slack", user, true, at(4)), "feedback")
	ok(t, s.AppendTurn(ctx, "slack", "C"+user, "1", store.Turn{Role: "user", User: user, Text: "hi", At: at(4)}), "turn")
	d := pending("d"+user, "sub"+user, 5)
	d.User = user
	must(s.PlanSlots(ctx, "sub"+user, zero, at(5), []store.Delivery{d}))(t, "plan")
	must(s.MarkTip(ctx, "sub"+user, store.ShownTip{ID: "t", Round: 2, At: at(5)}))(t, "mark")
	must(s.SyncCards(ctx, "lib"+user, []store.Card{card("c"+user, "lib"+user, "1")}, at(1)))(t, "sync")
	r, after := review(user, "c"+user, "p", 3, 0, 6, 50)
	must(s.SaveReview(ctx, r, after))(t, "review")
	must(s.UpdatePerson(ctx, "slack", user, at(6), func(p *store.Person) error { p.Streak = 4; return nil }))(t, "person")
	ok(t, s.SaveSubscription(ctx, store.Subscription{Adapter: "slack", User: user, Kind: "cards", Topics: []string{"a"}, Next: at(9)}), "subscribe")
	ok(t, s.StartPath(ctx, "slack", user, "linux", at(7)), "start")
	ok(t, s.FinishUnit(ctx, "slack", user, "linux", "u", at(7)), "finish")
	ok(t, s.SaveWebToken(ctx, store.WebToken{Hash: "secret" + user, Kind: "link", Adapter: "slack", User: user, Expires: at(99)}), "token")
}

func export(t *testing.T, s store.Store, f store.DataFilter) string {
	t.Helper()
	var b bytes.Buffer
	n := must(s.Export(t.Context(), &b, f))(t, "export")
	if lines := strings.Count(b.String(), "\n"); lines != n+1 {
		t.Errorf("export says %d records and has %d lines", n, lines)
	}
	return b.String()
}

func testExport(t *testing.T, db Database) {
	ctx := t.Context()
	s := open(t, db)
	fill(t, s, "U1")
	fill(t, s, "U2")
	all := export(t, s, store.DataFilter{})
	if strings.Contains(all, "xoxb") || strings.Contains(all, "eG94Y") || strings.Contains(all, "secret") {
		t.Error("the export holds a secret")
	}
	one := export(t, s, store.DataFilter{Adapter: "slack", User: "U1"})
	if strings.Contains(one, "U2") {
		t.Errorf("one person's export names another:\n%s", one)
	}
	for _, table := range []string{"questions", "feedback", "turns", "deliveries", "card_states", "reviews", "people", "subscriptions", "paths", "path_units"} {
		if !strings.Contains(one, `"table":"`+table+`"`) {
			t.Errorf("one person's export has nothing of %s", table)
		}
	}
	if _, err := s.Export(ctx, &bytes.Buffer{}, store.DataFilter{User: "U1"}); err == nil {
		t.Error("a person without an adapter was exported")
	}
	for _, bad := range []string{"", "{}\n", `{"format":"cairn-data","version":1}` + "\n" + `{"table":"leases"}`,
		`{"format":"cairn-data","version":1}` + "\n" + `{"table":"people"}`, `{"format":"cairn-data","version":1}` + "\nnonsense"} {
		if n, err := s.Import(ctx, strings.NewReader(bad)); err == nil {
			t.Errorf("Import(%q) = %d, want an error", bad, n)
		}
	}
	if _, err := s.Import(ctx, strings.NewReader(`{"format":"cairn-data","version":99}`)); !errors.Is(err, store.ErrNewerSchema) {
		t.Errorf("an export of a newer version: %v, want ErrNewerSchema", err)
	}
	if n := must(s.Import(ctx, strings.NewReader(all)))(t, "import what is there"); n != 0 {
		t.Errorf("importing what is there added %d records", n)
	}
	for _, who := range []string{"U1", "U2"} {
		must(s.Forget(ctx, "slack", who))(t, "forget")
	}
	forgotten := export(t, s, store.DataFilter{Adapter: "slack", User: "U1"})
	if strings.Count(forgotten, "\n") != 1 {
		t.Errorf("after forgetting there is still:\n%s", forgotten)
	}
	if _, err := s.WebToken(ctx, "link", "secretU1", at(9)); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a forgotten person's link still works: %v", err)
	}
	must(s.Import(ctx, strings.NewReader(all)))(t, "import")
	if diff := cmp.Diff(lineSet(all), lineSet(export(t, s, store.DataFilter{}))); diff != "" {
		t.Errorf("export after import (-want +got):\n%s", diff)
	}
	// What was answered there is not answered again here.
	if must(s.RecordEvent(ctx, store.Event{Adapter: "slack", Keys: []string{"kU1"}, At: at(9)}))(t, "record") {
		t.Error("an imported event was fresh")
	}
}

func lineSet(s string) map[string]bool {
	set := map[string]bool{}
	for line := range strings.Lines(s) {
		set[line] = true
	}
	return set
}

func testPurge(t *testing.T, db Database) {
	ctx := t.Context()
	s := open(t, db)
	fill(t, s, "U1")
	const day = 24 * time.Hour
	now := at(0).Add(10 * day)
	got := must(s.Purge(ctx, store.Retention{}, now))(t, "purge")
	if got["events"] != 1 || got["event_keys"] != 1 || got["questions"] != 0 || got["deliveries"] != 0 || got["reviews"] != 0 {
		t.Errorf("after ten days %v went, want the finished event and its key", got)
	}
	if must(s.RecordEvent(ctx, store.Event{Adapter: "slack", Keys: []string{"kU1"}, At: now}))(t, "record") {
		t.Error("the key of an unfinished event was purged")
	}
	if _, err := s.Purge(ctx, store.Retention{Events: time.Minute}, now); err == nil {
		t.Error("a retention of events of a minute was taken")
	}
	got = must(s.Purge(ctx, store.Retention{Questions: day, Conversations: -1, Reviews: day}, now))(t, "purge")
	if got["questions"] != 1 || got["conversations"] != 0 || got["reviews"] != 1 {
		t.Errorf("purged %v, want a question and a review and no conversation", got)
	}
	if _, err := s.CardState(ctx, "slack", "U1", "cU1"); err != nil {
		t.Errorf("purging reviews lost what the person knows: %v", err)
	}
	if got := must(s.Purge(ctx, store.Retention{}, at(0).Add(40*day)))(t, "purge"); got["conversations"] != 1 {
		t.Errorf("purged %v, want a silent conversation", got)
	}
	if _, err := s.Conversation(ctx, "slack", "CU1", "1"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a purged conversation: %v", err)
	}
	// More than one batch.
	for i := range 30 {
		ok(t, s.SaveQuestion(ctx, store.Question{ID: fmt.Sprint("old", i), At: at(i)}), "save")
	}
	if got := must(s.Purge(ctx, store.Retention{}, at(0).Add(500*day)))(t, "purge"); got["questions"] != 30 {
		t.Errorf("purged %v, want 30 questions", got)
	}
}
