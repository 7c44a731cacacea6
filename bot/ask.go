package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"cairn/adapters"
	"cairn/bot/answer"
	"cairn/bot/store"
	"cairn/retrieval"
	"cairn/runbooks"
)

var (
	_ adapters.Asker        = (*Bot)(nil)
	_ adapters.GrowingAsker = (*Bot)(nil)
)

// A found is a question with what was found for it.
type found struct {
	record
	verdict retrieval.Verdict
	outcome string
	took    time.Duration
	// repeats reports that the answer before it in the thread began with the
	// same place.
	repeats bool
	// hits are what was found in idx, for a model to choose from.
	hits []retrieval.Hit
	idx  Index
}

// question returns the cleaned question, or why it is none.
func (b *Bot) question(text string, surface adapters.Surface) (string, error) {
	if surface == adapters.SurfaceShortcut {
		text = cut(text, b.opts.MaxQuestion) // an alert post may be long
	}
	if len(text) > b.opts.MaxQuestion {
		return "", tooLongError{bytes: len(text)}
	}
	q := clean(text)
	switch {
	case q == "":
		return "", adapters.ErrEmptyQuestion
	case !wordy(q):
		return "", errNoWords
	}
	return q, nil
}

// visible returns the libraries that all viewers may see; all reports that
// these are all there are.
func (b *Bot) visible(idx Index, viewers ...adapters.Viewer) (libraries []string, all bool) {
	names := idx.Libraries()
	for _, name := range names {
		if b.allows(name, viewers...) {
			libraries = append(libraries, name)
		}
	}
	return libraries, len(libraries) == len(names)
}

func (b *Bot) allows(library string, viewers ...adapters.Viewer) bool {
	for _, v := range viewers {
		if !b.opts.Allows(library, v) {
			return false
		}
	}
	return true
}

// find searches what the viewer may see for a question that stands alone and
// composes the answer, without addresses.
func (b *Bot) find(ctx context.Context, v adapters.Viewer, question, standalone string, lang runbooks.Lang) (*found, error) {
	start := time.Now()
	if isVague(standalone) {
		return nil, errVague
	}
	idx := b.index()
	if idx == nil {
		return nil, errNoIndex
	}
	result, err := b.search(ctx, idx, v, standalone, 10)
	if err != nil {
		return nil, err
	}
	answers := 0
	if result.Verdict != retrieval.Sure {
		if joined, err := b.searchEach(ctx, idx, v, answer.Intents(standalone)); err != nil {
			return nil, err
		} else if joined != nil {
			joined.Lang = result.Lang
			result, answers = joined, len(answer.Intents(standalone))
		}
	}
	return b.compose(ctx, idx, *result, question, standalone, lang, answers, start), nil
}

// searchEach searches for every thing that a question joins. It returns the
// best hit for each, first of all hits, when it is sure of all of them, and
// nil otherwise.
func (b *Bot) searchEach(ctx context.Context, idx Index, v adapters.Viewer, intents []string) (*retrieval.Result, error) {
	if len(intents) < 2 {
		return nil, nil
	}
	joined := &retrieval.Result{Verdict: retrieval.Sure, Confidence: 1, Coverage: 1}
	var rest []retrieval.Hit
	for _, q := range intents {
		r, err := b.search(ctx, idx, v, q, 5)
		if err != nil {
			return nil, err
		}
		if r.Verdict != retrieval.Sure || len(r.Hits) == 0 {
			return nil, nil
		}
		joined.Confidence, joined.Coverage = min(joined.Confidence, r.Confidence), min(joined.Coverage, r.Coverage)
		joined.Hits, rest = append(joined.Hits, r.Hits[0]), append(rest, r.Hits[1:]...)
		joined.Terms = append(joined.Terms, r.Terms...)
	}
	joined.Hits = append(joined.Hits, rest...)
	return joined, nil
}

