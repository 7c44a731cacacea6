package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairn/bot/store"
)

func card(id, library, hash string) store.Card {
	return store.Card{ID: id, Library: library, Document: "a.md", Kind: "step", Lang: "en", Content: []byte(`{"v":"` + hash + `"}`), Hash: hash}
}

func testCards(t *testing.T, db Database) {
	ctx := t.Context()
	s := open(t, db)
	sync := func(when int, want store.CardChange, cards ...store.Card) {
		t.Helper()
		got := must(s.SyncCards(ctx, "lib", cards, at(when)))(t, "sync")
		if got != want {
			t.Errorf("sync at %d: %+v, want %+v", when, got, want)
		}
	}
	sync(1, store.CardChange{Added: 2}, card("a", "lib", "1"), card("b", "lib", "1"))
	must(s.SyncCards(ctx, "other", []store.Card{card("x", "other", "1")}, at(1)))(t, "sync another library")
	sync(2, store.CardChange{}, card("a", "lib", "1"), card("b", "lib", "1"))
	sync(3, store.CardChange{Updated: 1, Retired: 1}, card("a", "lib", "2"))
	if got := must(s.CardCount(ctx))(t, "count"); got != 2 {
		t.Errorf("%d cards, want 2", got)
	}
	b := must(s.Card(ctx, "b"))(t, "read the retired")
	if !b.Retired.Equal(at(3)) {
		t.Errorf("b is retired since %v, want %v", b.Retired, at(3))
	}
	a := must(s.Card(ctx, "a"))(t, "read")
	want := card("a", "lib", "2")
	want.Updated = at(3)
	if diff := cmp.Diff(want, a); diff != "" {
		t.Errorf("a (-want +got):\n%s", diff)
	}
	sync(4, store.CardChange{Revived: 1}, card("a", "lib", "2"), card("b", "lib", "1"))
	if b := must(s.Card(ctx, "b"))(t, "read"); !b.Retired.IsZero() {
		t.Error("b stayed retired")
	}
	if _, err := s.SyncCards(ctx, "lib", []store.Card{card("a", "lib", "2"), card("a", "lib", "3")}, at(5)); err == nil {
		t.Error("two cards with one id were taken")
	}
	if _, err := s.SyncCards(ctx, "lib", []store.Card{card("a", "other", "2")}, at(5)); err == nil {
		t.Error("a card of another library was taken")
	}
	if _, err := s.Card(ctx, "none"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Card of the unknown: %v, want ErrNotFound", err)
	}
	// More than one statement's worth.
	var many []store.Card
	for i := range 1203 {
		many = append(many, card(fmt.Sprint("m", i), "many", "1"))
	}
	if got := must(s.SyncCards(ctx, "many", many, at(6)))(t, "sync many"); got.Added != 1203 {
		t.Errorf("%+v, want 1203 added", got)
	}
	if got := must(s.SyncCards(ctx, "many", nil, at(7)))(t, "sync none"); got.Retired != 1203 {
		t.Errorf("%+v, want 1203 retired", got)
	}
	testCardsInParts(t, s, many)
}

// testCardsInParts cuts imports off wherever that happens to be, and lets two
// processes import at once: the next import makes it good.
func testCardsInParts(t *testing.T, s store.Store, many []store.Card) {
	ctx := t.Context()
	good := func(what string, cards []store.Card) {
		t.Helper()
		must(s.SyncCards(ctx, "many", cards, at(9)))(t, what)
		if again := must(s.SyncCards(ctx, "many", cards, at(10)))(t, what); again != (store.CardChange{}) {
			t.Errorf("%s: the import after the next changes %+v, want nothing", what, again)
		}
		for _, c := range []store.Card{many[0], many[600], many[1202]} {
			got, here := must(s.Card(ctx, c.ID))(t, what), slices.ContainsFunc(cards, func(o store.Card) bool { return o.ID == c.ID })
			if got.Retired.IsZero() != here {
				t.Errorf("%s: %s is retired since %v, among the cards: %v", what, c.ID, got.Retired, here)
			}
		}
	}
	for i, cards := range [][]store.Card{many, nil, many[:700], many[500:]} {
		cut, stop := context.WithCancel(ctx)
		timer := time.AfterFunc(time.Duration(i)*3*time.Millisecond, stop)
		if _, err := s.SyncCards(cut, "many", cards, at(8)); err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("cut off: %v", err)
		}
		timer.Stop()
		stop()
		good("cut off", cards)
	}
	var wg sync.WaitGroup
	for i := range 6 { // three of each: one has the documents of before
		wg.Go(func() {
			if _, err := s.SyncCards(ctx, "many", [][]store.Card{many[:900], many[300:]}[i%2], at(11)); err != nil {
				t.Errorf("at once: %v", err)
			}
		})
	}
	wg.Wait()
	good("at once", many[300:])
}

