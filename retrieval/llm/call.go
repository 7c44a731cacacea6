package llm

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"strings"
	"time"
)

// The kinds of calls.
const (
	KindChat   = "chat"
	KindEmbed  = "embed"
	KindRerank = "rerank"
)

// A Call is one call as it ended, for an audit and for metrics. It never holds
// the key.
type Call struct {
	// Start is when the call began, Took how long it ran with its retries.
	Start time.Time
	Took  time.Duration
	// Kind is [KindChat], [KindEmbed] or [KindRerank].
	Kind string
	// Model and Host say who was asked.
	Model, Host string
	// Person is whom the budget was charged to; may be empty.
	Person string
	// Sent is what left: the messages of a chat, the texts of an embedding, or
	// the query and documents of a reranking, as JSON. It is empty when the
	// call was refused before it left: see Refused.
	Sent []byte
	// Received is what came back: the text of a chat, vectors as
	// little-endian 32-bit floats, scores as JSON.
	Received []byte
	// Usage and Cost are what was charged.
	Usage Usage
	Cost  float64
	// Reason is why the call gave nothing; empty when it gave what was asked for,
	// in the form asked for.
	Reason Reason
	// Refused reports that nothing left: a budget was spent, the circuit was
	// open, or too many calls were running.
	Refused bool
}

// observe tells about a call that has ended.
func (c *Client) observe(call Call, began time.Time, err *Error) {
	if c.cfg.Observe == nil {
		return
	}
	call.Start, call.Took = began, c.cfg.Now().Sub(began)
	if err != nil {
		call.Reason = err.Reason
	}
	call.Cost = c.cfg.cost(call.Kind, call.Usage)
	if c.cfg.Key != nil {
		// A server may send its key back.
		if key := c.cfg.Key.Reveal(); len(key) >= 6 && strings.Contains(string(call.Received), key) {
			call.Received = []byte(strings.ReplaceAll(string(call.Received), key, "***"))
		}
	}
	c.cfg.Observe(call)
}

// cost is what tokens cost, in the prices' currency.
func (c Config) cost(kind string, u Usage) float64 {
	in, out := c.InputPrice, c.OutputPrice
	if kind != KindChat {
		in, out = c.EmbedPrice, 0
	}
	return (float64(u.Input)*in + float64(u.Output)*out) / 1e6
}

// encoded is a value as JSON, nil when nobody looks at calls.
func (c *Client) encoded(v any) []byte {
	if c.cfg.Observe == nil {
		return nil
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return nil // unreachable: texts and finite numbers marshal
	}
	return raw
}

func (c *Client) encodedVectors(vectors [][]float32) []byte {
	if c.cfg.Observe == nil {
		return nil
	}
	var out []byte
	for _, v := range vectors {
		for _, x := range v {
			out = binary.LittleEndian.AppendUint32(out, math.Float32bits(x))
		}
	}
	return out
}

// reported is what a server says that a call has used; what it cannot have is
// none.
func reported(input, output int) Usage {
	const most = 1 << 30
	if input < 0 || output < 0 || input > most || output > most {
		return Usage{}
	}
	return Usage{Input: input, Output: output}
}

// charged is what a call is charged that gives no text: what the server has
// reported, else what was expected, and nothing where it was not reached or
// refused.
func charged(reported, expected Usage, failed *Error) Usage {
	switch {
	case reported.Input > 0:
		return reported
	case failed != nil && unanswered(failed):
		return Usage{}
	}
	return expected
}

// unanswered reports that a failed call used no tokens: the server was not
// reached, or refused.
func unanswered(err *Error) bool {
	switch err.Reason {
	case ReasonAuth, ReasonRateLimited, ReasonServer, ReasonRequest:
		return true
	}
	return false
}
