package bot

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"strings"
	"sync"
	"time"

	"cairn/adapters"
	"cairn/bot/answer"
	"cairn/bot/store"
	"cairn/retrieval"
	"cairn/runbooks"
)

var _ Index = (*retrieval.Index)(nil)

// Index is what the bot needs of a generation of the index.
type Index interface {
	Search(ctx context.Context, q retrieval.Query) (*retrieval.Result, error)
	Document(library, path string) (*runbooks.Document, bool)
	Documents() iter.Seq[retrieval.DocInfo]
	Libraries() []string
}

// Store is what the bot needs of the state.
type Store interface {
	store.Events
	store.Questions
	store.Conversations
}

// Platform is what the bot needs of an adapter. Editor, Busier, Finder,
// Streamer, WaitTeller and HomePage are found by type assertion.
type Platform interface {
	adapters.Replier
	adapters.Sender
}

// Onboarding are the manners on one platform's onboarding channels.
type Onboarding struct {
	// Channels are answered without a mention.
	Channels []string
	// Confidence is what an answer there needs. Defaults to 0.7.
	Confidence float64
	// OwnerGroup is the group asked once where there is no answer. Defaults to
	// nobody.
	OwnerGroup string
}

// A Writer lets a model add to answers and understand follow-ups:
// [answer.Writer].
type Writer interface {
	Write(ctx context.Context, req answer.WriteRequest, grow func(answer.Answer)) (answer.Answer, answer.Outcome)
	Standalone(ctx context.Context, earlier []string, question, person string) (string, error)
}

// An Observer is told what happens, for metrics. Methods must not block.
type Observer interface {
	// Question is called for each question with its outcome, one of the
	// store's outcomes or "quiet" for one that manners left unanswered.
	Question(adapter, outcome string, took time.Duration)
	// Event is called for each event with what became of it: "recorded",
	// "duplicate", "full", "failed", "panic", "recovered", "undelivered".
	Event(adapter, what string)
	// Queue is called with the number of waiting events.
	Queue(n int)
	// Model is called for each answer that a model was asked about: the
	// outcome is "written" or the reason for which nothing of it is shown.
	Model(outcome string, o answer.Outcome)
}

// Options tune a bot; nil and zero fields mean the defaults.
type Options struct {
	// Allows says whether a viewer may see a library. Defaults to always.
	Allows func(library string, v adapters.Viewer) bool
	// Patterns maps libraries to their documents' addresses: see
	// [answer.Links]. Defaults to Cairn's own pages.
	Patterns map[string]string
	// PublicURL is what Cairn's own pages stand under in chat. Defaults to
	// none.
	PublicURL string
	// Commit returns the commit at which a file has a text. Defaults to none.
	Commit func(library, path, hash string) string
	// Staleness says how an indexed document relates to its file: "",
	// "changed", "unreadable" or "gone". Defaults to "".
	Staleness func(library, path string) string

	// Onboarding maps adapter names to their onboarding channels.
	Onboarding map[string]Onboarding
	// Commands are the commands beside ask, help, status and quiet.
	Commands []Command

	// Workers is how many events are handled at a time. Defaults to 64.
	Workers int
	// Queue is how many events may wait. Defaults to 20,000.
	Queue int
	// Deadline is how long one event may take. Defaults to 25 s.
	Deadline time.Duration
	// BusyAfter is when a sign shows that an answer is on its way. Defaults to
	// 500 ms.
	BusyAfter time.Duration
	// TellAfter is when somebody whose question still waits is told so.
	// Defaults to 30 s.
	TellAfter time.Duration
	// Recover is how old an unanswered event may be to be answered after a
	// crash. Defaults to ten minutes.
	Recover time.Duration
	// Hold is how long an event is claimed while it is handled; a claim is
	// renewed until the event is done. Defaults to 15 s.
	Hold time.Duration
	// Grace is how long Run answers what waits when asked to stop. Defaults to
	// 10 s.
	Grace time.Duration
	// PerUser is how many questions a minute one person may ask in chat; a
	// negative number means any. Defaults to 60.
	PerUser int
	// MaxQuestion is the longest question in bytes. Defaults to 16 KiB.
	MaxQuestion int

	// Writer lets a model add to answers. Defaults to none.
	Writer Writer

	// Version and Model are for the status. Default to "".
	Version, Model string
	// IndexedAt returns when the serving index was made. Defaults to unknown.
	IndexedAt func() time.Time
	// StaleCount returns how many documents serve an older version of their
	// file. Defaults to none.
	StaleCount func() int
	// Ready says for each adapter why it is not ready; "" means ready.
	// Defaults to nothing.
	Ready func() map[string]string

	// Observer is told what happens. Defaults to nobody.
	Observer Observer
	// Now is the clock for dates. Defaults to time.Now.
	Now func() time.Time
	// Owner names this process in claims. Defaults to a random name.
	Owner string
}

func (o *Options) withDefaults() Options {
	var v Options
	if o != nil {
		v = *o
	}
	if v.Allows == nil {
		v.Allows = func(string, adapters.Viewer) bool { return true }
	}
	if v.Staleness == nil {
		v.Staleness = func(string, string) string { return "" }
	}
	if v.IndexedAt == nil {
		v.IndexedAt = func() time.Time { return time.Time{} }
	}
	if v.StaleCount == nil {
		v.StaleCount = func() int { return 0 }
	}
	if v.Ready == nil {
		v.Ready = func() map[string]string { return nil }
	}
	if v.Now == nil {
		v.Now = time.Now
	}
	if v.Observer == nil {
		v.Observer = nobody{}
	}
	if v.Owner == "" {
		v.Owner = newID()
	}
	setInt(&v.Workers, 64)
	setInt(&v.Queue, 20_000)
	setInt(&v.MaxQuestion, 16<<10)
	setInt(&v.PerUser, 60)
	setDuration(&v.Deadline, 25*time.Second)
	setDuration(&v.BusyAfter, 500*time.Millisecond)
	setDuration(&v.TellAfter, 30*time.Second)
	setDuration(&v.Recover, 10*time.Minute)
	setDuration(&v.Hold, 15*time.Second)
	setDuration(&v.Grace, 10*time.Second)
	return v
}

