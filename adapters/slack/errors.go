package slack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	slackapi "github.com/slack-go/slack"

	"cairn/adapters"
)

// errNotReady and what follows are the reasons that Ready gives.
var (
	errNotStarted   = errors.New("slack: not started")
	errNotConnected = errors.New("slack: no open socket")
)

// asDelivery turns an error of the client library into a typed one. The
// library's URL errors hold addresses with secrets in them; they are taken out.
func (a *Adapter) asDelivery(op string, err error) *adapters.DeliveryError {
	d := &adapters.DeliveryError{Op: op, Kind: adapters.KindClient}
	var (
		done    *adapters.DeliveryError
		limited *slackapi.RateLimitedError
		status  slackapi.StatusCodeError
		answer  slackapi.SlackErrorResponse
		network net.Error
		dial    *net.OpError
	)
	switch {
	case errors.As(err, &done):
		return done
	case errors.As(err, &limited):
		d.Kind, d.RetryAfter = adapters.KindRateLimited, limited.RetryAfter
	case errors.As(err, &answer):
		d.Kind, d.Permission = kindOfCode(answer.Err)
		if answer.Needed != "" {
			d.Permission = "scope " + answer.Needed
		}
		if d.Kind == adapters.KindRateLimited {
			d.RetryAfter = time.Second
		}
		if details := answer.ResponseMetadata.Messages; len(details) > 0 {
			err = fmt.Errorf("%s: %s", answer.Err, strings.Join(details, "; "))
		}
	case errors.As(err, &status):
		d.Kind = kindOfStatus(status.Code)
	case errors.As(err, &dial) && dial.Op == "dial":
		d.Kind = adapters.KindServer // nothing was sent
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.As(err, &network):
		d.Kind = adapters.KindTimeout
	default:
		// A connection that broke off, or an answer that is no JSON: whether
		// the request was carried out is unknown.
		d.Kind = adapters.KindTimeout
	}
	d.Err = a.scrub(err)
	return d
}

func kindOfStatus(code int) adapters.ErrorKind {
	switch {
	case code == http.StatusTooManyRequests:
		return adapters.KindRateLimited
	case code == http.StatusUnauthorized:
		return adapters.KindAuth
	case code == http.StatusForbidden:
		return adapters.KindPermission
	case code == http.StatusNotFound:
		return adapters.KindNotFound
	case code >= 500:
		return adapters.KindServer
	default:
		return adapters.KindClient
	}
}

// kindOfCode classifies the error codes of
// https://docs.slack.dev/reference/methods.
func kindOfCode(code string) (kind adapters.ErrorKind, permission string) {
	switch code {
	case "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "not_allowed_token_type", "org_login_required", "app_uninstalled":
		return adapters.KindAuth, ""
	case "missing_scope":
		return adapters.KindPermission, "a scope"
	case "not_in_channel", "user_not_in_channel":
		return adapters.KindPermission, "membership of the channel (/invite @cairn)"
	case "access_denied", "no_permission", "restricted_action", "restricted_action_read_only_channel", "restricted_action_thread_only_channel",
		"restricted_action_non_threadable_channel", "restricted_action_thread_locked", "ekm_access_denied", "team_access_not_granted", "not_allowed":
		return adapters.KindPermission, "permission to post here (" + code + ")"
	case "ratelimited", "rate_limited", "message_limit_exceeded":
		return adapters.KindRateLimited, ""
	case "internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org", "accesslimited":
		return adapters.KindServer, ""
	case "channel_not_found", "message_not_found", "thread_not_found", "user_not_found", "is_archived", "user_disabled", "cant_update_message", "edit_window_closed", "expired_url", "used_url":
		return adapters.KindNotFound, ""
	}
	return adapters.KindClient, ""
}

// endsRun reports whether the credentials themselves are refused.
func endsRun(err error) bool {
	var answer slackapi.SlackErrorResponse
	code := ""
	if errors.As(err, &answer) {
		code = answer.Err
	} else if err != nil {
		code = err.Error()
	}
	switch code {
	case "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "not_allowed_token_type", "org_login_required":
		return true
	}
	return false
}

// kindOf classifies an answer of Slack's.
func kindOf(err error) adapters.ErrorKind {
	k, _ := kindOfCode(code(err))
	return k
}

// code is Slack's error code, or "".
func code(err error) string {
	var answer slackapi.SlackErrorResponse
	if errors.As(err, &answer) {
		return answer.Err
	}
	return ""
}

// scrub takes secrets out of an error: addresses, which hold tickets and
// response tokens, and the tokens themselves should one ever get there.
func (a *Adapter) scrub(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		host := "slack"
		if p, perr := url.Parse(u.URL); perr == nil && p.Host != "" {
			host = p.Host
		}
		err = fmt.Errorf("%s: %w", host, u.Err)
	}
	if err == nil {
		return nil
	}
	text := err.Error()
	clean := text
	for _, s := range []adapters.Secret{a.cfg.BotToken, a.cfg.AppToken, a.cfg.SigningSecret} {
		if v := s.Reveal(); v != "" {
			clean = strings.ReplaceAll(clean, v, "[redacted]")
		}
	}
	if clean != text {
		return errors.New(clean)
	}
	return err
}
