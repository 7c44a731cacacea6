package discord

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cairn/adapters"
	"cairn/adapters/adaptertest"
	"cairn/adapters/discord/discordtest"
)

// grow lets an answer grow word by word until so many edits have come, and
// returns the final message.
func grow(t *testing.T, r *rig, s adapters.Stream, first adapters.Message, path string, edits int) adapters.Message {
	t.Helper()
	return growUntil(t, s, first, fmt.Sprintf("%d edits to %s", edits, path), func() bool { return len(r.discord.Calls("PATCH", path)) >= edits })
}

// growUntil is grow until anything else.
func growUntil(t *testing.T, s adapters.Stream, first adapters.Message, what string, ok func() bool) adapters.Message {
	t.Helper()
	m := first
	for begin, i := time.Now(), 0; !ok(); i++ {
		m.Notes = []string{strings.Repeat("@everyone word ", i%50+1)}
		s.Update(m)
		time.Sleep(2 * time.Millisecond)
		if time.Since(begin) > patience {
			t.Errorf("waited in vain for %s", what)
			break
		}
	}
	m.Notes = []string{"the end"}
	return m
}

// checkPace checks that so many edits since then were not too many.
func checkPace(t *testing.T, edits int, every time.Duration, since time.Time) {
	t.Helper()
	if took := time.Since(since); took < time.Duration(edits-1)*every {
		t.Errorf("%d edits within %v, want %v between two", edits, took, every)
	}
}

// A command's answer grows through the webhook, private or public, whatever
// Discord refuses or loses meanwhile, and its end stands there once.
func TestStreamInteraction(t *testing.T) {
	t.Parallel()
	for _, public := range []bool{true, false} {
		const every = 30 * time.Millisecond
		r := newRig(t, rigOptions{opts: Options{EditEvery: every}})
		id := r.discord.Slash(discordtest.General, discordtest.Ada, "ask", map[string]any{"question": "disk full", "public": public})
		ev := r.h.wait(t, 1)
		first := adaptertest.Answer(2)
		first.Private = !public
		began := time.Now()
		s, err := r.Stream(r.ctx, ev, first)
		if err != nil {
			t.Fatal(err)
		}
		x := r.discord.Interaction(id)
		if x.Original == nil || len(x.Original.Read().Commands) != 2 || x.Ephemeral == public || (s.Ref().Message != "") != public {
			t.Fatalf("at once: %+v as %+v", x, s.Ref())
		}
		r.discord.Fail(1, discordtest.Fault{Method: "PATCH", Path: "/webhooks/", Status: 429, RetryAfter: 50 * time.Millisecond})
		r.discord.Fail(1, discordtest.Fault{Method: "PATCH", Path: "/webhooks/", Drop: true})
		r.discord.Fail(1, discordtest.Fault{Method: "PATCH", Path: "/webhooks/", After: true, Status: 502})
		final := grow(t, r, s, first, "/webhooks/", 6) // the first message and more growth than fails
		checkPace(t, len(r.discord.Calls("PATCH", "/webhooks/")), every, began)
		r.discord.Fail(1, discordtest.Fault{Method: "PATCH", Path: "/webhooks/", Drop: true})
		if _, err := s.Close(r.ctx, final); err != nil {
			t.Fatal(err)
		}
		all := r.discord.Messages("")
		if len(all) != 1 || !strings.Contains(all[0].Visible(), "the end") || strings.Contains(all[0].Visible(), "word") || len(all[0].Read().Pings) > 0 {
			t.Errorf("at the end: %+v", all)
		}
	}
}

// When the token lapses, what everybody sees is edited as any message; what
// one person saw comes by direct message.
func TestStreamOutlivesTheToken(t *testing.T) {
	t.Parallel()
	for _, public := range []bool{true, false} {
		r := newRig(t, rigOptions{opts: Options{EditEvery: 30 * time.Millisecond}})
		r.discord.Slash(discordtest.General, discordtest.Ada, "ask", map[string]any{"question": "disk full", "public": public})
		first := adaptertest.Answer(2)
		first.Private = !public
		s, err := r.Stream(r.ctx, r.h.wait(t, 1), first)
		if err != nil {
			t.Fatal(err)
		}
		grow(t, r, s, first, "/webhooks/", 3)
		r.discord.LapseTokens()
		// An edit that is under way when they lapse may be the one that is refused: none comes after it.
		final := growUntil(t, s, first, "a refused edit", func() bool {
			return slices.ContainsFunc(r.discord.Calls("PATCH", "/webhooks/"), func(c discordtest.Call) bool { return c.Status == 401 })
		})
		if _, err := s.Close(r.ctx, final); err != nil {
			t.Fatal(err)
		}
		general, direct := r.discord.Messages(discordtest.General), r.discord.Messages(r.discord.DirectChannel(discordtest.Ada))
		where := general
		if !public {
			where = direct
		}
		if len(general) != 1 || len(where) != 1 || !strings.Contains(where[0].Visible(), "the end") || public && len(direct) > 0 {
			t.Errorf("public %v: %d in the channel, %d direct", public, len(general), len(direct))
		}
	}
}

