package discordtest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The bot and its surroundings.
const (
	Token = "MTAwMDAw.discordtest.bot-token-0000"
	// App is the application, Bot its user, BotRole the role made for it.
	App     = "100000000000000001"
	Bot     = "100000000000000002"
	BotRole = "100000000000000003"
	// Guild is the server, General a channel that all may read, Private one
	// that they may not.
	Guild   = "100000000000000010"
	General = "100000000000000011"
	Private = "100000000000000012"
	// Ada and Bo are people, Robot another bot, Owners a role.
	Ada    = "100000000000000021"
	Bo     = "100000000000000022"
	Robot  = "100000000000000023"
	Owners = "100000000000000031"
)

// Permissions that can be denied.
const (
	ViewChannel  int64 = 1 << 10
	SendMessages int64 = 1 << 11
	EmbedLinks   int64 = 1 << 14
	ReadHistory  int64 = 1 << 16
	OpenThreads  int64 = 1 << 35
	SendThreads  int64 = 1 << 38
	all                = ViewChannel | SendMessages | EmbedLinks | ReadHistory | OpenThreads | SendThreads
)

const messageContent = 1 << 15

// Options change how the server behaves. The zero value is Discord on a good
// day.
type Options struct {
	// Heartbeat is the interval asked for. Defaults to 10s.
	Heartbeat time.Duration
	// Shards is the gateway's advice. Defaults to 1.
	Shards int
	// MaxConcurrency and Remaining are of session_start_limit. Default to 1
	// and 1000; ResetAfter is when Remaining is filled again.
	MaxConcurrency, Remaining int
	ResetAfter                time.Duration
	// NoMessageContent refuses the intent with 4014.
	NoMessageContent bool
	// CloseWith closes every identify with this code; 0 does not.
	CloseWith int
	// AnswerWithin is how long an interaction waits for its first answer,
	// TokenLasts how long its token is taken. Default to 3s and 15m.
	AnswerWithin, TokenLasts time.Duration
	// Bucket is how many messages a channel takes per BucketWindow, Global how
	// many requests of all per second. 0 is no limit; a window defaults to 5s.
	Bucket       int
	BucketWindow time.Duration
	Global       int
	// Sparse leaves out whatever a client can do without: the application, the
	// gateway's advice, guilds, where to resume, bodies and headers of answers.
	Sparse bool
	// Schemas, when set, checks each request's body; it returns problems.
	Schemas func(method, path string, body []byte) []string
}

// A Server is a Discord.
type Server struct {
	opts Options
	http *httptest.Server

	mu           sync.Mutex
	changed      chan struct{} // closed and replaced whenever something changes
	lastID       uint64
	channels     map[string]*channel
	sessions     []*session
	interactions map[string]*interaction // by token
	byID         map[string]*interaction
	commands     json.RawMessage
	puts         int
	direct       map[string]string // user -> channel
	buckets      map[string]*window
	global       window
	calls        []Call
	faults       []*planned
	problems     []string
	stats        Stats
	noAcks       bool
	heartbeat    time.Duration // of the next connection; 0 is the usual one
	noResume     bool
	closing      bool
	lastMention  dispatched
	nonces       map[string]string // channel and nonce -> message
	wg           sync.WaitGroup
	ctx          context.Context
	cancel       context.CancelFunc
}

type dispatched struct {
	kind, guild string
	payload     map[string]any
	channel     string
	author      string
}

type window struct {
	from time.Time
	used int
}

type channel struct {
	ID, Name, Parent string
	Type             int
	Guild            string
	Public           bool
	Denied           int64 // the bot's denied permissions
	DMOf             string
	Gone             bool
	Messages         []*Message
}

// Stats count what happened.
type Stats struct {
	Identifies, Resumes, Heartbeats, LimitedCalls, GlobalLimited, Invalid int
	// Intents are those of the last identify, Shards its shard.
	Intents int
	Shards  [][2]int
	// ResumedAt counts resumes at the address meant for them.
	ResumedAt int
}

// A Call is a REST call that came in.
type Call struct {
	Method, Path string
	Body         json.RawMessage
	At           time.Time
	Status       int
}

// A Fault is a misbehaviour of one call.
type Fault struct {
	// Method and Path limit it; a path matches by prefix, "" matches all.
	Method, Path string
	Status, Code int
	RetryAfter   time.Duration
	Global       bool
	// Delay holds the answer back; After lets the call take effect before it
	// fails; Drop closes the connection.
	Delay       time.Duration
	After, Drop bool
	// Until holds the answer back until it is closed.
	Until <-chan struct{}
	// Body answers with this text instead.
	Body string
}

type planned struct {
	Fault
	left int
}

