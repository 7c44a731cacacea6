package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairn/bot/store"
)

func pending(id, schedule string, slot int) store.Delivery {
	return store.Delivery{ID: id, Schedule: schedule, Kind: "tip", Slot: at(slot), Adapter: "slack", Channel: "C1",
		State: store.DeliveryPending, Ready: at(slot)}
}

func testPlan(t *testing.T, db Database) {
	ctx := t.Context()
	a, b := open(t, db), open(t, db)
	if _, err := a.Cursor(ctx, "daily"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Cursor of the unknown: %v, want ErrNotFound", err)
	}
	plan := func(s store.Store, want bool, from, to int, slots ...store.Delivery) {
		t.Helper()
		got, err := s.PlanSlots(ctx, "daily", at(from), at(to), slots)
		ok(t, err, "plan")
		if got != want {
			t.Errorf("PlanSlots(%d, %d) = %v, want %v", from, to, got, want)
		}
	}
	created := must(a.PlanSlots(ctx, "daily", zero, at(10), nil))(t, "create")
	if !created {
		t.Fatal("the cursor was not created")
	}
	if must(b.PlanSlots(ctx, "daily", zero, at(12), nil))(t, "create twice") {
		t.Error("the cursor was created twice")
	}
	missed := pending("d20", "daily", 20)
	missed.State, missed.Note, missed.Done = store.DeliveryMissed, "too late", at(30)
	plan(a, true, 10, 30, missed, pending("d30", "daily", 30))
	plan(b, false, 10, 30, pending("other", "daily", 30))
	if got := must(b.Cursor(ctx, "daily"))(t, "cursor"); !got.Equal(at(30)) {
		t.Errorf("the cursor is %v, want %v", got, at(30))
	}
	// A newer slot supersedes what has not been sent, of its own schedule only.
	must(a.PlanSlots(ctx, "weekly", zero, at(30), []store.Delivery{pending("w30", "weekly", 30)}))(t, "plan another")
	plan(b, true, 30, 40, pending("d40", "daily", 40), pending("d40", "daily", 40))
	states := map[string]string{}
	for _, d := range must(a.ListDeliveries(ctx, store.DeliveryFilter{}))(t, "list") {
		states[d.ID] = d.State + " " + d.Note
	}
	want := map[string]string{"d20": "missed too late", "d30": "missed superseded", "d40": "pending ", "w30": "pending "}
	if diff := cmp.Diff(want, states); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
	got := must(a.ListDeliveries(ctx, store.DeliveryFilter{Schedule: "daily", States: []string{store.DeliveryMissed}, Since: at(25)}))(t, "list")
	if len(got) != 1 || got[0].ID != "d30" || !got[0].Slot.Equal(at(30)) {
		t.Errorf("filtered list is %+v, want d30 alone", got)
	}
}

