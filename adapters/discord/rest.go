package discord

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/bwmarrin/discordgo"

	"cairn/adapters"
)

// apiBase is where requests are addressed to; the transport moves them.
const apiBase = "https://discord.com/api/v10"

const maxAnswer = 8 << 20

// restTries is how often a request is made that Discord limited, or that may
// be repeated without doubling anything.
const restTries = 4

// An exchange is the transport of one request. It moves the request to the
// configured host and keeps what discordgo does not hand on.
type exchange struct {
	base   http.RoundTripper
	target *url.URL
	sent   bool
	status int
	header http.Header
}

// RoundTrip implements [http.RoundTripper].
func (x *exchange) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.URL.Scheme, req.URL.Host, req.Host = x.target.Scheme, x.target.Host, x.target.Host
	x.sent = true
	resp, err := x.base.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	x.status, x.header = resp.StatusCode, resp.Header.Clone()
	if x.status == http.StatusTooManyRequests {
		if err := x.readLimit(resp); err != nil {
			return nil, err
		}
	}
	if x.status > 200 && x.status < 300 {
		resp.StatusCode = http.StatusOK // discordgo knows three of them
	}
	// The limits are kept by the limiter; discordgo would sleep on them.
	for name := range resp.Header {
		if strings.HasPrefix(name, "X-Ratelimit-") {
			resp.Header.Del(name)
		}
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(resp.Body, maxAnswer), resp.Body}
	return resp, nil
}

// readLimit takes from the body what the headers do not tell of a limit.
func (x *exchange) readLimit(resp *http.Response) error {
	body, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		return err
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{bytes.NewReader(body), resp.Body}
	var limit struct {
		RetryAfter *float64 `json:"retry_after"`
		Global     bool     `json:"global"`
	}
	if decode(body, &limit) != nil {
		return nil
	}
	if limit.RetryAfter != nil && x.header.Get("Retry-After") == "" {
		x.header.Set("Retry-After", strconv.FormatFloat(*limit.RetryAfter, 'f', 3, 64))
	}
	if limit.Global {
		x.header.Set("X-RateLimit-Global", "true")
	}
	return nil
}

// A request is one call of the REST API.
type request struct {
	op     string // for errors, such as "send to channel 123"
	method string
	path   string // from the version on, such as /channels/123/messages
	query  url.Values
	body   any
	out    any
	// exempt requests do not count against the global limit: interactions.
	exempt bool
	// impatient requests are dropped rather than wait for a limit.
	impatient bool
	// repeatable requests are made again after a failure of the server or of
	// the network, since a second one changes nothing more.
	repeatable bool
	// first requests go before those that wait for a global slot.
	first bool
	// once keeps a limited request from being made again.
	once bool
}

// call makes a request and reads the answer. Errors are [*adapters.DeliveryError].
func (a *Adapter) call(ctx context.Context, r request) error {
	var body []byte
	if r.body != nil {
		var err error
		if body, err = json.Marshal(r.body); err != nil {
			return &adapters.DeliveryError{Kind: adapters.KindClient, Op: r.op, Err: fmt.Errorf("encode request: %w", err)}
		}
	}
	wait := 250 * time.Millisecond
	for try := 1; ; try++ {
		d := a.exchange(ctx, r, body)
		if d == nil {
			return nil
		}
		again := d.Kind == adapters.KindRateLimited && !r.once && !r.impatient ||
			r.repeatable && (d.Kind == adapters.KindServer || d.Kind == adapters.KindTimeout)
		if !again || try == restTries || ctx.Err() != nil {
			if r.repeatable && d.Kind == adapters.KindTimeout && ctx.Err() == nil {
				d.Kind = adapters.KindServer // a repetition doubles nothing
			}
			return d
		}
		pause := max(wait, d.RetryAfter)
		if until, ok := ctx.Deadline(); ok && time.Until(until) < pause {
			return d
		}
		if d.Kind == adapters.KindRateLimited {
			pause = 0 // the limiter knows until when
		}
		if err := a.limiter.pause(ctx, pause, nil); err != nil {
			return d
		}
		wait *= 2
	}
}

func (a *Adapter) exchange(ctx context.Context, r request, body []byte) *adapters.DeliveryError {
	if err := a.limiter.guard(r.op); err != nil {
		return a.asDelivery(r.op, nil, err)
	}
	key := bucketKey(r.method, r.path)
	bucket, err := a.limiter.acquire(ctx, key, way{exempt: r.exempt, impatient: r.impatient, first: r.first})
	if err != nil {
		return a.asDelivery(r.op, nil, err)
	}
	x := &exchange{base: a.transport, target: a.target}
	address := apiBase + r.path
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	// A bucket of its own keeps discordgo's limiter, which sleeps without
	// heeding a context, out of the way.
	own := discordgo.NewRatelimiter().LockBucket("")
	client := &http.Client{Transport: x, Timeout: a.opts.HTTPClient.Timeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	out, err := a.session.RequestWithLockedBucket(r.method, address, "application/json", body, own, 0,
		discordgo.WithContext(ctx), discordgo.WithClient(client), discordgo.WithRetryOnRatelimit(false), discordgo.WithRestRetries(0))
	a.limiter.done(key, bucket, x.status, x.header)
	if err == nil && r.out != nil && len(bytes.TrimSpace(out)) > 0 {
		err = decode(out, r.out)
	}
	if err == nil {
		return nil
	}
	d := a.asDelivery(r.op, x, err)
	switch {
	case d.Kind == adapters.KindAuth && r.exempt:
		d.Kind = adapters.KindNotFound // the interaction's token, not the bot's
	case d.Kind == adapters.KindAuth:
		a.fail(refused(r.op, "Discord refuses the bot's token for good: check DISCORD_BOT_TOKEN, and whether the token was reset in the Developer Portal"))
	}
	return d
}
