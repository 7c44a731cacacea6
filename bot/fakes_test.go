package bot

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cairn/adapters"
	"cairn/bot/store"
	"cairn/retrieval"
	"cairn/runbooks"
)

// A memoryStore keeps state in maps.
type memoryStore struct {
	mu        sync.Mutex
	events    []*memoryEvent
	keys      map[string]bool
	questions map[string]store.Question
	feedback  map[string]map[string]bool
	convs     map[string]store.Conversation
	fail      error // returned by RecordEvent
	finished  chan string
}

type memoryEvent struct {
	store.Event
	finished, owner string
	until           time.Time
}

var _ Store = (*memoryStore)(nil)

func newMemoryStore() *memoryStore {
	return &memoryStore{keys: map[string]bool{}, questions: map[string]store.Question{}, feedback: map[string]map[string]bool{}, convs: map[string]store.Conversation{}, finished: make(chan string, 10_000)}
}

func (s *memoryStore) RecordEvent(_ context.Context, e store.Event) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return false, s.fail
	}
	for _, k := range e.Keys {
		if s.keys[e.Adapter+k] {
			return false, nil
		}
	}
	for _, k := range e.Keys {
		s.keys[e.Adapter+k] = true
	}
	s.events = append(s.events, &memoryEvent{Event: e})
	return true, nil
}

func (s *memoryStore) event(adapter, key string) *memoryEvent {
	for _, e := range s.events {
		if e.Adapter == adapter && e.Keys[0] == key {
			return e
		}
	}
	return nil
}

func (s *memoryStore) FinishEvent(_ context.Context, adapter, key, outcome string, _ time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.event(adapter, key); e != nil {
		e.finished = outcome
		s.finished <- key
	}
	return nil
}

func (s *memoryStore) ClaimEvents(_ context.Context, owner string, since, now, until time.Time, n int) ([]store.Event, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []store.Event
	for _, e := range s.events {
		if e.finished == "" && e.At.After(since) && !e.until.After(now) && len(out) < n {
			e.owner, e.until = owner, until
			out = append(out, e.Event)
		}
	}
	return out, nil
}

func (s *memoryStore) HoldEvent(_ context.Context, adapter, key, owner string, now, until time.Time) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.event(adapter, key)
	if e == nil || e.finished != "" || e.owner != owner && e.until.After(now) {
		return false, nil
	}
	e.owner, e.until = owner, until
	return true, nil
}

func (s *memoryStore) SaveQuestion(_ context.Context, q store.Question) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.questions[q.ID] = q
	return nil
}

func (s *memoryStore) Question(_ context.Context, id string) (store.Question, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, ok := s.questions[id]
	if !ok {
		return q, store.ErrNotFound
	}
	return s.counted(q), nil
}

func (s *memoryStore) counted(q store.Question) store.Question {
	for _, up := range s.feedback[q.ID] {
		if up {
			q.Helpful++
		} else {
			q.Wrong++
		}
	}
	return q
}

func (s *memoryStore) ListQuestions(_ context.Context, f store.QuestionFilter) ([]store.Question, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []store.Question
	for _, q := range s.questions {
		q = s.counted(q)
		if q.At.Before(f.Since) || f.User != "" && !(q.User == f.User && q.Adapter == f.Adapter) && !(f.OrPublic && q.Public) {
			continue
		}
		if slices.Contains(f.Outcomes, q.Outcome) || f.OrWrong && q.Wrong > 0 {
			out = append(out, q)
		}
	}
	slices.SortFunc(out, func(a, b store.Question) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.ID, b.ID)) })
	return out, nil
}

func (s *memoryStore) SetFeedback(_ context.Context, id, adapter, user string, helpful bool, _ time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.questions[id]; !ok {
		return store.ErrNotFound
	}
	if s.feedback[id] == nil {
		s.feedback[id] = map[string]bool{}
	}
	s.feedback[id][adapter+user] = helpful
	return nil
}

func convKey(adapter, channel, thread string) string { return adapter + "|" + channel + "|" + thread }

