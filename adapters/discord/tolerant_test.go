package discord

import (
	"strings"
	"testing"
	"time"

	"cairn/adapters"
	"cairn/adapters/discord/discordtest"
)

// What the documentation calls optional may be missing, and ids may have
// another form: everything still works.
func TestSparseServer(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{server: discordtest.Options{Sparse: true}})
	r.discord.Mention(discordtest.General, discordtest.Ada, "502")
	ev := r.h.wait(t, 1)
	if ev.Text != "502" || ev.Surface != adapters.SurfaceMention || ev.Channel != discordtest.General {
		t.Errorf("event: %+v", ev)
	}
	r.discord.Fail(1, discordtest.Fault{Method: "POST", Path: "/channels/", Status: 429, RetryAfter: 1500 * time.Millisecond}) // more than is waited where nothing is said
	if _, err := r.Reply(r.ctx, ev, answer("look here")); err != nil {
		t.Fatal(err)
	}
	calls := r.discord.Calls("POST", "/channels/"+discordtest.General)
	if len(calls) != 2 {
		t.Fatalf("%d calls, want 2", len(calls))
	}
	if gap := calls[1].At.Sub(calls[0].At); gap < 1490*time.Millisecond {
		t.Errorf("tried again after %v; the body asked for 1.5s", gap)
	}
	id := r.discord.Slash(discordtest.General, discordtest.Ada, "ask", map[string]any{"question": "disk"})
	if _, err := r.Reply(r.ctx, r.h.wait(t, 2), answer("df")); err != nil {
		t.Fatal(err)
	}
	if x := r.discord.Interaction(id); x.Answer != answerDeferred || x.Original == nil || len(r.discord.Messages("")) != 2 {
		t.Errorf("interaction: %+v", x)
	}
	r.discord.Drop()
	r.discord.Mention(discordtest.General, discordtest.Ada, "after the drop")
	r.h.wait(t, 3)
	r.discord.Forget()
	r.discord.Drop()
	r.discord.Mention(discordtest.General, discordtest.Ada, "while nobody listened")
	if ev := r.h.wait(t, 4); ev.Text != "while nobody listened" || ev.Workspace != discordtest.Guild {
		t.Errorf("caught up: %+v", ev)
	}
	if n := r.discord.Stats().Identifies; n != 2 {
		t.Errorf("%d identifies, want 2", n)
	}
}

// Values of unexpected types cost what they stand for and nothing else.
func TestOddValues(t *testing.T) {
	t.Parallel()
	d := testDecoder()
	ev, ok, err := d.message([]byte(`{"id":"m-1","channel_id":"c_1","guild_id":"g1","author":{"id":"u1","username":null,"bot":null},"content":"<@2> 502?",
		"timestamp":1700000000,"edited_timestamp":null,"mentions":null,"mention_roles":"x","embeds":[{"fields":null,"author":null,"footer":5}],"components":null,
		"message_snapshots":null,"message_reference":null,"referenced_message":{"author":[],"embeds":{}},"type":0,"future":{"a":[1]}}`), false)
	if err != nil || !ok || ev.Text != "502?" || ev.Surface != adapters.SurfaceMention || ev.Message != "m-1" || ev.Time.IsZero() {
		t.Errorf("message: %+v, %v, %v", ev, ok, err)
	}
	var in wireInteraction
	if err := decode([]byte(`{"id":"i1","application_id":"app","type":2,"token":"t.o-k_en","channel_id":"c1","guild_id":"g1","member":{"user":{"id":"u1"},"roles":null,"permissions":7},
		"locale":null,"data":{"id":"1","name":"ask","type":1,"options":[{"name":"question","type":3,"value":"disk"},{"name":"public","type":5,"value":true},{"name":"new","type":12,"value":{"x":1}}],"resolved":null}}`), &in); err != nil {
		t.Fatal(err)
	}
	if ev, ok, err = d.interaction(&in); err != nil || !ok || ev.Text != "disk" || ev.Private || ev.ReplyToken.Reveal() != "app/t.o-k_en" {
		t.Errorf("interaction: %+v, %v, %v", ev, ok, err)
	}
	var g wireGuild
	if err := decode([]byte(`{"id":"1","channels":null,"threads":"none","roles":[{"id":"1","permissions":1024},{"id":"9","permissions":"2048"}],
		"members":[{"user":{"id":"2"},"roles":["9"]}]}`), &g); err != nil || g.Roles[0].Permissions.bits() != 1024 || g.Roles[1].Permissions.bits() != 2048 {
		t.Errorf("guild: %+v, %v", g, err)
	}
	for id, want := range map[string]bool{"1": true, "100000000000000001": true, "chan-1_x": true, "": false, "..": false, "a/b": false, "a?b": false, "ä": false, strings.Repeat("1", 101): false} {
		if usable(id) != want {
			t.Errorf("usable(%q): got %v", id, !want)
		}
	}
	for token, want := range map[string]bool{"aW50.x-_=": true, "..": false, "a/b": false, "a%2f": false, "": false, "a b": false} {
		if usableToken(token) != want {
			t.Errorf("usableToken(%q): got %v", token, !want)
		}
	}
}

func TestBucketKeys(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ method, path, want string }{
		{"POST", "/channels/1/messages", "POST channels/1/messages"},
		{"PATCH", "/channels/1/messages/2", "PATCH channels/1/messages/id"},
		{"POST", "/channels/1/messages/x-2/threads", "POST channels/1/messages/id/threads"},
		{"PUT", "/channels/1/thread-members/3", "PUT channels/1/thread-members/id"},
		{"PUT", "/applications/7/commands", "PUT applications/id/commands"},
		{"POST", "/users/@me/channels", "POST users/@me/channels"},
		{"GET", "/gateway/bot", "GET gateway/id"},
		{"POST", "/interactions/5/tok/callback", "POST interactions/5/tok"},
		{"PATCH", "/webhooks/7/tok/messages/@original", "PATCH webhooks/7/tok/messages/@original"},
	} {
		if got := bucketKey(c.method, c.path); got != c.want {
			t.Errorf("%s %s: got %q, want %q", c.method, c.path, got, c.want)
		}
	}
}
