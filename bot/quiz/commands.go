package quiz

import (
	"context"
	"strings"
	"time"

	"cairn/adapters"
	"cairn/bot/store"
)

// A Command is what the bot registers: the method set of bot.Command,
// bot.ArgumentCommand and bot.Actor.
type Command interface {
	Names() []string
	Help(lang string) string
	Takes(argument string) bool
	Run(ctx context.Context, ev adapters.Event, lang string) (adapters.Message, error)
	Actions() []string
	Act(ctx context.Context, ev adapters.Event, lang string) (adapters.Message, error)
}

// A command is one of the service's.
type command struct {
	names   []string
	help    text
	actions []string
	// firsts are the first words of its arguments; free takes any short one.
	firsts []string
	free   bool
	run    func(ctx context.Context, ev adapters.Event, lang string) (adapters.Message, error)
	act    func(ctx context.Context, ev adapters.Event, lang string) (adapters.Message, error)
}

func (c *command) Names() []string         { return c.names }
func (c *command) Help(lang string) string { return c.help.in(lang) }
func (c *command) Actions() []string       { return c.actions }

func (c *command) Takes(argument string) bool {
	f := strings.Fields(strings.ToLower(argument))
	if len(f) == 0 {
		return true
	}
	if len(f) > 6 {
		return false
	}
	for _, w := range c.firsts {
		if f[0] == w {
			return true
		}
	}
	_, isTime := wallTime(f[0])
	return isTime || c.free && len(f) == 1
}

func (c *command) Run(ctx context.Context, ev adapters.Event, lang string) (adapters.Message, error) {
	m, err := c.run(ctx, ev, lang)
	return asTyped(m, ev), err
}

func (c *command) Act(ctx context.Context, ev adapters.Event, lang string) (adapters.Message, error) {
	if c.act == nil {
		return adapters.Message{}, nil
	}
	m, err := c.act(ctx, ev, lang)
	return asTyped(m, ev), err
}

// Commands returns quiz, progress, subscribe, unsubscribe and path.
func (s *Service) Commands() []Command {
	return []Command{
		&command{names: []string{"quiz", "练习", "刷题"}, help: textHelpQuiz, free: true, actions: []string{actionQuiz, actionPick, actionShow, actionGrade},
			run: func(ctx context.Context, ev adapters.Event, lang string) (adapters.Message, error) {
				return s.ask(ctx, whoIs(ev), lang, strings.Fields(ev.Text))
			}, act: s.act},
		&command{names: []string{"progress", "进度"}, help: textHelpProgress, firsts: []string{"board", "revoke"}, run: s.progressCommand,
			actions: []string{actionRevoke}, act: s.revokeAct},
		&command{names: []string{"subscribe", "订阅"}, help: textHelpSub, firsts: []string{"cards", "tip", "tips", "path"}, run: s.subscribe},
		&command{names: []string{"unsubscribe", "退订"}, help: textHelpUnsub, firsts: []string{"cards", "tip", "tips", "path", "all"}, run: s.unsubscribe},
		&command{names: []string{"path", "学习路线", "路线"}, help: textHelpPath, firsts: []string{"list", "start", "next", "done", "leave"},
			actions: []string{actionDone}, run: s.pathCommand, act: s.pathAct},
	}
}

// Kinds of subscription.
const (
	SubscribeCards = "cards"
	SubscribeTip   = "tip"
	SubscribePath  = "path"
)

func kindName(kind, lang string) string {
	switch kind {
	case SubscribeTip:
		return textKindTip.in(lang)
	case SubscribePath:
		return textKindPath.in(lang)
	default:
		return textKindCards.in(lang)
	}
}

// wallTime recognises a time of day.
func wallTime(s string) (string, bool) {
	s = strings.ReplaceAll(s, "：", ":")
	t, err := time.Parse("15:04", s)
	if err != nil {
		return "", false
	}
	return t.Format("15:04"), true
}

func isZone(s string) bool {
	if !strings.Contains(s, "/") && !strings.EqualFold(s, "UTC") || strings.Contains(s, "..") {
		return false
	}
	_, err := time.LoadLocation(s)
	return err == nil
}

