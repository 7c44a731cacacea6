package discord

import (
	"strings"
	"testing"

	"cairn/adapters"
	"cairn/adapters/adaptertest"
	"cairn/adapters/discord/discordtest"
)

func TestReplyToCairnIsAFollowUp(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{config: Config{MessageContent: true}})
	q := r.discord.Mention(discordtest.General, discordtest.Ada, "disk full")
	ref, err := r.Reply(r.ctx, r.h.wait(t, 1), answer("df -h"))
	if err != nil {
		t.Fatal(err)
	}
	r.discord.Post(discordtest.Said{Channel: discordtest.General, User: discordtest.Ada, Text: "and inodes?", ReplyTo: ref.Message})
	ev := r.h.wait(t, 2)
	if ev.Surface != adapters.SurfaceMention || ev.Thread != q || ev.Text != "and inodes?" {
		t.Errorf("got %+v", ev)
	}
	second, err := r.Reply(r.ctx, ev, answer("df -i"))
	if err != nil {
		t.Fatal(err)
	}
	r.discord.Post(discordtest.Said{Channel: discordtest.General, User: discordtest.Bo, Text: "and quota?", ReplyTo: second.Message})
	if ev = r.h.wait(t, 3); ev.Thread != q {
		t.Errorf("a follow-up of a follow-up: got thread %s, want %s", ev.Thread, q)
	}
}

func TestLongAnswersOpenAThread(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{config: Config{MessageContent: true}})
	q := r.discord.Mention(discordtest.General, discordtest.Ada, "disk full")
	ref, err := r.Reply(r.ctx, r.h.wait(t, 1), adaptertest.Answer(20))
	if err != nil {
		t.Fatal(err)
	}
	if ref.Thread != q || ref.Channel != discordtest.General || len(r.discord.Messages(discordtest.General)) != 0 || len(r.discord.Messages(q)) == 0 {
		t.Errorf("ref %+v", ref)
	}
	// What is said in the thread belongs to the same conversation.
	r.discord.Say(q, discordtest.Ada, "which volume?")
	ev := r.h.wait(t, 2)
	if ev.Surface != adapters.SurfaceThread || ev.Channel != discordtest.General || ev.Thread != q || !ev.ChannelPublic {
		t.Errorf("got %+v", ev)
	}
	if ref, err = r.Reply(r.ctx, ev, answer("the first")); err != nil || ref.Thread != q {
		t.Errorf("%+v, %v", ref, err)
	}
	if m, ok := r.discord.Message(q, ref.Message); !ok || m.Channel != q {
		t.Error("the follow-up's answer stands elsewhere")
	}
	m := adaptertest.Answer(1)
	m.Title = "Edited"
	if err := r.Edit(r.ctx, ref, m); err != nil {
		t.Error(err)
	}
	r.discord.Say(q, discordtest.Ada, "thanks <@"+discordtest.Bo+">")
	if ev = r.h.wait(t, 3); ev.Kind != adapters.EventChatter {
		t.Errorf("said to somebody else: got %+v", ev)
	}
}

func TestNoThreadWithoutThePermission(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	r.discord.Deny(discordtest.General, discordtest.OpenThreads, true)
	r.discord.Mention(discordtest.General, discordtest.Ada, "disk full")
	if _, err := r.Reply(r.ctx, r.h.wait(t, 1), adaptertest.Answer(20)); err != nil {
		t.Fatal(err)
	}
	if len(r.discord.Messages(discordtest.General)) == 0 {
		t.Error("no answer in the channel")
	}
	if !strings.Contains(r.log.String(), "Create Public Threads") {
		t.Error("the log does not name the permission")
	}
}

func TestEditedAndDeletedQuestions(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	q := r.discord.Mention(discordtest.General, discordtest.Ada, "disk ful")
	r.h.wait(t, 1)
	r.discord.Edit(discordtest.General, q, "<@"+discordtest.Bot+"> disk full")
	ev := r.h.wait(t, 2)
	if ev.Kind != adapters.EventEdit || ev.Text != "disk full" || ev.Message != q || ev.Thread != q {
		t.Errorf("edit: %+v", ev)
	}
	other := r.discord.Say(discordtest.General, discordtest.Ada, "talk")
	r.discord.Delete(discordtest.General, other)
	r.discord.Delete(discordtest.General, q)
	if ev = r.h.wait(t, 3); ev.Kind != adapters.EventDelete || ev.Message != q || ev.Thread != q {
		t.Errorf("delete: %+v", ev)
	}
}

func TestOnboarding(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{config: Config{MessageContent: true, OnboardingChannels: []string{discordtest.General}}})
	q := r.discord.Say(discordtest.General, discordtest.Ada, "how do I get VPN access?")
	ev := r.h.wait(t, 1)
	if ev.Surface != adapters.SurfaceOnboarding || ev.Thread != q || ev.Message != q {
		t.Errorf("got %+v", ev)
	}
	r.discord.Post(discordtest.Said{Channel: discordtest.General, User: discordtest.Bo, Text: "ask IT", ReplyTo: q})
	if ev = r.h.wait(t, 2); ev.Surface != adapters.SurfaceOnboarding || ev.Thread != q || ev.Message == q {
		t.Errorf("a person's reply: got %+v", ev)
	}
	m := answer("asking the owners")
	m.Notify = discordtest.Owners
	ref, err := r.Reply(r.ctx, ev, m)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := r.discord.Message(discordtest.General, ref.Message)
	if got.Content != "<@&"+discordtest.Owners+">" || string(got.Allowed) != `{"parse":[],"roles":["`+discordtest.Owners+`"]}` {
		t.Errorf("got %q with %s", got.Content, got.Allowed)
	}
}

// A private answer that may not be sent directly is not lost without a word.
func TestPrivateAnswerButClosed(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	dm := r.discord.DirectChannel(discordtest.Ada)
	r.discord.Fail(2, discordtest.Fault{Method: "POST", Path: "/channels/" + dm, Status: 403, Code: codeCannotDM})
	for i := range 2 {
		q := r.discord.Mention(discordtest.General, discordtest.Ada, "密钥在哪里")
		m := answer("a secret of the team")
		m.Private = true
		if _, err := r.Reply(r.ctx, r.h.wait(t, i+1), m); adapters.KindOf(err) != adapters.KindPermission {
			t.Errorf("got %v", err)
		}
		if i > 0 {
			continue
		}
		got, err := r.discord.Await(r.ctx, discordtest.General, func(m discordtest.Message) bool { return m.ReplyTo == q })
		if err != nil || !strings.Contains(got.Visible(), "/ask") || strings.Contains(got.Visible(), "secret") {
			t.Errorf("%+v, %v", got, err)
		}
	}
	if n := len(r.discord.Messages(discordtest.General)); n != 1 {
		t.Errorf("told %d times, want once", n)
	}
}

// A moderator deletes many messages at once.
func TestBulkDeletion(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	q := r.discord.Mention(discordtest.General, discordtest.Ada, "disk full")
	r.h.wait(t, 1)
	r.discord.Dispatch("MESSAGE_DELETE_BULK", discordtest.Guild, map[string]any{"ids": []string{"5", q, "6"}, "channel_id": discordtest.General, "guild_id": discordtest.Guild})
	if ev := r.h.wait(t, 2); ev.Kind != adapters.EventDelete || ev.Message != q {
		t.Errorf("got %+v", ev)
	}
}
