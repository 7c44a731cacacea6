package quiz

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/open-spaced-repetition/go-fsrs/v4"

	"cairn/adapters"
	"cairn/bot/store"
)

// Store is what a Service needs of the state.
type Store interface {
	store.Cards
	store.Reviews
	store.People
	store.Subscriptions
	store.Paths
	store.WebTokens
}

// Options tune a Service; zero fields mean the defaults.
type Options struct {
	// Link returns the address of a document's lines; nil means none.
	Link func(library, document string, start, end int) string
	// Risk names the risk of a step: what its commands do, or what the document
	// says of it. Nil says safe.
	Risk func(commands []string, destructive bool, lang string) (adapters.Risk, string)
	// NextDaily returns the first moment after t at which a zone's clock shows
	// HH:MM, or an error for a bad time or zone. Needed to subscribe; app
	// passes schedule.NextDaily.
	NextDaily func(at, zone string, t time.Time) (time.Time, error)
	// PageURL returns the address of the personal page that a token opens; nil
	// means that there is none.
	PageURL func(token string) string
	// Zone is for people who have set none. Defaults to UTC.
	Zone string
	// LinkFor and SessionFor are how long a personal link and a browser's
	// session last. Default to 24 h and 30 days.
	LinkFor, SessionFor time.Duration
	// Now is the clock. Defaults to time.Now.
	Now func() time.Time
}

// A Service asks cards and keeps what people know.
type Service struct {
	lg    *slog.Logger
	store Store
	libs  func(v adapters.Viewer) []Library
	opts  Options
	fsrs  *fsrs.FSRS

	mu   sync.Mutex
	made map[string]*deck // fingerprint of libraries -> what they hold
}

// A deck is what one state of some libraries holds.
type deck struct {
	cards []Card
	byID  map[string]Card
	paths []Path
	libs  []string
	// stages are the documents of each stage's units, by the stage's topic.
	stages map[string]map[docRef]bool
	// says is what each document's subject is.
	says map[docRef]Card
}

type docRef struct{ library, document string }