func review(user, cardID, prompt string, grade, reps, when, due int) (store.Review, store.CardState) {
	before := store.CardState{Adapter: "slack", User: user, CardID: cardID, Reps: reps}
	after := store.CardState{Adapter: "slack", User: user, CardID: cardID, Reps: reps + 1, Due: at(due), Stability: 2.5,
		Difficulty: 5.25, ScheduledDays: 3, Lapses: 1, State: 2, LastReview: at(when), RemainingSteps: 1}
	return store.Review{Adapter: "slack", User: user, CardID: cardID, Prompt: prompt, Grade: grade, At: at(when), Before: before}, after
}

func testReviews(t *testing.T, db Database) {
	ctx := t.Context()
	s := open(t, db)
	must(s.SyncCards(ctx, "lib", []store.Card{card("a", "lib", "1"), card("b", "lib", "1"), card("c", "lib", "1")}, at(1)))(t, "sync")
	zh := card("z", "geheim", "1")
	zh.Lang = "zh"
	must(s.SyncCards(ctx, "geheim", []store.Card{zh}, at(1)))(t, "sync")
	save := func(want bool, user, cardID, prompt string, grade, reps, when, due int) {
		t.Helper()
		r, after := review(user, cardID, prompt, grade, reps, when, due)
		if got := must(s.SaveReview(ctx, r, after))(t, "save"); got != want {
			t.Errorf("SaveReview(%s, %s, %s, reps %d) = %v, want %v", user, cardID, prompt, reps, got, want)
		}
	}
	save(true, "U1", "a", "p1", 3, 0, 10, 300)
	save(false, "U1", "a", "p2", 3, 0, 11, 999) // met another review
	save(true, "U1", "a", "p3", 1, 1, 12, 200)
	save(true, "U1", "a", "p3", 4, 1, 13, 250)  // a change of mind about the last showing
	save(false, "U1", "a", "p1", 4, 0, 14, 999) // too late to change that one
	save(true, "U1", "b", "p4", 3, 0, 15, 100)
	save(true, "U1", "c", "p5", 3, 0, 16, 5000)
	save(true, "U1", "z", "p6", 3, 0, 16, 90)
	save(true, "U2", "a", "p1", 3, 0, 17, 50)

	_, want := review("U1", "a", "p3", 4, 1, 13, 250)
	got := must(s.CardState(ctx, "slack", "U1", "a"))(t, "state")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("state (-want +got):\n%s", diff)
	}
	wantReview, _ := review("U1", "a", "p3", 4, 1, 13, 250)
	gotReview := must(s.Review(ctx, "slack", "U1", "a", "p3"))(t, "review")
	if diff := cmp.Diff(wantReview, gotReview); diff != "" {
		t.Errorf("review (-want +got):\n%s", diff)
	}
	if _, err := s.CardState(ctx, "slack", "U9", "a"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("state of the unknown: %v, want ErrNotFound", err)
	}
	for _, tc := range []struct {
		name string
		q    store.DueQuery
		want []string
	}{
		{"longest due first", store.DueQuery{Now: at(300)}, []string{"z", "b", "a"}},
		{"not yet", store.DueQuery{Now: at(99)}, []string{"z"}},
		{"limit", store.DueQuery{Now: at(300), Limit: 1}, []string{"z"}},
		{"libraries", store.DueQuery{Now: at(300), Libraries: []string{"lib", "x"}}, []string{"b", "a"}},
		{"no library", store.DueQuery{Now: at(300), Libraries: []string{}}, nil},
		{"language", store.DueQuery{Now: at(300), Lang: "zh"}, []string{"z"}},
	} {
		tc.q.Adapter, tc.q.User = "slack", "U1"
		if diff := cmp.Diff(tc.want, must(s.DueCards(ctx, tc.q))(t, tc.name)); diff != "" {
			t.Errorf("due, %s (-want +got):\n%s", tc.name, diff)
		}
	}
	if got := must(s.CountCards(ctx, "slack", "U1", at(300)))(t, "count"); got != (store.CardCounts{Seen: 4, Known: 4, Due: 3}) {
		t.Errorf("counts: %+v", got)
	}
	// A retired card is not due, and its history stays.
	must(s.SyncCards(ctx, "lib", []store.Card{card("a", "lib", "1"), card("c", "lib", "1")}, at(20)))(t, "sync")
	if diff := cmp.Diff([]string{"z", "a"}, must(s.DueCards(ctx, store.DueQuery{Adapter: "slack", User: "U1", Now: at(300)}))(t, "due")); diff != "" {
		t.Errorf("due after retiring b (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"a", "b", "c", "z"}, must(s.SeenCards(ctx, "slack", "U1"))(t, "seen")); diff != "" {
		t.Errorf("seen (-want +got):\n%s", diff)
	}
	times := must(s.ReviewTimes(ctx, "slack", "U1", at(13)))(t, "times")
	if diff := cmp.Diff([]time.Time{at(13), at(15), at(16), at(16)}, times); diff != "" {
		t.Errorf("times (-want +got):\n%s", diff)
	}
}

