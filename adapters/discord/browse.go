package discord

import (
	"context"
	"fmt"
	"strings"

	"github.com/bwmarrin/discordgo"

	"cairn/adapters"
)

// Components that the adapter handles itself begin so.
const (
	ownAction      = "own-"
	actionServices = ownAction + "services"
	actionService  = ownAction + "service"
	// actionRead asks the bot about the chosen runbook.
	actionRead = ownAction + "read"
)

// browse answers /runbook and its menus: services, then the runbooks of one,
// then the chosen one, which is asked for like a question.
func (a *Adapter) browse(ctx context.Context, in *wireInteraction, ev adapters.Event) {
	lang := langOf("", in.Locale)
	answer := answerMessage
	service := ""
	if in.Type == interactionComponent {
		answer = answerUpdate
		id, value := actionOf(in.Data.CustomID)
		if len(in.Data.Values) > 0 {
			value = in.Data.Values[0]
		}
		switch id {
		case actionServices:
		case actionService:
			service = value
		case actionRead:
			a.readChosen(ctx, in, ev, value)
			return
		default:
			a.refuseInteraction(ctx, in, textOutdated)
			return
		}
	} else {
		for _, o := range in.Data.Options {
			if o.Name == "service" {
				service = strings.TrimSpace(o.text())
			}
		}
	}
	p := a.servicePage(ctx, ev, lang, service)
	p.Flags = flagEphemeral
	if in.GuildID == "" {
		p.Flags = 0
	}
	if answer == answerUpdate {
		p.Flags = 0
	}
	if err := a.callBack(ctx, in, callback{Type: answer, Data: p}); err != nil {
		a.lg.Warn("library not shown", "err", err)
	}
}

// readChosen hands the chosen title to the bot as a question.
func (a *Adapter) readChosen(ctx context.Context, in *wireInteraction, ev adapters.Event, title string) {
	ev.Kind, ev.Command, ev.Surface, ev.Text, ev.Private = adapters.EventAsk, "", adapters.SurfaceSlash, title, in.GuildID != ""
	ack := a.pending.add(ev.ReplyToken.Reveal(), a.opts.Now())
	if ack == nil {
		return
	}
	defer close(ack.done)
	actx, cancel := context.WithTimeout(ctx, acceptWithin)
	err := a.handler.Accept(actx, ev)
	cancel()
	c := callback{Type: answerDeferred}
	if ev.Private {
		c.Data = map[string]int{"flags": flagEphemeral}
	}
	if err != nil {
		a.lg.Warn("chosen runbook not asked for", "err", err)
		p := render(sentence(langOf("", in.Locale), textQueueFull)).parts[0]
		p.Flags = flagEphemeral
		c = callback{Type: answerMessage, Data: p}
	}
	if cerr := a.callBack(ctx, in, c); cerr != nil {
		a.lg.Warn("interaction not acknowledged in time", "err", cerr)
		return
	}
	ack.ok = err == nil
}

// servicePage lists the services, or the runbooks of one.
func (a *Adapter) servicePage(ctx context.Context, ev adapters.Event, lang, service string) wireMessage {
	p := wireMessage{AllowedMentions: wireMentions{Parse: []string{}}, Components: []discordgo.MessageComponent{}}
	s := &sheet{lang: lang, color: colorPlain}
	var services []adapters.ServiceEntry
	if a.opts.Titles != nil {
		services = a.opts.Titles.Services(ctx, viewer(ev))
	}
	one := 1
	menu := func(id, placeholder string, options []discordgo.SelectMenuOption) {
		if len(options) == 0 {
			return
		}
		p.Components = append(p.Components, discordgo.ActionsRow{Components: []discordgo.MessageComponent{
			discordgo.SelectMenu{MenuType: discordgo.StringSelectMenu, CustomID: id, Placeholder: placeholder, MinValues: &one, MaxValues: 1, Options: options},
		}})
	}
	option := func(label, value, detail string) discordgo.SelectMenuOption {
		return discordgo.SelectMenuOption{Label: inert(cut(oneLine(label), 95)), Value: cut(oneLine(value), LimitOption), Description: inert(cut(oneLine(detail), 95))}
	}
	if service != "" && a.opts.Titles != nil {
		titles := a.opts.Titles.ByService(ctx, viewer(ev), service, lang)
		if len(titles) == 0 {
			s.text(say(lang, textNoRunbooks))
		} else {
			s.add("## " + escape(cut(oneLine(service), 100)))
		}
		var options []discordgo.SelectMenuOption
		seen := map[string]bool{}
		size := 0
		for i, t := range titles {
			line := "• " + escape(cut(oneLine(t.Title), 200))
			if u := safeURL(t.URL); u != "" {
				line = "• " + link(u, cut(oneLine(t.Title), 200))
			}
			if t.Twin != nil && safeURL(t.Twin.URL) != "" {
				line += " · " + link(safeURL(t.Twin.URL), adapters.LangName(t.Twin.Lang))
			}
			if size += units(line) + 1; i == 40 || size > 3000 {
				s.text(say(lang, textMoreRunbooks, len(titles)-i))
				break
			}
			s.add(line)
			value := cut(oneLine(t.Title), LimitOption)
			if value != "" && !seen[value] && len(options) < LimitOptions {
				seen[value] = true
				options = append(options, option(t.Title, value, t.Document))
			}
		}
		menu(actionRead, say(lang, textChooseRunbook), options)
	} else {
		s.add("## " + say(lang, textServices))
		if len(services) == 0 {
			s.text(say(lang, textNoRunbooks))
		}
		var lines []string
		for i, e := range services {
			if i == 60 {
				break
			}
			lines = append(lines, fmt.Sprintf("%s (%d)", cut(oneLine(e.Name), 60), e.Count))
		}
		s.text(strings.Join(lines, " · "))
	}
	var options []discordgo.SelectMenuOption
	for _, e := range services {
		if len(options) == LimitOptions*4 {
			break
		}
		if e.Name != "" {
			options = append(options, option(fmt.Sprintf("%s (%d)", cut(e.Name, 80), e.Count), e.Name, ""))
		}
	}
	for i := 0; len(options) > 0 && len(p.Components) < LimitRows; i++ {
		n := min(len(options), LimitOptions)
		menu(customID(actionService, fmt.Sprint(i), map[string]int{}), say(lang, textChooseService), options[:n])
		options = options[n:]
	}
	p.Embeds = s.pack(adapters.Message{Lang: lang, Title: service})[0].Embeds
	return p
}
