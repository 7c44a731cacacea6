package bot

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"cairn/adapters"
	"cairn/bot/answer"
	"cairn/bot/store"
	"cairn/runbooks"
)

// The buttons that the bot handles itself. Values are "<answer>" or
// "<answer>:<argument>".
const (
	actionFeedback = "feedback" // argument up or down
	actionShare    = "share"
	actionSteps    = "steps"   // argument: index of the first step to show
	actionRelated  = "related" // shows what is related, to choose from
	actionPick     = "pick"    // argument: index into what is related
	actionMore     = "more"    // finds similar runbooks
)

func ownActions() []string {
	return []string{actionFeedback, actionShare, actionSteps, actionRelated, actionPick, actionMore}
}

var _ adapters.FeedbackTaker = (*Bot)(nil)

// Feedback implements [adapters.FeedbackTaker].
func (b *Bot) Feedback(ctx context.Context, v adapters.Viewer, answerID string, helpful bool) error {
	err := b.store.SetFeedback(ctx, answerID, v.Adapter, v.User, helpful, b.opts.Now())
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("feedback on an answer: %w", adapters.ErrNotFound)
	}
	if err != nil {
		return fmt.Errorf("store feedback: %w", err)
	}
	return nil
}

// onAction handles a pressed button.
func (b *Bot) onAction(ctx context.Context, j *job) (string, error) {
	lang := uiLang("", j.ev.User.Locale)
	if a, ok := b.commands.actions[j.ev.Action.ID]; ok {
		m, err := a.Act(ctx, j.ev, lang)
		return b.conclude(ctx, j, m, err, lang, "action")
	}
	m, err := b.act(ctx, j)
	if m.Lang != "" {
		lang = m.Lang
	}
	return b.conclude(ctx, j, m, err, lang, "action")
}

func (b *Bot) act(ctx context.Context, j *job) (adapters.Message, error) {
	ev := j.ev
	id, argument, _ := strings.Cut(ev.Action.Value, ":")
	q, r, err := b.load(ctx, id)
	if err != nil {
		return adapters.Message{}, err
	}
	lang := r.Answer.Language
	if !b.mayOpen(ev, q, r) {
		return plainMessage(lang, say(lang, textNotHere)), nil
	}
	switch ev.Action.ID {
	case actionFeedback:
		up := argument == "up"
		if err := b.Feedback(ctx, viewerOf(ev), id, up); err != nil {
			return adapters.Message{Lang: lang}, err
		}
		t := textThanksDown
		if up {
			t = textThanksUp
		}
		return private(plainMessage(lang, say(lang, t))), nil
	case actionShare:
		return b.share(ctx, ev, r)
	case actionSteps:
		first, err := strconv.Atoi(argument)
		if err != nil || first < 0 || first >= len(r.Answer.Steps) {
			return adapters.Message{Lang: lang}, fmt.Errorf("page of an answer: %w", store.ErrNotFound)
		}
		m := b.render(ev, r, id)
		m.FirstStep = first
		m.Private = r.Private
		return m, nil
	case actionRelated:
		return b.showRelated(r, id), nil
	case actionPick:
		return b.pick(ctx, j, q, r, argument)
	case actionMore:
		return b.more(ctx, j, q, r)
	default:
		return adapters.Message{Lang: lang}, fmt.Errorf("button %q: %w", ev.Action.ID, store.ErrNotFound)
	}
}

func private(m adapters.Message) adapters.Message {
	m.Private = true
	return m
}

// mayOpen reports whether somebody who pressed a button may see the answer it
// belongs to: all its libraries are open to them, and a private answer is
// theirs.
func (b *Bot) mayOpen(ev adapters.Event, q store.Question, r *record) bool {
	if r.Private && (q.Adapter != ev.Adapter || q.User != ev.User.ID) {
		return false
	}
	for _, name := range librariesOf(r.Answer) {
		if !b.allows(name, viewerOf(ev)) {
			return false
		}
	}
	return true
}

// render makes the message of a stored answer again.
func (b *Bot) render(ev adapters.Event, r *record, id string) adapters.Message {
	return Message(r.Answer, &RenderOptions{
		AnswerID: id, Unsure: r.Unsure, Choose: true, Warnings: r.Warnings, Feedback: true, More: true,
		Share: r.Private && ev.Channel != "" && ev.Surface != adapters.SurfaceDirect,
	})
}

