package discord

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cairn/adapters"
	"cairn/adapters/discord/discordtest"
)

func texts(events []adapters.Event) []string {
	var out []string
	for _, ev := range events {
		out = append(out, ev.Text)
	}
	return out
}

func TestResumeReplaysWhatWasMissed(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	for i, cut := range []func(){r.discord.Drop, r.discord.Reconnect, func() { r.discord.InvalidSession(true) }, func() { r.discord.CloseConnections(4000) }, func() { r.discord.CloseConnections(4008) }} {
		cut()
		r.discord.Mention(discordtest.General, discordtest.Ada, "question")
		r.h.wait(t, i+1)
		if err := r.discord.AwaitSession(r.ctx, 1); err != nil {
			t.Fatal(err)
		}
		r.awaitReady(t)
	}
	st := r.discord.Stats()
	if st.Identifies != 1 || st.Resumes == 0 || st.ResumedAt != st.Resumes {
		t.Errorf("got %+v, want one identify and all resumes at the address meant for them", st)
	}
	for _, c := range r.discord.Calls("GET", "/channels/") {
		t.Errorf("a resumed session was caught up over REST: %s", c.Path)
	}
}

func TestNewSessionIsCaughtUpOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	r.discord.Mention(discordtest.General, discordtest.Ada, "before")
	r.discord.Direct(discordtest.Bo, "direct before")
	r.h.wait(t, 2)
	for i, lose := range []func(){
		func() { r.discord.Forget(); r.discord.Drop() },
		func() { r.discord.InvalidSession(false) },
		func() { r.discord.Forget(); r.discord.CloseConnections(4009) },
	} {
		before := len(r.h.all())
		lose()
		// Nobody hears this: the session is gone.
		r.discord.Mention(discordtest.General, discordtest.Ada, "first")
		r.discord.Say(discordtest.General, discordtest.Bo, "just talk")
		r.discord.Mention(discordtest.General, discordtest.Bo, "second")
		r.discord.Direct(discordtest.Bo, "direct")
		r.h.wait(t, before+3)
		r.discord.Mention(discordtest.General, discordtest.Ada, "after")
		r.h.wait(t, before+4)
		got := texts(r.h.all()[before:])
		var general []string
		for _, s := range got {
			if s != "direct" {
				general = append(general, s)
			}
		}
		if strings.Join(general, ",") != "first,second,after" || len(got) != 4 {
			t.Errorf("round %d: got %q", i, got)
		}
	}
}

func TestRestartLooksBack(t *testing.T) {
	t.Parallel()
	s := discordtest.Start(nil)
	t.Cleanup(s.Close)
	s.Mention(discordtest.General, discordtest.Ada, "while it was down")
	r := newRig(t, rigOptions{on: s})
	if ev := r.h.wait(t, 1); ev.Text != "while it was down" || ev.Workspace != discordtest.Guild || !ev.ChannelPublic {
		t.Errorf("got %+v", ev)
	}
	if n, _ := r.asked.counts(""); n != 0 {
		t.Errorf("%d caught-up questions count as waiting, though they may be answered", n)
	}
}

// stored is what a store would remember.
type stored struct {
	mu      sync.Mutex
	seen    map[string]time.Time
	directs []Direct
}

func (s *stored) Seen(_ context.Context, name string) (time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen[name], nil
}

func (s *stored) Note(_ context.Context, name string, at time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen[name] = at
	return nil
}

func (s *stored) Directs(context.Context) ([]Direct, error) { return s.directs, nil }