func (b *Bot) compose(ctx context.Context, idx Index, result retrieval.Result, question, standalone string, lang runbooks.Lang, answers int, start time.Time) *found {
	f := &found{verdict: result.Verdict, hits: result.Hits, idx: idx}
	f.ID = newID()
	f.Answer = answer.Compose(ctx, idx, result, standalone, &answer.Options{Lang: lang, Cache: &b.checked, Answers: answers})
	f.Answer.Question = question
	f.Standalone = standalone
	if standalone != question {
		f.Answer.UnderstoodAs = standalone
	}
	f.Terms = result.Terms
	f.outcome = outcomeOf(f.Answer, result.Verdict)
	f.Unsure = f.outcome == store.OutcomeUnsure && len(f.Answer.Related) > 0
	f.Warnings = b.warnings(f.Answer)
	if d, ok := idx.Document(f.Answer.Library, f.Answer.Document); ok {
		f.Service = d.Meta.Service
	}
	f.took = time.Since(start)
	f.Answer.TookMS = milliseconds(f.took)
	return f
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func (b *Bot) search(ctx context.Context, idx Index, v adapters.Viewer, text string, k int) (*retrieval.Result, error) {
	q := retrieval.Query{Text: text, K: k}
	libraries, all := b.visible(idx, v)
	if !all {
		if len(libraries) == 0 {
			return &retrieval.Result{Lang: runbooks.DetectLang(text)}, nil
		}
		q.Libraries = libraries
	}
	result, err := idx.Search(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	return result, nil
}

// warnings say which cited documents are no longer what their files hold.
func (b *Bot) warnings(a answer.Answer) []string {
	var out, seen []string
	for _, c := range a.Citations {
		if slices.Contains(seen, c.Library+"\x00"+c.Document) {
			continue
		}
		seen = append(seen, c.Library+"\x00"+c.Document)
		if s := staleWords(a.Language, b.opts.Staleness(c.Library, c.Document), c.Document); s != "" {
			out = append(out, s)
		}
	}
	return out
}

func staleWords(lang, staleness, document string) string {
	switch staleness {
	case "changed":
		return say(lang, textStale, line(document, 120))
	case "gone":
		return say(lang, textFileGone, line(document, 120))
	case "unreadable":
		return say(lang, textUnreadable, line(document, 120))
	}
	return ""
}

// Ask implements [adapters.Asker].
func (b *Bot) Ask(ctx context.Context, q adapters.Question) (adapters.Reply, error) {
	return b.AskGrowing(ctx, q, nil)
}

// AskGrowing implements [adapters.GrowingAsker].
func (b *Bot) AskGrowing(ctx context.Context, q adapters.Question, each func(adapters.Reply)) (adapters.Reply, error) {
	lang := uiLang(q.Text, q.Lang)
	text, err := b.question(q.Text, adapters.SurfacePage)
	if err == nil {
		if m, ok := smallTalk(text, lang); ok {
			return refused(text, lang, m.Lead), nil
		}
		var f *found
		if f, err = b.find(ctx, q.Viewer, text, text, runbooks.Lang(lang)); err == nil {
			return b.reply(ctx, q, text, f, each), nil
		}
	}
	ref := reference()
	s, known := sentence(err, lang, ref)
	r := refused(text, lang, s)
	switch {
	case errors.Is(err, adapters.ErrEmptyQuestion):
		return r, err
	case known && !errors.Is(err, errNoIndex) && !errors.Is(err, context.DeadlineExceeded):
		return r, nil
	}
	return r, fmt.Errorf("answer a question (reference %s): %w", ref, err)
}

// refused is the reply to what is no question, or cannot be answered at all.
func refused(question, lang, s string) adapters.Reply {
	a := answer.Answer{
		Question: cut(question, 4000), Language: lang, Abstained: true, Mode: answer.ModeExtractive,
		Steps: []answer.Step{}, Citations: []answer.Citation{}, Related: []answer.Related{},
	}
	return adapters.Reply{Message: plainMessage(lang, s), Object: a, Abstained: true}
}

// reply makes the reply for a page: the first stage, and what a model adds.
func (b *Bot) reply(ctx context.Context, q adapters.Question, text string, f *found, each func(adapters.Reply)) adapters.Reply {
	ev := adapters.Event{Adapter: q.Viewer.Adapter, Workspace: q.Viewer.Workspace, Channel: q.Viewer.Channel, User: adapters.User{ID: q.Viewer.User}}
	recorded := false
	if q.Record {
		if err := b.save(ctx, ev, text, f.outcome, &f.record); err != nil {
			b.lg.Error("question not stored", "adapter", ev.Adapter, "err", err)
		} else {
			recorded = true
		}
	}
	b.opts.Observer.Question(q.Viewer.Adapter, f.outcome, f.took)
	r := b.pageReply(q.Viewer, f, recorded)
	if !b.writes(f.Answer) {
		return r
	}
	if q.Later {
		r.Grows = recorded
		return r
	}
	if each != nil {
		each(r)
	}
	b.write(ctx, q.Viewer, f, func(a answer.Answer) {
		if each != nil {
			grown := *f
			grown.Answer = a
			each(b.pageReply(q.Viewer, &grown, recorded))
		}
	})
	if recorded && ctx.Err() == nil {
		if err := b.save(ctx, ev, text, f.outcome, &f.record); err != nil {
			b.lg.Error("answer not stored", "adapter", ev.Adapter, "err", err)
		}
	}
	return b.pageReply(q.Viewer, f, recorded)
}

// pageReply renders what was found so far for a page or a terminal.
func (b *Bot) pageReply(v adapters.Viewer, f *found, recorded bool) adapters.Reply {
	idx := b.index()
	object := f.Answer.WithLinks(idx, b.links())
	links := b.links()
	if v.Adapter == "web" {
		links = b.pageLinks() // a terminal cannot follow a path of the page
	}
	opts := &RenderOptions{Unsure: f.Unsure, Warnings: f.Warnings}
	if recorded {
		opts.AnswerID, opts.Feedback = f.ID, true
	}
	return adapters.Reply{Message: Message(f.Answer.WithLinks(idx, links), opts), Object: object, Abstained: f.Answer.Abstained}
}

// onAsk answers a question from chat.
func (b *Bot) onAsk(ctx context.Context, j *job) (string, error) {
	ev := j.ev
	if _, gone := b.deleted.get(messageKey(ev)); gone && ev.Message != "" {
		return "deleted", nil
	}
	start := time.Now()
	conv, err := b.conversation(ctx, ev)
	if err != nil {
		return "", err
	}
	lang := uiLang(ev.Text, ev.User.Locale)
	text, qerr := b.question(ev.Text, ev.Surface)
	if (errors.Is(qerr, adapters.ErrEmptyQuestion) || errors.Is(qerr, errNoWords)) && ev.About != "" && !takesPart(conv) {
		text, qerr = b.question(ev.About, adapters.SurfaceShortcut)
		lang = uiLang(ev.About, ev.User.Locale)
	}

	if qerr == nil {
		if handled, outcome, err := b.inlineCommand(ctx, j, text, lang); handled {
			return outcome, err
		}
	}
	m := b.manners(ev, conv, text)
	if m.quietNow {
		b.setQuiet(ctx, ev, true)
	}
	if m.wake {
		b.setQuiet(ctx, ev, false)
	}
	if m.remember {
		b.turn(ctx, ev, threadOf(ev), store.Turn{Role: "user", User: ev.User.ID, Text: text, At: ev.Time})
	}
	if !m.speak {
		b.opts.Observer.Question(ev.Adapter, "quiet", time.Since(start))
		return "quiet", nil
	}
	if qerr != nil {
		if !m.always {
			return "quiet", nil
		}
		s, _ := sentence(qerr, lang, "")
		msg := plainMessage(lang, s)
		if errors.Is(qerr, adapters.ErrEmptyQuestion) {
			msg.Notes = []string{say(lang, textEmptyHelp)}
			msg.Text = plain(msg)
		}
		_, err := b.deliver(ctx, j, msg)
		return store.OutcomeAbstained, err
	}
	if msg, ok := smallTalk(text, lang); ok {
		if !m.always {
			return "quiet", nil
		}
		_, err := b.deliver(ctx, j, msg)
		return "smalltalk", err
	}
	if n := b.asked.add(ev.Adapter+"\x00"+ev.User.ID, b.opts.Now()); b.opts.PerUser > 0 && n > b.opts.PerUser {
		if !m.always || n > b.opts.PerUser+1 { // said once, then silence
			return "limited", nil
		}
		msg := plainMessage(lang, say(lang, textLimited))
		msg.Private = true
		_, err := b.deliver(ctx, j, msg)
		return "limited", err
	}
	f, err := b.resolve(ctx, ev, conv, text, runbooks.Lang(lang))
	if err != nil {
		return b.explain(ctx, j, m, err, lang)
	}
	f.ID = b.idFor(j)
	return b.send(ctx, j, m, f, text)
}

// explain tells the asker what went wrong, where an answer is expected.
func (b *Bot) explain(ctx context.Context, j *job, m manners, err error, lang string) (string, error) {
	ref := reference()
	s, known := sentence(err, lang, ref)
	if !known {
		b.lg.Error("question not answered", "adapter", j.ev.Adapter, "reference", ref, "err", err)
	}
	b.opts.Observer.Question(j.ev.Adapter, store.OutcomeError, 0)
	if !m.always {
		return store.OutcomeError, nil
	}
	if ctx.Err() != nil { // the deadline has passed; the sentence still has to go out
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
	}
	_, err = b.deliver(ctx, j, plainMessage(lang, s))
	return store.OutcomeError, err
}

// send stores the answer and sends it as the manners allow.
func (b *Bot) send(ctx context.Context, j *job, m manners, f *found, text string) (string, error) {
	ev := j.ev
	f.Message = ev.Message
	f.Answer = f.Answer.WithLinks(b.index(), b.links())
	f.Private = ev.Private || !b.openHere(ev, f.Answer)
	// A remark without a question that leads to the same steps again.
	again := f.repeats && !m.always && !m.answersMiss
	silent := again || f.Answer.Abstained && !m.always && !m.answersMiss || f.Answer.Confidence < m.confidence
	if silent && m.onboarding {
		f.outcome = missed(f.outcome)
	}
	if err := b.save(ctx, ev, text, f.outcome, &f.record); err != nil {
		b.lg.Error("question not stored", "adapter", ev.Adapter, "err", err)
	}
	b.opts.Observer.Question(ev.Adapter, f.outcome, f.took)
	if ev.Message != "" {
		b.answers.put(messageKey(ev), f.ID)
	}
	if silent {
		if m.onboarding {
			return f.outcome, b.askOwners(ctx, j, f)
		}
		return f.outcome, nil
	}
	ref, err := b.present(ctx, j, f)
	if err != nil {
		return f.outcome, err
	}
	b.sent(ctx, ev, f, text, ref)
	return f.outcome, nil
}

// chatMessage renders an answer for the place that an event came from.
func (b *Bot) chatMessage(ev adapters.Event, f *found, a answer.Answer) adapters.Message {
	msg := Message(a, &RenderOptions{
		AnswerID: f.ID, Unsure: f.Unsure, Choose: true, Warnings: f.Warnings, Feedback: true, More: true,
		Share: f.Private && ev.Channel != "" && ev.Surface != adapters.SurfaceDirect,
	})
	msg.Private = f.Private
	if f.Private && !ev.Private {
		msg.Mark = strings.TrimSpace(say(f.Answer.Language, textPlaceOnly) + " " + msg.Mark)
		msg.Text = plain(msg)
	}
	return msg
}

// missed is the outcome of an answer that was not good enough to be given
// unasked.
func missed(outcome string) string {
	if outcome == store.OutcomeAnswered {
		return store.OutcomeUnsure
	}
	return outcome
}

// sent remembers an answer that went out.
func (b *Bot) sent(ctx context.Context, ev adapters.Event, f *found, text string, ref adapters.Ref) {
	f.Ref = ref
	if ev.Message != "" || f.Ref.Message != "" {
		if err := b.save(ctx, ev, text, f.outcome, &f.record); err != nil {
			b.lg.Error("question not stored", "adapter", ev.Adapter, "err", err)
		}
	}
	if ev.Surface == adapters.SurfaceSlash || f.Private && ev.Surface != adapters.SurfaceDirect {
		return // others in the thread do not see it, so it is no turn of theirs
	}
	t := store.Turn{Role: "cairn", Text: f.Answer.Title, QuestionID: f.ID}
	b.turn(ctx, ev, threadOf(ev), t)
	if ref.Thread != "" && ref.Thread != threadOf(ev) { // a thread opened for the answer
		b.turn(ctx, ev, ref.Thread, store.Turn{Role: "user", User: ev.User.ID, Text: text, At: ev.Time})
		b.turn(ctx, ev, ref.Thread, t)
	}
}

// openHere reports whether everybody who reads the place may see every library
// that the answer shows.
func (b *Bot) openHere(ev adapters.Event, a answer.Answer) bool {
	if ev.Surface == adapters.SurfaceDirect || ev.Private {
		return true
	}
	place := viewerOf(ev)
	place.User = ""
	for _, name := range librariesOf(a) {
		if !b.allows(name, place) {
			return false
		}
	}
	return true
}

func librariesOf(a answer.Answer) []string {
	var out []string
	add := func(name string) {
		if name != "" && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	add(a.Library)
	for _, c := range a.Citations {
		add(c.Library)
	}
	for _, r := range a.Related {
		add(r.Library)
	}
	return out
}

func viewerOf(ev adapters.Event) adapters.Viewer {
	return adapters.Viewer{Adapter: ev.Adapter, Workspace: ev.Workspace, Channel: ev.Channel, User: ev.User.ID}
}

// conversation returns what is remembered of the event's thread.
func (b *Bot) conversation(ctx context.Context, ev adapters.Event) (store.Conversation, error) {
	if ev.Channel == "" {
		return store.Conversation{}, nil
	}
	conv, err := b.store.Conversation(ctx, ev.Adapter, ev.Channel, threadOf(ev))
	if errors.Is(err, store.ErrNotFound) {
		return store.Conversation{}, nil
	}
	if err != nil {
		return conv, fmt.Errorf("look up conversation: %w", err)
	}
	return conv, nil
}

func (b *Bot) setQuiet(ctx context.Context, ev adapters.Event, quiet bool) {
	if err := b.store.SetQuiet(ctx, ev.Adapter, ev.Channel, threadOf(ev), quiet, b.opts.Now()); err != nil {
		b.lg.Warn("quiet not remembered", "adapter", ev.Adapter, "err", err)
	}
}
