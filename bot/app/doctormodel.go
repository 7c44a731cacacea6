package app

import (
	"context"
	"errors"
	"net/http"
	"time"

	"cairn/adapters"
	"cairn/bot/answer"
	"cairn/retrieval/llm"
)

// checkModel asks the model server for one short answer, one vector and one
// reranking, as far as they are configured, and with exam for the answers to the
// judge's exam. The texts are made up here.
func (s *session) checkModel(ctx context.Context, exam bool) []check {
	l := s.cfg.LLM
	if s.model == nil && exam {
		return []check{s.checkJudge(ctx, exam)}
	}
	if s.model == nil {
		c := s.named(both("model", "模型"))
		if l.Send == answer.SendNothing && (l.Model != "" || l.EmbedModel != "" || l.RerankURL != "") {
			return []check{s.ok(c, both("not asked: with llm.send: nothing no call is made", "未检查：llm.send 为 nothing 时不会调用模型"))}
		}
		return []check{s.ok(c, both("none is configured; answers are the documents' own words", "未配置；回答只用文档原文"))}
	}
	var out []check
	if l.Model != "" {
		out = append(out, s.checkChat(ctx))
	}
	if l.Model != "" || exam {
		if n := len(out); exam && n > 0 && !out[n-1].OK {
			out = append(out, s.bad(s.named(both("judge", "裁判")), both("not examined: the model does not answer", "没有进行考试：模型没有响应").Err(), both("see the check before this one", "见上一项检查")))
		} else {
			out = append(out, s.checkJudge(ctx, exam))
		}
	}
	if e := s.model.Embedder(); e != nil {
		out = append(out, s.checkEmbeddings(ctx, e))
	}
	if r := s.model.Reranker(); r != nil {
		out = append(out, s.checkReranking(ctx, r))
	}
	return out
}

func (s *session) checkChat(ctx context.Context) check {
	c := s.named(both("model", "模型"))
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
		return s.failedCall(c, err, "llm.model")
	}
	c = s.ok(c, both("%s answers: first token after %.1f s, whole after %.1f s, %d tokens; sends %s", "%s 有响应：首个 token %.1f 秒，全部 %.1f 秒，共 %d 个 token；发送范围 %s"),
		s.model.Model(), first.Seconds(), time.Since(start).Seconds(), resp.Usage.Input+resp.Usage.Output, s.cfg.LLM.Send)
	if _, ok := llm.ObjectStart([]byte(resp.Text), true); !ok {
		c.Detail += both("; it did not answer in JSON as asked, which answers and the judge need", "；没有按要求用 JSON 回答，而写回答和做裁判都需要").In(s.lang)
	}
	if resp.Usage.Estimated {
		c.Detail += both("; the server reports no tokens, so they are estimated", "；服务端没有返回 token 数，此为估算").In(s.lang)
	}
	return c
}

func (s *session) checkEmbeddings(ctx context.Context, e llm.Embedder) check {
	c := s.named(both("embeddings", "向量"))
	vs, err := e.Embed(ctx, []string{"is the server ready", "服务器就绪了吗"})
	switch {
	case err != nil:
		return s.failedCall(c, err, "llm.embed_model")
	case s.cfg.LLM.EmbedDimensions > 0 && len(vs[0]) != s.cfg.LLM.EmbedDimensions:
		return s.bad(c, both("%s gives vectors of %d numbers, llm.embed_dimensions asks for %d", "%s 给出 %d 维向量，而 llm.embed_dimensions 要求 %d 维").Err(e.Model(), len(vs[0]), s.cfg.LLM.EmbedDimensions),
			both("set llm.embed_dimensions to 0, or take a model that can shorten its vectors", "请把 llm.embed_dimensions 设为 0，或换用支持缩短维度的模型"))
	}
	c = s.ok(c, both("%s gives vectors of %d numbers", "%s 给出 %d 维向量"), e.Model(), len(vs[0]))
	if s.cfg.LLM.Send == answer.SendTitles {
		c.Detail += both("; not used, since with llm.send: titles no text of a passage may leave", "；未使用：llm.send 为 titles 时段落内容不外发").In(s.lang)
	}
	return c
}

