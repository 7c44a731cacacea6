package discord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bwmarrin/discordgo"

	"cairn/adapters"
)

var (
	_ adapters.Adapter = (*Adapter)(nil)
	_ adapters.Editor  = (*Adapter)(nil)
	_ adapters.Busier  = (*Adapter)(nil)
	_ adapters.Finder  = (*Adapter)(nil)
)

// An Adapter is one bot's connection to Discord. Make it with [New].
type Adapter struct {
	lg         *slog.Logger
	cfg        Config
	opts       Options
	session    *discordgo.Session // its HTTP exchange and its dialer
	transport  http.RoundTripper
	target     *url.URL
	limiter    *limiter
	identifies identifier
	places     *places
	turns      turns
	notices    notices
	asked      asked
	late       lateNotices
	edits      edits   // of answers that grow
	roots      *memory // message -> the question its conversation began with
	answered   *memory // question -> its answer
	extras     *memory // first message of an answer -> its other ones
	pending    pending
	tasks      sync.WaitGroup // what outlives the call that began it
	slots      chan struct{}  // bounds interactions handled at a time
	lanes      []chan func(context.Context)
	fatal      chan error
	quit       chan struct{} // closed when Run ends
	registered atomic.Bool

	deferWithin  time.Duration // of an interaction's first answer
	lookupWithin time.Duration // of what an event can do without
	threadWithin time.Duration // of a thread for a long answer
	showWithin   time.Duration // of an edit that shows growth; 0 is the default

	mu      sync.Mutex
	handler adapters.Handler
	self    string // the bot's user id
	app     string // the application's id
	why     error  // why it is not ready, before the shards run
	shards  map[int]error
}

const (
	laneCount    = 32
	laneLength   = 512
	acceptWithin = 2 * time.Second
	maxHandled   = 512
)

// New checks the configuration and makes an adapter. It does no I/O.
func New(lg *slog.Logger, cfg Config, opts *Options) (*Adapter, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	o, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	target, err := url.Parse(cfg.APIURL)
	if err != nil {
		return nil, fmt.Errorf("discord.api_url: %w", err)
	}
	session, err := discordgo.New("Bot " + cfg.BotToken.Reveal())
	if err != nil {
		return nil, fmt.Errorf("discord: %w", err)
	}
	session.LogLevel = -1 // it would log outside of slog
	session.UserAgent = "DiscordBot (https://github.com/bwmarrin/discordgo, " + discordgo.VERSION + ") Cairn"
	dialer := *session.Dialer
	dialer.HandshakeTimeout = dialWithin
	session.Dialer = &dialer
	a := &Adapter{
		lg: component(lg), cfg: cfg, opts: o, session: session, target: target, transport: o.HTTPClient.Transport,
		limiter: newLimiter(o.PerSecond, time.Now), places: newPlaces(), roots: newMemory(8192), answered: newMemory(8192), extras: newMemory(1024),
		slots: make(chan struct{}, maxHandled), fatal: make(chan error, 1), quit: make(chan struct{}), why: errNotStarted, shards: map[int]error{},
		deferWithin: deferWithin, lookupWithin: lookupWithin, threadWithin: threadWithin, asked: asked{patience: orderPatience},
	}
	if a.transport == nil {
		a.transport = http.DefaultTransport
	}
	return a, nil
}

// Name implements [adapters.Adapter].
func (a *Adapter) Name() string { return Name }

// Ready implements [adapters.Source].
func (a *Adapter) Ready() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.why != nil {
		return a.why
	}
	for _, err := range a.shards {
		if err != nil {
			return err
		}
	}
	return nil
}

func (a *Adapter) setWhy(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.why = err
}

func (a *Adapter) setShard(id int, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.shards[id] = err
}

// fail ends Run.
func (a *Adapter) fail(err error) {
	select {
	case a.fatal <- err:
	default:
	}
}

// Run implements [adapters.Source].
func (a *Adapter) Run(ctx context.Context, h adapters.Handler) error {
	a.setWhy(errNotConnected)
	defer a.setWhy(errNotStarted)
	a.mu.Lock()
	a.handler = h
	a.mu.Unlock()

	work, stop := context.WithCancel(ctx)
	defer a.tasks.Wait()
	defer close(a.quit)
	var lanes sync.WaitGroup
	defer lanes.Wait()
	defer stop()
	a.lanes = make([]chan func(context.Context), laneCount)
	for i := range a.lanes {
		lane := make(chan func(context.Context), laneLength)
		a.lanes[i] = lane
		lanes.Go(func() { a.work(work, lane) })
	}
	lanes.Go(func() { a.watchLate(work) })
	if err := a.signIn(work); err != nil {
		return err
	}
	for {
		p, err := a.advice(work)
		if err != nil {
			return err
		}
		if err := a.runShards(work, p); !errors.Is(err, errResharded) {
			return err
		}
		a.lg.Warn("Discord wants a different number of shards, starting over")
	}
}

