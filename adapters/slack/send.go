package slack

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"sync"
	"time"

	slackapi "github.com/slack-go/slack"

	"cairn/adapters"
)

// metadataType marks our messages, so that Find finds them again.
const metadataType = "cairn_delivery"

// A target is where one message goes.
type target struct {
	method  string // chat.postMessage, chat.postEphemeral, chat.update or respond
	channel string
	thread  string
	user    string          // of an ephemeral message
	update  string          // the message to replace
	respond adapters.Secret // a response URL
	replace bool            // replace what the response URL belongs to
}

// Send implements [adapters.Sender].
func (a *Adapter) Send(ctx context.Context, to adapters.Destination, m adapters.Message) (adapters.Ref, error) {
	channel, err := a.channelOf(ctx, to)
	if err != nil {
		return adapters.Ref{}, err
	}
	return a.post(ctx, target{method: "chat.postMessage", channel: channel, thread: to.Thread}, m)
}

// channelOf opens the direct conversation with a user.
func (a *Adapter) channelOf(ctx context.Context, to adapters.Destination) (string, error) {
	if to.User == "" {
		if to.Channel == "" {
			return "", &adapters.DeliveryError{Kind: adapters.KindClient, Op: "send", Err: errors.New("neither a channel nor a user")}
		}
		return to.Channel, nil
	}
	var channel string
	err := a.call(ctx, "conversations.open", to.User, func(ctx context.Context) error {
		c, _, _, err := a.api.OpenConversationContext(ctx, &slackapi.OpenConversationParameters{Users: []string{to.User}, ReturnIM: true})
		if err == nil {
			channel = c.ID
		}
		return err
	})
	return channel, err
}

// Reply implements [adapters.Replier]. A private answer goes through the
// response URL, else as an ephemeral message, else as a direct one, and never
// where others read it.
func (a *Adapter) Reply(ctx context.Context, ev adapters.Event, m adapters.Message) (adapters.Ref, error) {
	direct := ev.Surface == adapters.SurfaceDirect || strings.HasPrefix(ev.Channel, "D")
	if (ev.Private || m.Private) && (!direct || ev.Surface == adapters.SurfaceSlash) {
		return a.replyPrivately(ctx, ev, m)
	}
	if ev.Channel == "" {
		return a.Send(ctx, adapters.Destination{User: ev.User.ID}, m)
	}
	return a.post(ctx, target{method: "chat.postMessage", channel: ev.Channel, thread: ev.Thread}, m)
}

func (a *Adapter) replyPrivately(ctx context.Context, ev adapters.Event, m adapters.Message) (adapters.Ref, error) {
	var errs []error
	if u := ev.ReplyToken; !u.IsZero() && a.opts.Now().Before(ev.ReplyUntil) {
		if signed, ok := a.responses.use(u.Reveal(), a.opts.Now()); ok {
			// The sign that a search goes on, if there was one, gives way.
			t := target{method: "respond", channel: ev.Channel, respond: u, replace: signed}
			if ev.Surface != adapters.SurfaceSlash {
				t.thread = ev.Thread
			}
			ref, err := a.post(ctx, t, m)
			if err == nil || adapters.KindOf(err) == adapters.KindTimeout {
				return ref, err
			}
			errs = append(errs, err)
		}
	}
	if ev.Channel != "" && !strings.HasPrefix(ev.Channel, "D") {
		thread := ev.Thread
		if ev.Surface == adapters.SurfaceSlash || thread == ev.Message {
			thread = "" // an ephemeral message shows in threads that are open only
		}
		ref, err := a.post(ctx, target{method: "chat.postEphemeral", channel: ev.Channel, thread: thread, user: ev.User.ID}, m)
		if err == nil || adapters.KindOf(err) == adapters.KindTimeout {
			return ref, err
		}
		errs = append(errs, err)
	}
	ref, err := a.Send(ctx, adapters.Destination{User: ev.User.ID}, m)
	if err != nil && len(errs) > 0 {
		a.lg.Warn("no private way to answer", "err", errors.Join(errs...))
	}
	return ref, err
}