func testDelivery(t *testing.T, db Database) {
	ctx := t.Context()
	s := open(t, db)
	must(s.PlanSlots(ctx, "daily", zero, at(10), []store.Delivery{pending("d10", "daily", 10)}))(t, "plan")
	claim := func(owner string, now, until int) []store.Delivery {
		t.Helper()
		return must(s.ClaimDeliveries(ctx, owner, at(now), at(until), 10))(t, "claim")
	}
	if got := claim("a", 9, 60); got != nil {
		t.Errorf("claimed %v before its time", got)
	}
	got := claim("a", 10, 60)
	if len(got) != 1 || got[0].MaybeSent || got[0].Attempts != 1 || got[0].State != store.DeliveryClaimed {
		t.Fatalf("first claim: %+v, want d10 certainly not sent", got)
	}
	if got := claim("b", 59, 100); got != nil {
		t.Errorf("claimed %v from its holder", got)
	}
	if must(s.BeginDelivery(ctx, "d10", "b", "x", nil, at(100)))(t, "begin") {
		t.Error("began without the claim")
	}
	// Lapsed before sending began: still certainly not sent.
	got = claim("b", 60, 100)
	if len(got) != 1 || got[0].MaybeSent || got[0].Attempts != 2 {
		t.Fatalf("second claim: %+v, want d10 certainly not sent", got)
	}
	if must(s.BeginDelivery(ctx, "d10", "a", "x", nil, at(100)))(t, "begin late") {
		t.Error("began with a claim that another has taken over")
	}
	if !must(s.BeginDelivery(ctx, "d10", "b", "tip-7", []byte("hello"), at(110)))(t, "begin") {
		t.Fatal("the holder could not begin")
	}
	if got := claim("c", 109, 200); got != nil {
		t.Errorf("claimed %v although beginning prolonged the claim", got)
	}
	got = claim("c", 110, 200)
	if len(got) != 1 || !got[0].MaybeSent || got[0].Item != "tip-7" || string(got[0].Payload) != "hello" {
		t.Fatalf("claim after a crash: %+v, want d10 maybe sent with its message", got)
	}
	d := store.Delivery{ID: "d10", State: store.DeliveryPending, Ready: at(300), Note: "rate limited"}
	if must(s.FinishDelivery(ctx, "b", d))(t, "finish late") {
		t.Error("one who lost the claim finished")
	}
	if !must(s.FinishDelivery(ctx, "c", d))(t, "give back") {
		t.Error("the holder could not give back")
	}
	if got := claim("c", 299, 400); got != nil {
		t.Errorf("claimed %v before it is to be tried again", got)
	}
	got = claim("c", 300, 400)
	if len(got) != 1 || got[0].MaybeSent || string(got[0].Payload) != "hello" {
		t.Fatalf("claim after giving back: %+v, want certainly not sent and the same message", got)
	}
	must(s.BeginDelivery(ctx, "d10", "c", "tip-7", []byte("hello"), at(400)))(t, "begin")
	keep := store.Delivery{ID: "d10", State: store.DeliveryClaimed, Ready: at(410), Note: "timeout"}
	if !must(s.FinishDelivery(ctx, "c", keep))(t, "keep as maybe sent") {
		t.Error("the holder could not put it off")
	}
	got = claim("d", 410, 500)
	if len(got) != 1 || !got[0].MaybeSent {
		t.Fatalf("claim after a timeout: %+v, want maybe sent", got)
	}
	sent := store.Delivery{ID: "d10", State: store.DeliverySent, Ref: `{"m":1}`, Done: at(411)}
	if !must(s.FinishDelivery(ctx, "d", sent))(t, "finish") {
		t.Error("the holder could not finish")
	}
	if got := claim("e", 9999, 99999); got != nil {
		t.Errorf("claimed %v after it was sent", got)
	}
	list := must(s.ListDeliveries(ctx, store.DeliveryFilter{States: []string{store.DeliverySent}}))(t, "list")
	if len(list) != 1 || list[0].Ref != `{"m":1}` || list[0].Payload != nil || !list[0].Done.Equal(at(411)) || list[0].Item != "tip-7" {
		t.Errorf("sent deliveries: %+v, want d10 with its reference", list)
	}
}

// Many claimers get every delivery exactly once.
func testDeliveryConcurrent(t *testing.T, db Database) {
	ctx := t.Context()
	stores := []store.Store{open(t, db), open(t, db)}
	const n = 120
	var slots []store.Delivery
	for i := range n {
		slots = append(slots, pending(fmt.Sprint("d", i), fmt.Sprint("s", i), 1))
	}
	must(stores[0].PlanSlots(ctx, "all", zero, at(1), slots))(t, "plan")
	var mu sync.Mutex
	got := map[string]int{}
	var wg sync.WaitGroup
	for w := range 6 {
		wg.Go(func() {
			for empty := 0; empty < 3; {
				claimed, err := stores[w%2].ClaimDeliveries(ctx, fmt.Sprint("w", w), at(2), at(1000), 7)
				if err != nil {
					t.Errorf("claim: %v", err)
					return
				}
				if len(claimed) == 0 {
					empty++ // another's rows may be locked, so ask again
				}
				mu.Lock()
				for _, d := range claimed {
					got[d.ID]++
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if len(got) != n {
		t.Errorf("%d deliveries were claimed, want %d", len(got), n)
	}
	for id, times := range got {
		if times != 1 {
			t.Errorf("%s was claimed %d times", id, times)
		}
	}
}

func testTipHistory(t *testing.T, db Database) {
	ctx := t.Context()
	s := open(t, db)
	mark := func(want bool, stream, id string, round, when int) {
		t.Helper()
		if got := must(s.MarkTip(ctx, stream, store.ShownTip{ID: id, Round: round, At: at(when)}))(t, "mark"); got != want {
			t.Errorf("MarkTip(%s, %s, round %d) = %v, want %v", stream, id, round, got, want)
		}
	}
	mark(true, "daily", "a", 0, 1)
	mark(false, "daily", "a", 0, 2)
	mark(true, "daily", "b", 0, 3)
	mark(true, "daily", "a", 1, 4)
	mark(false, "daily", "a", 0, 5)
	mark(true, "other", "a", 0, 6)
	got := must(s.ShownTips(ctx, "daily"))(t, "list")
	want := []store.ShownTip{{ID: "b", At: at(3)}, {ID: "a", Round: 1, At: at(4)}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("shown (-want +got):\n%s", diff)
	}
}