func (s *memoryStore) Conversation(_ context.Context, adapter, channel, thread string) (store.Conversation, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.convs[convKey(adapter, channel, thread)]
	if !ok {
		return c, store.ErrNotFound
	}
	c.Turns = slices.Clone(c.Turns)
	return c, nil
}

func (s *memoryStore) AppendTurn(_ context.Context, adapter, channel, thread string, t store.Turn) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.convs[convKey(adapter, channel, thread)]
	c.Turns = append(c.Turns, t)
	s.convs[convKey(adapter, channel, thread)] = c
	return nil
}

func (s *memoryStore) SetQuiet(_ context.Context, adapter, channel, thread string, quiet bool, _ time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.convs[convKey(adapter, channel, thread)]
	c.Quiet = quiet
	s.convs[convKey(adapter, channel, thread)] = c
	return nil
}

// A sentMessage is what a fake platform was given.
type sentMessage struct {
	How     string // reply, send, edit, home
	To      string // the event's message, the destination, or the edited message
	Message adapters.Message
}

// A platform records what it is given.
type platform struct {
	mu    sync.Mutex
	sent  []sentMessage
	got   chan sentMessage
	fail  func(n int) error // error of the n-th reply, from 1
	tries int
	busy  chan string // "on" and "off"
	block chan struct{}
	found bool
}

func newPlatform() *platform {
	return &platform{got: make(chan sentMessage, 1000), busy: make(chan string, 1000)}
}

func (p *platform) add(how, to string, m adapters.Message) adapters.Ref {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := sentMessage{how, to, m}
	p.sent = append(p.sent, s)
	p.got <- s
	return adapters.Ref{Adapter: "chat", Message: fmt.Sprintf("m%d", len(p.sent))}
}

func (p *platform) Reply(ctx context.Context, ev adapters.Event, m adapters.Message) (adapters.Ref, error) {
	if p.block != nil {
		select {
		case <-p.block:
		case <-ctx.Done():
			return adapters.Ref{}, ctx.Err()
		}
	}
	p.mu.Lock()
	p.tries++
	n := p.tries
	p.mu.Unlock()
	if p.fail != nil {
		if err := p.fail(n); err != nil {
			return adapters.Ref{}, err
		}
	}
	return p.add("reply", ev.Message, m), nil
}

func (p *platform) Send(_ context.Context, to adapters.Destination, m adapters.Message) (adapters.Ref, error) {
	return p.add("send", to.Channel+"/"+to.Thread, m), nil
}

func (p *platform) Edit(_ context.Context, ref adapters.Ref, m adapters.Message) error {
	p.add("edit", ref.Message, m)
	return nil
}

func (p *platform) ShowHome(_ context.Context, u adapters.User, m adapters.Message) error {
	p.add("home", u.ID, m)
	return nil
}

func (p *platform) Busy(context.Context, adapters.Event) func() {
	p.busy <- "on"
	return func() { p.busy <- "off" }
}

func (p *platform) Find(context.Context, adapters.Destination, string, time.Time) (adapters.Ref, bool, error) {
	return adapters.Ref{}, p.found, nil
}

func (p *platform) all() []sentMessage {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.sent)
}

// A fakeIndex finds the passages that hold the most words of a question. Its
// confidence is the share of the words found.
type fakeIndex struct {
	mu      sync.Mutex
	docs    map[string][]*runbooks.Document // by library
	queries []retrieval.Query
	panics  bool
	wait    chan struct{}
	asked   chan struct{} // gets a value for every search
}

func newFakeIndex(t *testing.T, files map[string]string) *fakeIndex {
	t.Helper()
	ix := &fakeIndex{docs: map[string][]*runbooks.Document{}, asked: make(chan struct{}, 100_000)}
	for name, text := range files {
		library, path, _ := strings.Cut(name, "/")
		d, err := runbooks.Parse(path, []byte(text), nil)
		if err != nil {
			t.Fatal(err)
		}
		ix.docs[library] = append(ix.docs[library], d)
	}
	return ix
}