// Start starts a server on loopback.
func Start(opts *Options) *Server {
	s := &Server{
		channels: map[string]*channel{}, interactions: map[string]*interaction{}, byID: map[string]*interaction{}, direct: map[string]string{}, buckets: map[string]*window{},
		nonces: map[string]string{}, changed: make(chan struct{}),
	}
	if opts != nil {
		s.opts = *opts
	}
	def := func(at *time.Duration, d time.Duration) {
		if *at == 0 {
			*at = d
		}
	}
	def(&s.opts.Heartbeat, 10*time.Second)
	def(&s.opts.AnswerWithin, 3*time.Second)
	def(&s.opts.TokenLasts, 15*time.Minute)
	def(&s.opts.BucketWindow, 5*time.Second)
	if s.opts.Shards == 0 {
		s.opts.Shards = 1
	}
	if s.opts.MaxConcurrency == 0 {
		s.opts.MaxConcurrency = 1
	}
	if s.opts.Remaining == 0 {
		s.opts.Remaining = 1000
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.channels[General] = &channel{ID: General, Name: "general", Guild: Guild, Public: true}
	s.channels[Private] = &channel{ID: Private, Name: "private", Guild: Guild}
	mux := http.NewServeMux()
	mux.HandleFunc("/api/", s.serveREST)
	mux.HandleFunc("/gateway/", func(w http.ResponseWriter, r *http.Request) { s.serveGateway(w, r, false) })
	mux.HandleFunc("/resume/", func(w http.ResponseWriter, r *http.Request) { s.serveGateway(w, r, true) })
	s.http = httptest.NewUnstartedServer(mux) // handlers read the field
	s.http.Start()
	return s
}

// Close stops the server.
func (s *Server) Close() {
	s.mu.Lock()
	s.closing = true
	s.mu.Unlock()
	s.cancel()
	s.Drop()
	s.http.CloseClientConnections()
	s.http.Close()
	s.wg.Wait()
}

// URL is what DISCORD_API_URL is to be set to.
func (s *Server) URL() string { return s.http.URL }

// Env is the environment that connects a process to the server.
func (s *Server) Env() []string {
	return []string{"DISCORD_API_URL=" + s.URL(), "DISCORD_BOT_TOKEN=" + Token}
}

func (s *Server) gatewayURL(path string) string {
	return "ws" + strings.TrimPrefix(s.http.URL, "http") + path
}

// ID returns a new id.
func (s *Server) ID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.idLocked()
}

func (s *Server) idLocked() string {
	id := uint64(time.Now().UnixMilli()-1420070400000) << 22
	if id <= s.lastID {
		id = s.lastID + 1
	}
	s.lastID = id
	return strconv.FormatUint(id, 10)
}

func (s *Server) changeLocked() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// AddChannel adds a channel to the guild and tells the bot of it.
func (s *Server) AddChannel(id, name string, kind int, public bool) {
	s.mu.Lock()
	c := &channel{ID: id, Name: name, Type: kind, Guild: Guild, Public: public}
	s.channels[id] = c
	p := c.payload()
	s.mu.Unlock()
	s.Dispatch("CHANNEL_CREATE", Guild, p)
}

// RemoveChannel deletes a channel without telling the bot.
func (s *Server) RemoveChannel(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.channels[id]; c != nil {
		c.Gone = true
	}
}

// Deny takes permissions away from the bot in a channel; tell says so over the
// gateway.
func (s *Server) Deny(id string, permissions int64, tell bool) {
	s.mu.Lock()
	c := s.channels[id]
	c.Denied = permissions
	p := c.payload()
	s.mu.Unlock()
	if tell {
		s.Dispatch("CHANNEL_UPDATE", Guild, p)
	}
}

func (c *channel) payload() map[string]any {
	p := map[string]any{"id": c.ID, "type": c.Type, "name": c.Name}
	if c.Guild != "" {
		p["guild_id"] = c.Guild
	}
	if c.Parent != "" {
		p["parent_id"] = c.Parent
	}
	if n := len(c.Messages); n > 0 {
		p["last_message_id"] = c.Messages[n-1].ID
	}
	overwrites := []map[string]any{}
	if !c.Public && c.Guild != "" && c.Parent == "" {
		overwrites = append(overwrites, map[string]any{"id": Guild, "type": 0, "allow": "0", "deny": fmt.Sprint(ViewChannel)}, map[string]any{"id": BotRole, "type": 0, "allow": fmt.Sprint(ViewChannel), "deny": "0"})
	}
	if c.Denied != 0 {
		overwrites = append(overwrites, map[string]any{"id": Bot, "type": 1, "allow": "0", "deny": fmt.Sprint(c.Denied)})
	}
	p["permission_overwrites"] = overwrites
	return p
}