// signIn asks who we are, which commands and direct answers need.
func (a *Adapter) signIn(ctx context.Context) error {
	b := a.newBackoff()
	for {
		var app struct {
			ID  string    `json:"id"`
			Bot *wireUser `json:"bot"`
		}
		err := a.call(ctx, request{op: "look up the application", method: "GET", path: "/applications/@me", out: &app, repeatable: true})
		if err == nil {
			a.identify(app.ID, "")
			if app.Bot != nil {
				a.identify("", app.Bot.ID)
			}
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		var d *adapters.DeliveryError
		if errors.As(err, &d) && (d.Kind == adapters.KindNotFound || d.Kind == adapters.KindClient || d.Kind == adapters.KindPermission) {
			a.lg.Info("the API does not tell which application this is; the gateway will", "err", err)
			return nil
		}
		if errors.As(err, &d) && d.Kind == adapters.KindAuth {
			return refused(d.Op, "Discord refuses the bot's token: check DISCORD_BOT_TOKEN (Developer Portal, Bot, Reset Token)")
		}
		a.setWhy(err)
		a.lg.Warn("sign-in not possible, trying again", "err", err)
		var after time.Duration
		if d != nil {
			after = d.RetryAfter
		}
		if err := b.wait(ctx, after); err != nil {
			return ctx.Err()
		}
	}
}

func (a *Adapter) identify(app, self string) {
	a.mu.Lock()
	if app != "" {
		a.app = app
	}
	if self != "" {
		a.self = self
	}
	self = a.self
	a.mu.Unlock()
	a.places.setSelf(self)
}

func (a *Adapter) identity() (app, self string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.app, a.self
}

// runShards holds a session for every shard until one ends for good.
func (a *Adapter) runShards(ctx context.Context, p plan) error {
	ctx, cancel := context.WithCancel(ctx)
	a.identifies.set(p, a.opts.IdentifyEvery, a.opts.Now())
	a.mu.Lock()
	a.why, a.shards = nil, map[int]error{}
	for i := range p.Shards {
		a.shards[i] = errNotConnected
	}
	a.mu.Unlock()
	ended := make(chan error, p.Shards)
	var wg sync.WaitGroup
	for i := range p.Shards {
		s := &shard{a: a, id: i, count: p.Shards, gateway: p.URL}
		wg.Go(func() { ended <- s.run(ctx) })
	}
	defer wg.Wait()
	defer cancel()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case err := <-a.fatal:
		return err
	case err := <-ended:
		return err
	}
}

// work carries out what is to be done for the channels of a lane, in order.
func (a *Adapter) work(ctx context.Context, lane <-chan func(context.Context)) {
	for {
		select {
		case <-ctx.Done():
			return
		case f := <-lane:
			a.guarded("message", func() { f(ctx) })
		}
	}
}

// guarded keeps a panic from ending more than what caused it.
func (a *Adapter) guarded(what string, f func()) {
	defer func() {
		if p := recover(); p != nil {
			a.lg.Error("panic while handling an event", "what", what, "panic", a.redact(fmt.Sprint(p)), "stack", string(debug.Stack()))
		}
	}()
	f()
}

// inLane does something in the order of the channel's events.
func (a *Adapter) inLane(ctx context.Context, channelID string, f func(context.Context)) {
	h := fnv.New32a()
	_, _ = h.Write([]byte(channelID))
	select {
	case a.lanes[h.Sum32()%laneCount] <- f:
	case <-ctx.Done():
	}
}

// dispatch handles one event of the gateway.
func (a *Adapter) dispatch(ctx context.Context, c *connection, f frame) {
	a.guarded(f.Type, func() {
		if err := a.event(ctx, c, f); err != nil {
			a.lg.Warn("event cannot be read", "type", f.Type, "err", err)
		}
	})
}

