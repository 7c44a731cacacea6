package discord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bwmarrin/discordgo"

	"cairn/adapters"
)

// The gateway's operations.
const (
	opDispatch       = 0
	opHeartbeat      = 1
	opIdentify       = 2
	opResume         = 6
	opReconnect      = 7
	opInvalidSession = 9
	opHello          = 10
	opHeartbeatAck   = 11
)

// closeResumable ends a connection but not its session: 1000 and 1001 would
// end both.
const closeResumable = 4000

const (
	dialWithin  = 20 * time.Second
	helloWithin = 20 * time.Second
	beginWithin = time.Minute // from hello to a session
	writeWithin = 10 * time.Second
	maxFrame    = 64 << 20 // a large guild is one frame
)

// errResharded ends all sessions: Discord wants more shards.
var errResharded = errors.New("Discord wants a different number of shards")

// A socket is discordgo's WebSocket connection.
type socket interface {
	ReadMessage() (kind int, data []byte, err error)
	WriteMessage(kind int, data []byte) error
	WriteControl(kind int, data []byte, deadline time.Time) error
	SetReadDeadline(t time.Time) error
	SetWriteDeadline(t time.Time) error
	SetReadLimit(n int64)
	SetCloseHandler(h func(code int, text string) error)
	Close() error
}

type frame struct {
	Op   int             `json:"op"`
	Data json.RawMessage `json:"d"`
	Seq  int64           `json:"s"`
	Type string          `json:"t"`
}

// A shard is one gateway session with what outlives its connections.
type shard struct {
	a         *Adapter
	id, count int
	gateway   string

	sessionID string // "" when the next connection begins a session
	resumeURL string
	seq       atomic.Int64
	vain      int // attempts to resume since the last that worked
	// lastSeen is when the gateway was last heard of: what is caught up begins
	// there.
	lastSeen time.Time
	noted    time.Time // the last of these that was stored
	recalled bool      // the direct conversations of earlier processes are known
	catchUp  *catchUp  // what is to be read since the session before
}

// plan is what the gateway advises.
type plan struct {
	URL    string `json:"url"`
	Shards int    `json:"shards"`
	Limit  struct {
		Total          int `json:"total"`
		Remaining      int `json:"remaining"`
		ResetAfter     int `json:"reset_after"` // milliseconds
		MaxConcurrency int `json:"max_concurrency"`
	} `json:"session_start_limit"`
}

// advice asks the gateway for its address and the number of shards.
func (a *Adapter) advice(ctx context.Context) (plan, error) {
	b := a.newBackoff()
	for {
		var p plan
		err := a.call(ctx, request{op: "look up the gateway", method: "GET", path: "/gateway/bot", out: &p, repeatable: true})
		if adapters.KindOf(err) == adapters.KindNotFound {
			// A proxy may know the general address only.
			err = a.call(ctx, request{op: "look up the gateway", method: "GET", path: "/gateway", out: &p, repeatable: true})
		}
		if err == nil {
			if err = a.checkGateway(p.URL); err == nil {
				p.Shards = min(max(p.Shards, 1), 1000)
				return p, nil
			}
		}
		if ctx.Err() != nil {
			return p, ctx.Err()
		}
		if adapters.KindOf(err) == adapters.KindAuth {
			return p, refused("look up the gateway", "Discord refuses the bot's token: check DISCORD_BOT_TOKEN (Developer Portal, Bot, Reset Token)")
		}
		a.setWhy(err)
		a.lg.Warn("gateway not found, trying again", "err", err)
		var d *adapters.DeliveryError
		var after time.Duration
		if errors.As(err, &d) {
			after = d.RetryAfter
		}
		if err := b.wait(ctx, after); err != nil {
			return p, err
		}
	}
}

// checkGateway keeps the token from going over an open wire: it is ws only
// where the API is http.
func (a *Adapter) checkGateway(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "wss" && (u.Scheme != "ws" || a.target.Scheme != "http") {
		return errors.New("discord: the gateway's address is not wss")
	}
	return nil
}

// An identifier paces new sessions: max_concurrency at a time per pause, and
// none when the day's number is used up, since Discord then resets the token.
type identifier struct {
	mu      sync.Mutex
	every   time.Duration
	buckets map[int]time.Time
	total   int
	left    int
	resetAt time.Time
	conc    int
}