func (s *Server) guildLocked() map[string]any {
	channels, threads := []any{}, []any{}
	for _, c := range s.channels {
		switch {
		case c.Guild != Guild || c.Gone:
		case c.Type >= 10 && c.Type <= 12:
			threads = append(threads, c.payload())
		default:
			channels = append(channels, c.payload())
		}
	}
	return map[string]any{
		"id": Guild, "name": "Test", "owner_id": Ada, "channels": channels, "threads": threads,
		"roles": []any{
			map[string]any{"id": Guild, "name": "@everyone", "permissions": fmt.Sprint(all)},
			map[string]any{"id": BotRole, "name": "Cairn", "permissions": fmt.Sprint(all)},
		},
		"members": []any{map[string]any{"user": user(Bot), "roles": []string{BotRole}}},
	}
}

func user(id string) map[string]any {
	names := map[string]string{Ada: "ada", Bo: "bo", Robot: "robot", Bot: "cairn"}
	name := names[id]
	if name == "" {
		name = "user" + id
	}
	return map[string]any{"id": id, "username": name, "global_name": strings.ToUpper(name[:1]) + name[1:], "discriminator": "0", "bot": id == Robot || id == Bot, "avatar": nil}
}

// Said is what somebody says, for [Server.Post].
type Said struct {
	Channel, User, Text string
	// ReplyTo is the message replied to; Ping pings its author.
	ReplyTo string
	Ping    bool
	// Mentions are users mentioned beside those in the text.
	Extra map[string]any
}

// PostAt adds to a channel what was said at an earlier time, without telling
// the bot.
func (s *Server) PostAt(at time.Time, p Said) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channelLocked(p.Channel)
	id := uint64(at.UnixMilli()-1420070400000)<<22 | uint64(len(c.Messages))
	m := &Message{ID: strconv.FormatUint(id, 10), Channel: p.Channel, Author: p.User, Content: p.Text, At: at.UTC(), ReplyTo: p.ReplyTo, extra: p.Extra}
	c.Messages = append(c.Messages, m)
	slices.SortStableFunc(c.Messages, func(x, y *Message) int {
		switch {
		case x.ID == y.ID:
			return 0
		case newer(x.ID, y.ID):
			return 1
		}
		return -1
	})
	return m.ID
}

// Post lets somebody say something and returns the message's id.
func (s *Server) Post(p Said) string {
	s.mu.Lock()
	c := s.channelLocked(p.Channel)
	m := &Message{ID: s.idLocked(), Channel: p.Channel, Author: p.User, Content: p.Text, At: time.Now().UTC(), ReplyTo: p.ReplyTo, extra: p.Extra}
	c.Messages = append(c.Messages, m)
	payload := s.messageLocked(m)
	if p.ReplyTo != "" {
		if r := s.findLocked(p.Channel, p.ReplyTo); r != nil {
			payload["referenced_message"] = s.messageLocked(r)
			if p.Ping {
				payload["mentions"] = append(payload["mentions"].([]any), user(r.Author))
			}
		}
	}
	s.lastMention = dispatched{kind: "MESSAGE_CREATE", guild: c.Guild, payload: payload, channel: p.Channel, author: p.User}
	s.changeLocked()
	s.mu.Unlock()
	s.dispatchMessage("MESSAGE_CREATE", c.Guild, payload)
	return m.ID
}

func (s *Server) channelLocked(id string) *channel {
	c := s.channels[id]
	if c == nil {
		c = &channel{ID: id, Name: "c" + id, Guild: Guild, Public: true}
		s.channels[id] = c
	}
	return c
}

// Mention lets a user ask the bot in a channel.
func (s *Server) Mention(channel, user, text string) string {
	return s.Post(Said{Channel: channel, User: user, Text: "<@" + Bot + "> " + text})
}

// Say lets a user say something without a mention.
func (s *Server) Say(channel, user, text string) string {
	return s.Post(Said{Channel: channel, User: user, Text: text})
}

// DirectChannel is the conversation between a user and the bot.
func (s *Server) DirectChannel(user string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.directLocked(user)
}

func (s *Server) directLocked(user string) string {
	id := s.direct[user]
	if id == "" {
		id = s.idLocked()
		s.direct[user] = id
		s.channels[id] = &channel{ID: id, Type: 1, DMOf: user}
	}
	return id
}

// Direct lets a user send the bot a direct message.
func (s *Server) Direct(user, text string) string {
	return s.Post(Said{Channel: s.DirectChannel(user), User: user, Text: text})
}

