package llm

import (
	"context"
	"errors"
	"fmt"
	"math"

	openai "github.com/sashabaranov/go-openai"
)

// maxEmbedRunes bounds a text sent for embedding; models see some thousand
// tokens at most.
const maxEmbedRunes = 8000

// Embedder returns the client's embedding side, or nil when no embedding model
// is configured.
func (c *Client) Embedder() Embedder {
	if c.cfg.EmbedModel == "" {
		return nil
	}
	return &embedder{c}
}

type embedder struct{ c *Client }

// Model implements [Embedder].
func (e *embedder) Model() string {
	if d := e.c.cfg.EmbedDimensions; d > 0 {
		return fmt.Sprintf("%s/%d", e.c.cfg.EmbedModel, d)
	}
	return e.c.cfg.EmbedModel
}

// Embed implements [Embedder].
func (e *embedder) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	op := fmt.Sprintf("embed with %s at %s", e.c.cfg.EmbedModel, host(e.c.cfg.BaseURL))
	out := make([][]float32, 0, len(texts))
	for start := 0; start < len(texts); start += e.c.cfg.EmbedBatch {
		batch := texts[start:min(start+e.c.cfg.EmbedBatch, len(texts))]
		vectors, err := e.batch(ctx, batch)
		if err != nil {
			return nil, classify(op, err)
		}
		out = append(out, vectors...)
	}
	return out, nil
}

func (e *embedder) batch(ctx context.Context, texts []string) (vectors [][]float32, err error) {
	began := e.c.cfg.Now()
	call := Call{Kind: KindEmbed, Model: e.c.cfg.EmbedModel, Host: host(e.c.cfg.BaseURL)}
	input, expected := embedInput(texts)
	leave, refused := e.c.gate.enter(ctx, KindEmbed, "", "", expected)
	if refused != nil {
		call.Refused = true
		e.c.observe(call, began, refused)
		return nil, refused
	}
	call.Sent = e.c.encoded(input)
	defer func() {
		var failed *Error
		if err != nil {
			failed = classify("", err)
			err = failed
		}
		call.Received = e.c.encodedVectors(vectors)
		call.Usage = charged(call.Usage, expected, failed)
		leave(call.Usage, err)
		e.c.observe(call, began, failed)
	}()
	ctx, cancel := context.WithTimeout(ctx, e.c.cfg.Timeout)
	defer cancel()
	resp, err := e.c.api.CreateEmbeddings(ctx, openai.EmbeddingRequestStrings{
		Input: input, Model: openai.EmbeddingModel(e.c.cfg.EmbedModel),
		EncodingFormat: openai.EmbeddingEncodingFormatFloat, Dimensions: e.c.cfg.EmbedDimensions,
	})
	if err != nil {
		return nil, orCause(ctx, err)
	}
	call.Usage = reported(resp.Usage.PromptTokens, 0)
	return arrange(resp.Data, len(texts))
}

// embedInput is what is sent of the texts, and how many tokens that is by
// guess.
func embedInput(texts []string) ([]string, Usage) {
	input, u := make([]string, len(texts)), Usage{Estimated: true}
	for i, t := range texts {
		if r := []rune(t); len(r) > maxEmbedRunes {
			t = string(r[:maxEmbedRunes])
		}
		if t == "" {
			t = " " // servers refuse an empty input and with it the batch
		}
		input[i] = t
		u.Input += tokens(t)
	}
	return input, u
}

// arrange puts the vectors in the order of the texts and makes their length 1.
func arrange(data []openai.Embedding, n int) ([][]float32, error) {
	if len(data) != n {
		return nil, &Error{Reason: ReasonFormat, Err: fmt.Errorf("got %d vectors for %d texts", len(data), n)}
	}
	out := make([][]float32, n)
	for _, d := range data {
		if d.Index < 0 || d.Index >= n || out[d.Index] != nil {
			return nil, &Error{Reason: ReasonFormat, Err: errors.New("the vectors are numbered wrongly")}
		}
		v, ok := normalise(d.Embedding)
		if !ok || len(v) != len(data[0].Embedding) {
			return nil, &Error{Reason: ReasonFormat, Err: errors.New("a vector is empty, not finite, or of another length than the first")}
		}
		out[d.Index] = v
	}
	return out, nil
}

func normalise(v []float32) ([]float32, bool) {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	norm := math.Sqrt(sum)
	if norm == 0 || math.IsNaN(norm) || math.IsInf(norm, 0) {
		return nil, false
	}
	out := make([]float32, len(v))
	for i, x := range v {
		out[i] = float32(float64(x) / norm)
	}
	return out, true
}