// Of several reviews that meet exactly one counts.
func testReviewsConcurrent(t *testing.T, db Database) {
	ctx := t.Context()
	stores := []store.Store{open(t, db), open(t, db)}
	var saved atomic.Int64
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			r, after := review("U1", "a", fmt.Sprint("p", i), 3, 0, i, 100)
			done, err := stores[i%2].SaveReview(ctx, r, after)
			if err != nil {
				t.Errorf("save: %v", err)
			}
			if done {
				saved.Add(1)
			}
		})
	}
	wg.Wait()
	if got := saved.Load(); got != 1 {
		t.Errorf("%d reviews were saved, want 1", got)
	}
}

func testPeople(t *testing.T, db Database) {
	ctx := t.Context()
	s := open(t, db)
	if _, err := s.Person(ctx, "slack", "U1"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Person of the unknown: %v, want ErrNotFound", err)
	}
	want := store.Person{Adapter: "slack", User: "U1", Workspace: "T1", Name: "Ada", Lang: "zh", Zone: "Asia/Shanghai", Leaderboard: true,
		Streak: 3, Longest: 9, Freezes: 1, LastDay: "2026-03-14", Created: at(1), Updated: at(1)}
	got := must(s.UpdatePerson(ctx, "slack", "U1", at(1), func(p *store.Person) error {
		if p.Adapter != "slack" || p.User != "U1" || !p.Created.Equal(at(1)) || p.Streak != 0 {
			t.Errorf("a new person is %+v", p)
		}
		*p = want
		return nil
	}))(t, "create")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("returned (-want +got):\n%s", diff)
	}
	refused := errors.New("refused")
	if _, err := s.UpdatePerson(ctx, "slack", "U1", at(2), func(p *store.Person) error { p.Streak = 99; return refused }); !errors.Is(err, refused) {
		t.Errorf("a refused change: %v", err)
	}
	if diff := cmp.Diff(want, must(s.Person(ctx, "slack", "U1"))(t, "read")); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
	// No update is lost.
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			if _, err := s.UpdatePerson(ctx, "slack", "U2", at(3), func(p *store.Person) error {
				p.Streak++
				p.Workspace, p.Leaderboard, p.Name = "T1", true, "Bo"
				return nil
			}); err != nil {
				t.Errorf("update: %v", err)
			}
		})
	}
	wg.Wait()
	if p := must(s.Person(ctx, "slack", "U2"))(t, "read"); p.Streak != 10 {
		t.Errorf("10 updates counted %d", p.Streak)
	}
	for i := range 3 {
		r, after := review("U1", fmt.Sprint("c", i), "p", 3, 0, 10+i, 100)
		must(s.SaveReview(ctx, r, after))(t, "save")
	}
	must(s.UpdatePerson(ctx, "slack", "U3", at(4), func(p *store.Person) error { p.Workspace = "T1"; return nil }))(t, "not opted in")
	ranks := must(s.Leaderboard(ctx, "slack", "T1", at(11), 10))(t, "leaderboard")
	if diff := cmp.Diff([]store.Rank{
		{Adapter: "slack", User: "U1", Name: "Ada", Reviews: 2, Streak: 3}, {Adapter: "slack", User: "U2", Name: "Bo", Streak: 10},
	}, ranks); diff != "" {
		t.Errorf("leaderboard (-want +got):\n%s", diff)
	}
}