// Edit changes what somebody said.
func (s *Server) Edit(channel, message, text string) {
	s.mu.Lock()
	m := s.findLocked(channel, message)
	m.Content = text
	now := time.Now().UTC()
	m.EditedAt = &now
	payload := s.messageLocked(m)
	guild := s.channels[channel].Guild
	s.mu.Unlock()
	s.dispatchMessage("MESSAGE_UPDATE", guild, payload)
}

// Change changes a message of the bot's behind its back.
func (s *Server) Change(channel, message string, f func(*Message)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.findLocked(channel, message); m != nil {
		f(m)
	}
}

// Delete deletes a message.
func (s *Server) Delete(channel, message string) {
	s.mu.Lock()
	c := s.channels[channel]
	c.Messages = slices.DeleteFunc(c.Messages, func(m *Message) bool { return m.ID == message })
	s.mu.Unlock()
	p := map[string]any{"id": message, "channel_id": channel}
	if c.Guild != "" {
		p["guild_id"] = c.Guild
	}
	s.Dispatch("MESSAGE_DELETE", c.Guild, p)
}

// Again delivers what was said last once more.
func (s *Server) Again() {
	s.mu.Lock()
	d := s.lastMention
	s.mu.Unlock()
	s.dispatchMessage(d.kind, d.guild, d.payload)
}

// Fail lets the next n calls that match fail.
func (s *Server) Fail(n int, f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &planned{f, n})
}

// Forgive drops the faults that are still to come.
func (s *Server) Forgive() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// AwaitCalls waits for n calls whose path begins so; they may not be answered
// yet.
func (s *Server) AwaitCalls(ctx context.Context, method, prefix string, n int) error {
	return s.Until(ctx, func() bool { return len(s.callsLocked(method, prefix)) >= n })
}

// Calls returns the calls whose path begins so.
func (s *Server) Calls(method, prefix string) []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.callsLocked(method, prefix)
}

func (s *Server) callsLocked(method, prefix string) []Call {
	var out []Call
	for _, c := range s.calls {
		if (method == "" || c.Method == method) && strings.HasPrefix(c.Path, prefix) {
			out = append(out, c)
		}
	}
	return out
}

// Problems lists what Discord would have refused in what came in.
func (s *Server) Problems() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.problems)
}

func (s *Server) problemLocked(format string, args ...any) {
	if len(s.problems) < 100 {
		s.problems = append(s.problems, fmt.Sprintf(format, args...))
	}
}

// Stats returns the counts so far.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}

// Messages returns the bot's messages in a channel, ephemeral ones included,
// in order; "" means everywhere.
func (s *Server) Messages(ch string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.messagesLocked(ch)
}

func (s *Server) messagesLocked(ch string) []Message {
	var out []Message
	for id, c := range s.channels {
		if ch != "" && id != ch {
			continue
		}
		for _, m := range c.Messages {
			if m.Author == Bot {
				out = append(out, *m)
			}
		}
	}
	return out
}

// Message returns one message as it stands.
func (s *Server) Message(ch, id string) (Message, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.findLocked(ch, id); m != nil {
		return *m, true
	}
	return Message{}, false
}

func (s *Server) findLocked(ch, id string) *Message {
	c := s.channels[ch]
	if c == nil {
		return nil
	}
	for _, m := range c.Messages {
		if m.ID == id {
			return m
		}
	}
	return nil
}

// Commands returns the registered commands and how often they were written.
func (s *Server) Commands() (json.RawMessage, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.commands, s.puts
}

// Await waits for a message of the bot that satisfies ok; "" looks everywhere.
func (s *Server) Await(ctx context.Context, ch string, ok func(Message) bool) (Message, error) {
	var got Message
	err := s.Until(ctx, func() bool {
		for _, m := range s.messagesLocked(ch) {
			if ok == nil || ok(m) {
				got = m
				return true
			}
		}
		return false
	})
	if err != nil {
		return got, fmt.Errorf("no such message in %q: %w; there are %d messages", ch, err, len(s.Messages(ch)))
	}
	return got, nil
}

// AwaitSession waits until n sessions are connected.
func (s *Server) AwaitSession(ctx context.Context, n int) error {
	return s.Until(ctx, func() bool {
		open := 0
		for _, x := range s.sessions {
			if x.conn != nil {
				open++
			}
		}
		return open >= n
	})
}

// Until waits until ok holds. It is called with the server locked and must not
// call the server.
func (s *Server) Until(ctx context.Context, ok func() bool) error {
	for {
		s.mu.Lock()
		if ok() {
			s.mu.Unlock()
			return nil
		}
		changed := s.changed
		s.mu.Unlock()
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-changed:
		}
	}
}
