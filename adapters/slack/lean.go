package slack

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// A leanClient takes out of Slack's answers what the adapter does not need,
// before the client library reads it. The answer to a message repeats the whole
// message, strictly parsed by the library: an element that Slack has changed
// would make a failure of a message that stands, and reading it costs more than
// writing it did. It also says in one way what Slack says in several: that the
// rate is limited, and for how long.
type leanClient struct {
	http *http.Client
}

const maxAnswer = 8 << 20

// Do implements the library's client interface.
func (c leanClient) Do(req *http.Request) (*http.Response, error) {
	resp, err := c.http.Do(req)
	if err != nil {
		return resp, err
	}
	limited := resp.StatusCode == http.StatusTooManyRequests
	if !limited && (resp.StatusCode != http.StatusOK || !strings.HasPrefix(path.Base(req.URL.Path), "chat.")) {
		return resp, nil
	}
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	resp.Body.Close()
	if err != nil {
		return nil, err // broken off: nobody knows whether it was carried out
	}
	answer, said := lean(raw)
	if said == "ratelimited" || said == "rate_limited" {
		limited = true
	}
	if limited {
		resp.StatusCode, resp.Status = http.StatusTooManyRequests, "429 Too Many Requests"
		resp.Header.Set("Retry-After", strconv.Itoa(retrySeconds(resp.Header.Get("Retry-After"), raw)))
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(answer)), int64(len(answer))
	return resp, nil
}

// lean keeps what is read of the answer to a message, and returns Slack's error
// code. What is no JSON object stays as it is.
func lean(raw []byte) (answer []byte, said string) {
	var got struct {
		OK       bool            `json:"ok"`
		Error    string          `json:"error"`
		Needed   string          `json:"needed"`
		Channel  string          `json:"channel"`
		TS       string          `json:"ts"`
		Private  string          `json:"message_ts"`
		Metadata json.RawMessage `json:"response_metadata"`
		Message  struct {
			TS string `json:"ts"`
		} `json:"message"`
	}
	if err := unmarshal(raw, &got); err != nil || !got.OK && got.Error == "" && !bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) {
		return raw, ""
	}
	if !got.OK && got.Error == "" {
		got.Error = "unknown_error" // which the library would take for a success
	}
	if got.TS == "" {
		got.TS = got.Message.TS
	}
	out := map[string]any{"ok": got.OK}
	for k, v := range map[string]string{"error": got.Error, "needed": got.Needed, "channel": got.Channel, "ts": got.TS, "message_ts": got.Private} {
		if v != "" {
			out[k] = v
		}
	}
	var details struct {
		Messages []string `json:"messages"`
	}
	if json.Unmarshal(got.Metadata, &details) == nil && len(details.Messages) > 0 {
		out["response_metadata"] = details
	}
	answer, err := json.Marshal(out)
	if err != nil {
		return raw, got.Error // unreachable: strings and one bool
	}
	return answer, got.Error
}

// retrySeconds is how long Slack asks to wait: by its header, by a field of its
// answer, or a second where it says nothing.
func retrySeconds(header string, body []byte) int {
	var b struct {
		RetryAfter json.RawMessage `json:"retry_after"`
	}
	if json.Unmarshal(body, &b) != nil {
		b.RetryAfter = nil
	}
	for _, s := range []string{header, strings.Trim(string(b.RetryAfter), `"`)} {
		if f, err := strconv.ParseFloat(strings.TrimSpace(s), 64); err == nil && f >= 0 && f < 1e6 {
			return int(math.Ceil(f))
		}
	}
	return 1
}