func (ix *fakeIndex) Search(ctx context.Context, q retrieval.Query) (*retrieval.Result, error) {
	ix.mu.Lock()
	ix.queries = append(ix.queries, q)
	ix.mu.Unlock()
	ix.asked <- struct{}{}
	if ix.panics {
		panic("index is broken")
	}
	if ix.wait != nil {
		select {
		case <-ix.wait:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	want := informative(q.Text)
	res := &retrieval.Result{Lang: runbooks.DetectLang(q.Text)}
	for library, docs := range ix.docs {
		if q.Libraries != nil && !slices.Contains(q.Libraries, library) {
			continue
		}
		for _, d := range docs {
			for _, p := range runbooks.Passages(d) {
				have := informative(d.Title + "\n" + strings.Join(p.Heading, "\n") + "\n" + d.Slice(p.Span))
				title := informative(d.Title)
				score := 0.0
				for w := range want {
					if have[w] {
						score++
					}
					if title[w] {
						score += 0.5
					}
				}
				if score > 0 {
					res.Hits = append(res.Hits, retrieval.Hit{Library: library, Document: d, Passage: p, Score: score})
				}
			}
		}
	}
	slices.SortFunc(res.Hits, func(a, b retrieval.Hit) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Document.Path, b.Document.Path), cmp.Compare(a.Passage.StartLine, b.Passage.StartLine))
	})
	if len(res.Hits) > 0 {
		res.Confidence = min(res.Hits[0].Score/(1.5*float64(len(want))), 1)
	}
	switch {
	case res.Confidence >= 0.6:
		res.Verdict = retrieval.Sure
	case res.Confidence >= 0.4:
		res.Verdict = retrieval.Unsure
	}
	res.Hits = res.Hits[:min(len(res.Hits), max(q.K, 1))]
	return res, nil
}

func (ix *fakeIndex) Document(library, path string) (*runbooks.Document, bool) {
	for _, d := range ix.docs[library] {
		if d.Path == path {
			return d, true
		}
	}
	return nil, false
}

func (ix *fakeIndex) Libraries() []string { return slices.Sorted(maps.Keys(ix.docs)) }

func (ix *fakeIndex) Documents() iter.Seq[retrieval.DocInfo] {
	return func(yield func(retrieval.DocInfo) bool) {
		for library, docs := range ix.docs {
			for _, d := range docs {
				info := retrieval.DocInfo{Library: library, Path: d.Path, Title: d.Title, Hash: d.Hash, Lang: d.Lang, Meta: d.Meta, Passages: len(runbooks.Passages(d)), Steps: 1}
				folder, rest, _ := strings.Cut(d.Path, "/")
				twin := map[string]string{"en": "zh/", "zh": "en/"}[folder] + rest
				if slices.ContainsFunc(docs, func(o *runbooks.Document) bool { return o.Path == twin && o.Lang != d.Lang }) {
					info.Twin = twin
				}
				if !yield(info) {
					return
				}
			}
		}
	}
}

// A fixture is a running bot with fakes around it.
type fixture struct {
	t     *testing.T
	bot   *Bot
	store *memoryStore
	chat  *platform
	index *fakeIndex
	stop  func()
	n     int

	events *watcher
}

var library = map[string]string{
	"team/nginx.md": `---
title: nginx answers 502
service: nginx
tags: [nginx, web]
---
# nginx answers 502

## Symptoms

- Bad Gateway

## First look

1. Look at the upstream.
   ` + "```bash\n   curl -sI http://<host>/\n   ```" + `
   Expect: 200

## Diagnose

1. Read the error log.
   ` + "```bash\n   tail -n 50 /var/log/nginx/error.log\n   ```" + `

## Fix

### Upstream is down

1. Restart it.
   ` + "```bash\n   systemctl restart app\n   ```" + `

#### Rollback

Stop it again.

### Socket backlog overflows

1. Raise the limit.

## Verify

1. Ask again.
`,
	"team/nginx504.md": "---\ntitle: nginx answers 504\nservice: nginx\n---\n# nginx answers 504\n\n## First look\n\n1. Measure the upstream timeout.\n\n## Fix\n\n### Slow query\n\n1. Find the query.\n",
	"team/redis.md":    "---\ntitle: redis memory is full\nservice: redis\n---\n# redis memory is full\n\n## First look\n\n1. Look at redis memory.\n   ```bash\n   redis-cli info memory\n   ```\n\n## Fix\n\n### Big keys\n\n1. Find them.\n",
	"team/zh.md":       "---\ntitle: k8s 节点 NotReady\nservice: kubernetes\n---\n# k8s 节点 NotReady\n\n## 快速检查\n\n1. 查看节点状态。\n   ```bash\n   kubectl get nodes\n   ```\n   预期: Ready\n\n## 处理\n\n### kubelet 挂了\n\n1. 重启 kubelet。\n   ```bash\n   systemctl restart kubelet\n   ```\n",
	"secret/vault.md":  "---\ntitle: vault is sealed\nservice: vault\n---\n# vault is sealed\n\n## First look\n\n1. Unseal the vault with the quorum.\n\n## Fix\n\n### Quorum lost\n\n1. Call the owners.\n",
}