func (a *Adapter) event(ctx context.Context, c *connection, f frame) error {
	switch f.Type {
	case "READY":
		return a.onReady(ctx, c, f.Data)
	case "RESUMED":
		a.lg.Info("session resumed", "shard", c.id)
		c.began.Store(true)
		c.vain = 0
		a.setShard(c.id, nil)
	case "GUILD_CREATE", "GUILD_UPDATE":
		var g wireGuild
		if err := decode(f.Data, &g); err != nil {
			return err
		}
		if g.ID == "" || g.Unavailable {
			return nil
		}
		known := a.places.lastIn(&g)
		a.places.setGuild(&g)
		if f.Type == "GUILD_CREATE" {
			a.catchUpGuild(ctx, c.shard, &g, known)
		}
	case "GUILD_DELETE":
		var g wireGuild
		if err := decode(f.Data, &g); err != nil {
			return err
		}
		if !g.Unavailable {
			a.places.dropGuild(g.ID)
		}
	case "CHANNEL_CREATE", "CHANNEL_UPDATE", "THREAD_CREATE", "THREAD_UPDATE":
		var ch wireChannel
		if err := decode(f.Data, &ch); err != nil {
			return err
		}
		a.places.set(ch)
	case "CHANNEL_DELETE", "THREAD_DELETE":
		var ch wireChannel
		if err := decode(f.Data, &ch); err != nil {
			return err
		}
		a.places.drop(ch.ID)
	case "THREAD_LIST_SYNC":
		var l struct {
			GuildID string        `json:"guild_id"`
			Threads []wireChannel `json:"threads"`
		}
		if err := decode(f.Data, &l); err != nil {
			return err
		}
		for _, t := range l.Threads {
			t.GuildID = l.GuildID
			a.places.set(t)
		}
	case "GUILD_ROLE_CREATE", "GUILD_ROLE_UPDATE", "GUILD_ROLE_DELETE":
		var r struct {
			GuildID string   `json:"guild_id"`
			RoleID  string   `json:"role_id"`
			Role    wireRole `json:"role"`
		}
		if err := decode(f.Data, &r); err != nil {
			return err
		}
		if r.Role.ID == "" {
			r.Role.ID = r.RoleID
		}
		a.places.setRole(r.GuildID, r.Role, f.Type == "GUILD_ROLE_DELETE")
	case "MESSAGE_CREATE", "MESSAGE_UPDATE", "MESSAGE_DELETE":
		var where struct {
			ID        string `json:"id"`
			ChannelID string `json:"channel_id"`
			GuildID   string `json:"guild_id"`
		}
		if err := decode(f.Data, &where); err != nil {
			return err
		}
		if f.Type == "MESSAGE_CREATE" {
			a.places.seen(where.ChannelID, where.GuildID, where.ID)
		}
		a.inLane(ctx, where.ChannelID, func(ctx context.Context) { a.onMessage(ctx, f.Type, f.Data, where.ChannelID, where.GuildID) })
	case "MESSAGE_DELETE_BULK":
		var all struct {
			IDs       []string `json:"ids"`
			ChannelID string   `json:"channel_id"`
			GuildID   string   `json:"guild_id"`
		}
		if err := decode(f.Data, &all); err != nil {
			return err
		}
		for _, id := range all.IDs {
			one, err := json.Marshal(wireIncoming{ID: id, ChannelID: all.ChannelID, GuildID: all.GuildID})
			if err != nil {
				return err
			}
			a.inLane(ctx, all.ChannelID, func(ctx context.Context) { a.onMessage(ctx, "MESSAGE_DELETE", one, all.ChannelID, all.GuildID) })
		}
	case "INTERACTION_CREATE":
		at := time.Now()
		select {
		case a.slots <- struct{}{}:
		case <-ctx.Done():
			return nil
		}
		a.tasks.Go(func() {
			defer func() { <-a.slots }()
			a.guarded("interaction", func() { a.onInteraction(ctx, f.Data, at) })
		})
	}
	return nil
}

