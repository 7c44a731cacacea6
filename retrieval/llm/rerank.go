package llm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
)

// Reranker returns the client's reranking side, or nil when no /rerank
// endpoint is configured.
func (c *Client) Reranker() Reranker {
	if c.cfg.RerankURL == "" {
		return nil
	}
	return &reranker{c}
}

type reranker struct{ c *Client }

// The request and answer that Cohere, Jina, TEI's compatible mode, vLLM and
// Xinference share.
type rerankRequest struct {
	Model           string   `json:"model,omitempty"`
	Query           string   `json:"query"`
	Documents       []string `json:"documents"`
	TopN            int      `json:"top_n"`
	ReturnDocuments bool     `json:"return_documents"`
}

type rerankResponse struct {
	Results []struct {
		Index          int      `json:"index"`
		RelevanceScore *float64 `json:"relevance_score"`
		Score          *float64 `json:"score"`
	} `json:"results"`
	Meta struct {
		Tokens struct {
			Input float64 `json:"input_tokens"`
		} `json:"tokens"`
	} `json:"meta"`
}

// Rerank implements [Reranker]. Documents that the server leaves out rank
// below all others.
func (r *reranker) Rerank(ctx context.Context, query string, documents []string) ([]float64, error) {
	op := "rerank at " + host(r.c.cfg.RerankURL)
	if len(documents) == 0 {
		return []float64{}, nil
	}
	began := r.c.cfg.Now()
	call := Call{Kind: KindRerank, Model: r.c.cfg.RerankModel, Host: host(r.c.cfg.RerankURL)}
	expected := Usage{Input: tokens(query) * len(documents), Estimated: true}
	for _, d := range documents {
		expected.Input += tokens(d)
	}
	leave, refused := r.c.gate.enter(ctx, KindRerank, "", "", expected)
	if refused != nil {
		refused.Op = op
		call.Refused = true
		r.c.observe(call, began, refused)
		return nil, refused
	}
	scores, used, err := r.call(ctx, query, documents)
	var failed *Error
	if err != nil {
		failed = classify(op, err)
	}
	call.Sent = r.c.encoded(rerankRequest{Model: r.c.cfg.RerankModel, Query: query, Documents: documents, TopN: len(documents)})
	call.Usage = charged(used, expected, failed)
	if failed != nil {
		leave(call.Usage, failed)
		r.c.observe(call, began, failed)
		return nil, failed
	}
	call.Received = r.c.encoded(scores)
	leave(call.Usage, nil)
	r.c.observe(call, began, nil)
	return scores, nil
}

func (r *reranker) call(ctx context.Context, query string, documents []string) ([]float64, Usage, error) {
	ctx, cancel := context.WithTimeout(ctx, r.c.cfg.Timeout)
	defer cancel()
	body, err := json.Marshal(rerankRequest{Model: r.c.cfg.RerankModel, Query: query, Documents: documents, TopN: len(documents)})
	if err != nil {
		return nil, Usage{}, fmt.Errorf("encode the request: %w", err) // unreachable: strings marshal
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.c.cfg.RerankURL, bytes.NewReader(body))
	if err != nil {
		return nil, Usage{}, &Error{Reason: ReasonRequest, Err: errors.New("rerank_url is no address")}
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := r.c.http.Do(req)
	if err != nil {
		return nil, Usage{}, orCause(ctx, err)
	}
	defer resp.Body.Close()
	var out rerankResponse
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return nil, Usage{}, cause
		}
		return nil, Usage{}, &Error{Reason: ReasonFormat, Err: errors.New("the answer is no JSON of the expected shape")}
	}
	used := reported(int(out.Meta.Tokens.Input), 0)
	scores := make([]float64, len(documents))
	for i := range scores {
		scores[i] = math.Inf(-1)
	}
	for _, res := range out.Results {
		s := res.RelevanceScore
		if s == nil {
			s = res.Score
		}
		if s == nil || math.IsNaN(*s) || res.Index < 0 || res.Index >= len(documents) {
			return nil, used, &Error{Reason: ReasonFormat, Err: errors.New("a result has no score or a wrong index")}
		}
		scores[res.Index] = *s
	}
	if len(out.Results) == 0 {
		return nil, used, &Error{Reason: ReasonFormat, Err: errors.New("the answer holds no result")}
	}
	low := math.Inf(1)
	for _, s := range scores {
		if !math.IsInf(s, -1) {
			low = min(low, s)
		}
	}
	for i, s := range scores {
		if math.IsInf(s, -1) {
			scores[i] = low - 0.01 // left out
		}
	}
	return scores, used, nil
}