func (i *identifier) set(p plan, every time.Duration, now time.Time) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.every, i.left, i.conc = every, p.Limit.Remaining, max(p.Limit.MaxConcurrency, 1)
	if i.total = p.Limit.Total; i.total <= 0 {
		i.total, i.left = 1000, 1000 // the gateway says nothing about it
	}
	i.resetAt = now.Add(time.Duration(p.Limit.ResetAfter) * time.Millisecond)
	if i.buckets == nil {
		i.buckets = map[int]time.Time{}
	}
}

// reserve returns how long to wait before the shard may identify; used up
// reports that the day's number is.
func (i *identifier) reserve(shard int, now time.Time) (wait time.Duration, usedUp bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.left <= 0 {
		if now.Before(i.resetAt) {
			return i.resetAt.Sub(now), true
		}
		i.left, i.resetAt = i.total, now.Add(24*time.Hour)
	}
	i.left--
	at := later(i.buckets[shard%i.conc], now)
	i.buckets[shard%i.conc] = at.Add(i.every)
	return at.Sub(now), false
}

// name names the session among those of all replicas.
func (s *shard) name() string { return fmt.Sprintf("discord:shard:%d/%d", s.id, s.count) }

// run holds the shard's session until ctx ends or it is refused for good.
func (s *shard) run(ctx context.Context) error {
	name := s.name()
	if s.a.opts.Leaser == nil {
		s.recall(ctx, name)
		return s.hold(ctx)
	}
	for {
		s.a.setShard(s.id, nil) // another replica answers meanwhile
		if err := s.a.awaitLease(ctx, name); err != nil {
			return err
		}
		held, lose := context.WithCancel(ctx)
		var keeper sync.WaitGroup
		keeper.Go(func() { s.a.keepLease(held, name); lose() })
		s.sessionID, s.lastSeen = "", time.Time{} // what another replica held cannot be resumed here
		s.recall(ctx, name)
		err := s.hold(held)
		lose()
		keeper.Wait()
		release, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		if rerr := s.a.opts.Leaser.Release(release, name); rerr != nil {
			s.a.lg.Warn("lease not released", "lease", name, "err", rerr)
		}
		cancel()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !errors.Is(err, context.Canceled) {
			return err
		}
	}
}

