package llm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	openai "github.com/sashabaranov/go-openai"
)

var (
	_ Chatter  = (*Client)(nil)
	_ Embedder = (*embedder)(nil)
	_ Reranker = (*reranker)(nil)
)

// A Client speaks to one server. Make one with [New].
type Client struct {
	cfg  Config
	api  *openai.Client
	http *http.Client
	gate *gate
	// dialect is how many of the options in [Client.request] the server has
	// refused so far.
	dialect atomic.Int32
}

// New returns a client, or an error that names the wrong field. It does no
// I/O.
func New(cfg Config) (*Client, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	tr, err := newTransport(cfg)
	if err != nil {
		return nil, err
	}
	conf := openai.DefaultConfig("") // the transport sets the key
	if cfg.Azure {
		conf = openai.DefaultAzureConfig("", cfg.BaseURL)
		conf.APIVersion = cfg.APIVersion
		conf.AzureModelMapperFunc = func(model string) string { return model }
	}
	conf.BaseURL = cfg.BaseURL
	client := &http.Client{Transport: tr, CheckRedirect: noRedirect}
	conf.HTTPClient = client
	return &Client{cfg: cfg, api: openai.NewClientWithConfig(conf), http: client, gate: newGate(cfg)}, nil
}

// noRedirect keeps the key from following a redirect to another host.
func noRedirect(*http.Request, []*http.Request) error {
	return errors.New("the server redirects; set base_url to where it redirects to")
}

// Model names the chat model.
func (c *Client) Model() string { return c.cfg.ChatModel }

// errFirstToken is the cause of a stream that did not begin in time.
var errFirstToken = errors.New("no first token in time")

// Chat implements [Chatter].
func (c *Client) Chat(ctx context.Context, req ChatRequest, each func(string) error) (ChatResponse, error) {
	op := fmt.Sprintf("chat with %s at %s", c.cfg.ChatModel, host(c.cfg.BaseURL))
	if c.cfg.ChatModel == "" {
		return ChatResponse{}, &Error{Reason: ReasonRequest, Op: op, Err: errors.New("no chat model is configured")}
	}
	began := c.cfg.Now()
	call := Call{Kind: KindChat, Model: c.cfg.ChatModel, Host: host(c.cfg.BaseURL), Person: req.Person}
	expected := estimate(req, "")
	expected.Output = c.cfg.MaxTokens
	if req.MaxTokens > 0 {
		expected.Output = req.MaxTokens
	}
	leave, refused := c.gate.enter(ctx, KindChat, req.Purpose, req.Person, expected)
	if refused != nil {
		refused.Op = op
		call.Refused = true
		c.observe(call, began, refused)
		return ChatResponse{}, refused
	}
	var failed *Error
	resp, err := c.complete(ctx, req, each)
	if err != nil {
		failed = classify(op, err)
	}
	switch {
	case failed != nil && unanswered(failed) && resp.Text == "":
		resp.Usage = Usage{}
	case resp.Usage.Input == 0 && resp.Usage.Output == 0:
		resp.Usage = estimate(req, resp.Text)
	}
	call.Sent, call.Received, call.Usage = c.encoded(req.Messages), []byte(resp.Text), resp.Usage
	if failed == nil || failed.Reason == ReasonCanceled && resp.Text != "" {
		leave(resp.Usage, nil) // the server answers, even where we have cut it off
	} else {
		leave(resp.Usage, failed)
	}
	if failed == nil && req.Check != nil {
		if err := req.Check(resp.Text); err != nil {
			failed = &Error{Reason: ReasonFormat, Op: op, Err: err}
		}
	}
	c.observe(call, began, failed)
	if failed != nil {
		return resp, failed
	}
	return resp, nil
}

// dialects is how many ways there are to ask: with every option, without those
// that not every server knows, and with the newer name for the bound.
const dialects = 3