func setInt(field *int, def int) {
	if *field == 0 {
		*field = def
	}
}

func setDuration(field *time.Duration, def time.Duration) {
	if *field == 0 {
		*field = def
	}
}

func (o *Options) validate() error {
	for _, f := range []struct {
		name string
		got  int64
	}{
		{"Workers", int64(o.Workers)}, {"Queue", int64(o.Queue)}, {"MaxQuestion", int64(o.MaxQuestion)}, {"Deadline", int64(o.Deadline)},
		{"BusyAfter", int64(o.BusyAfter)}, {"TellAfter", int64(o.TellAfter)}, {"Recover", int64(o.Recover)}, {"Hold", int64(o.Hold)}, {"Grace", int64(o.Grace)},
	} {
		if f.got < 0 {
			return fmt.Errorf("bot option %s: got %d, want a positive value", f.name, f.got)
		}
	}
	for name, ob := range o.Onboarding {
		if ob.Confidence < 0 || ob.Confidence > 1 {
			return fmt.Errorf("bot option Onboarding[%s].Confidence: got %v, want 0 to 1", name, ob.Confidence)
		}
	}
	return nil
}

type nobody struct{}

func (nobody) Question(string, string, time.Duration) {}
func (nobody) Event(string, string)                   {}
func (nobody) Queue(int)                              {}
func (nobody) Model(string, answer.Outcome)           {}

// A Bot answers questions. Make one with [New].
type Bot struct {
	lg       *slog.Logger
	index    func() Index
	store    Store
	opts     Options
	commands commandTable
	queue    *queue
	pressure *pressure
	signs    sync.WaitGroup // of busy signs and notices
	telling  chan struct{}  // a place for each notice being sent
	checked  answer.Cache

	mu        sync.Mutex
	platforms map[string]Platform
	answers   *recent         // asked message -> id of its stored answer, for edits
	ids       *recent         // event -> id of its answer, for events tried again
	growing   map[string]bool // answers that a model is adding to for a page
	deleted   *recent         // messages deleted while their question waits
	titles    titleCache
	asked     minuteCount
}

// New returns a bot that answers from the index that the function returns at
// the time of a question; nil means that there is none yet.
func New(lg *slog.Logger, index func() Index, st Store, o *Options) (*Bot, error) {
	if index == nil || st == nil {
		return nil, errors.New("make bot: an index and a store are needed")
	}
	opts := o.withDefaults()
	if err := opts.validate(); err != nil {
		return nil, err
	}
	b := &Bot{
		lg: lg.With("component", "bot"), index: index, store: st, opts: opts,
		platforms: map[string]Platform{}, answers: newRecent(10_000), ids: newRecent(10_000), deleted: newRecent(10_000),
		growing: map[string]bool{},
	}
	b.telling = make(chan struct{}, 8)
	b.queue, b.pressure = newQueue(opts.Queue, opts.Workers/4, opts.Observer), newPressure()
	table, err := newCommandTable(append(b.builtinCommands(), opts.Commands...))
	if err != nil {
		return nil, err
	}
	b.commands = table
	return b, nil
}

// Attach makes the adapter with the name reachable for answers. To be called
// before Run.
func (b *Bot) Attach(name string, p Platform) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.platforms[name] = p
}

func (b *Bot) platform(name string) (Platform, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p, ok := b.platforms[name]
	return p, ok
}

// newID returns 26 characters of [a-z2-7] that cannot be guessed.
func newID() string {
	var raw [16]byte
	rand.Read(raw[:]) // never fails
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw[:]))
}

// links returns how addresses are made for what leaves the machine.
func (b *Bot) links() answer.Links {
	return answer.Links{Patterns: b.opts.Patterns, Page: b.opts.PublicURL, Outward: true, Commit: b.opts.Commit}
}

// pageLinks returns how addresses are made for Cairn's own web page.
func (b *Bot) pageLinks() answer.Links {
	return answer.Links{Patterns: b.opts.Patterns, Page: "/", Commit: b.opts.Commit}
}

// A minuteCount counts what each person does within a minute.
type minuteCount struct {
	mu     sync.Mutex
	minute time.Time
	counts map[string]int
}

// add counts one and returns how many there were in this minute with it.
func (c *minuteCount) add(who string, now time.Time) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if m := now.Truncate(time.Minute); c.counts == nil || !m.Equal(c.minute) {
		c.minute, c.counts = m, map[string]int{}
	}
	c.counts[who]++
	return c.counts[who]
}

// A recent is a bounded map that forgets the oldest.
type recent struct {
	mu    sync.Mutex
	limit int
	m     map[string]any
	order []string
}

func newRecent(limit int) *recent { return &recent{limit: limit, m: map[string]any{}} }

func (r *recent) put(key string, v any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.m[key]; !ok {
		r.order = append(r.order, key)
	}
	r.m[key] = v
	for len(r.order) > r.limit {
		delete(r.m, r.order[0])
		r.order = r.order[1:]
	}
}

func (r *recent) get(key string) (any, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	v, ok := r.m[key]
	return v, ok
}