// Answers that grow in one channel share its edits; what Discord refuses or
// loses costs nothing at the end, nor does a message that somebody deletes.
func TestStreamMessages(t *testing.T) {
	t.Parallel()
	const n, every = 3, 40 * time.Millisecond
	r := newRig(t, rigOptions{opts: Options{EditEvery: every}})
	first := adaptertest.Answer(2)
	var streams [n]adapters.Stream
	var paths [n]string
	for i := range n {
		r.discord.Mention(discordtest.General, discordtest.Ada, fmt.Sprint("disk full ", i))
		s, err := r.Stream(r.ctx, r.h.wait(t, i+1), first)
		if err != nil {
			t.Fatal(err)
		}
		streams[i], paths[i] = s, "/channels/"+discordtest.General+"/messages/"+s.Ref().Message
	}
	r.discord.Fail(2, discordtest.Fault{Method: "PATCH", Path: paths[0], Status: 429, RetryAfter: 60 * time.Millisecond})
	r.discord.Fail(2, discordtest.Fault{Method: "PATCH", Path: paths[1], Drop: true})
	r.discord.Delete(discordtest.General, streams[2].Ref().Message)
	began := time.Now()
	var growing, closing sync.WaitGroup
	var finals [n]adapters.Message
	for i, s := range streams {
		growing.Go(func() { finals[i] = grow(t, r, s, first, paths[i], []int{4, 4, 1}[i]) }) // more than fails
	}
	growing.Wait()
	checkPace(t, len(r.discord.Calls("PATCH", "/channels/")), every, began)
	for i, s := range streams {
		closing.Go(func() {
			if _, err := s.Close(r.ctx, finals[i]); err != nil {
				t.Error(err)
			}
		})
	}
	closing.Wait()
	all := r.discord.Messages(discordtest.General)
	for _, m := range all {
		if !strings.Contains(m.Visible(), "the end") || len(m.Read().Commands) != 2 || m.ReplyTo == "" {
			t.Errorf("at the end: %q", m.Visible())
		}
	}
	if len(all) != n {
		t.Errorf("%d messages, want %d", len(all), n)
	}
}

// What outgrows its messages waits for the end; what shrinks leaves nothing.
func TestStreamLongAnswers(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{opts: Options{EditEvery: 10 * time.Millisecond}})
	long := adaptertest.Answer(1)
	for range 3 {
		long.Notes = append(long.Notes, strings.Repeat("many words ", 280))
	}
	for i, slash := range []bool{false, true} {
		if slash {
			r.discord.Slash(discordtest.General, discordtest.Ada, "ask", map[string]any{"question": "disk full", "public": true})
		} else {
			r.discord.Mention(discordtest.General, discordtest.Ada, "disk full")
		}
		ev := r.h.wait(t, i+1)
		before := len(r.discord.Messages(""))
		short := adaptertest.Answer(1)
		s, err := r.Stream(r.ctx, ev, short)
		if err != nil {
			t.Fatal(err)
		}
		s.Update(long)
		ref, err := s.Close(r.ctx, long)
		if err != nil {
			t.Fatal(err)
		}
		if n, want := len(r.discord.Messages(""))-before, len(render(long).parts); n != want || want < 2 {
			t.Errorf("slash %v: %d messages, want %d", slash, n, want)
		}
		// A later edit knows all of them.
		if err := r.Edit(r.ctx, ref, short); err != nil {
			t.Fatal(err)
		}
		if n := len(r.discord.Messages("")) - before; n != 1 {
			t.Errorf("slash %v: after an edit %d messages, want 1", slash, n)
		}
	}
}