// complete asks in the server's dialect: where it refuses an option, it is
// asked again without.
func (c *Client) complete(ctx context.Context, req ChatRequest, each func(string) error) (ChatResponse, error) {
	timeout := c.cfg.Timeout
	if req.Timeout > 0 {
		timeout = req.Timeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	for d := c.dialect.Load(); ; d++ {
		resp, err := c.stream(ctx, c.request(req, d), each)
		var status *statusError
		if !errors.As(err, &status) || status.status != http.StatusBadRequest && status.status != http.StatusUnprocessableEntity || d+1 == dialects {
			if err == nil {
				c.dialect.Store(d)
			}
			return resp, err
		}
	}
}

// request is a chat in one of the dialects.
func (c *Client) request(req ChatRequest, dialect int32) openai.ChatCompletionRequest {
	out := openai.ChatCompletionRequest{Model: c.cfg.ChatModel, Stream: true}
	limit := c.cfg.MaxTokens
	if req.MaxTokens > 0 {
		limit = req.MaxTokens
	}
	thinks := reasons(c.cfg.ChatModel)
	if thinks || dialect == 2 {
		out.MaxCompletionTokens = limit // these refuse the older field
	} else {
		out.MaxTokens = limit //lint:ignore SA1019 the field that Ollama, vLLM and other servers know
	}
	if dialect == 0 {
		out.StreamOptions = &openai.StreamOptions{IncludeUsage: true}
		if !thinks {
			out.Temperature = temperature
		}
		if req.JSON {
			out.ResponseFormat = &openai.ChatCompletionResponseFormat{Type: openai.ChatCompletionResponseFormatTypeJSONObject}
		}
	}
	for _, m := range req.Messages {
		out.Messages = append(out.Messages, openai.ChatCompletionMessage{Role: string(m.Role), Content: m.Content})
	}
	return out
}

// temperature keeps answers close to what is most likely.
const temperature = 0.2

// stream makes one call under both deadlines.
func (c *Client) stream(ctx context.Context, out openai.ChatCompletionRequest, each func(string) error) (ChatResponse, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	first, stopFirst := context.WithTimeoutCause(ctx, c.cfg.FirstToken, errFirstToken)
	defer stopFirst()
	began := context.AfterFunc(first, func() {
		if errors.Is(context.Cause(first), errFirstToken) {
			cancel(errFirstToken)
		}
	})

	s, err := c.api.CreateChatCompletionStream(ctx, out)
	if err != nil {
		return ChatResponse{}, orCause(ctx, err)
	}
	defer s.Close()

	var (
		resp ChatResponse
		text strings.Builder
	)
	for {
		chunk, err := s.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		resp.Text = text.String()
		if err != nil {
			switch {
			case ctx.Err() == nil:
			case resp.Text != "" && errors.Is(context.Cause(ctx), ErrEnough):
				return resp, nil
			default:
				return resp, ended(ctx)
			}
			return resp, &Error{Reason: ReasonStream, Err: errors.New("the stream broke")}
		}
		if chunk.Usage != nil {
			resp.Usage = reported(chunk.Usage.PromptTokens, chunk.Usage.CompletionTokens)
		}
		if len(chunk.Choices) == 0 {
			continue
		}
		if r := chunk.Choices[0].FinishReason; r != "" {
			resp.Finish = string(r)
		}
		delta := chunk.Choices[0].Delta
		piece := delta.Content
		for _, call := range delta.ToolCalls {
			if piece == "" { // some models answer by a call of a tool that nobody offered
				piece = call.Function.Arguments
			}
		}
		if piece != "" || delta.ReasoningContent != "" {
			began() // a token has come: the first deadline is met
		}
		if piece == "" {
			continue
		}
		text.WriteString(piece)
		if each != nil {
			if err := each(piece); err != nil {
				resp.Text = text.String()
				if errors.Is(err, ErrEnough) {
					return resp, nil
				}
				return resp, &Error{Reason: ReasonCanceled, Err: err}
			}
		}
	}
	resp.Text = text.String()
	switch {
	case resp.Finish == "": // the SDK reports a malformed stream as a clean end
		return resp, &Error{Reason: ReasonStream, Err: errors.New("the stream ended without a finish reason")}
	case strings.TrimSpace(resp.Text) == "":
		return resp, &Error{Reason: ReasonFormat, Err: errors.New("the answer is empty")}
	}
	return resp, nil
}

// orCause prefers the reason for which the context ended.
func orCause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ended(ctx)
	}
	return err
}

// ended says why a context is over. A caller's own cause, such as a signal, is
// one of a call that was cancelled.
func ended(ctx context.Context) error {
	if errors.Is(context.Cause(ctx), errFirstToken) {
		return errFirstToken
	}
	return ctx.Err()
}

// reasons reports OpenAI's reasoning models by the names that their API gives
// them.
func reasons(model string) bool {
	for _, p := range []string{"o1", "o3", "o4", "gpt-5"} {
		if strings.HasPrefix(model, p) {
			return true
		}
	}
	return false
}

// estimate guesses tokens where the server reports none: four bytes of ASCII
// or one other character a token, which errs on the side of too many.
func estimate(req ChatRequest, answer string) Usage {
	u := Usage{Output: tokens(answer), Estimated: true}
	for _, m := range req.Messages {
		u.Input += tokens(m.Content) + 4
	}
	return u
}

func tokens(s string) int {
	ascii, other := 0, 0
	for _, r := range s {
		if r < utf8.RuneSelf {
			ascii++
		} else {
			other++
		}
	}
	return (ascii+3)/4 + other
}
