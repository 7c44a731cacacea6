package discord

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"cairn/adapters"
	"cairn/adapters/adaptertest"
	"cairn/adapters/discord/discordtest"
)

func TestMissingPermission(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	r.discord.Deny(discordtest.General, discordtest.SendMessages|discordtest.EmbedLinks, true)
	r.discord.Mention(discordtest.General, discordtest.Ada, "磁盘满了怎么办")
	_, err := r.Reply(r.ctx, r.h.wait(t, 1), answer("df"))
	var d *adapters.DeliveryError
	if !errors.As(err, &d) || d.Kind != adapters.KindPermission || d.Permission != "Send Messages, Embed Links" || d.Retryable() {
		t.Errorf("got %v", err)
	}
	m, err := r.discord.Await(r.ctx, r.discord.DirectChannel(discordtest.Ada), nil)
	if err != nil || !strings.Contains(m.Visible(), "Send Messages") || !strings.Contains(m.Visible(), "权限") {
		t.Errorf("%+v, %v", m, err)
	}
	if !strings.Contains(r.log.String(), `permission="Send Messages, Embed Links"`) {
		t.Errorf("the log does not name the permission: %s", r.log.String())
	}
}

func TestGoneChannelIsNoLoop(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	r.discord.Mention(discordtest.General, discordtest.Ada, "502")
	ev := r.h.wait(t, 1)
	r.discord.RemoveChannel(discordtest.General)
	before := len(r.discord.Calls("POST", "/channels/"))
	_, err := r.Reply(r.ctx, ev, answer("x"))
	if adapters.KindOf(err) != adapters.KindNotFound {
		t.Errorf("got %v", err)
	}
	if n := len(r.discord.Calls("POST", "/channels/")) - before; n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}

// A thread that somebody deletes while its question is answered costs one
// request.
func TestGoneThreadIsNoLoop(t *testing.T) {
	t.Parallel()
	// Nothing else is called meanwhile.
	r := newRig(t, rigOptions{config: Config{MessageContent: true}, opts: Options{CatchUp: -1, KeepCommands: true}})
	q := r.discord.Mention(discordtest.General, discordtest.Ada, "disk full")
	if _, err := r.Reply(r.ctx, r.h.wait(t, 1), adaptertest.Answer(20)); err != nil {
		t.Fatal(err)
	}
	r.discord.Say(q, discordtest.Ada, "which volume?")
	ev := r.h.wait(t, 2)
	r.discord.RemoveChannel(q)
	before := len(r.discord.Calls("", "/"))
	if _, err := r.Reply(r.ctx, ev, answer("x")); adapters.KindOf(err) != adapters.KindNotFound {
		t.Errorf("got %v", err)
	}
	if n := len(r.discord.Calls("", "/")) - before; n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}

// A permission known to be missing is not asked for again and again: refused
// requests count.
func TestNoThreadIsNotTriedInVain(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	r.discord.Deny(discordtest.General, discordtest.SendThreads, true)
	eventually(t, "the permission is known to be missing", func() bool { return r.missing(discordtest.General, true, true) != "" })
	for i := range 2 {
		r.discord.Mention(discordtest.General, discordtest.Ada, "disk full")
		if _, err := r.Reply(r.ctx, r.h.wait(t, i+1), adaptertest.Answer(20)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range r.discord.Calls("POST", "/channels/") {
		if strings.HasSuffix(c.Path, "/threads") {
			t.Errorf("a thread was asked for: %s", c.Path)
		}
	}
	if n := strings.Count(r.log.String(), "Send Messages in Threads"); n != 1 {
		t.Errorf("the log names the permission %d times, want once", n)
	}
}

// In a direct conversation the wait is told without names, once per question.
func TestWaitIsToldDirectly(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{opts: Options{TellAfter: 150 * time.Millisecond}})
	r.discord.Direct(discordtest.Ada, "磁盘满了")
	ev := r.h.wait(t, 1)
	r.TellWait(r.ctx, ev)
	r.TellWait(r.ctx, ev)
	dm := r.discord.DirectChannel(discordtest.Ada)
	m, err := r.discord.Await(r.ctx, dm, nil)
	if err != nil || !strings.Contains(m.Visible(), "排队") || strings.Contains(m.Visible(), "Ada") || m.ReplyTo != ev.Message {
		t.Errorf("%+v, %v", m, err)
	}
	if _, err := r.Reply(r.ctx, ev, answer("df")); err != nil {
		t.Fatal(err)
	}
	r.TellWait(r.ctx, ev) // too late
	slash := ev
	slash.ReplyToken = adapters.NewSecret("1/x")
	r.TellWait(r.ctx, slash) // shows by itself
	if _, err := r.Send(r.ctx, adapters.Destination{Channel: dm}, answer("end")); err != nil {
		t.Fatal(err)
	}
	if n := len(r.discord.Messages(dm)); n != 3 {
		t.Errorf("%d messages, want notice, answer and end", n)
	}
}

func TestDirectMessagesRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	dm := r.discord.DirectChannel(discordtest.Ada)
	r.discord.Fail(1, discordtest.Fault{Method: "POST", Path: "/channels/" + dm, Status: 403, Code: codeCannotDM})
	_, err := r.Send(r.ctx, adapters.Destination{User: discordtest.Ada}, answer("tip"))
	if adapters.KindOf(err) != adapters.KindPermission {
		t.Errorf("got %v", err)
	}
}