// Edit implements [adapters.Editor].
func (a *Adapter) Edit(ctx context.Context, ref adapters.Ref, m adapters.Message) error {
	if ref.Channel == "" || ref.Message == "" {
		return &adapters.DeliveryError{Kind: adapters.KindNotFound, Op: "chat.update", Err: errors.New("a message that only one person saw cannot be edited")}
	}
	_, err := a.post(ctx, target{method: "chat.update", channel: ref.Channel, thread: ref.Thread, update: ref.Message}, m)
	return err
}

// post sends a message, in several if it must be, in the thread's order.
func (a *Adapter) post(ctx context.Context, t target, m adapters.Message) (adapters.Ref, error) {
	done, err := a.turns.take(ctx, t.channel+"\x00"+t.thread+"\x00"+t.user)
	if err != nil {
		return adapters.Ref{}, a.asDelivery(t.method, err)
	}
	defer done()
	editing := t.method == "chat.update"
	level := int(a.level.Load())
	parts := render(m, level)
	ts, err := a.postPart(ctx, t, parts[0], m.Marker)
	for err != nil && level < textOnly && refusesBlocks(err) {
		level = plainer(level, err)
		parts = render(m, level)
		if ts, err = a.postPart(ctx, t, parts[0], m.Marker); err == nil {
			a.learn(level)
		}
	}
	if editing {
		ts = t.update
	}
	first := adapters.Ref{Adapter: Name, Channel: t.channel, Thread: t.thread, Message: ts}
	if err != nil {
		return first, err
	}
	var old, rest []string // the messages that go on from the first one
	if editing {
		old = a.rests.get(t.channel, ts)
		t = target{method: "chat.postMessage", channel: t.channel, thread: t.thread}
		if t.thread == "" && !strings.HasPrefix(t.channel, "D") {
			t.thread = ts
		}
	}
	t.replace = false
	for i, p := range parts[1:] {
		if t.method == "respond" {
			if _, ok := a.responses.use(t.respond.Reveal(), a.opts.Now()); !ok {
				return first, nil
			}
		}
		to := t
		if i < len(old) {
			to = target{method: "chat.update", channel: t.channel, thread: t.thread, update: old[i]}
		}
		ts, err := a.postPart(ctx, to, p, "") // the marker stands on the first one
		if err != nil {
			// What stands there already must not be sent twice.
			a.lg.Error("answer cut short", "part", i+2, "of", len(parts), "err", err)
			break
		}
		rest = append(rest, ts)
	}
	if t.method == "chat.postMessage" {
		a.rests.put(t.channel, first.Message, rest)
		for _, ts := range old[min(len(rest), len(old)):] {
			a.remove(ctx, adapters.Ref{Channel: t.channel, Message: ts})
		}
	}
	return first, nil
}

// The levels of rendering. Some workspaces and clouds refuse newer elements;
// what is refused once is left out from then on.
const (
	native      = iota // everything Slack has
	noCitations        // links instead of citation elements
	plain              // buttons instead of the feedback element too
	textOnly           // no blocks: a last resort, never remembered
)

// plainer is the level to try after Slack refused a message at level.
func plainer(level int, err error) int {
	if level < plain && tooLong(err) {
		return textOnly
	}
	if level == native && strings.Contains(err.Error(), "feedback") {
		return plain
	}
	return level + 1
}

// learn keeps a level that was taken after a plainer one was refused.
func (a *Adapter) learn(level int) {
	if level == textOnly {
		a.lg.Warn("blocks refused, answered in plain text")
		return
	}
	a.lg.Warn("newer elements refused, doing without", "level", level)
	for {
		old := a.level.Load()
		if int(old) >= level || a.level.CompareAndSwap(old, int32(level)) {
			return
		}
	}
}

