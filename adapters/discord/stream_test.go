package discord

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"cairn/adapters"
	"cairn/adapters/adaptertest"
	"cairn/adapters/discord/discordtest"
)

// grow lets an answer grow word by word and returns the final message.
func grow(s adapters.Stream, first adapters.Message, d time.Duration) adapters.Message {
	m := first
	for begin, i := time.Now(), 0; time.Since(begin) < d; i++ {
		m.Notes = []string{strings.Repeat("@everyone word ", i%50+1)}
		s.Update(m)
		time.Sleep(2 * time.Millisecond)
	}
	m.Notes = []string{"the end"}
	return m
}

// A command's answer grows through the webhook, private or public, whatever
// Discord refuses or loses meanwhile, and its end stands there once.
func TestStreamInteraction(t *testing.T) {
	t.Parallel()
	for _, public := range []bool{true, false} {
		r := newRig(t, rigOptions{opts: Options{EditEvery: 30 * time.Millisecond}})
		id := r.discord.Slash(discordtest.General, discordtest.Ada, "ask", map[string]any{"question": "disk full", "public": public})
		ev := r.h.wait(t, 1)
		first := adaptertest.Answer(2)
		first.Private = !public
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
		final := grow(s, first, 400*time.Millisecond)
		edits := r.discord.Calls("PATCH", "/webhooks/")
		if len(edits) < 5 {
			t.Errorf("only %d edits", len(edits))
		}
		for i := range edits[1:] {
			if gap := edits[i+1].At.Sub(edits[i].At); i > 0 && gap < 20*time.Millisecond {
				t.Errorf("edits %v apart", gap)
			}
		}
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
		r := newRig(t, rigOptions{server: discordtest.Options{TokenLasts: 700 * time.Millisecond}, opts: Options{EditEvery: 30 * time.Millisecond}})
		r.discord.Slash(discordtest.General, discordtest.Ada, "ask", map[string]any{"question": "disk full", "public": public})
		first := adaptertest.Answer(2)
		first.Private = !public
		s, err := r.Stream(r.ctx, r.h.wait(t, 1), first)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Close(r.ctx, grow(s, first, time.Second)); err != nil {
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
	every := 40 * time.Millisecond
	r := newRig(t, rigOptions{opts: Options{EditEvery: every}})
	const n = 3
	var wg sync.WaitGroup
	for i := range n {
		r.discord.Mention(discordtest.General, discordtest.Ada, fmt.Sprint("disk full ", i))
		ev := r.h.wait(t, i+1)
		first := adaptertest.Answer(2)
		s, err := r.Stream(r.ctx, ev, first)
		if err != nil {
			t.Fatal(err)
		}
		path := "/channels/" + discordtest.General + "/messages/" + s.Ref().Message
		switch i {
		case 0:
			r.discord.Fail(2, discordtest.Fault{Method: "PATCH", Path: path, Status: 429, RetryAfter: 60 * time.Millisecond})
		case 1:
			r.discord.Fail(2, discordtest.Fault{Method: "PATCH", Path: path, Drop: true})
		case 2:
			r.discord.Delete(discordtest.General, s.Ref().Message)
		}
		wg.Go(func() {
			if _, err := s.Close(r.ctx, grow(s, first, 500*time.Millisecond)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	all := r.discord.Messages(discordtest.General)
	for _, m := range all {
		if !strings.Contains(m.Visible(), "the end") || len(m.Read().Commands) != 2 || m.ReplyTo == "" {
			t.Errorf("at the end: %q", m.Visible())
		}
	}
	if len(all) != n {
		t.Errorf("%d messages, want %d", len(all), n)
	}
	if edits := len(r.discord.Calls("PATCH", "/channels/")); edits < 5 || edits > 3*int(time.Second/every) {
		t.Errorf("%d edits", edits)
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