// share posts a private answer where everybody in the channel reads it.
func (b *Bot) share(ctx context.Context, ev adapters.Event, r *record) (adapters.Message, error) {
	lang := r.Answer.Language
	place := viewerOf(ev)
	place.User = ""
	for _, name := range librariesOf(r.Answer) {
		if !b.allows(name, place) {
			return adapters.Message{Lang: lang}, errNotAllowed
		}
	}
	p, ok := b.platform(ev.Adapter)
	if !ok || ev.Channel == "" {
		return adapters.Message{Lang: lang}, fmt.Errorf("share an answer: %w", store.ErrNotFound)
	}
	m := b.render(ev, r, r.ID)
	m.Buttons = without(m.Buttons, actionShare)
	if name := line(ev.User.Name, 60); name != "" {
		m.Mark = strings.TrimSpace(say(lang, textSharedBy, name) + " " + m.Mark) // a model's part stays marked
		m.Text = plain(m)
	}
	to := adapters.Destination{Channel: ev.Channel, Thread: ev.Thread}
	if _, err := retry(ctx, func() (adapters.Ref, error) { return p.Send(ctx, to, m) }); err != nil {
		return adapters.Message{Lang: lang}, fmt.Errorf("share an answer: %w", err)
	}
	return private(plainMessage(lang, say(lang, textShared))), nil
}

func without(buttons []adapters.Button, id string) []adapters.Button {
	var out []adapters.Button
	for _, x := range buttons {
		if x.ID != id {
			out = append(out, x)
		}
	}
	return out
}

// showRelated offers what is related to an answer.
func (b *Bot) showRelated(r *record, id string) adapters.Message {
	m := adapters.Message{Lang: r.Answer.Language, Title: r.Answer.Title, Private: true, AnswerID: id}
	m.Lead = relatedTitle(r.Answer)
	m.Choices = choices(r.Answer, id)
	m.Text = plain(m)
	return m
}

// pick answers with the related place that somebody chose.
func (b *Bot) pick(ctx context.Context, j *job, q store.Question, r *record, argument string) (adapters.Message, error) {
	lang := r.Answer.Language
	i, err := strconv.Atoi(argument)
	if err != nil || i < 0 || i >= len(r.Answer.Related) {
		return adapters.Message{Lang: lang}, fmt.Errorf("choice of an answer: %w", store.ErrNotFound)
	}
	rel := r.Answer.Related[i]
	idx := b.index()
	if idx == nil {
		return adapters.Message{Lang: lang}, errNoIndex
	}
	d, ok := idx.Document(rel.Library, rel.Document)
	if !ok {
		return plainMessage(lang, say(lang, textNotHere)), nil
	}
	a, ok := answer.Open(d, rel.Library, rel.StartLine, q.Text, &answer.Options{Lang: runbooks.Lang(lang), Links: b.links(), Cache: &b.checked})
	if !ok {
		return plainMessage(lang, say(lang, textNoAnswerCited)), nil
	}
	a.Language = lang
	chosen := &record{
		ID: b.idFor(j), Answer: a, Standalone: a.Title, Service: d.Meta.Service, Warnings: b.warnings(a),
		Private: r.Private || !b.openHere(j.ev, a), Message: r.Message, Terms: r.Terms,
	}
	if err := b.save(ctx, j.ev, q.Text, store.OutcomeAnswered, chosen); err != nil {
		b.lg.Error("chosen answer not stored", "adapter", j.ev.Adapter, "err", err)
	}
	if !chosen.Private && !j.ev.Private {
		b.turn(ctx, j.ev, threadOf(j.ev), store.Turn{Role: "cairn", Text: a.Title, QuestionID: chosen.ID})
	}
	m := b.render(j.ev, chosen, chosen.ID)
	m.Confidence = "" // chosen by a person
	m.Private = chosen.Private
	return m, nil
}

// more searches for what is like an answer and offers it.
func (b *Bot) more(ctx context.Context, j *job, q store.Question, r *record) (adapters.Message, error) {
	lang := r.Answer.Language
	idx := b.index()
	if idx == nil {
		return adapters.Message{Lang: lang}, errNoIndex
	}
	text := r.Answer.Title
	if text == "" {
		text = r.Standalone
	}
	result, err := b.search(ctx, idx, viewerOf(j.ev), text, 20)
	if err != nil {
		return adapters.Message{Lang: lang}, err
	}
	rest := result.Hits[:0:0]
	for _, h := range result.Hits {
		if h.Document != nil && (h.Document.Path != r.Answer.Document || h.Library != r.Answer.Library) {
			rest = append(rest, h)
		}
	}
	a := answer.Candidates(rest, q.Text, 5, &answer.Options{Lang: runbooks.Lang(lang), Links: b.links()})
	a.Language = lang
	if len(a.Related) == 0 {
		return private(plainMessage(lang, say(lang, textNoMore))), nil
	}
	like := &record{ID: b.idFor(j), Answer: a, Standalone: r.Standalone, Private: r.Private || !b.openHere(j.ev, a), Message: r.Message}
	if err := b.save(ctx, j.ev, q.Text, store.OutcomeAnswered, like); err != nil {
		return adapters.Message{Lang: lang}, err
	}
	m := adapters.Message{
		Lang: lang, Title: say(lang, textMoreTitle), Choices: choices(a, like.ID),
		AnswerID: like.ID, Private: like.Private,
	}
	m.Text = plain(m)
	return m, nil
}