func setup(t *testing.T, o *Options) *fixture {
	t.Helper()
	f := &fixture{t: t, store: newMemoryStore(), chat: newPlatform(), index: newFakeIndex(t, library), events: newWatcher()}
	if o == nil {
		o = &Options{}
	}
	o.Observer = f.events
	if o.PerUser == 0 {
		o.PerUser = -1
	}
	if o.Workers == 0 {
		o.Workers = 4
	}
	b, err := New(slog.New(slog.DiscardHandler), func() Index { return f.index }, f.store, o)
	if err != nil {
		t.Fatal(err)
	}
	b.Attach("chat", f.chat)
	f.bot = b
	return f
}

// run starts the bot until the test ends.
func (f *fixture) run() *fixture {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = f.bot.Run(ctx) }()
	f.stop = sync.OnceFunc(func() { cancel(); <-done })
	f.t.Cleanup(f.stop)
	return f
}

// ask makes a mention in a channel.
func (f *fixture) ask(text string) adapters.Event {
	f.n++
	id := fmt.Sprintf("q%d", f.n)
	return adapters.Event{
		Adapter: "chat", Keys: []string{id}, Kind: adapters.EventAsk, Surface: adapters.SurfaceMention, Time: time.Now(),
		Workspace: "W", Channel: "C", ChannelPublic: true, Thread: id, Message: id, User: adapters.User{ID: "ann"}, Text: text,
	}
}

func (f *fixture) accept(ev adapters.Event) {
	f.t.Helper()
	if err := f.bot.Accept(context.Background(), ev); err != nil {
		f.t.Fatalf("Accept: %v", err)
	}
}

// say accepts the event and returns the message that answers it.
func (f *fixture) say(ev adapters.Event) adapters.Message {
	f.t.Helper()
	f.accept(ev)
	return f.next().Message
}

func (f *fixture) next() sentMessage {
	f.t.Helper()
	select {
	case m := <-f.chat.got:
		return m
	case <-time.After(2 * time.Minute): // ends a test that hangs
		f.t.Fatal("no message came")
		return sentMessage{}
	}
}

// settle waits until everything accepted has been handled.
func (f *fixture) settle() {
	f.t.Helper()
	f.events.mu.Lock()
	defer f.events.mu.Unlock()
	for f.events.waiting > 0 {
		f.events.changed.Wait()
	}
}

// A watcher is an observer that knows how many events wait.
type watcher struct {
	nobody
	mu      sync.Mutex
	changed *sync.Cond
	waiting int
}

func newWatcher() *watcher {
	w := &watcher{}
	w.changed = sync.NewCond(&w.mu)
	return w
}

func (w *watcher) Queue(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting = n
	w.changed.Broadcast()
}

// silent fails if the event is answered.
func (f *fixture) silent(ev adapters.Event) {
	f.t.Helper()
	before := len(f.chat.all())
	f.accept(ev)
	f.settle()
	if sent := f.chat.all()[before:]; len(sent) > 0 {
		f.t.Errorf("answered %q with %q, want silence", ev.Text, sent[0].Message.Text)
		for range sent {
			<-f.chat.got
		}
	}
}
