package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"cairn/adapters"
	"cairn/bot/answer"
	"cairn/bot/store"
	"cairn/retrieval"
)

// A record is what is stored with a question, for paging, sharing, feedback,
// edits and follow-ups.
type record struct {
	ID     string        `json:"id"`
	Answer answer.Answer `json:"answer"`
	// Unsure reports that Answer abstains since several titles could be meant.
	Unsure bool `json:"unsure,omitempty"`
	// Standalone is the question that was searched for.
	Standalone string `json:"standalone"`
	// Service is the service of the document used, if it names one.
	Service string `json:"service,omitempty"`
	// Message is the asked message's id, Ref the answer's; zero when nothing
	// was sent.
	Message string       `json:"message,omitempty"`
	Ref     adapters.Ref `json:"ref,omitzero"`
	// Warnings stood above the answer.
	Warnings []string `json:"warnings,omitempty"`
	// Private reports that only the asker saw it.
	Private bool `json:"private,omitempty"`
	// Terms are the question's informative terms.
	Terms []string `json:"terms,omitempty"`
}

// outcomeOf is the stored outcome of a verdict.
func outcomeOf(a answer.Answer, v retrieval.Verdict) string {
	switch {
	case !a.Abstained:
		return store.OutcomeAnswered
	case v == retrieval.Unsure:
		return store.OutcomeUnsure
	default:
		return store.OutcomeAbstained
	}
}

// save stores a question with its answer.
func (b *Bot) save(ctx context.Context, ev adapters.Event, text, outcome string, r *record) error {
	raw, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	q := store.Question{
		ID: r.ID, Text: cut(text, 4000), Lang: r.Answer.Language,
		Adapter: ev.Adapter, Workspace: ev.Workspace, Channel: ev.Channel, Thread: ev.Thread, User: ev.User.ID,
		Public: ev.ChannelPublic && !ev.Private && !r.Private, Outcome: outcome, Confidence: r.Answer.Confidence,
		Library: r.Answer.Library, Document: r.Answer.Document, Title: r.Answer.Title,
		Terms: r.Terms, Answer: raw, At: b.opts.Now(),
	}
	if len(r.Answer.Citations) > 0 {
		q.StartLine, q.EndLine = r.Answer.Citations[0].StartLine, r.Answer.Citations[0].EndLine
	}
	if r.Answer.Abstained {
		for _, rel := range r.Answer.Related {
			q.Closest = append(q.Closest, rel.Title)
		}
	}
	if err := b.store.SaveQuestion(ctx, q); err != nil {
		return fmt.Errorf("store question: %w", err)
	}
	return nil
}

// load returns a stored answer, or an error that wraps [store.ErrNotFound].
func (b *Bot) load(ctx context.Context, id string) (store.Question, *record, error) {
	q, err := b.store.Question(ctx, id)
	if err != nil {
		return q, nil, fmt.Errorf("look up answer: %w", err)
	}
	r := new(record)
	if len(q.Answer) == 0 {
		return q, nil, fmt.Errorf("look up answer: %w", store.ErrNotFound)
	}
	if err := json.Unmarshal(q.Answer, r); err != nil {
		return q, nil, fmt.Errorf("decode stored answer: %w", err)
	}
	return q, r, nil
}

// idFor returns the id of the answer to a job: the same one when the job is
// tried again.
func (b *Bot) idFor(j *job) string {
	key := j.ev.Adapter + "\x00" + j.key
	if id, ok := b.ids.get(key); ok {
		return id.(string)
	}
	id := newID()
	b.ids.put(key, id)
	return id
}

// threadOf names the conversation that an event belongs to. Where a platform
// has no thread, a channel holds one conversation per person, an onboarding
// channel one per message.
func threadOf(ev adapters.Event) string {
	switch {
	case ev.Thread != "" || ev.Surface == adapters.SurfaceDirect:
		return ev.Thread
	case ev.Surface == adapters.SurfaceOnboarding:
		return "message:" + ev.Message
	}
	return "user:" + ev.User.ID
}

// turn appends to the event's conversation; what fails is logged, since an
// answer must not depend on it.
func (b *Bot) turn(ctx context.Context, ev adapters.Event, thread string, t store.Turn) {
	if ev.Channel == "" {
		return
	}
	t.Text = cut(t.Text, 2000)
	if t.At.IsZero() {
		t.At = b.opts.Now()
	}
	if err := b.store.AppendTurn(ctx, ev.Adapter, ev.Channel, thread, t); err != nil {
		b.lg.Warn("conversation not remembered", "adapter", ev.Adapter, "err", err)
	}
}

// cut returns at most n bytes of s, ending on a whole character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xc0 == 0x80 {
		n--
	}
	return s[:n]
}

// since returns the age of a time, large for the zero time.
func (b *Bot) since(t time.Time) time.Duration {
	if t.IsZero() {
		return 1 << 62
	}
	return b.opts.Now().Sub(t)
}
