package slacktest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"
)

// The credentials that the server takes.
const (
	BotToken      = "xoxb-0000-slacktest-bot-token"
	AppToken      = "xapp-0000-slacktest-app-token"
	SigningSecret = "slacktest-signing-secret"
	// BotUser is the bot's user id, Team the workspace.
	BotUser = "UCAIRN"
	Team    = "T0TEST"
	// Gone is the id of a channel that does not exist.
	Gone = "C0GONE"
)

// Options change how the server behaves. The zero value is Slack on a good day.
type Options struct {
	// Ping is how often a socket is pinged. Defaults to 5s.
	Ping time.Duration
	// AckWithin is how long an envelope may stay unacknowledged before it is
	// sent again. Defaults to 3s, as Slack's.
	AckWithin time.Duration
	// Retries are the pauses before an event is sent again. Defaults to 0, 1s
	// and 5s: Slack's at once, a minute and five, shortened.
	Retries []time.Duration
	// PostEvery is the least time between two messages in one channel; closer
	// ones are refused with a 429. Defaults to none.
	PostEvery time.Duration
	// Scopes are the bot token's. Defaults to all that the manifest has.
	Scopes string
}

// A Server is a Slack.
type Server struct {
	opts Options
	http *httptest.Server

	mu        sync.Mutex
	changed   chan struct{} // closed and replaced whenever something changes
	clock     int64         // the next timestamp, in microseconds
	seq       int
	channels  map[string]*channel
	users     map[string]User
	ephemeral []Message
	views     map[string]json.RawMessage
	statuses  []Call
	calls     []Call
	faults    map[string][]Fault
	problems  []string
	responses map[string]*responseURL
	opened    int
	closing   bool

	sockets  []*socket
	next     int
	waiting  map[string]chan struct{} // by envelope id, closed by its acknowledgement
	stats    Stats
	endpoint string // where HTTP mode's requests go; "" means sockets
	deliver  sync.WaitGroup
	pending  int // deliveries that are neither acknowledged nor given up
	ctx      context.Context
	cancel   context.CancelFunc
}

type channel struct {
	ID       string
	Private  bool
	Type     string // channel, group, im or mpim
	Members  []string
	Messages []*Message
	posted   time.Time
}

// A User is somebody in the workspace.
type User struct {
	ID, Locale string
	Guest      bool
}

// A Message is one that stands in a channel, or an ephemeral one.
type Message struct {
	Channel   string          `json:"channel,omitempty"`
	TS        string          `json:"ts"`
	ThreadTS  string          `json:"thread_ts,omitempty"`
	User      string          `json:"user"`
	BotID     string          `json:"bot_id,omitempty"`
	Text      string          `json:"text"`
	Blocks    json.RawMessage `json:"blocks,omitempty"`
	Metadata  json.RawMessage `json:"metadata,omitempty"`
	Edited    bool            `json:"-"`
	Reactions []string        `json:"-"`
	Streaming bool            `json:"-"`
	// Ephemeral is the user who alone sees the message; "" means everybody.
	Ephemeral string `json:"-"`
	// Response reports that it came through a response URL, Replaced that it
	// replaced another.
	Response bool `json:"-"`
	Replaced bool `json:"-"`
}

// Visible is everything that a reader sees of the message.
func (m Message) Visible() string { return m.Text + "\n" + strings.Join(Texts(m.Blocks), "\n") }

// A Call is a Web API call that came in.
type Call struct {
	Method string
	// Args are the arguments, without the token. Nested ones stay JSON.
	Args map[string]json.RawMessage
	At   time.Time
}

// Arg returns a string argument.
func (c Call) Arg(name string) string {
	var s string
	if json.Unmarshal(c.Args[name], &s) == nil {
		return s
	}
	return string(c.Args[name])
}

// A Fault is a misbehaviour of one call.
type Fault struct {
	// Status is an HTTP status; 429 takes RetryAfter.
	Status     int
	RetryAfter time.Duration
	// Error is Slack's error code; Needed goes with missing_scope.
	Error, Needed string
	// Details are the messages beside the error code.
	Details []string
	// Delay holds the answer back.
	Delay time.Duration
	// Until holds the answer back until it is closed.
	Until <-chan struct{}
	// After lets the call take effect before it fails.
	After bool
	// Drop closes the connection without an answer.
	Drop bool
	// Channel limits the fault to one channel.
	Channel string
}

