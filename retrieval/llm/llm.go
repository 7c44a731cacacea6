package llm

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A Role says whose words a message holds.
type Role string

// The roles.
const (
	System    Role = "system"
	User      Role = "user"
	Assistant Role = "assistant"
)

// A Message is one turn of a chat.
type Message struct {
	Role    Role
	Content string
}

// A ChatRequest asks for one completion.
type ChatRequest struct {
	Messages []Message
	// MaxTokens bounds the answer. Defaults to the client's.
	MaxTokens int
	// JSON asks the server to answer with one JSON object. Servers that do not
	// know the option ignore it.
	JSON bool
	// Timeout bounds this call. Defaults to the client's.
	Timeout time.Duration
	// Person is whom the budget is charged to; "" charges only the total.
	Person string
	// Purpose tells apart calls whose failures in a row say nothing about one
	// another; few constants. Defaults to one purpose for all.
	Purpose string
	// Check says whether a whole answer has the form that was asked for. An error
	// makes the call one that gave nothing, for [ReasonFormat]: only who asks can
	// tell, and only before the call is recorded. Defaults to any form.
	Check func(text string) error
}

// A ChatResponse is what the server answered.
type ChatResponse struct {
	Text string
	// Finish is the server's reason for ending, such as "stop" or "length".
	Finish string
	Usage  Usage
}

// Usage counts tokens. Servers that report none are estimated.
type Usage struct {
	Input, Output int
	Estimated     bool
}

// ErrEnough is how a caller of Chat says that it needs no more.
var ErrEnough = errors.New("nothing more is needed")

// A Chatter completes chats.
type Chatter interface {
	// Chat streams the answer to each, piece by piece as it comes, and returns
	// the whole. each may be nil; an error from it ends the call, [ErrEnough]
	// as a success with what has come so far, as does a context that ends with
	// [ErrEnough] as its cause. An error may come after pieces were given out.
	Chat(ctx context.Context, req ChatRequest, each func(piece string) error) (ChatResponse, error)
	// Model names the model, for the log and the fingerprint.
	Model() string
}

// An Embedder turns texts into vectors.
type Embedder interface {
	// Embed returns one vector of length 1 for each text, in order, all of the
	// same dimension. It splits batches as the server needs.
	Embed(ctx context.Context, texts []string) ([][]float32, error)
	// Model names the model and the dimensions asked for.
	Model() string
}

// A Reranker scores documents against a query.
type Reranker interface {
	// Rerank returns a relevance for each document, in order; higher is better.
	Rerank(ctx context.Context, query string, documents []string) ([]float64, error)
}

// A Key gives the secret that the server wants.
type Key interface{ Reveal() string }

// Reason classifies why a call gave nothing. The set is closed: it is a metric
// label and stands in the one log line of a fallback.
type Reason string

// The reasons.
const (
	ReasonTimeout     Reason = "timeout"
	ReasonRateLimited Reason = "rate_limited"
	ReasonServer      Reason = "server_error"
	ReasonAuth        Reason = "auth"
	ReasonRequest     Reason = "bad_request"
	ReasonStream      Reason = "broken_stream"
	ReasonFormat      Reason = "malformed_answer"
	ReasonBudget      Reason = "budget_spent"
	ReasonBusy        Reason = "too_many_calls"
	ReasonOpen        Reason = "circuit_open"
	ReasonCanceled    Reason = "canceled"
)

// An Error is a failed call. Its text holds no secret and no text of users.
type Error struct {
	Reason Reason
	// Op is what was tried, such as "chat with qwen3 at model.example".
	Op  string
	Err error
	// Status is the server's, when it answered with one that is no success.
	Status int
	// RetryAfter is how long the server asked to wait; zero if it did not.
	RetryAfter time.Duration
}

// Error says what was tried and why it failed.
func (e *Error) Error() string { return fmt.Sprintf("%s: %s: %v", e.Op, e.Reason, e.Err) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// ReasonOf returns the reason of the first [*Error] in err's tree, or "" when
// there is none.
func ReasonOf(err error) Reason {
	var e *Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return ""
}