func (s *Service) subscribe(ctx context.Context, ev adapters.Event, lang string) (m adapters.Message, err error) {
	defer func() { m.Private = true }()
	w := whoIs(ev)
	words := strings.Fields(ev.Text)
	if ev.Options["here"] == "true" {
		words = append(words, "here")
	}
	if len(words) == 0 {
		return s.subscriptions(ctx, w, lang)
	}
	sub := store.Subscription{Adapter: w.adapter, User: w.user, Kind: SubscribeCards, Lang: lang, Created: s.opts.Now().UTC()}
	p, err := s.store.Person(ctx, w.adapter, w.user)
	if err == nil {
		sub.Zone = p.Zone
	}
	badZone := false
	for i, word := range words {
		lower := strings.ToLower(word)
		at, isTime := wallTime(word)
		switch {
		case i == 0 && (lower == SubscribeCards || lower == SubscribeTip || lower == "tips" || lower == SubscribePath):
			sub.Kind = strings.TrimSuffix(lower, "s")
			if lower == SubscribeCards {
				sub.Kind = SubscribeCards
			}
		case isTime:
			sub.At = at
		case isZone(word):
			sub.Zone = word
		case strings.Contains(word, "/"):
			badZone = true
		case lower == "here" && ev.Channel != "":
			sub.Channel = ev.Channel
		case len(sub.Topics) < 5:
			sub.Topics = append(sub.Topics, word)
		}
	}
	if sub.At == "" {
		sub.At = "09:00"
	}
	if sub.Zone == "" {
		sub.Zone = s.opts.Zone
	}
	if badZone || s.opts.NextDaily == nil {
		return say(lang, textBadTime.in(lang)), nil
	}
	if sub.Next, err = s.opts.NextDaily(sub.At, sub.Zone, s.opts.Now()); err != nil {
		return say(lang, textBadTime.in(lang)), nil
	}
	first := sub.Next.In(s.zone(sub.Zone)).Format("2006-01-02 15:04")
	sub.Next = sub.Next.UTC()
	if sub.Kind == SubscribePath {
		list, err := s.store.ListProgress(ctx, w.adapter, w.user)
		if err != nil {
			return m, err
		}
		if len(list) == 0 {
			return say(lang, textPathNotOn.in(lang)), nil
		}
		sub.Detail = list[0].Path
	}
	if err := s.store.SaveSubscription(ctx, sub); err != nil {
		return m, err
	}
	if _, err := s.store.UpdatePerson(ctx, w.adapter, w.user, s.opts.Now(), func(p *store.Person) error {
		p.Zone, p.Lang = sub.Zone, lang
		if w.viewer.Workspace != "" {
			p.Workspace = w.viewer.Workspace
		}
		return nil
	}); err != nil {
		return m, err
	}
	return say(lang, textSubscribed.in(lang, kindName(sub.Kind, lang), sub.At, sub.Zone, first, sub.Kind)), nil
}

func (s *Service) subscriptions(ctx context.Context, w who, lang string) (adapters.Message, error) {
	list, err := s.store.ListSubscriptions(ctx, w.adapter, w.user)
	if err != nil {
		return adapters.Message{}, err
	}
	var lines []string
	for _, v := range list {
		lines = append(lines, textSubList.in(lang, kindName(v.Kind, lang), v.At, v.Zone))
	}
	if len(lines) == 0 {
		lines = []string{textSubNone.in(lang)}
	}
	return say(lang, strings.Join(lines, "\n")), nil
}

func (s *Service) unsubscribe(ctx context.Context, ev adapters.Event, lang string) (m adapters.Message, err error) {
	defer func() { m.Private = true }()
	kinds := []string{SubscribeCards}
	switch arg := strings.TrimSuffix(strings.ToLower(strings.TrimSpace(ev.Text)), "s"); arg {
	case SubscribeTip, SubscribePath:
		kinds = []string{arg}
	case "all", "":
		kinds = []string{SubscribeCards, SubscribeTip, SubscribePath}
	}
	var gone []string
	for _, k := range kinds {
		existed, err := s.store.DeleteSubscription(ctx, ev.Adapter, ev.User.ID, k)
		if err != nil {
			return m, err
		}
		if existed {
			gone = append(gone, kindName(k, lang))
		}
	}
	if len(gone) == 0 {
		return say(lang, textNotSub.in(lang)), nil
	}
	sep := ", "
	if lang == "zh" {
		sep = "、"
	}
	return say(lang, textUnsubscribed.in(lang, strings.Join(gone, sep))), nil
}