// Direct messages that came while nothing ran are found in the conversations
// that an earlier process had, once; so is what was asked in channels before
// the last ten minutes.
func TestRestartCatchesUpDirectMessages(t *testing.T) {
	t.Parallel()
	s := discordtest.Start(nil)
	t.Cleanup(s.Close)
	dm := s.DirectChannel(discordtest.Ada)
	past := &stored{seen: map[string]time.Time{}, directs: []Direct{{discordtest.Ada, dm}, {discordtest.Bo, "100000000000000077"}}}
	h := newHandler()
	first := newRig(t, rigOptions{on: s, h: h, opts: Options{History: past}})
	s.Direct(discordtest.Ada, "before")
	h.wait(t, 1)
	eventually(t, "the session is noted", func() bool {
		at, err := past.Seen(first.ctx, "discord:shard:0/1")
		return err == nil && !at.IsZero()
	})
	first.stop()
	err := <-first.ended
	first.ended <- err
	s.Forget()
	s.Direct(discordtest.Ada, "while it was down")
	s.Direct(discordtest.Bo, "a conversation that nobody knew")
	past.mu.Lock()
	past.seen["discord:shard:0/1"] = past.seen["discord:shard:0/1"].Add(-2 * time.Hour)
	past.mu.Unlock()
	// An hour ago, which the default of ten minutes would not reach.
	s.PostAt(time.Now().Add(-time.Hour), discordtest.Said{Channel: discordtest.General, User: discordtest.Bo, Text: "<@" + discordtest.Bot + "> an hour ago"})
	second := newRig(t, rigOptions{on: s, h: h, opts: Options{History: past}})
	h.wait(t, 3)
	s.Direct(discordtest.Ada, "after")
	h.wait(t, 4)
	got := texts(h.all())
	slices.Sort(got)
	if want := []string{"after", "an hour ago", "before", "while it was down"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if ev := h.all()[1]; ev.Text == "while it was down" && (ev.Surface != adapters.SurfaceDirect || ev.Channel != dm) {
		t.Errorf("event: %+v", ev)
	}
	reads := func() int { return len(s.Calls("GET", "/channels/"+dm+"/messages")) }
	before := reads()
	s.Drop() // a resumed session looks for nothing
	second.awaitReady(t)
	s.Direct(discordtest.Ada, "resumed")
	h.wait(t, 5)
	if reads() != before {
		t.Error("a resumed session read the conversation again")
	}
}

func TestFatalCloseCodesEndRun(t *testing.T) {
	t.Parallel()
	for code, word := range map[int]string{4004: "DISCORD_BOT_TOKEN", 4013: "update", 4014: "Message Content Intent"} {
		r := newRig(t, rigOptions{server: discordtest.Options{CloseWith: code}, asleep: true})
		err := <-r.ended
		r.ended <- err
		if adapters.KindOf(err) != adapters.KindAuth || !strings.Contains(err.Error(), word) || strings.Contains(err.Error(), discordtest.Token) {
			t.Errorf("%d: got %v, want an error of kind auth with %q", code, err, word)
		}
		if n := r.discord.Stats().Identifies; n != 1 {
			t.Errorf("%d: %d identifies, want 1", code, n)
		}
	}
}

func TestContentIntentRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{server: discordtest.Options{NoMessageContent: true}, config: Config{MessageContent: true}, asleep: true})
	err := <-r.ended
	r.ended <- err
	if adapters.KindOf(err) != adapters.KindAuth || !strings.Contains(err.Error(), "message_content") {
		t.Errorf("got %v", err)
	}
}

func TestWrongTokenEndsRun(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{config: Config{BotToken: adapters.NewSecret("wrong-token-xyz")}, asleep: true})
	err := <-r.ended
	r.ended <- err
	if adapters.KindOf(err) != adapters.KindAuth || strings.Contains(err.Error(), "wrong-token") || !strings.Contains(err.Error(), "DISCORD_BOT_TOKEN") {
		t.Errorf("got %v", err)
	}
}

func TestTokenResetWhileRunningEndsRun(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	r.discord.Fail(1, discordtest.Fault{Method: "POST", Path: "/channels/", Status: 401})
	_, err := r.Send(r.ctx, adapters.Destination{Channel: discordtest.General}, answer("x"))
	if adapters.KindOf(err) != adapters.KindAuth {
		t.Errorf("send: got %v", err)
	}
	err = <-r.ended
	r.ended <- err
	if adapters.KindOf(err) != adapters.KindAuth {
		t.Errorf("run: got %v", err)
	}
}

