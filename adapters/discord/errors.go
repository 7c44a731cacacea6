package discord

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/bwmarrin/discordgo"

	"cairn/adapters"
)

var (
	errNotStarted     = errors.New("discord: not started")
	errNotConnected   = errors.New("discord: no open session")
	errBusy           = errors.New("discord limits the rate")
	errTooManyInvalid = errors.New("9,000 requests were refused within ten minutes; Discord blocks the address at 10,000, so requests rest")
)

// The codes of https://docs.discord.com/developers/topics/opcodes-and-status-codes#json
// that decide something here.
const (
	codeUnknownChannel     = 10003
	codeUnknownMessage     = 10008
	codeUnknownWebhook     = 10015
	codeUnknownInteraction = 10062
	codeAcknowledged       = 40060
	codeMissingAccess      = 50001
	codeCannotDM           = 50007
	codeMissingPermission  = 50013
	codeInvalidToken       = 50027
	codeArchived           = 50083
	codeCannotReply        = 160002
	codeThreadExists       = 160004
	codeThreadLocked       = 160005
)

// An apiError is what Discord answered.
type apiError struct {
	status, code int
	message      string
}

func (e *apiError) Error() string {
	if e.code == 0 {
		return fmt.Sprintf("HTTP %d %s", e.status, e.message)
	}
	return fmt.Sprintf("HTTP %d, code %d: %s", e.status, e.code, e.message)
}

// codeOf is Discord's error code, or 0.
func codeOf(err error) int {
	var a *apiError
	if errors.As(err, &a) {
		return a.code
	}
	return 0
}

// asDelivery makes a typed error of an exchange that failed.
func (a *Adapter) asDelivery(op string, x *exchange, err error) *adapters.DeliveryError {
	var done *adapters.DeliveryError
	if errors.As(err, &done) {
		return done
	}
	d := &adapters.DeliveryError{Op: op, Kind: adapters.KindTimeout}
	if x != nil && x.status != 0 {
		e := &apiError{status: x.status, message: http.StatusText(x.status)}
		var rest *discordgo.RESTError
		if errors.As(err, &rest) && rest.Message != nil {
			e.code, e.message = rest.Message.Code, cut(oneLine(rest.Message.Message), 200)
			if e.code == 50035 {
				e.message += " " + cut(oneLine(string(rest.ResponseBody)), 600)
			}
		}
		e.message = a.redact(e.message)
		d.Err = e
		d.Kind, d.Permission = kindOf(e, op)
		if d.Kind == adapters.KindRateLimited {
			d.RetryAfter = retryAfter(x.header)
		}
		if x.status < 300 {
			d.Kind, d.Err = adapters.KindTimeout, a.scrub(err) // an answer that cannot be read
		}
		return d
	}
	var dial *net.OpError
	var dns *net.DNSError
	switch {
	case errors.Is(err, errBusy):
		d.Kind = adapters.KindRateLimited
	case errors.As(err, &dial) && dial.Op == "dial", errors.As(err, &dns):
		d.Kind = adapters.KindServer // nothing was sent
	case x == nil:
		// It waited for its turn or for a limit in vain: nothing was sent.
		d.Kind = adapters.KindRateLimited
	case !x.sent:
		if !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
			d.Kind = adapters.KindClient
		}
	}
	d.Err = a.scrub(err)
	return d
}

func kindOf(e *apiError, op string) (kind adapters.ErrorKind, permission string) {
	switch e.code {
	case codeInvalidToken, codeUnknownWebhook, codeUnknownInteraction, codeUnknownChannel, codeUnknownMessage, codeThreadLocked:
		if e.code == codeThreadLocked {
			return adapters.KindPermission, "Manage Threads (the thread is locked)"
		}
		return adapters.KindNotFound, ""
	case codeCannotDM:
		return adapters.KindPermission, "the person's consent to direct messages"
	case codeCannotReply:
		return adapters.KindPermission, "Read Message History"
	case codeMissingAccess:
		return adapters.KindPermission, "View Channel"
	case codeMissingPermission:
		return adapters.KindPermission, permissionFor(op)
	}
	switch {
	case e.status == http.StatusTooManyRequests:
		return adapters.KindRateLimited, ""
	case e.status == http.StatusUnauthorized:
		return adapters.KindAuth, ""
	case e.status == http.StatusForbidden:
		return adapters.KindPermission, permissionFor(op)
	case e.status == http.StatusNotFound:
		return adapters.KindNotFound, ""
	case e.status >= 500:
		return adapters.KindServer, ""
	}
	return adapters.KindClient, ""
}

// permissionFor guesses the permission that an operation lacks, for places
// whose permissions are not known.
func permissionFor(op string) string {
	switch {
	case strings.HasPrefix(op, "open a thread"):
		return "Create Public Threads"
	case strings.HasPrefix(op, "read"):
		return "Read Message History"
	case strings.HasPrefix(op, "edit"):
		return "View Channel"
	default:
		return "Send Messages"
	}
}

// refused makes the error that ends Run.
func refused(op, why string) error {
	return &adapters.DeliveryError{Kind: adapters.KindAuth, Op: op, Err: errors.New(why)}
}

// scrub takes secrets out of an error: addresses, which hold interaction
// tokens, and the bot's token should it ever get there.
func (a *Adapter) scrub(err error) error {
	if err == nil {
		return nil
	}
	var u *url.Error
	if errors.As(err, &u) {
		host := "discord"
		if p, perr := url.Parse(u.URL); perr == nil && p.Host != "" {
			host = p.Host
		}
		err = fmt.Errorf("%s: %w", host, u.Err)
	}
	if clean := a.redact(err.Error()); clean != err.Error() {
		return errors.New(clean)
	}
	return err
}

func (a *Adapter) redact(s string) string {
	if t := a.cfg.BotToken.Reveal(); t != "" {
		s = strings.ReplaceAll(s, t, "[redacted]")
	}
	return s
}