func testSubscriptions(t *testing.T, db Database) {
	ctx := t.Context()
	s := open(t, db)
	if got := must(s.NextSubscription(ctx))(t, "next"); !got.IsZero() {
		t.Errorf("next of none is %v", got)
	}
	sub := store.Subscription{Adapter: "slack", User: "U1", Kind: "cards", Channel: "C1", At: "09:30", Zone: "Asia/Shanghai",
		Topics: []string{"k8s"}, Lang: "zh", Detail: "x", Next: at(100), Created: at(1)}
	ok(t, s.SaveSubscription(ctx, sub), "save")
	later := sub
	later.User, later.Next = "U2", at(200)
	ok(t, s.SaveSubscription(ctx, later), "save")
	if diff := cmp.Diff([]store.Subscription{sub}, must(s.DueSubscriptions(ctx, at(100), 10))(t, "due")); diff != "" {
		t.Errorf("due (-want +got):\n%s", diff)
	}
	if got := must(s.NextSubscription(ctx))(t, "next"); !got.Equal(at(100)) {
		t.Errorf("next is %v, want %v", got, at(100))
	}
	if !must(s.AdvanceSubscription(ctx, sub, at(300), []store.Delivery{pending("d", "sub", 100)}))(t, "advance") {
		t.Error("could not advance")
	}
	if must(s.AdvanceSubscription(ctx, sub, at(400), []store.Delivery{pending("e", "sub", 100)}))(t, "advance twice") {
		t.Error("advanced twice")
	}
	if got := must(s.ListDeliveries(ctx, store.DeliveryFilter{}))(t, "list"); len(got) != 1 || got[0].ID != "d" {
		t.Errorf("deliveries %+v, want d alone", got)
	}
	sub.At, sub.Next, sub.Topics = "10:00", at(350), nil
	ok(t, s.SaveSubscription(ctx, sub), "change")
	if diff := cmp.Diff([]store.Subscription{sub}, must(s.ListSubscriptions(ctx, "slack", "U1"))(t, "list")); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
	if !must(s.DeleteSubscription(ctx, "slack", "U1", "cards"))(t, "delete") {
		t.Error("nothing was deleted")
	}
	if must(s.DeleteSubscription(ctx, "slack", "U1", "cards"))(t, "delete") {
		t.Error("deleted twice")
	}
	if must(s.AdvanceSubscription(ctx, sub, at(400), nil))(t, "advance the deleted") {
		t.Error("advanced what is gone")
	}
}

func testPaths(t *testing.T, db Database) {
	ctx := t.Context()
	s := open(t, db)
	if err := s.FinishUnit(ctx, "slack", "U1", "linux", "u1", at(1)); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("finishing a unit of a path never started: %v, want ErrNotFound", err)
	}
	ok(t, s.StartPath(ctx, "slack", "U1", "linux", at(1)), "start")
	ok(t, s.FinishUnit(ctx, "slack", "U1", "linux", "u1", at(2)), "finish")
	ok(t, s.FinishUnit(ctx, "slack", "U1", "linux", "u1", at(3)), "finish twice")
	ok(t, s.StartPath(ctx, "slack", "U1", "k8s", at(4)), "start another")
	ok(t, s.StartPath(ctx, "slack", "U1", "linux", at(5)), "start again")
	want := store.PathProgress{Adapter: "slack", User: "U1", Path: "linux", Started: at(1), Updated: at(5),
		Done: map[string]time.Time{"u1": at(2)}}
	if diff := cmp.Diff(want, must(s.Progress(ctx, "slack", "U1", "linux"))(t, "progress")); diff != "" {
		t.Errorf("progress (-want +got):\n%s", diff)
	}
	list := must(s.ListProgress(ctx, "slack", "U1"))(t, "list")
	if len(list) != 2 || list[0].Path != "linux" || list[1].Path != "k8s" {
		t.Errorf("list is %+v, want linux, k8s", list)
	}
	ok(t, s.LeavePath(ctx, "slack", "U1", "linux"), "leave")
	ok(t, s.LeavePath(ctx, "slack", "U1", "linux"), "leave twice")
	if _, err := s.Progress(ctx, "slack", "U1", "linux"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("progress after leaving: %v, want ErrNotFound", err)
	}
	ok(t, s.StartPath(ctx, "slack", "U1", "linux", at(9)), "start anew")
	if p := must(s.Progress(ctx, "slack", "U1", "linux"))(t, "progress"); len(p.Done) != 0 {
		t.Errorf("units of the path that was left are still done: %v", p.Done)
	}
}

func testWebTokens(t *testing.T, db Database) {
	ctx := t.Context()
	s := open(t, db)
	want := store.WebToken{Hash: "h1", Kind: "link", Adapter: "slack", Workspace: "T1", User: "U1", Created: at(1), Expires: at(10)}
	ok(t, s.SaveWebToken(ctx, want), "save")
	if err := s.SaveWebToken(ctx, want); err == nil {
		t.Error("the same token was saved twice")
	}
	if diff := cmp.Diff(want, must(s.WebToken(ctx, "link", "h1", at(9)))(t, "look up")); diff != "" {
		t.Errorf("token (-want +got):\n%s", diff)
	}
	gone := func(kind, hash string, when int) {
		t.Helper()
		if _, err := s.WebToken(ctx, kind, hash, at(when)); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("WebToken(%s, %s) at %d: %v, want ErrNotFound", kind, hash, when, err)
		}
	}
	gone("session", "h1", 9)
	gone("link", "h2", 9)
	gone("link", "h1", 10)
	if n := must(s.RevokeWebTokens(ctx, "slack", "U1"))(t, "revoke"); n != 1 {
		t.Errorf("%d tokens revoked, want 1", n)
	}
	gone("link", "h1", 9)
}