func refusesBlocks(err error) bool {
	switch code(err) {
	case "invalid_blocks", "invalid_blocks_format", "block_mismatch", "unsupported_block":
		return true
	}
	return tooLong(err) || strings.Contains(err.Error(), "invalid_blocks")
}

func tooLong(err error) bool {
	switch code(err) {
	case "msg_too_long", "msg_blocks_too_long":
		return true
	}
	return false
}

// rests remember which messages go on from which, so that an edit replaces
// them too. A restart forgets.
type rests struct {
	mu sync.Mutex
	of map[string][]string
}

func (r *rests) get(channel, ts string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.of[channel+ts]
}

func (r *rests) put(channel, ts string, rest []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(rest) == 0 {
		delete(r.of, channel+ts)
		return
	}
	if r.of == nil || len(r.of) > 4096 {
		r.of = map[string][]string{}
	}
	r.of[channel+ts] = rest
}

func (a *Adapter) postPart(ctx context.Context, t target, p part, marker string) (ts string, err error) {
	options := []slackapi.MsgOption{
		slackapi.MsgOptionText(p.text, false), slackapi.MsgOptionBlocks(p.blocks...),
		slackapi.MsgOptionDisableLinkUnfurl(), slackapi.MsgOptionDisableMediaUnfurl(),
	}
	if t.thread != "" && t.method != "chat.update" {
		options = append(options, slackapi.MsgOptionTS(t.thread))
	}
	if len(p.blocks) == 0 {
		options = append(options, slackapi.MsgOptionDisableMarkdown()) // commands stay as they are
	}
	channel := t.channel
	switch t.method {
	case "chat.postEphemeral":
		options = []slackapi.MsgOption{options[0], options[1], slackapi.MsgOptionPostEphemeral(t.user)}
		if t.thread != "" {
			options = append(options, slackapi.MsgOptionTS(t.thread))
		}
	case "chat.update":
		options = append(options[:2:2], slackapi.MsgOptionUpdate(t.update))
		options = append(options, withMarker(marker)...)
	case "respond":
		if !a.mayRespondTo(t.respond.Reveal()) {
			return "", &adapters.DeliveryError{Kind: adapters.KindClient, Op: "respond", Err: errors.New("the response address is not Slack's")}
		}
		options = append(options[:2:2], slackapi.MsgOptionResponseURL(t.respond.Reveal(), "ephemeral"))
		if t.thread != "" {
			options = append(options, slackapi.MsgOptionTS(t.thread))
		}
		if t.replace {
			options = append(options, slackapi.MsgOptionReplaceOriginal(t.respond.Reveal()))
		}
	default:
		options = append(options, withMarker(marker)...)
	}
	start := a.opts.Now()
	err = a.call(ctx, t.method, channel, func(ctx context.Context) error {
		var err error
		if t.method == "chat.postEphemeral" {
			ts, err = a.api.PostEphemeralContext(ctx, channel, t.user, options...)
			return err
		}
		_, ts, _, err = a.api.SendMessageContext(ctx, channel, options...)
		return err
	})
	if err != nil && marker != "" && t.method == "chat.postMessage" {
		return a.settle(ctx, t, marker, start, err)
	}
	if t.method == "respond" {
		ts = ""
	}
	return ts, err
}

func withMarker(marker string) []slackapi.MsgOption {
	if marker == "" {
		return nil
	}
	return []slackapi.MsgOption{slackapi.MsgOptionMetadata(slackapi.SlackMetadata{EventType: metadataType, EventPayload: map[string]any{"marker": marker}})}
}

// settle finds out whether a message whose answer got lost stands there, so
// that sending it again cannot double it.
func (a *Adapter) settle(ctx context.Context, t target, marker string, since time.Time, err error) (string, error) {
	var d *adapters.DeliveryError
	if !errors.As(err, &d) || d.Kind != adapters.KindTimeout && d.Kind != adapters.KindServer || ctx.Err() != nil {
		return "", err
	}
	ref, found, ferr := a.Find(ctx, adapters.Destination{Channel: t.channel, Thread: t.thread}, marker, since.Add(-time.Minute))
	switch {
	case ferr != nil:
		if d.Kind == adapters.KindServer {
			return "", err
		}
		return "", err
	case found:
		return ref.Message, nil
	}
	d.Kind = adapters.KindServer // certainly not there: try again
	return "", d
}