// Start starts a server on loopback.
func Start(opts *Options) *Server {
	s := &Server{
		channels: map[string]*channel{}, users: map[string]User{}, views: map[string]json.RawMessage{}, faults: map[string][]Fault{},
		responses: map[string]*responseURL{}, waiting: map[string]chan struct{}{}, changed: make(chan struct{}), clock: time.Now().UnixMicro(),
	}
	if opts != nil {
		s.opts = *opts
	}
	if s.opts.Ping == 0 {
		s.opts.Ping = 5 * time.Second
	}
	if s.opts.AckWithin == 0 {
		s.opts.AckWithin = 3 * time.Second
	}
	if s.opts.Retries == nil {
		s.opts.Retries = []time.Duration{0, time.Second, 5 * time.Second}
	}
	if s.opts.Scopes == "" {
		s.opts.Scopes = "app_mentions:read,assistant:write,channels:history,channels:read,chat:write,commands,groups:history,groups:read,im:history,im:write,mpim:history,reactions:write,users:read"
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	mux := http.NewServeMux()
	mux.HandleFunc("/api/", s.serveAPI)
	mux.HandleFunc("/link", s.serveSocket)
	mux.HandleFunc("/respond/", s.serveResponse)
	s.http = httptest.NewUnstartedServer(mux) // handlers read the field
	s.http.Start()
	return s
}

// Close stops the server and whatever it was about to send.
func (s *Server) Close() {
	s.mu.Lock()
	s.closing = true
	s.mu.Unlock()
	s.cancel()
	s.DropSockets()
	s.deliver.Wait()
	s.http.CloseClientConnections()
	s.http.Close()
}

// URL is what SLACK_API_URL is to be set to.
func (s *Server) URL() string { return s.http.URL + "/api/" }

// Env is the environment that connects a process to the server.
func (s *Server) Env() []string {
	return []string{"SLACK_API_URL=" + s.URL(), "SLACK_BOT_TOKEN=" + BotToken, "SLACK_APP_TOKEN=" + AppToken, "SLACK_SIGNING_SECRET=" + SigningSecret}
}

// AddChannel adds a channel of a type (channel, group, im, mpim) with members.
// Channels that are not added are public and come to be when they are used.
func (s *Server) AddChannel(id, kind string, members ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.channels[id] = &channel{ID: id, Type: kind, Private: kind != "channel", Members: members}
}

// AddUser adds or changes a user.
func (s *Server) AddUser(u User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users[u.ID] = u
}

func (s *Server) channelLocked(id string) *channel {
	c, ok := s.channels[id]
	if !ok {
		kind := "channel"
		if strings.HasPrefix(id, "D") {
			kind = "im"
		}
		c = &channel{ID: id, Type: kind, Private: kind != "channel"}
		s.channels[id] = c
	}
	return c
}

func (s *Server) tsLocked() string {
	s.clock++
	return fmt.Sprintf("%d.%06d", s.clock/1e6, s.clock%1e6)
}

func (s *Server) idLocked(prefix string) string {
	s.seq++
	return fmt.Sprintf("%s%07d", prefix, s.seq)
}

func (s *Server) changeLocked() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// Fail lets the next calls of a method fail, one fault each.
func (s *Server) Fail(method string, faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[method] = append(s.faults[method], faults...)
}

// Calls returns the calls of a method so far; "" means all.
func (s *Server) Calls(method string) []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Call
	for _, c := range s.calls {
		if method == "" || c.Method == method {
			out = append(out, c)
		}
	}
	return out
}

// Problems lists what Slack would have refused in what came in.
func (s *Server) Problems() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.problems...)
}

func (s *Server) problemLocked(format string, args ...any) {
	if len(s.problems) < 100 {
		s.problems = append(s.problems, fmt.Sprintf(format, args...))
	}
}

// Messages returns the bot's messages in a channel, ephemeral ones included;
// "" means all channels.
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
			if m.BotID != "" && m.User == BotUser {
				out = append(out, *m)
			}
		}
	}
	for _, m := range s.ephemeral {
		if ch == "" || m.Channel == ch {
			out = append(out, m)
		}
	}
	return out
}

// Message returns one message as it stands.
func (s *Server) Message(ch, ts string) (Message, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.findLocked(ch, ts); m != nil {
		return *m, true
	}
	return Message{}, false
}

func (s *Server) findLocked(ch, ts string) *Message {
	for _, m := range s.channelLocked(ch).Messages {
		if m.TS == ts {
			return m
		}
	}
	return nil
}

// View returns the home page published to a user.
func (s *Server) View(user string) json.RawMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.views[user]
}

// Await waits for a message of the bot that satisfies ok.
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

// AwaitCall waits for the n-th call of a method.
func (s *Server) AwaitCall(ctx context.Context, method string, n int) (Call, error) {
	var got Call
	err := s.Until(ctx, func() bool {
		i := 0
		for _, c := range s.calls {
			if c.Method == method {
				if i++; i == n {
					got = c
					return true
				}
			}
		}
		return false
	})
	return got, err
}

// AwaitSockets waits until n sockets are open.
func (s *Server) AwaitSockets(ctx context.Context, n int) error {
	return s.Until(ctx, func() bool { return len(s.sockets) >= n })
}

// Settle waits until everything delivered so far is acknowledged or given up:
// what an adapter makes an event of has become one by then.
func (s *Server) Settle(ctx context.Context) error {
	return s.Until(ctx, func() bool { return s.pending == 0 })
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