// onEdit answers an edited question again, in the message that answered it.
func (b *Bot) onEdit(ctx context.Context, j *job) (string, error) {
	ev := j.ev
	conv, err := b.conversation(ctx, ev)
	if err != nil {
		return "", err
	}
	old := b.answerTo(ctx, ev, conv)
	if old == nil || old.Ref.Message == "" {
		// Not answered so far: the edit may have made a question of it.
		ask := *j
		ask.ev.Kind = adapters.EventAsk
		if addressed(ask.ev) && old == nil && ev.Surface != adapters.SurfaceMention && ev.Surface != adapters.SurfaceDirect {
			return "edit", nil
		}
		return b.onAsk(ctx, &ask)
	}
	p, _ := b.platform(ev.Adapter)
	editor, ok := p.(adapters.Editor)
	if !ok {
		return "edit", nil
	}
	lang := uiLang(ev.Text, ev.User.Locale)
	text, err := b.question(ev.Text, ev.Surface)
	if err != nil || text == old.Answer.Question {
		return "edit", nil
	}
	f, err := b.find(ctx, viewerOf(ev), text, text, runbooks.Lang(lang))
	if err != nil {
		return "", err
	}
	f.ID, f.Message, f.Ref = old.ID, ev.Message, old.Ref
	f.Answer = f.Answer.WithLinks(b.index(), b.links())
	f.Private = old.Private
	options := func() *RenderOptions {
		return &RenderOptions{AnswerID: f.ID, Unsure: f.Unsure, Choose: true, Warnings: f.Warnings, Feedback: true, More: true}
	}
	m := Message(f.Answer, options())
	least := 0.0
	if ev.Surface == adapters.SurfaceOnboarding {
		least = b.onboardingManners(ev, store.Conversation{}, "?").confidence
	}
	away := f.Answer.Confidence < least || !f.Private && !b.openHere(ev, f.Answer)
	if away {
		m = plainMessage(lang, say(lang, textEditedAway))
	}
	if err := b.save(ctx, ev, text, f.outcome, &f.record); err != nil {
		b.lg.Error("question not stored", "adapter", ev.Adapter, "err", err)
	}
	if err := editor.Edit(ctx, old.Ref, m); err != nil {
		return f.outcome, fmt.Errorf("update an answer: %w", err)
	}
	if away || !b.writes(f.Answer) {
		return f.outcome, nil
	}
	f.hits = b.openHits(ev, f)
	b.write(ctx, viewerOf(ev), f, nil)
	f.Answer = f.Answer.WithLinks(b.index(), b.links())
	if err := b.save(ctx, ev, text, f.outcome, &f.record); err != nil {
		b.lg.Error("question not stored", "adapter", ev.Adapter, "err", err)
	}
	if err := editor.Edit(ctx, old.Ref, Message(f.Answer, options())); err != nil {
		return f.outcome, fmt.Errorf("update an answer: %w", err)
	}
	return f.outcome, nil
}

// answerTo returns the stored answer to the event's message, or nil.
func (b *Bot) answerTo(ctx context.Context, ev adapters.Event, conv store.Conversation) *record {
	if id, ok := b.answers.get(messageKey(ev)); ok {
		if _, r, err := b.load(ctx, id.(string)); err == nil {
			return r
		}
	}
	for _, t := range conv.Turns {
		if t.QuestionID == "" {
			continue
		}
		if _, r, err := b.load(ctx, t.QuestionID); err == nil && r.Message == ev.Message {
			return r
		}
	}
	return nil
}

// onHome shows the bot's own page to a user.
func (b *Bot) onHome(ctx context.Context, j *job) (string, error) {
	p, _ := b.platform(j.ev.Adapter)
	page, ok := p.(adapters.HomePage)
	if !ok {
		return "home", nil
	}
	lang := uiLang("", j.ev.User.Locale)
	v := viewerOf(j.ev)
	m := b.helpMessage(lang)
	m.Title = say(lang, textHomeTitle)
	m.Notes = append(m.Notes, b.statusNotes(ctx, v, lang)...)
	open, err := b.Recent(ctx, v, 10)
	if err != nil {
		return "", err
	}
	for _, q := range open {
		m.Related = append(m.Related, adapters.Link{Title: line(q.Question, 150), Detail: q.Asked.Format("2006-01-02")})
	}
	if len(m.Related) > 0 {
		m.RelatedTitle = say(lang, textHomeRecent)
	}
	m.Text = plain(m)
	if err := page.ShowHome(ctx, j.ev.User, m); err != nil {
		return "", fmt.Errorf("show the home page: %w", err)
	}
	return "home", nil
}