// mayRespondTo reports whether an address is Slack's or the API's own host.
// Payloads are authenticated; this keeps a mistake from posting elsewhere.
func (a *Adapter) mayRespondTo(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return false
	}
	api, err := url.Parse(a.cfg.APIURL)
	if err == nil && (strings.EqualFold(u.Hostname(), api.Hostname()) && (u.Scheme == "https" || u.Scheme == api.Scheme)) {
		return true
	}
	host := strings.ToLower(u.Hostname())
	return u.Scheme == "https" && (strings.HasSuffix(host, ".slack.com") || strings.HasSuffix(host, ".slack-gov.com"))
}

// responses count the uses of response URLs.
type responses struct {
	mu   sync.Mutex
	used map[string]response
}

type response struct {
	uses   int
	signed bool // its last use shows a sign that is to be replaced
	at     time.Time
}

// use takes one use of a response URL; signed reports that the message there
// now is a sign to be replaced.
func (r *responses) use(u string, now time.Time) (signed, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.used) > 4096 {
		for k, v := range r.used {
			if now.Sub(v.at) > 31*time.Minute {
				delete(r.used, k)
			}
		}
	}
	if r.used == nil {
		r.used = map[string]response{}
	}
	v := r.used[u]
	if v.uses >= responseUses {
		return false, false
	}
	signed = v.signed
	r.used[u] = response{uses: v.uses + 1, at: now}
	return signed, true
}

// left reports whether a response URL can be used n times more.
func (r *responses) left(u string, n int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.used[u].uses+n <= responseUses
}

// sign marks a response URL's last message as one to be replaced.
func (r *responses) sign(u string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if v, ok := r.used[u]; ok {
		v.signed = true
		r.used[u] = v
	}
}

// Find implements [adapters.Finder].
func (a *Adapter) Find(ctx context.Context, to adapters.Destination, marker string, since time.Time) (adapters.Ref, bool, error) {
	channel, err := a.channelOf(ctx, to)
	if err != nil {
		return adapters.Ref{}, false, err
	}
	oldest := ""
	if !since.IsZero() {
		oldest = timestamp(since)
	}
	method, args := "conversations.history", url.Values{"channel": {channel}, "limit": {"200"}, "include_all_metadata": {"true"}}
	if to.Thread != "" {
		method = "conversations.replies"
		args.Set("ts", to.Thread)
	}
	if oldest != "" {
		args.Set("oldest", oldest)
	}
	for page := 0; page < 20; page++ {
		var found []wireMessage
		var cursor string
		err := a.call(ctx, method, channel, func(ctx context.Context) error {
			var err error
			found, cursor, err = a.history(ctx, method, args)
			return err
		})
		if err != nil {
			return adapters.Ref{}, false, err
		}
		for _, m := range found {
			if m.Metadata.EventType == metadataType && m.Metadata.EventPayload["marker"] == marker {
				return adapters.Ref{Adapter: Name, Channel: channel, Thread: to.Thread, Message: m.TS}, true, nil
			}
		}
		if cursor == "" {
			return adapters.Ref{}, false, nil
		}
		args.Set("cursor", cursor)
	}
	return adapters.Ref{}, false, &adapters.DeliveryError{Kind: adapters.KindClient, Op: "find in " + channel, Err: errors.New("too many messages since then to be certain")}
}

func timestamp(t time.Time) string {
	us := t.UnixMicro()
	frac := itoa(int(us % 1e6))
	return itoa(int(us/1e6)) + "." + strings.Repeat("0", 6-len(frac)) + frac
}