func TestIntents(t *testing.T) {
	t.Parallel()
	const guilds, messages, direct, content = 1, 1 << 9, 1 << 12, 1 << 15
	if got := newRig(t, rigOptions{}).discord.Stats().Intents; got != guilds|messages|direct {
		t.Errorf("intents: got %b", got)
	}
	if got := newRig(t, rigOptions{config: Config{MessageContent: true}}).discord.Stats().Intents; got != guilds|messages|direct|content {
		t.Errorf("with content: got %b", got)
	}
}

func TestWatchdogResumesASilentConnection(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	// One connection is silent and expected to beat quickly; those after it are
	// given time.
	r.discord.KeepAcks(true)
	r.discord.HeartbeatOnce(40 * time.Millisecond)
	r.discord.Drop()
	eventually(t, "the silent connection is given up", func() bool { return r.discord.Stats().Resumes > 1 })
	r.discord.KeepAcks(false)
	eventually(t, "it is ready again", func() bool { return r.Ready() == nil })
	r.discord.Mention(discordtest.General, discordtest.Ada, "still there?")
	r.h.wait(t, 1)
	if n := r.discord.Stats().Identifies; n != 1 {
		t.Errorf("%d identifies, want the session to be resumed", n)
	}
}

func TestHeartbeatOnDemand(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{server: discordtest.Options{Heartbeat: time.Hour}})
	r.discord.Beat()
	eventually(t, "a heartbeat comes", func() bool { return r.discord.Stats().Heartbeats > 0 })
}

func TestIdentifyLimit(t *testing.T) {
	t.Parallel()
	// The clock by which the limit is reset stands until the test moves it.
	const reset = 300 * time.Millisecond
	start := time.Now()
	var passed atomic.Int64
	r := newRig(t, rigOptions{
		server: discordtest.Options{Remaining: 1, ResetAfter: reset},
		opts:   Options{Now: func() time.Time { return start.Add(time.Duration(passed.Load())) }},
	})
	r.discord.Forget()
	r.discord.Drop()
	eventually(t, "it says that the sessions are used up", func() bool { return strings.Contains(r.log.String(), "no session may begin") })
	if n := r.discord.Stats().Identifies; n != 1 || r.Ready() == nil {
		t.Errorf("%d sessions, ready: %v; want none to begin while the limit is used up", n, r.Ready() == nil)
	}
	passed.Store(int64(reset))
	eventually(t, "a new session begins after the reset", func() bool { return r.discord.Stats().Identifies == 2 && r.Ready() == nil })
}

func TestShards(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{server: discordtest.Options{Shards: 3}})
	st := r.discord.Stats()
	seen := map[[2]int]bool{}
	for _, s := range st.Shards {
		seen[s] = true
	}
	if len(seen) != 3 || !seen[[2]int{0, 3}] || !seen[[2]int{1, 3}] || !seen[[2]int{2, 3}] {
		t.Errorf("shards: got %v", st.Shards)
	}
	r.discord.Mention(discordtest.General, discordtest.Ada, "in a guild")
	r.discord.Direct(discordtest.Ada, "direct")
	r.h.wait(t, 2)
}

