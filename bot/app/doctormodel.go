package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"cairn/bot/answer"
	"cairn/retrieval/llm"
)

// checkModel asks the model server for one short answer, one vector and one
// reranking, as far as they are configured. The texts are made up here.
func (s *session) checkModel(ctx context.Context) []check {
	l := s.cfg.LLM
	if s.model == nil {
		c := check{Name: "model", OK: true, Detail: "none is configured; answers are the documents' own words"}
		if l.Send == answer.SendNothing && (l.Model != "" || l.EmbedModel != "" || l.RerankURL != "") {
			c.Detail = "not asked: with llm.send: nothing no call is made"
		}
		return []check{c}
	}
	var out []check
	if l.Model != "" {
		out = append(out, s.checkChat(ctx))
	}
	if e := s.model.Embedder(); e != nil {
		out = append(out, s.checkEmbeddings(ctx, e))
	}
	if r := s.model.Reranker(); r != nil {
		out = append(out, checkReranking(ctx, r))
	}
	return out
}

func (s *session) checkChat(ctx context.Context) check {
	c := check{Name: "model"}
	start := time.Now()
	var first time.Duration
	resp, err := s.model.Chat(ctx, llm.ChatRequest{
		Messages:  []llm.Message{{Role: llm.User, Content: `Answer with this JSON object and nothing else: {"ready": true}`}},
		MaxTokens: 256, JSON: true,
	}, func(string) error {
		if first == 0 {
			first = time.Since(start)
		}
		return nil
	})
	if err != nil {
		c.Detail, c.Fix = err.Error(), fixModel(err, "llm.model")
		return c
	}
	c.OK = true
	c.Detail = fmt.Sprintf("%s answers: first token after %.1f s, whole after %.1f s, %d tokens; sends %s", s.model.Model(), first.Seconds(), time.Since(start).Seconds(), resp.Usage.Input+resp.Usage.Output, s.cfg.LLM.Send)
	if resp.Usage.Estimated {
		c.Detail += "; the server reports no tokens, so they are estimated"
	}
	return c
}

func (s *session) checkEmbeddings(ctx context.Context, e llm.Embedder) check {
	c := check{Name: "embeddings"}
	vs, err := e.Embed(ctx, []string{"is the server ready", "服务器就绪了吗"})
	switch {
	case err != nil:
		c.Detail, c.Fix = err.Error(), fixModel(err, "llm.embed_model")
	case s.cfg.LLM.EmbedDimensions > 0 && len(vs[0]) != s.cfg.LLM.EmbedDimensions:
		c.Detail = fmt.Sprintf("%s gives vectors of %d numbers, llm.embed_dimensions asks for %d", e.Model(), len(vs[0]), s.cfg.LLM.EmbedDimensions)
		c.Fix = "set llm.embed_dimensions to 0, or take a model that can shorten its vectors"
	default:
		c.OK, c.Detail = true, fmt.Sprintf("%s gives vectors of %d numbers", e.Model(), len(vs[0]))
		if s.cfg.LLM.Send == answer.SendTitles {
			c.Detail += "; not used, since with llm.send: titles no text of a passage may leave"
		}
	}
	return c
}

func checkReranking(ctx context.Context, r llm.Reranker) check {
	c := check{Name: "reranking"}
	scores, err := r.Rerank(ctx, "disk full", []string{"how to tie a bow tie", "what to do when the disk is full"})
	switch {
	case err != nil:
		c.Detail, c.Fix = err.Error(), fixModel(err, "llm.rerank_model")
	case scores[1] <= scores[0]:
		c.Detail, c.Fix = fmt.Sprintf("the better document got %.2f, the worse one %.2f", scores[1], scores[0]), "check llm.rerank_url and llm.rerank_model: this is no ranking by relevance"
	default:
		c.OK, c.Detail = true, fmt.Sprintf("puts the better document first (%.2f over %.2f)", scores[1], scores[0])
	}
	return c
}

// fixModel says what to do about a failed call. name is the setting that names
// the model.
func fixModel(err error, name string) string {
	var e *llm.Error
	if !errors.As(err, &e) {
		return "see the error"
	}
	address := "llm.base_url (CAIRN_LLM_BASE_URL)"
	if name == "llm.rerank_model" {
		address = "llm.rerank_url (CAIRN_LLM_RERANK_URL)"
	}
	switch {
	case e.Reason == llm.ReasonAuth:
		return "the server is reached and refuses the key: check llm.api_key (OPENAI_API_KEY or its _FILE twin), and that it belongs to " + address
	case e.Status == http.StatusNotFound:
		return "the server is reached and knows no such model or path: check " + name + " and " + address + "; on Azure the deployment's name and llm.api_version"
	case e.Reason == llm.ReasonRequest:
		return "the server is reached and refuses the request: check " + name + " and " + address
	case e.Reason == llm.ReasonRateLimited:
		return "the server is reached and limits the rate, or the account has no credit: lower llm.max_concurrent, or look at the account"
	case e.Reason == llm.ReasonTimeout:
		return "raise llm.first_token and llm.timeout for a model that loads slowly; else check " + address + " and llm.proxy"
	case e.Reason == llm.ReasonBudget:
		return "raise llm.tokens_per_hour or llm.cost_per_hour, or wait for the next hour"
	case e.Reason == llm.ReasonStream || e.Reason == llm.ReasonFormat:
		return "something answers there that is no OpenAI-compatible server, or something between breaks its answer: check " + address
	case e.Status >= 500:
		return "the server is reached and fails: look at its log"
	default:
		return "the server is not reached: check " + address + ", llm.proxy, and that it runs"
	}
}