// New returns a service over the libraries that the function returns for a
// viewer: what may be quizzed there.
func New(lg *slog.Logger, st Store, libs func(v adapters.Viewer) []Library, o *Options) (*Service, error) {
	if st == nil || libs == nil {
		return nil, errors.New("make quiz: a store and libraries are needed")
	}
	var opts Options
	if o != nil {
		opts = *o
	}
	if opts.Zone == "" {
		opts.Zone = "UTC"
	}
	if _, err := time.LoadLocation(opts.Zone); err != nil {
		return nil, fmt.Errorf("quiz option Zone: got %q: %w", opts.Zone, err)
	}
	if opts.LinkFor == 0 {
		opts.LinkFor = 24 * time.Hour
	}
	if opts.SessionFor == 0 {
		opts.SessionFor = 30 * 24 * time.Hour
	}
	if opts.LinkFor < 0 || opts.SessionFor < 0 {
		return nil, fmt.Errorf("quiz options LinkFor and SessionFor: got %v and %v, want positive durations", opts.LinkFor, opts.SessionFor)
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	return &Service{lg: lg.With("component", "quiz"), store: st, libs: libs, opts: opts, fsrs: newScheduler(), made: map[string]*deck{}}, nil
}

// Sync brings the stored cards to what the libraries hold: to be called with
// all libraries whenever the index has changed. A library that is gone from
// the configuration keeps its cards, which are asked of nobody.
func (s *Service) Sync(ctx context.Context, libs []Library) (store.CardChange, error) {
	var sum store.CardChange
	byLib := map[string][]store.Card{}
	for _, l := range libs {
		byLib[l.Name] = nil
	}
	d, err := s.deckOf(ctx, libs)
	if err != nil {
		return sum, err
	}
	for _, c := range d.cards {
		byLib[c.Library] = append(byLib[c.Library], c.stored())
	}
	for name, cards := range byLib {
		change, err := s.store.SyncCards(ctx, name, cards, s.opts.Now())
		if err != nil {
			return sum, err
		}
		sum.Added, sum.Updated = sum.Added+change.Added, sum.Updated+change.Updated
		sum.Retired, sum.Revived = sum.Retired+change.Retired, sum.Revived+change.Revived
	}
	if sum != (store.CardChange{}) {
		s.lg.InfoContext(ctx, "cards follow the documents", "added", sum.Added, "updated", sum.Updated, "retired", sum.Retired, "revived", sum.Revived)
	}
	return sum, nil
}

func newDeck(ctx context.Context, libs []Library) (*deck, error) {
	cards, err := Generate(ctx, libs)
	if err != nil {
		return nil, err
	}
	d := &deck{cards: cards, byID: map[string]Card{}, paths: Paths(libs), stages: map[string]map[docRef]bool{}, says: map[docRef]Card{}}
	d.cards = append(d.cards, stageCards(d.paths)...)
	for _, c := range d.cards {
		d.byID[c.ID] = c
		if c.Kind == KindConcept {
			d.says[docRef{c.Library, c.Document}] = c
		}
	}
	for _, p := range d.paths {
		for _, st := range p.Stages {
			docs := map[docRef]bool{}
			for _, u := range st.Units {
				if u.Document != "" {
					docs[docRef{p.Library, u.Document}] = true
				}
			}
			d.stages[stageTopic(p, st)] = docs
		}
	}
	for _, l := range libs {
		d.libs = append(d.libs, l.Name)
	}
	return d, nil
}

// deck returns what the viewer may see.
func (s *Service) deck(v adapters.Viewer) *deck {
	d, _ := s.deckOf(context.Background(), s.libs(v)) // nothing but its context ends it
	return d
}

// deckOf returns what the libraries hold, made once per state of the documents.
func (s *Service) deckOf(ctx context.Context, libs []Library) (*deck, error) {
	h := fnv.New128a()
	for _, l := range libs {
		fmt.Fprintf(h, "%s\x00", l.Name)
		for _, d := range l.Documents {
			fmt.Fprintf(h, "%s\x00%s\x00", d.Path, d.Hash)
		}
	}
	key := string(h.Sum(nil))
	s.mu.Lock()
	defer s.mu.Unlock()
	if d, ok := s.made[key]; ok {
		return d, nil
	}
	d, err := newDeck(ctx, libs)
	if err != nil {
		return nil, err
	}
	if len(s.made) >= 8 {
		clear(s.made)
	}
	s.made[key] = d
	return d, nil
}

// A who is the person behind an event.
type who struct {
	adapter, user string
	viewer        adapters.Viewer
}

func whoIs(ev adapters.Event) who {
	return who{ev.Adapter, ev.User.ID, adapters.Viewer{Adapter: ev.Adapter, Workspace: ev.Workspace, Channel: ev.Channel, User: ev.User.ID}}
}

// choose returns the person's next card: the longest due, else a new one; how
// many are due; and when the next comes if there is neither.
func (s *Service) choose(ctx context.Context, w who, lang string, topics []string) (c Card, due int, ok bool, err error) {
	d := s.deck(w.viewer)
	ids, err := s.store.DueCards(ctx, store.DueQuery{Adapter: w.adapter, User: w.user, Now: s.opts.Now(), Libraries: d.libs, Lang: lang, Limit: 500})
	if err != nil {
		return c, 0, false, err
	}
	for _, id := range ids {
		if found, exists := d.byID[id]; exists && d.about(found, topics) {
			if due++; due == 1 {
				c = found
			}
		}
	}
	if due > 0 {
		return c, due, true, nil
	}
	seen, err := s.store.SeenCards(ctx, w.adapter, w.user)
	if err != nil {
		return c, 0, false, err
	}
	known := make(map[string]bool, len(seen))
	for _, id := range seen {
		known[id] = true
	}
	// New cards come in an order of each person's own, which stays the same.
	best := uint64(0)
	for _, x := range d.cards {
		if known[x.ID] || x.Lang != lang || !d.about(x, topics) {
			continue
		}
		h := fnv.New64a()
		h.Write([]byte(w.adapter + "\x00" + w.user + "\x00" + x.ID))
		if n := h.Sum64(); !ok || n < best {
			c, best, ok = x, n, true
		}
	}
	return c, 0, ok, nil
}

// about reports whether the card fits one of the topics: library, service,
// tag, a stage of a path, or a word of the document's title.
func (d *deck) about(c Card, topics []string) bool {
	return len(topics) == 0 || slices.ContainsFunc(topics, func(t string) bool {
		t = strings.ToLower(strings.TrimSpace(t))
		return strings.EqualFold(t, c.Library) || slices.ContainsFunc(c.Topics, func(x string) bool { return strings.EqualFold(x, t) }) ||
			d.stages[t][docRef{c.Library, c.Document}] ||
			len(t) >= 2 && strings.Contains(strings.ToLower(c.Title), t)
	})
}

// grade records a grade for one showing of a card.
func (s *Service) grade(ctx context.Context, w who, cardID, prompt string, grade int) (after store.CardState, err error) {
	now := s.opts.Now().UTC()
	for range 3 {
		before, err := s.before(ctx, w, cardID, prompt)
		if err != nil {
			return after, err
		}
		if after, err = next(s.fsrs, before, grade, now); err != nil {
			return after, err
		}
		ok, err := s.store.SaveReview(ctx, store.Review{
			Adapter: w.adapter, User: w.user, CardID: cardID, Prompt: prompt, Grade: grade, At: now, Before: before}, after)
		if err != nil {
			return after, err
		}
		if ok {
			return after, s.streak(ctx, w, now)
		}
		// Another review of the card came in between, or an old showing was
		// graded anew: what counts is the state as it is.
		if current, err := s.store.CardState(ctx, w.adapter, w.user, cardID); err != nil || current.Reps > before.Reps {
			return current, err
		}
	}
	return after, fmt.Errorf("grade card %s: other reviews kept coming in between", cardID)
}

// before returns the state that the showing's grade builds on.
func (s *Service) before(ctx context.Context, w who, cardID, prompt string) (store.CardState, error) {
	r, err := s.store.Review(ctx, w.adapter, w.user, cardID, prompt)
	if err == nil {
		return r.Before, nil
	}
	if !errors.Is(err, store.ErrNotFound) {
		return store.CardState{}, err
	}
	st, err := s.store.CardState(ctx, w.adapter, w.user, cardID)
	if errors.Is(err, store.ErrNotFound) {
		return store.CardState{Adapter: w.adapter, User: w.user, CardID: cardID}, nil
	}
	return st, err
}

func (s *Service) streak(ctx context.Context, w who, now time.Time) error {
	_, err := s.store.UpdatePerson(ctx, w.adapter, w.user, now, func(p *store.Person) error {
		if w.viewer.Workspace != "" {
			p.Workspace = w.viewer.Workspace
		}
		advance(p, now.In(s.zone(p.Zone)).Format(time.DateOnly))
		return nil
	})
	return err
}

func (s *Service) zone(name string) *time.Location {
	if name == "" {
		name = s.opts.Zone
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	return loc
}