// hold connects again and again.
func (s *shard) hold(ctx context.Context) error {
	b := s.a.newBackoff()
	for {
		s.a.setShard(s.id, errNotConnected)
		began, err := s.connection(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if fatal := s.judge(err); fatal != nil {
			return fatal
		}
		if began {
			b.reset()
		}
		s.a.setShard(s.id, fmt.Errorf("discord: reconnecting: %w", err))
		s.a.lg.Info("gateway connection ended, reconnecting", "shard", s.id, "resume", s.sessionID != "", "err", err)
		if err := b.wait(ctx, 0); err != nil {
			return err
		}
	}
}

// A closed is the end of a connection by the gateway.
type closed struct {
	code int
	text string
}

func (c *closed) Error() string {
	if c.code == 0 {
		return c.text
	}
	return fmt.Sprintf("the gateway closed the connection with %d %s", c.code, c.text)
}

// judge decides what follows from a connection's end: the error that ends Run,
// or nil, and whether the session can be resumed. The codes are those of
// https://docs.discord.com/developers/topics/opcodes-and-status-codes#gateway.
func (s *shard) judge(err error) error {
	var c *closed
	if !errors.As(err, &c) {
		return nil
	}
	op := "connect to the gateway"
	switch c.code {
	case 4004:
		return refused(op, "Discord refuses the bot's token (4004): check DISCORD_BOT_TOKEN, and whether the token was reset in the Developer Portal")
	case 4013:
		return refused(op, "Discord does not know an intent that was asked for (4013): this version of Cairn is too old for Discord's API, please update it")
	case 4014:
		if !s.a.cfg.MessageContent {
			return refused(op, "Discord does not allow the intents that Cairn asks for (4014), though discord.message_content is false and not even the Message Content Intent is among them: look at the application's page in the Developer Portal, and whether it is disabled there")
		}
		return refused(op, "Discord does not allow the Message Content Intent (4014): turn it on in the Developer Portal under Bot, Privileged Gateway Intents, or set discord.message_content to false")
	case 4010, 4012:
		return &adapters.DeliveryError{Kind: adapters.KindClient, Op: op, Err: c}
	case 4011:
		return errResharded
	case 4003, 4007, 4009:
		s.sessionID = ""
	}
	return nil
}

// connection dials once and reads until the connection ends; began reports
// that a session was there.
func (s *shard) connection(ctx context.Context) (began bool, err error) {
	address := s.gateway
	if s.sessionID != "" && s.resumeURL != "" {
		address = s.resumeURL
	}
	if s.vain >= 3 {
		s.sessionID, s.vain = "", 0
	}
	if s.sessionID == "" {
		if err := s.awaitIdentify(ctx); err != nil {
			return false, err
		}
	}
	u, err := url.Parse(address)
	if err != nil {
		return false, fmt.Errorf("the gateway's address: %w", err)
	}
	q := u.Query()
	for _, own := range []string{"v", "encoding", "compress"} {
		q.Del(own)
	}
	u.RawQuery = strings.TrimSuffix("v=10&encoding=json&"+q.Encode(), "&")
	if u.Path == "" {
		u.Path = "/"
	}
	dctx, cancel := context.WithTimeout(ctx, dialWithin)
	conn, resp, err := s.a.session.Dialer.DialContext(dctx, u.String(), http.Header{})
	cancel()
	if err != nil {
		s.resumeURL = "" // the general address may still be there
		if resp != nil {
			return false, fmt.Errorf("dial the gateway: HTTP %d: %w", resp.StatusCode, err)
		}
		return false, fmt.Errorf("dial the gateway: %w", err)
	}
	c := &connection{shard: s, conn: conn, acked: make(chan struct{}, 1), ended: make(chan struct{})}
	return c.run(ctx)
}

// awaitIdentify waits until a session may begin.
func (s *shard) awaitIdentify(ctx context.Context) error {
	for {
		wait, usedUp := s.a.identifies.reserve(s.id, s.a.opts.Now())
		if usedUp {
			err := fmt.Errorf("discord: the day's sessions are used up; the next one may begin in %v", wait.Round(time.Second))
			s.a.setShard(s.id, err)
			s.a.lg.Error("no session may begin for a while", "wait", wait, "err", err)
		}
		if err := s.a.limiter.pause(ctx, wait, nil); err != nil {
			return err
		}
		if !usedUp {
			return nil
		}
	}
}

// A connection is one WebSocket.
type connection struct {
	*shard
	conn  socket
	acked chan struct{} // holds the last heartbeat's acknowledgement
	ended chan struct{} // closed when reading ended

	mu      sync.Mutex // guards writes
	closing error      // why we closed it ourselves
	code    atomic.Pointer[closed]
	began   atomic.Bool
}

func (c *connection) run(ctx context.Context) (began bool, err error) {
	c.conn.SetReadLimit(maxFrame)
	c.conn.SetCloseHandler(func(code int, text string) error {
		c.code.Store(&closed{code, cut(oneLine(text), 120)})
		return nil
	})
	var wg sync.WaitGroup
	defer wg.Wait()
	stop := context.AfterFunc(ctx, func() { c.close(1000, context.Cause(ctx)) })
	defer stop()
	defer c.conn.Close()
	defer close(c.ended)

	if err := c.conn.SetReadDeadline(time.Now().Add(helloWithin)); err != nil {
		return false, err
	}
	for {
		_, data, err := c.conn.ReadMessage()
		if err != nil {
			return c.began.Load(), c.reason(err)
		}
		var f frame
		if err := decode(data, &f); err != nil {
			c.a.lg.Warn("gateway frame cannot be read", "shard", c.id, "err", err)
			continue
		}
		switch f.Op {
		case opHello:
			var h struct {
				Interval float64 `json:"heartbeat_interval"`
			}
			if err := decode(f.Data, &h); err != nil || h.Interval < 1 || h.Interval > 86400e3 {
				return false, errors.New("the gateway's hello holds no heartbeat interval")
			}
			every := time.Duration(h.Interval * float64(time.Millisecond))
			wg.Go(func() { c.beat(every) })
			begins := time.AfterFunc(beginWithin, func() {
				if !c.began.Load() {
					c.close(closeResumable, fmt.Errorf("no session within %v", beginWithin))
				}
			})
			defer begins.Stop()
			if c.sessionID != "" {
				c.vain++
			}
			if err := c.introduce(); err != nil {
				return false, err
			}
			// The watchdog closes a silent connection; this is for the case
			// that even closing hangs.
			if err := c.conn.SetReadDeadline(time.Time{}); err != nil {
				return false, err
			}
		case opHeartbeat:
			if err := c.write(opHeartbeat, c.lastSeq()); err != nil {
				c.close(closeResumable, err)
			}
		case opHeartbeatAck:
			if c.began.Load() {
				c.heard()
			}
			select {
			case c.acked <- struct{}{}:
			default:
			}
		case opReconnect:
			c.close(closeResumable, errors.New("the gateway asked to reconnect"))
		case opInvalidSession:
			var resumable bool
			if err := decode(f.Data, &resumable); err != nil {
				resumable = false
			}
			if !resumable {
				c.sessionID = ""
			}
			wait := c.a.opts.InvalidSessionWait
			if wait == 0 {
				wait = time.Second + rand.N(4*time.Second)
			}
			if err := c.a.limiter.pause(ctx, wait, nil); err != nil {
				return c.began.Load(), err
			}
			c.close(closeResumable, errors.New("the gateway refused the session"))
		case opDispatch:
			if f.Type != "READY" && c.began.Load() {
				c.heard()
			}
			for seen := c.seq.Load(); f.Seq > seen && !c.seq.CompareAndSwap(seen, f.Seq); seen = c.seq.Load() {
			}
			c.a.dispatch(ctx, c, f)
		}
	}
}

// reason says why reading ended.
func (c *connection) reason(err error) error {
	if code := c.code.Load(); code != nil {
		return code
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing != nil {
		return c.closing
	}
	return fmt.Errorf("read from the gateway: %w", err)
}

// close ends the connection from our side; the reader then returns.
func (c *connection) close(code int, why error) {
	c.mu.Lock()
	if c.closing == nil {
		c.closing = why
	}
	c.mu.Unlock()
	payload := []byte{byte(code >> 8), byte(code)}
	_ = c.conn.WriteControl(8, payload, time.Now().Add(time.Second)) // a close frame
	_ = c.conn.Close()
}

func (c *connection) write(op int, data any) error {
	b, err := json.Marshal(map[string]any{"op": op, "d": data})
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.conn.SetWriteDeadline(time.Now().Add(writeWithin)); err != nil {
		return err
	}
	return c.conn.WriteMessage(1, b)
}

func (c *connection) lastSeq() any {
	if n := c.seq.Load(); n > 0 {
		return n
	}
	return nil
}

// introduce resumes the session or begins one.
func (c *connection) introduce() error {
	token := c.a.cfg.BotToken.Reveal()
	if c.sessionID != "" {
		return c.write(opResume, map[string]any{"token": token, "session_id": c.sessionID, "seq": c.seq.Load()})
	}
	c.seq.Store(0)
	return c.write(opIdentify, map[string]any{
		"token": token, "intents": c.a.intents(), "shard": [2]int{c.id, c.count}, "large_threshold": 50,
		"properties": map[string]string{"os": runtime.GOOS, "browser": "cairn", "device": "cairn"},
	})
}

// intents are those that something needs: guilds for channels, threads and who
// may read them; messages in guilds and direct ones; their text where the
// configuration asks for it. Interactions and mentions need none.
func (a *Adapter) intents() int {
	i := discordgo.IntentsGuilds | discordgo.IntentsGuildMessages | discordgo.IntentsDirectMessages
	if a.cfg.MessageContent {
		i |= discordgo.IntentMessageContent
	}
	return int(i)
}

// beat sends heartbeats and closes a connection that does not acknowledge
// them.
func (c *connection) beat(every time.Duration) {
	t := time.NewTimer(time.Duration(float64(every) * rand.Float64()))
	defer t.Stop()
	for first := true; ; first = false {
		select {
		case <-c.ended:
			return
		case <-t.C:
		}
		if !first {
			select {
			case <-c.acked:
			default:
				c.close(closeResumable, fmt.Errorf("no acknowledgement of a heartbeat within %v", every))
				return
			}
		}
		if err := c.write(opHeartbeat, c.lastSeq()); err != nil {
			c.close(closeResumable, fmt.Errorf("send a heartbeat: %w", err))
			return
		}
		t.Reset(every)
	}
}

// A backoff doubles pauses, with jitter.
type backoff struct {
	a    *Adapter
	next time.Duration
}

func (a *Adapter) newBackoff() *backoff { return &backoff{a: a, next: a.opts.Backoff} }

func (b *backoff) reset() { b.next = b.a.opts.Backoff }

func (b *backoff) wait(ctx context.Context, atLeast time.Duration) error {
	d := max(jitter(b.next), atLeast)
	b.next = min(2*b.next, b.a.opts.MaxBackoff)
	return b.a.limiter.pause(ctx, d, nil)
}

func jitter(d time.Duration) time.Duration {
	return d/2 + rand.N(d/2+1)
}
