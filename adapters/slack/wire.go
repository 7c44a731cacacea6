package slack

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	slackapi "github.com/slack-go/slack"
)

// The parts of Slack's JSON that the adapter reads. Only what is needed is
// declared: a field of an unexpected type elsewhere must not cost a question.

type wireCallback struct {
	Type           string      `json:"type"`
	TeamID         string      `json:"team_id"`
	EventID        string      `json:"event_id"`
	EventTime      json.Number `json:"event_time"`
	Event          wireEvent   `json:"event"`
	Challenge      string      `json:"challenge"`
	Authorizations []struct {
		UserID string `json:"user_id"`
		IsBot  bool   `json:"is_bot"`
	} `json:"authorizations"`
}

type wireEvent struct {
	wireMessage
	Tab       string       `json:"tab"`
	DeletedTS string       `json:"deleted_ts"`
	Message   *wireMessage `json:"message"`
	Previous  *wireMessage `json:"previous_message"`
}

type wireMessage struct {
	Type        string           `json:"type"`
	Subtype     string           `json:"subtype"`
	User        string           `json:"user"`
	BotID       string           `json:"bot_id"`
	Text        string           `json:"text"`
	TS          string           `json:"ts"`
	ThreadTS    string           `json:"thread_ts"`
	Channel     string           `json:"channel"`
	ChannelType string           `json:"channel_type"`
	Team        string           `json:"team"`
	Attachments []wireAttachment `json:"attachments"`
	Blocks      json.RawMessage  `json:"blocks"`
	Metadata    struct {
		EventType    string         `json:"event_type"`
		EventPayload map[string]any `json:"event_payload"`
	} `json:"metadata"`
	Edited *struct {
		TS string `json:"ts"`
	} `json:"edited"`
}

type wireAttachment struct {
	Pretext  string          `json:"pretext"`
	Title    string          `json:"title"`
	Text     string          `json:"text"`
	Fallback string          `json:"fallback"`
	IsShare  bool            `json:"is_share"`
	Blocks   json.RawMessage `json:"blocks"`
	Fields   []struct {
		Title string          `json:"title"`
		Value json.RawMessage `json:"value"`
	} `json:"fields"`
}

type wireCommand struct {
	Command     string `json:"command"`
	Text        string `json:"text"`
	TeamID      string `json:"team_id"`
	ChannelID   string `json:"channel_id"`
	ChannelName string `json:"channel_name"`
	UserID      string `json:"user_id"`
	UserName    string `json:"user_name"`
	ResponseURL string `json:"response_url"`
	TriggerID   string `json:"trigger_id"`
}

type wireInteraction struct {
	Type        string `json:"type"`
	CallbackID  string `json:"callback_id"`
	TriggerID   string `json:"trigger_id"`
	ResponseURL string `json:"response_url"`
	ActionTS    string `json:"action_ts"`
	MessageTS   string `json:"message_ts"`
	Team        struct {
		ID string `json:"id"`
	} `json:"team"`
	Channel struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"channel"`
	User struct {
		ID       string `json:"id"`
		Name     string `json:"name"`
		Username string `json:"username"`
	} `json:"user"`
	Container struct {
		Type        string `json:"type"`
		MessageTS   string `json:"message_ts"`
		ThreadTS    string `json:"thread_ts"`
		ChannelID   string `json:"channel_id"`
		IsEphemeral bool   `json:"is_ephemeral"`
	} `json:"container"`
	Message *wireMessage `json:"message"`
	Actions []struct {
		ActionID string `json:"action_id"`
		ActionTS string `json:"action_ts"`
		Value    string `json:"value"`
		Selected *struct {
			Value string `json:"value"`
		} `json:"selected_option"`
	} `json:"actions"`
}

// when reads a Slack timestamp such as "1700000000.000100".
func when(ts string) time.Time {
	secs, frac, _ := strings.Cut(ts, ".")
	s, err := strconv.ParseInt(secs, 10, 64)
	if err != nil || s <= 0 || s > 1<<34 {
		return time.Time{}
	}
	us := int64(0)
	if len(frac) == 6 {
		us, _ = strconv.ParseInt(frac, 10, 64)
	}
	return time.Unix(s, us*1000).UTC()
}

// unmarshal reads JSON of Slack's. A field of an unexpected type stays empty
// and costs no more than itself.
func unmarshal(raw []byte, v any) error {
	err := json.Unmarshal(raw, v)
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return nil
	}
	return err
}

// history reads messages by conversations.history or conversations.replies,
// without the client library, which would refuse them all for one block that
// it cannot read.
func (a *Adapter) history(ctx context.Context, method string, args url.Values) (found []wireMessage, cursor string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.cfg.APIURL+method, strings.NewReader(args.Encode()))
	if err != nil {
		return nil, "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Authorization", "Bearer "+a.cfg.BotToken.Reveal())
	resp, err := leanClient{a.opts.HTTPClient}.Do(req)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusTooManyRequests:
		return nil, "", &slackapi.RateLimitedError{RetryAfter: time.Duration(retrySeconds(resp.Header.Get("Retry-After"), nil)) * time.Second}
	case resp.StatusCode != http.StatusOK:
		return nil, "", slackapi.StatusCodeError{Code: resp.StatusCode, Status: resp.Status}
	}
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, "", err
	}
	var out struct {
		OK       bool          `json:"ok"`
		Error    string        `json:"error"`
		Needed   string        `json:"needed"`
		Messages []wireMessage `json:"messages"`
		Metadata struct {
			Cursor string `json:"next_cursor"`
		} `json:"response_metadata"`
	}
	if err := unmarshal(raw, &out); err != nil {
		return nil, "", err
	}
	if !out.OK {
		return nil, "", slackapi.SlackErrorResponse{Err: cmp.Or(out.Error, "unknown_error"), Needed: out.Needed}
	}
	return out.Messages, out.Metadata.Cursor, nil
}