func (s *session) checkReranking(ctx context.Context, r llm.Reranker) check {
	c := s.named(both("reranking", "重排"))
	scores, err := r.Rerank(ctx, "disk full", []string{"how to tie a bow tie", "what to do when the disk is full"})
	switch {
	case err != nil:
		return s.failedCall(c, err, "llm.rerank_model")
	case scores[1] <= scores[0]:
		return s.bad(c, both("the better document got %.2f, the worse one %.2f", "更相关的文档得分 %.2f，不相关的反而是 %.2f").Err(scores[1], scores[0]),
			both("check llm.rerank_url and llm.rerank_model: this is no ranking by relevance", "请检查 llm.rerank_url 和 llm.rerank_model：这不是按相关性排序"))
	default:
		return s.ok(c, both("puts the better document first (%.2f over %.2f)", "更相关的文档排在前面（%.2f 对 %.2f）"), scores[1], scores[0])
	}
}

// failedCall is a check whose call has failed. name is the setting that names
// the model.
func (s *session) failedCall(c check, err error, name string) check {
	return s.bad(c, both("%v", "调用失败：%v").Err(err), fixModel(err, name))
}

// fixModel says what to do about a failed call. name is the setting that names
// the model.
func fixModel(err error, name string) adapters.Text {
	var e *llm.Error
	if !errors.As(err, &e) {
		return both("see the error", "见错误信息")
	}
	address := "llm.base_url (CAIRN_LLM_BASE_URL)"
	if name == "llm.rerank_model" {
		address = "llm.rerank_url (CAIRN_LLM_RERANK_URL)"
	}
	switch {
	case e.Reason == llm.ReasonAuth:
		return both("the server is reached and refuses the key: check llm.api_key (OPENAI_API_KEY or its _FILE twin), and that it belongs to %s", "服务端可达但拒绝了密钥：请检查 llm.api_key（OPENAI_API_KEY 或对应的 _FILE），并确认它属于 %s").With(address)
	case e.Status == http.StatusNotFound:
		return both("the server is reached and knows no such model or path: check %s and %s; on Azure the deployment's name and llm.api_version", "服务端可达，但没有这个模型或路径：请检查 %s 和 %s；Azure 还要检查部署名和 llm.api_version").With(name, address)
	case e.Reason == llm.ReasonRequest:
		return both("the server is reached and refuses the request: check %s and %s", "服务端可达但拒绝了请求：请检查 %s 和 %s").With(name, address)
	case e.Reason == llm.ReasonBusy:
		return both("cairn itself is at llm.max_concurrent calls: try again, or raise it", "cairn 自身的并发调用已达 llm.max_concurrent：请稍后重试，或调大它")
	case e.Reason == llm.ReasonOpen:
		return both("the server has failed several times in a row and is left alone for half a minute: try again, and see the checks before this one", "服务端连续失败多次，半分钟内不再调用：请稍后重试，并查看前面的检查项")
	case e.Reason == llm.ReasonRateLimited:
		return both("the server is reached and limits the rate, or the account has no credit: lower llm.max_concurrent, or look at the account", "服务端可达但限流，或账户余额不足：请调低 llm.max_concurrent，或检查账户")
	case e.Reason == llm.ReasonTimeout:
		return both("raise llm.first_token and llm.timeout for a model that loads slowly; else check %s and llm.proxy", "模型加载慢时请调大 llm.first_token 和 llm.timeout；否则请检查 %s 和 llm.proxy").With(address)
	case e.Reason == llm.ReasonBudget:
		return both("raise llm.tokens_per_hour or llm.cost_per_hour, or wait for the next hour", "请调大 llm.tokens_per_hour 或 llm.cost_per_hour，或等到下一个小时")
	case e.Reason == llm.ReasonStream || e.Reason == llm.ReasonFormat:
		return both("something answers there that is no OpenAI-compatible server, or something between breaks its answer: check %s", "那里响应的不是 OpenAI 兼容的服务，或中间有设备改坏了响应：请检查 %s").With(address)
	case e.Status >= 500:
		return both("the server is reached and fails: look at its log", "服务端可达但内部出错：请看它的日志")
	default:
		return both("the server is not reached: check %s, llm.proxy, and that it runs", "连不上服务端：请检查 %s、llm.proxy，以及服务是否在运行").With(address)
	}
}
