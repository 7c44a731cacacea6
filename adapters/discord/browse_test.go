package discord

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"cairn/adapters"
	"cairn/adapters/discord/discordtest"
)

type shelf struct{}

func (shelf) Complete(_ context.Context, v adapters.Viewer, prefix, lang string, n int) []adapters.TitleEntry {
	var out []adapters.TitleEntry
	for i := range n + 5 {
		out = append(out, adapters.TitleEntry{Title: fmt.Sprintf("%s %s %d %s", lang, prefix, i, strings.Repeat("长", 120))})
	}
	return out
}

func (shelf) Services(context.Context, adapters.Viewer) []adapters.ServiceEntry {
	var out []adapters.ServiceEntry
	for i := range 70 {
		out = append(out, adapters.ServiceEntry{Name: fmt.Sprintf("service-%02d", i), Count: i})
	}
	return out
}

func (shelf) ByService(_ context.Context, _ adapters.Viewer, service, lang string) []adapters.TitleEntry {
	if service != "service-03" {
		return nil
	}
	var out []adapters.TitleEntry
	for i := range 50 {
		out = append(out, adapters.TitleEntry{Title: fmt.Sprintf("Runbook %d @everyone [x](https://evil.example.com)", i), URL: "https://docs.example.com/r.md#L1", Document: "r.md"})
	}
	out[7].Twin = &adapters.TitleEntry{Title: "手册 7", Lang: "zh", URL: "https://docs.example.com/zh/r.md#L1"}
	out[8].Twin = &adapters.TitleEntry{Title: "手册 8", Lang: "zh"}
	return out
}

func TestAutocomplete(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{opts: Options{Titles: shelf{}}})
	id := r.discord.Type("zh-CN", discordtest.General, discordtest.Ada, "ask", "question", "kaf")
	x, err := r.discord.AwaitAnswer(r.ctx, id)
	if err != nil || x.Answer != answerAutocomplete || !strings.Contains(string(x.Data), "zh kaf 0") || strings.Count(string(x.Data), "\"name\"") != 25 {
		t.Errorf("%+v, %v: %s", x, err, x.Data)
	}
	id = r.discord.Type("en-US", discordtest.General, discordtest.Ada, "runbook", "service", "-1")
	if x, err = r.discord.AwaitAnswer(r.ctx, id); err != nil || !strings.Contains(string(x.Data), "service-12") || strings.Contains(string(x.Data), "service-02") {
		t.Errorf("%v: %s", err, x.Data)
	}
	if n := len(r.h.all()); n != 0 {
		t.Errorf("typing became %d events", n)
	}
}

func TestBrowse(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{opts: Options{Titles: shelf{}}})
	id := r.discord.SlashIn("zh-CN", discordtest.General, discordtest.Ada, "runbook", nil)
	x, err := r.discord.AwaitAnswer(r.ctx, id)
	if err != nil || !x.Ephemeral || !strings.Contains(x.Original.Visible(), "按服务") {
		t.Fatalf("%+v, %v", x, err)
	}
	menus := x.Original.Buttons()
	if len(menus) != 3 || menus[2].Options[19] != "service-69" {
		t.Fatalf("menus: %+v", menus)
	}
	id = r.discord.Press(discordtest.General, discordtest.Ada, x.Original.ID, menus[0].CustomID, "service-03")
	if _, err := r.discord.AwaitAnswer(r.ctx, id); err != nil {
		t.Fatal(err)
	}
	page, _ := r.discord.Message(discordtest.General, x.Original.ID)
	read := page.Read()
	if !strings.Contains(read.Text, "Runbook 7") || len(read.Pings) > 0 || !strings.Contains(read.Text, " more: type in") {
		t.Errorf("page: %+v", read)
	}
	if !slices.Contains(read.Links, "https://docs.example.com/zh/r.md#L1") || strings.Count(read.Text, " · 中文") != 1 {
		t.Errorf("the runbook in the other language is not reached: %q, %q", read.Text, read.Links)
	}
	for _, l := range read.Links {
		if !strings.HasPrefix(l, "https://docs.example.com/") {
			t.Errorf("link %s", l)
		}
	}
	var choose discordtest.Button
	for _, b := range page.Buttons() {
		if strings.HasPrefix(b.CustomID, actionRead) {
			choose = b
		}
	}
	id = r.discord.Press(discordtest.General, discordtest.Ada, page.ID, choose.CustomID, choose.Options[4])
	ev := r.h.wait(t, 1)
	if ev.Kind != adapters.EventAsk || !ev.Private || !strings.HasPrefix(ev.Text, "Runbook 4") {
		t.Errorf("event: %+v", ev)
	}
	m := answer("the runbook")
	m.Private = true
	if _, err := r.Reply(r.ctx, ev, m); err != nil {
		t.Fatal(err)
	}
	if got := r.discord.Interaction(id); !got.Ephemeral || got.Original == nil || !strings.Contains(got.Original.Visible(), "the runbook") {
		t.Errorf("got %+v", got)
	}
}
