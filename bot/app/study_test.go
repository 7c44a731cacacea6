package app

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"cairn/adapters/discord/discordtest"
	"cairn/adapters/slack/slacktest"
)

// A person on Slack subscribes, and gets the due card by direct message at the
// slot; the process is killed with SIGKILL, and the next one sends nothing
// twice. What the card's buttons answer is for that person alone, and the
// personal link shows the review on the web page until it is revoked.
func TestStudyOnSlack(t *testing.T) {
	t.Parallel()
	fake := slacktest.Start(nil)
	defer fake.Close()
	fake.AddChannel("C1", "public", "U1")
	fake.AddUser(slacktest.User{ID: "U1"})
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	env := append(fake.Env(), "CAIRN_PUBLIC_URL=https://cairn.example.org")
	data := t.TempDir()

	s := startServe(t, env, "--data", data)
	if err := fake.AwaitSockets(ctx, 1); err != nil {
		t.Fatalf("no socket: %v\n%s", err, s.logged())
	}
	says := func(what string) func(slacktest.Message) bool {
		return func(m slacktest.Message) bool { return strings.Contains(m.Visible(), what) }
	}
	await := func(channel, what string) slacktest.Message {
		t.Helper()
		m, err := fake.Await(ctx, channel, says(what))
		if err != nil {
			t.Fatalf("nobody says %q: %v", what, err)
		}
		return m
	}
	fake.Slash("C1", "U1", "subscribe 09:00 UTC")
	if m := await("C1", "Subscribed to cards"); m.Ephemeral != "U1" || !strings.Contains(m.Visible(), "/cairn unsubscribe cards") {
		t.Errorf("the confirmation is seen by %q and says %q", m.Ephemeral, m.Visible())
	}
	s.stop(syscall.SIGTERM)

	// The slot has come a minute ago.
	later(t, data)
	s = startServe(t, env, "--data", data)
	var card slacktest.Message
	if _, err := fake.Await(ctx, "", func(m slacktest.Message) bool {
		if m.Channel != "C1" && len(slacktest.Buttons(m.Blocks)) > 0 {
			card = m
			return true
		}
		return false
	}); err != nil {
		t.Fatalf("no card came: %v\n%s", err, s.logged())
	}
	if !strings.Contains(card.Visible(), "new card") {
		t.Errorf("the card says %q", card.Visible())
	}
	s.waitLog("delivery sent")
	s.stop(os.Kill)
	sent := len(fake.Messages(card.Channel))

	s = startServe(t, env, "--data", data)
	if err := fake.AwaitSockets(ctx, 1); err != nil {
		t.Fatalf("no socket: %v\n%s", err, s.logged())
	}
	fake.Press(card, "U1", slacktest.Buttons(card.Blocks)[0])
	answer := func(m slacktest.Message) bool {
		return strings.Contains(m.Visible(), ".md:") && m.TS != card.TS
	}
	if _, err := fake.Await(ctx, card.Channel, answer); err != nil {
		t.Fatalf("the press was not answered: %v\n%s", err, s.logged())
	}
	if n := len(fake.Messages(card.Channel)); n != sent+1 {
		t.Errorf("%d messages stand in the direct conversation, want the card and the answer", n)
	}

	fake.Slash("C1", "U1", "progress")
	m := await("C1", "Cards seen: 1")
	if m.Ephemeral != "U1" {
		t.Errorf("progress is seen by %q", m.Ephemeral)
	}
	link := "https://cairn.example.org/me/"
	at := bytes.Index(m.Blocks, []byte(link))
	if at < 0 {
		t.Fatalf("no personal link in %s", m.Blocks)
	}
	token := string(m.Blocks[at+len(link) : at+len(link)+32])
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: overHTTP{jar}}
	page := func(path string) string {
		t.Helper()
		resp, err := browser.Get(s.base + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	if p := page("/me/" + token); !strings.Contains(p, "My progress") || !strings.Contains(p, "1 reviews on 1 of the last 84 days") {
		t.Errorf("the personal page is\n%s", p)
	}
	for _, b := range slacktest.Buttons(m.Blocks) {
		if strings.HasPrefix(b.ActionID, "page-revoke") {
			fake.Press(m, "U1", b)
		}
	}
	await("C1", "Signed out")
	if p := page("/study"); strings.Contains(p, "My progress") {
		t.Error("a revoked browser still sees the person's progress")
	}
	if problems := fake.Problems(); len(problems) > 0 {
		t.Errorf("Slack would have refused: %q", problems)
	}
	s.stop(syscall.SIGTERM)
}

// overHTTP lets a test without TLS keep cookies that are for TLS alone.
type overHTTP struct{ http.CookieJar }

func (j overHTTP) SetCookies(u *url.URL, cookies []*http.Cookie) {
	for _, c := range cookies {
		c.Secure = false
	}
	j.CookieJar.SetCookies(u, cookies)
}

// later moves the subscriptions of a data directory a day forward: what is due
// tomorrow is due a minute ago.
func later(t *testing.T, data string) {
	t.Helper()
	env := []string{"CAIRN_DATA=" + data}
	r := cairnWith(t, env, "", "data", "export")
	if r.code != exitDone {
		t.Fatalf("export: %s", r.err)
	}
	var out bytes.Buffer
	moved := 0
	for line := range strings.Lines(r.out) {
		var record map[string]any
		dec := json.NewDecoder(strings.NewReader(line))
		dec.UseNumber()
		if err := dec.Decode(&record); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		if record["table"] == "subscriptions" {
			at := time.Now().UTC().Add(-time.Minute)
			record["next_at"], record["wall_time"] = at.Truncate(time.Minute).UnixMicro(), at.Format("15:04")
			moved++
		}
		b, err := json.Marshal(record)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(append(b, '\n'))
	}
	if moved == 0 {
		t.Fatalf("no subscription in\n%s", r.out)
	}
	for _, args := range [][]string{{"data", "purge", "--user", "slack:U1"}, {"data", "import", "-"}} {
		if r := cairnWith(t, env, out.String(), args...); r.code != exitDone {
			t.Fatalf("%v: %s", args, r.err)
		}
	}
}

// On Discord each is a command of its own, answered in the person's language
// and seen by that person alone.
func TestStudyOnDiscord(t *testing.T) {
	t.Parallel()
	fake := discordtest.Start(&discordtest.Options{AnswerWithin: patience})
	defer fake.Close()
	s := startServe(t, fake.Env())
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	if err := fake.AwaitSession(ctx, 1); err != nil {
		t.Fatalf("no session: %v\n%s", err, s.logged())
	}
	slash := func(name string, options map[string]any, want string) discordtest.Message {
		t.Helper()
		id := fake.SlashIn("zh-CN", discordtest.General, discordtest.Ada, name, options)
		again := time.NewTicker(20 * time.Millisecond)
		defer again.Stop()
		for {
			x := fake.Interaction(id)
			if x.Original != nil && strings.Contains(x.Original.Visible(), want) {
				if !x.Ephemeral {
					t.Errorf("/%s is answered for all to see", name)
				}
				return *x.Original
			}
			select {
			case <-again.C:
				continue
			case <-ctx.Done():
			}
			t.Fatalf("/%s %v does not say %q: %+v\n%s", name, options, want, x.Original, s.logged())
		}
	}
	slash("subscribe", map[string]any{"kind": "tip", "time": "9:30", "zone": "Asia/Shanghai", "topic": "mysql"}, "已订阅知识点：每天 09:30（Asia/Shanghai）")
	slash("subscribe", map[string]any{"time": "18:00", "here": true}, "已订阅卡片")
	slash("path", map[string]any{"action": "list"}, "/path action:start")
	slash("path", map[string]any{"action": "start", "name": "linux-operations"}, "Linux 启动流程")
	card := slash("quiz", nil, "练习 ·")
	fake.Press(card.Channel, discordtest.Ada, card.ID, card.Buttons()[0].CustomID)
	m, err := fake.Await(ctx, discordtest.General, func(m discordtest.Message) bool {
		return m.ID != card.ID && strings.Contains(m.Visible(), ".md:")
	})
	if err != nil || m.Ephemeral != discordtest.Ada {
		t.Fatalf("the press was answered with %+v, %v, want the passage, for the person alone\n%s", m, err, s.logged())
	}
	slash("leaderboard", map[string]any{"join": "on"}, "已加入排行榜")
	slash("unsubscribe", map[string]any{"kind": "all"}, "已退订")
	commands, n := fake.Commands()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for ; n == 0 && ctx.Err() == nil; commands, n = fake.Commands() {
		<-again.C // registered beside everything else
	}
	for _, name := range []string{"quiz", "progress", "subscribe", "unsubscribe", "path", "tip", "leaderboard"} {
		if !bytes.Contains(commands, []byte(`"name":"`+name+`"`)) {
			t.Errorf("no command %s is registered", name)
		}
	}
	if problems := fake.Problems(); len(problems) > 0 {
		t.Errorf("Discord would have refused: %q", problems)
	}
	s.stop(syscall.SIGTERM)
}
