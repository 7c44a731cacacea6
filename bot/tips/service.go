package tips

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"cairn/adapters"
	"cairn/bot/store"
)

// ErrNone says that no tip fits.
var ErrNone = errors.New("no document holds a tip that fits")

// Store is what a Service needs of the state.
type Store interface {
	store.TipHistory
	ListQuestions(ctx context.Context, f store.QuestionFilter) ([]store.Question, error)
}

// Options tune a Service; zero fields mean the defaults.
type Options struct {
	// Link and Risk are as in [Rendering].
	Link func(library, document string, start, end int) string
	Risk func(commands []string, lang string) (adapters.Risk, string)
	// Lately is how long a question or a change counts as recent. Defaults to
	// seven days.
	Lately time.Duration
	// Now is the clock. Defaults to time.Now.
	Now func() time.Time
	// Rand makes the source for the stream's n-th tip. Defaults to one seeded
	// by both, so that a choice can be repeated.
	Rand func(stream string, n int) *rand.Rand
}

// A Service chooses tips and remembers what was shown.
type Service struct {
	lg    *slog.Logger
	store Store
	libs  func(v adapters.Viewer) []Library
	opts  Options

	mu   sync.Mutex
	made map[string][]Tip // fingerprint of libraries -> their tips
}

// New returns a service over the libraries that the function returns for a
// viewer: what may be shown there.
func New(lg *slog.Logger, st Store, libs func(v adapters.Viewer) []Library, o *Options) (*Service, error) {
	if st == nil || libs == nil {
		return nil, errors.New("make tips: a store and libraries are needed")
	}
	var opts Options
	if o != nil {
		opts = *o
	}
	if opts.Lately == 0 {
		opts.Lately = 7 * 24 * time.Hour
	}
	if opts.Lately < 0 {
		return nil, fmt.Errorf("tips option Lately: got %v, want a positive duration", opts.Lately)
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Rand == nil {
		opts.Rand = func(stream string, n int) *rand.Rand {
			h := fnv.New64a()
			h.Write([]byte(stream))
			return rand.New(rand.NewPCG(h.Sum64(), uint64(n)))
		}
	}
	return &Service{lg: lg.With("component", "tips"), store: st, libs: libs, opts: opts, made: map[string][]Tip{}}, nil
}

// A Request asks for a tip.
type Request struct {
	// Stream is what does not want to see a tip twice: a schedule's name, a
	// channel.
	Stream string
	// Lang is "en", "zh" or "" for either.
	Lang   string
	Topics []string
	// Viewer says for whom; it decides which libraries may be shown.
	Viewer adapters.Viewer
	// Buttons offers a quiz and another tip.
	Buttons bool
}

// Next chooses the stream's next tip. Chosen remembers the choice and is to be
// called once the tip is about to be shown. It returns [ErrNone] when no tip
// fits.
func (s *Service) Next(ctx context.Context, r Request) (t Tip, m adapters.Message, chosen func(context.Context) error, err error) {
	now := s.opts.Now()
	pool := s.pool(s.libs(r.Viewer))
	shown, err := s.store.ShownTips(ctx, r.Stream)
	if err != nil {
		return t, m, nil, err
	}
	changed, err := s.changed(ctx, pool, now)
	if err != nil {
		return t, m, nil, err
	}
	asked, err := s.asked(ctx, now)
	if err != nil {
		return t, m, nil, err
	}
	n := 0
	for _, x := range shown {
		n += x.Round + 1
	}
	t, round, ok := Pick(pool, Choice{Lang: r.Lang, Topics: r.Topics, Shown: shown, Asked: asked, Changed: changed, Rand: s.opts.Rand(r.Stream, n)})
	if !ok {
		return t, m, nil, ErrNone
	}
	m = t.Message(Rendering{Link: s.opts.Link, Risk: s.opts.Risk, Changed: changed[t.ref()], Buttons: r.Buttons})
	return t, m, func(ctx context.Context) error {
		_, err := s.store.MarkTip(ctx, r.Stream, store.ShownTip{ID: t.ID, Round: round, At: s.opts.Now()})
		return err
	}, nil
}

// Today returns the day's tip for a page: the same for everybody who sees the
// same libraries, and nothing is remembered. It returns [ErrNone] when no tip
// fits.
func (s *Service) Today(_ context.Context, lang string, v adapters.Viewer) (Tip, adapters.Message, error) {
	pool := s.pool(s.libs(v))
	day := s.opts.Now().UTC().Format(time.DateOnly)
	t, _, ok := Pick(pool, Choice{Lang: lang, Rand: s.opts.Rand("day:"+day+":"+lang, 0)})
	if !ok {
		return t, adapters.Message{}, ErrNone
	}
	return t, t.Message(Rendering{Link: s.opts.Link, Risk: s.opts.Risk}), nil
}

// pool returns the tips of the libraries, made once per state of the
// documents.
func (s *Service) pool(libs []Library) []Tip {
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
	if tips, ok := s.made[key]; ok {
		return tips
	}
	if len(s.made) >= 8 { // one per set of libraries that viewers may see
		clear(s.made)
	}
	tips := Generate(libs)
	s.made[key] = tips
	return tips
}

// asked counts the questions of late by the document that answered them.
func (s *Service) asked(ctx context.Context, now time.Time) (map[Ref]int, error) {
	list, err := s.store.ListQuestions(ctx, store.QuestionFilter{Since: now.Add(-s.opts.Lately), Limit: 500})
	if err != nil {
		return nil, err
	}
	out := map[Ref]int{}
	for _, q := range list {
		if q.Document != "" {
			out[Ref{q.Library, q.Document}]++
		}
	}
	return out, nil
}

// documentStream is where the versions of documents are remembered: a tip's
// history serves for them too.
const documentStream = "documents"

// changed returns the documents of the pool that have changed within
// Options.Lately. The versions seen first are where change is counted from.
func (s *Service) changed(ctx context.Context, pool []Tip, now time.Time) (map[Ref]bool, error) {
	known, err := s.store.ShownTips(ctx, documentStream)
	if err != nil {
		return nil, err
	}
	seen := make(map[string]time.Time, len(known))
	before, library := map[string]bool{}, map[string]bool{}
	for _, k := range known {
		seen[k.ID] = k.At
		if i := strings.LastIndexByte(k.ID, '@'); i > 0 {
			before[k.ID[:i]] = true
			name, _, _ := strings.Cut(k.ID, "/")
			library[name] = true
		}
	}
	out := map[Ref]bool{}
	checked := map[Ref]bool{}
	for _, t := range pool {
		if checked[t.ref()] {
			continue
		}
		checked[t.ref()] = true
		name := t.Library + "/" + t.Document
		id := name + "@" + t.DocumentHash[:min(len(t.DocumentHash), 16)]
		at, ok := seen[id]
		if !ok {
			// The first version of a new library is no news; a document that
			// joins a known library is.
			if before[name] || library[t.Library] {
				at = now
			}
			if _, err := s.store.MarkTip(ctx, documentStream, store.ShownTip{ID: id, At: at}); err != nil {
				return nil, err
			}
		}
		if !at.IsZero() && now.Sub(at) < s.opts.Lately {
			out[t.ref()] = true
		}
	}
	return out, nil
}

// The "tip" command of the bot.

// Names are the words that call the command.
func (s *Service) Names() []string { return []string{"tip", "tips", "知识点", "今日一条"} }

// Help is the command's line in the help text.
func (s *Service) Help(lang string) string {
	if lang == "zh" {
		return "`tip now [主题]`：立刻来一条知识点"
	}
	return "`tip now [topic]`: a tip right away"
}

// Takes reports whether the argument is one of the command's.
func (s *Service) Takes(argument string) bool {
	f := strings.Fields(strings.ToLower(argument))
	return len(f) == 0 || len(f) <= 3 && f[0] == "now"
}

// Run answers "tip", "tip now" and "tip now kafka".
func (s *Service) Run(ctx context.Context, ev adapters.Event, lang string) (adapters.Message, error) {
	var topics []string
	for _, w := range strings.Fields(ev.Text) {
		if !strings.EqualFold(w, "now") && !slices.Contains(topics, w) && len(topics) < 5 {
			topics = append(topics, w)
		}
	}
	return s.say(ctx, ev, lang, topics)
}

// Actions are the buttons that the command handles.
func (s *Service) Actions() []string { return []string{ActionNext} }

// Act answers the button for another tip.
func (s *Service) Act(ctx context.Context, ev adapters.Event, lang string) (adapters.Message, error) {
	return s.say(ctx, ev, lang, nil)
}

func (s *Service) say(ctx context.Context, ev adapters.Event, lang string, topics []string) (adapters.Message, error) {
	v := adapters.Viewer{Adapter: ev.Adapter, Workspace: ev.Workspace, Channel: ev.Channel, User: ev.User.ID}
	_, m, chosen, err := s.Next(ctx, Request{
		Stream: "asked:" + ev.Adapter + ":" + ev.User.ID, Lang: lang, Topics: topics, Viewer: v, Buttons: true,
	})
	if errors.Is(err, ErrNone) {
		return none(lang, topics), nil
	}
	if err != nil {
		return m, err
	}
	m.Private = ev.Private
	return m, chosen(ctx)
}

func none(lang string, topics []string) adapters.Message {
	about := inert(strings.Join(topics, ", "))
	m := adapters.Message{Lang: lang, Text: "There is no tip yet: the documents hold no passage that reads well alone."}
	switch {
	case lang == "zh" && about != "":
		m.Text = "没有关于 " + about + " 的知识点。主题可以是服务名、标签或文档库名。"
	case lang == "zh":
		m.Text = "还没有知识点：文档里没有适合单独拿出来读的内容。"
	case about != "":
		m.Text = "There is no tip about " + about + ". A topic is a service, a tag or a library."
	}
	m.Lead = m.Text
	return m
}