func (s *Service) progressCommand(ctx context.Context, ev adapters.Event, lang string) (m adapters.Message, err error) {
	defer func() { m.Private = true }()
	w := whoIs(ev)
	switch words := strings.Fields(strings.ToLower(ev.Text)); {
	case len(words) > 0 && words[0] == "revoke":
		return s.revokeAct(ctx, ev, lang)
	case len(words) > 1 && words[0] == "board" && (words[1] == "on" || words[1] == "off"):
		on := words[1] == "on"
		_, err := s.store.UpdatePerson(ctx, w.adapter, w.user, s.opts.Now(), func(p *store.Person) error {
			p.Leaderboard, p.Name = on, ""
			if on {
				p.Name, p.Workspace = displayName(ev.User), ev.Workspace
			}
			return nil
		})
		if on {
			return say(lang, textBoardOn.in(lang)), err
		}
		return say(lang, textBoardOff.in(lang)), err
	case len(words) > 0 && words[0] == "board":
		return s.board(ctx, w, lang)
	}
	return s.progressMessage(ctx, w, lang)
}

// actionRevoke signs out every browser of the person who presses it.
const actionRevoke = "page-revoke"

func (s *Service) revokeAct(ctx context.Context, ev adapters.Event, lang string) (m adapters.Message, err error) {
	n, err := s.store.RevokeWebTokens(ctx, ev.Adapter, ev.User.ID)
	m = say(lang, textRevoked.in(lang, n))
	m.Private = true
	return m, err
}

// displayName is what the leaderboard shows: the name, never the id.
func displayName(u adapters.User) string {
	name := []rune(strings.Join(strings.Fields(inert(u.Name)), " "))
	if len(name) == 0 {
		return "anonymous"
	}
	return string(name[:min(len(name), 40)])
}

func (s *Service) board(ctx context.Context, w who, lang string) (adapters.Message, error) {
	ranks, err := s.store.Leaderboard(ctx, w.adapter, w.viewer.Workspace, s.opts.Now().AddDate(0, 0, -7), 10)
	if err != nil {
		return adapters.Message{}, err
	}
	if len(ranks) == 0 {
		return say(lang, textBoardEmpty.in(lang)), nil
	}
	lines := []string{textBoardHead.in(lang)}
	for i, r := range ranks {
		lines = append(lines, textBoardLine.in(lang, i+1, r.Name, r.Reviews, r.Streak))
	}
	return say(lang, strings.Join(lines, "\n")), nil
}

func (s *Service) progressMessage(ctx context.Context, w who, lang string) (adapters.Message, error) {
	p, err := s.Progress(ctx, w.viewer)
	if err != nil {
		return adapters.Message{}, err
	}
	lines := []string{
		textSeen.in(lang, p.Seen, p.Known, p.Due),
		textStreak.in(lang, p.Streak, p.Longest, p.Freezes),
	}
	for _, path := range p.Paths {
		lines = append(lines, textPathLine.in(lang, inert(path.Title), path.Done, path.Units))
	}
	m := adapters.Message{Lang: lang, Title: textProgress.in(lang), Lead: strings.Join(lines, "\n")}
	m.Text = m.Title + "\n" + m.Lead
	m.Buttons = []adapters.Button{nextButton(lang)}
	if s.opts.PageURL != nil {
		token, err := s.NewLink(ctx, w.viewer)
		if err != nil {
			return m, err
		}
		m.Related = []adapters.Link{{Title: textPage.in(lang), URL: s.opts.PageURL(token)}}
		m.Notes = []string{textPageNote.in(lang, span(s.opts.LinkFor, lang))}
		m.Buttons = append(m.Buttons, adapters.Button{ID: actionRevoke, Label: textRevoke.in(lang)})
	}
	return m, nil
}