func TestSendIsNotDoubled(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	to := adapters.Destination{Channel: discordtest.General}
	m := answer("the daily tip")
	m.Marker = "tip-2026-11-21"
	// The message arrives, its answer gets lost: the same nonce again.
	r.discord.Fail(1, discordtest.Fault{Method: "POST", Path: "/channels/", After: true, Drop: true})
	first, err := r.Send(r.ctx, to, m)
	if err != nil {
		t.Fatal(err)
	}
	r.discord.Fail(1, discordtest.Fault{Method: "POST", Path: "/channels/", After: true, Status: 502})
	if _, err := r.Send(r.ctx, to, answer("another")); err != nil {
		t.Fatal(err)
	}
	again, err := r.Send(r.ctx, to, m) // after a crash, within Discord's minutes
	if err != nil || again.Message != first.Message {
		t.Errorf("%+v, %v, want %+v", again, err, first)
	}
	if n := len(r.discord.Messages(discordtest.General)); n != 2 {
		t.Errorf("%d messages, want 2", n)
	}
}

// A tip is found again by its footer alone and by its address alone: whichever
// of the two Discord keeps.
func TestTipIsFoundAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	to := adapters.Destination{Channel: discordtest.General}
	m := answer("the daily tip")
	m.Marker, m.Mark = "tip-2026-11-21", "from disk.md"
	ref, err := r.Send(r.ctx, to, m)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := r.discord.Message(discordtest.General, ref.Message)
	if f := got.Embeds[0].Footer; f == nil || f.Text != "from disk.md "+reference(m.Marker) || len(reference(m.Marker)) != 11 {
		t.Errorf("footer: %+v", f)
	}
	for _, strip := range []func(*discordtest.Embed){func(e *discordtest.Embed) { e.URL = "" }, func(e *discordtest.Embed) { e.Footer = nil }} {
		other := m
		other.Marker += "x" + fmt.Sprint(len(r.discord.Messages("")))
		ref, err := r.Send(r.ctx, to, other)
		if err != nil {
			t.Fatal(err)
		}
		r.discord.Change(discordtest.General, ref.Message, func(m *discordtest.Message) { strip(&m.Embeds[0]) })
		if found, ok, err := r.Find(r.ctx, to, other.Marker, time.Now().Add(-time.Minute)); err != nil || !ok || found.Message != ref.Message {
			t.Errorf("got %+v, %v, %v", found, ok, err)
		}
	}
	if _, ok, err := r.Find(r.ctx, to, "another", time.Now().Add(-time.Minute)); ok || err != nil {
		t.Errorf("another marker: %v, %v", ok, err)
	}
}

func TestBusyTypes(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	r.discord.Mention(discordtest.General, discordtest.Ada, "502")
	done := r.Busy(r.ctx, r.h.wait(t, 1))
	eventually(t, "the typing sign is shown", func() bool { return len(r.discord.Calls("POST", "/channels/"+discordtest.General+"/typing")) == 1 })
	done()
}

func TestErrorsHoldNoSecret(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	id := r.discord.Slash(discordtest.General, discordtest.Ada, "ask", map[string]any{"question": "502"})
	ev := r.h.wait(t, 1)
	if _, err := r.discord.AwaitAnswer(r.ctx, id); err != nil {
		t.Fatal(err)
	}
	for _, f := range []discordtest.Fault{
		{Path: "/webhooks/", Drop: true}, {Path: "/webhooks/", Status: 500}, {Path: "/webhooks/", Status: 200, Body: "<html>"}, {Path: "/webhooks/", Status: 400, Code: 50035},
		{Path: "/webhooks/", Status: 429, Body: "<html>error code: 1015</html>"},
	} {
		r.discord.Fail(restTries, f)
		ctx, cancel := context.WithTimeout(r.ctx, 2*time.Second)
		_, err := r.Reply(ctx, ev, answer("x"))
		cancel()
		if err == nil {
			t.Errorf("%+v: no error", f)
			continue
		}
		for _, secret := range []string{discordtest.Token, ev.ReplyToken.Reveal(), "-secret"} {
			if strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), secret) {
				t.Errorf("%+v: the error holds %q: %v", f, secret, err)
			}
		}
		r.discord.Fail(0, discordtest.Fault{Path: "/nowhere"})
	}
}

// An edit that cannot reach a later part of an answer says so, and adds none.
func TestEditOfPartsDoublesNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	m := adaptertest.Answer(1)
	for range 3 {
		m.Notes = append(m.Notes, strings.Repeat("many words ", 280))
	}
	ref, err := r.Send(r.ctx, adapters.Destination{Channel: discordtest.General}, m)
	if err != nil {
		t.Fatal(err)
	}
	all := r.discord.Messages(discordtest.General)
	second := "/channels/" + discordtest.General + "/messages/" + all[1].ID
	r.discord.Fail(restTries, discordtest.Fault{Method: "PATCH", Path: second, Status: 500})
	if err := r.Edit(r.ctx, ref, m); adapters.KindOf(err) != adapters.KindServer {
		t.Errorf("got %v", err)
	}
	if n := len(r.discord.Messages(discordtest.General)); n != len(all) {
		t.Errorf("%d messages, want %d", n, len(all))
	}
	// One that somebody deleted is put there again.
	r.discord.Delete(discordtest.General, all[1].ID)
	if err := r.Edit(r.ctx, ref, m); err != nil {
		t.Fatal(err)
	}
	if n := len(r.discord.Messages(discordtest.General)); n != len(all) {
		t.Errorf("%d messages, want %d", n, len(all))
	}
}