// onReady begins a session.
func (a *Adapter) onReady(ctx context.Context, c *connection, data []byte) error {
	var r struct {
		SessionID   string      `json:"session_id"`
		ResumeURL   string      `json:"resume_gateway_url"`
		User        wireUser    `json:"user"`
		Guilds      []wireGuild `json:"guilds"`
		Application struct {
			ID string `json:"id"`
		} `json:"application"`
	}
	if err := decode(data, &r); err != nil {
		return err
	}
	c.sessionID, c.resumeURL = r.SessionID, ""
	if a.checkGateway(r.ResumeURL) == nil {
		c.resumeURL = r.ResumeURL
	}
	a.identify(r.Application.ID, r.User.ID)
	switch app, self := a.identity(); {
	case self == "":
		a.lg.Error("the gateway does not say who the bot is: mentions cannot be told from other messages")
	case app == "":
		a.identify(self, "") // the same number, but for very old applications
	}
	c.began.Store(true)
	c.vain = 0
	ids := make([]string, 0, len(r.Guilds))
	for _, g := range r.Guilds {
		ids = append(ids, g.ID)
	}
	a.beginCatchUp(ctx, c, ids)
	a.setShard(c.id, nil)
	a.lg.Info("session began", "shard", c.id, "shards", c.count, "guilds", len(r.Guilds), "message_content", a.cfg.MessageContent)
	if c.id == 0 && !a.opts.KeepCommands && a.registered.CompareAndSwap(false, true) {
		a.tasks.Go(func() { a.guarded("commands", func() { a.registerCommands(ctx) }) })
	}
	return nil
}

func (a *Adapter) decoder(guildID string) *decoder {
	_, self := a.identity()
	return &decoder{self: self, selfRoles: a.places.rolesOf(guildID), onboarding: a.cfg.OnboardingChannels, whereIs: a.places.where, rootOf: a.roots.get, now: a.opts.Now}
}

// onMessage takes a message, its edit or its deletion.
func (a *Adapter) onMessage(ctx context.Context, kind string, data []byte, channelID, guildID string) {
	if guildID != "" && kind != "MESSAGE_DELETE" {
		a.lookUp(ctx, channelID)
	}
	d := a.decoder(guildID)
	var ev adapters.Event
	var ok bool
	var err error
	switch kind {
	case "MESSAGE_DELETE":
		ev, ok, err = d.deleted(data)
	default:
		ev, ok, err = d.message(data, kind == "MESSAGE_UPDATE")
	}
	if err != nil {
		a.lg.Warn("message cannot be read", "type", kind, "err", err)
		return
	}
	if ok {
		a.take(ctx, ev, true)
	}
}

// take hands a message's event to the handler. Discord sends a message only
// once, so that an event that could not be recorded is tried again here. What
// is not live but caught up may be answered already.
func (a *Adapter) take(ctx context.Context, ev adapters.Event, live bool) {
	if ev.Kind != adapters.EventDelete {
		root := ev.Thread
		if root == "" {
			root = ev.Message
		}
		if live && a.roots.get(ev.Message) == "" {
			a.noteAsked(ctx, ev)
		}
		a.roots.put(ev.Message, root)
		if ev.Surface == adapters.SurfaceDirect {
			a.rememberDirect(ev.User.ID, ev.Channel)
		}
	}
	b := a.newBackoff()
	for try := 1; ; try++ {
		actx, cancel := context.WithTimeout(ctx, acceptWithin)
		err := a.handler.Accept(actx, ev)
		cancel()
		switch {
		case err == nil:
			return
		case errors.Is(err, adapters.ErrQueueFull):
			a.lg.Warn("event refused, too much waits", "kind", ev.Kind)
			a.tellFull(ctx, ev)
			return
		case ctx.Err() != nil:
			return
		case try == 5:
			a.lg.Error("event not recorded, given up", "kind", ev.Kind, "err", err)
			return
		}
		a.lg.Warn("event not recorded, trying again", "kind", ev.Kind, "err", err)
		if b.wait(ctx, 0) != nil {
			return
		}
	}
}

// tellFull tells the asker that the question was not taken.
func (a *Adapter) tellFull(ctx context.Context, ev adapters.Event) {
	if ev.Kind != adapters.EventAsk || ev.Surface != adapters.SurfaceMention && ev.Surface != adapters.SurfaceDirect {
		return
	}
	m := sentence(langOf(ev.Text, ev.User.Locale), textQueueFull)
	a.tasks.Go(func() {
		rctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		if _, err := a.Reply(rctx, ev, m); err != nil {
			a.lg.Warn("asker not told that the queue is full", "err", err)
		}
	})
}

// sentence is a message of one of the adapter's own sentences.
func sentence(lang string, t text, args ...any) adapters.Message {
	s := say(lang, t, args...)
	return adapters.Message{Lang: lang, Text: s, Lead: s}
}