func TestDisorderAndRubbish(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	p := r.discord.MessagePayload(discordtest.General, discordtest.Ada, "<@"+discordtest.Bot+"> out of order")
	r.discord.Raw("{")
	r.discord.Raw(`{"op":77,"d":null}`)
	r.discord.Raw(`{"op":0,"t":"MESSAGE_CREATE","s":3,"d":{"id":5}}`)
	r.discord.Raw(`{"op":0,"t":"INTERACTION_CREATE","s":4,"d":{"id":"5","type":2,"token":"a/../b","data":null}}`)
	r.discord.Raw(`{"op":0,"t":"SOMETHING_NEW","s":5,"d":[1]}`)
	r.discord.RawDispatch("MESSAGE_CREATE", 1, p) // a sequence long past
	r.discord.RawDispatch("MESSAGE_CREATE", 1, p)
	odd := r.discord.MessagePayload(discordtest.General, discordtest.Ada, "<@"+discordtest.Bot+"> unknown component")
	odd["components"] = []any{map[string]any{"type": 99, "thing": map[string]any{"components": 7}}}
	odd["poll"] = "new"
	r.discord.RawDispatch("MESSAGE_CREATE", 6, odd)
	r.h.wait(t, 2)
	r.discord.Mention(discordtest.General, discordtest.Ada, "fine")
	r.h.wait(t, 3)
	if got := strings.Join(texts(r.h.all()), ","); got != "out of order,unknown component,fine" {
		t.Errorf("got %q", got)
	}
	if n := r.discord.Stats().Identifies; n != 1 {
		t.Errorf("%d identifies, want 1", n)
	}
}

func TestPanicInHandlerCostsOneEvent(t *testing.T) {
	t.Parallel()
	h := newHandler()
	h.fail = func(ev adapters.Event) error {
		if ev.Text == "boom" {
			panic("boom")
		}
		return nil
	}
	r := newRig(t, rigOptions{h: h})
	r.discord.Mention(discordtest.General, discordtest.Ada, "boom")
	r.discord.Slash(discordtest.General, discordtest.Ada, "ask", map[string]any{"question": "boom"})
	r.discord.Mention(discordtest.General, discordtest.Ada, "fine")
	if ev := r.h.wait(t, 1); ev.Text != "fine" {
		t.Errorf("got %q", ev.Text)
	}
}

// leases is a store of leases in memory.
type leases struct {
	mu   sync.Mutex
	held map[string]string
	dead map[string]bool
}

type leaser struct {
	l    *leases
	name string
}

func (l leaser) Acquire(_ context.Context, name string, _ time.Duration) (bool, error) {
	l.l.mu.Lock()
	defer l.l.mu.Unlock()
	if l.l.dead[l.name] {
		return false, nil
	}
	if h := l.l.held[name]; h != "" && h != l.name {
		return false, nil
	}
	l.l.held[name] = l.name
	return true, nil
}

func (l leaser) Release(_ context.Context, name string) error {
	l.l.mu.Lock()
	defer l.l.mu.Unlock()
	if l.l.held[name] == l.name {
		delete(l.l.held, name)
	}
	return nil
}

func TestAnotherReplicaTakesOver(t *testing.T) {
	t.Parallel()
	s := discordtest.Start(nil)
	t.Cleanup(s.Close)
	all := &leases{held: map[string]string{}, dead: map[string]bool{}}
	h := newHandler() // both replicas share a store
	ttl := 60 * time.Millisecond
	first := newRig(t, rigOptions{on: s, h: h, opts: Options{Leaser: leaser{all, "a"}, LeaseTTL: ttl}})
	if err := s.AwaitSession(first.ctx, 1); err != nil {
		t.Fatal(err)
	}
	second := newRig(t, rigOptions{on: s, h: h, opts: Options{Leaser: leaser{all, "b"}, LeaseTTL: ttl}})
	s.Mention(discordtest.General, discordtest.Ada, "one")
	h.wait(t, 1)
	if n := s.Stats().Identifies; n != 1 {
		t.Errorf("%d sessions, want one", n)
	}
	all.mu.Lock()
	all.dead["a"] = true // it loses its store, then its lease lapses
	delete(all.held, "discord:shard:0/1")
	all.mu.Unlock()
	eventually(t, "the other replica has the session", func() bool { return s.Stats().Identifies == 2 })
	s.Mention(discordtest.General, discordtest.Ada, "two")
	h.wait(t, 2)
	if got := strings.Join(texts(h.all()), ","); got != "one,two" {
		t.Errorf("got %q", got)
	}
	_ = second
}
