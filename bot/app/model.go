package app

import (
	"log/slog"
	"net/url"
	"os"
	"strings"

	"cairn/bot/answer"
	"cairn/bot/answer/ground"
	"cairn/bot/answer/judge"
	"cairn/bot/catalog"
	"cairn/bot/config"
	"cairn/retrieval"
	"cairn/retrieval/glossary"
	"cairn/retrieval/llm"
)

// maxGlossary bounds a user's glossary file.
const maxGlossary = 8 << 20

// newModel makes the client of the configured model server; nil where none is
// configured or nothing may be sent.
func newModel(cfg *config.Config, calls *modelCalls) (*llm.Client, error) {
	l := cfg.LLM
	if l.Model == "" && l.EmbedModel == "" && l.RerankURL == "" || l.Send == answer.SendNothing {
		return nil, nil
	}
	conf := llmConfig(l)
	conf.Observe, conf.Spent = calls.observe, calls.log.Spent
	client, err := llm.New(conf)
	if err != nil {
		return nil, usageError{err}
	}
	return client, nil
}

// newWriter lets the chat model add to answers; nil where none is configured.
func newWriter(lg *slog.Logger, cfg *config.Config, model *llm.Client, g *glossary.Glossary) (*answer.Writer, error) {
	if model == nil || cfg.LLM.Model == "" {
		return nil, nil
	}
	if g == nil {
		g = glossary.Default()
	}
	check := ground.New(g)
	w, err := answer.NewWriter(lg, model, check, &answer.WriterOptions{
		Send: cfg.LLM.Send, Masker: newMasker, Judge: newJudge(lg, cfg, model, check), JudgeAfter: cfg.LLM.MaxConcurrent == 1, JudgeCalls: min(3, cfg.LLM.MaxConcurrent-1), Timeout: cfg.LLM.Timeout,
	})
	if err != nil {
		return nil, usageError{err}
	}
	return w, nil
}

// newJudge lets the chat model judge sentences where it has passed the exam;
// nil where it has not, or may not.
func newJudge(lg *slog.Logger, cfg *config.Config, model *llm.Client, check *ground.Checker) *judge.Judge {
	if !mayJudge(cfg) {
		return nil
	}
	exam, ok, err := examOf(cfg)
	if err != nil {
		lg.Warn("the model does not judge", "err", err)
	}
	if !ok || !exam.Passed() {
		return nil
	}
	return judge.New(lg, model, check)
}

// examOf returns the last exam of the configured model.
func examOf(cfg *config.Config) (r judge.Record, ok bool, err error) {
	return judge.Find(cfg.Data, cfg.LLM.Model, serverOf(cfg))
}

// mayJudge reports whether the configuration lets a chat model judge.
func mayJudge(cfg *config.Config) bool {
	return cfg.LLM.Judge && cfg.LLM.Model != "" && cfg.LLM.Send == answer.SendPassages
}

// serverOf names the model server without what may be secret in its address.
func serverOf(cfg *config.Config) string {
	u, err := url.Parse(cfg.LLM.BaseURL)
	if err != nil {
		return ""
	}
	return u.Host + strings.TrimRight(u.Path, "/")
}

// buildOptions says how indexes are made and searched: with the user's
// glossary, and with a model's vectors and reranking where those are
// configured. A nil model is none.
func buildOptions(lg *slog.Logger, cfg *config.Config, model *llm.Client) (o *retrieval.Options, err error) {
	reranks := cfg.LLM.RerankURL != "" || cfg.LLM.RerankWithModel && cfg.LLM.Model != ""
	if cfg.Index.Glossary == "" && (model == nil || cfg.LLM.EmbedModel == "" && !reranks) {
		return nil, nil // the defaults, which the embedded index was made with
	}
	o = &retrieval.Options{}
	if name := cfg.Index.Glossary; name != "" {
		if o.Glossary, err = userGlossary(name); err != nil {
			return nil, usageError{err}
		}
	}
	if model == nil {
		return o, nil
	}
	titles := cfg.LLM.Send == answer.SendTitles
	o.RerankHeadings = titles
	if e := model.Embedder(); e != nil && titles {
		lg.Info("llm.embed_model is not used: with llm.send: titles no text of a passage may leave")
	} else if e != nil {
		o.Embedder = maskedEmbedder{e}
		cache, err := catalog.OpenVectors(cfg.Data)
		if err != nil {
			lg.Warn("vectors are not kept between builds", "err", err)
		} else {
			o.VectorCache = cache
		}
	}
	if r := model.Reranker(); r != nil {
		o.Reranker = maskedReranker{r}
	} else if reranks {
		o.Reranker = maskedReranker{model.ChatReranker()}
	}
	return o, nil
}

// userGlossary adds the file's terms to the built-in glossary.
func userGlossary(name string) (*glossary.Glossary, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, both("index.glossary: %v", "index.glossary：%v").Err(err)
	}
	defer f.Close()
	if fi, err := f.Stat(); err == nil && fi.Size() > maxGlossary {
		return nil, both("index.glossary: %s has %d bytes, want at most %d", "index.glossary：%s 有 %d 字节，最多 %d 字节").Err(name, fi.Size(), maxGlossary)
	}
	user, err := glossary.Load(f)
	if err != nil {
		return nil, both("index.glossary: %s: %v", "index.glossary：%s：%v").Err(name, err)
	}
	return glossary.Default().Merge(user), nil
}

// llmConfig is the model's part of the configuration as its client wants it.
func llmConfig(c config.LLM) llm.Config {
	retries := c.Retries
	if retries == 0 {
		retries = -1 // the client's zero means its default
	}
	return llm.Config{
		BaseURL: c.BaseURL, Key: c.APIKey, Azure: c.APIType == "azure", APIVersion: c.APIVersion,
		ChatModel: c.Model, EmbedModel: c.EmbedModel, EmbedDimensions: c.EmbedDimensions,
		RerankURL: c.RerankURL, RerankModel: c.RerankModel, Proxy: c.Proxy,
		FirstToken: c.FirstToken, Timeout: c.Timeout, Retries: retries, MaxConcurrent: c.MaxConcurrent,
		MaxTokens: c.MaxTokens, TokensPerHour: c.TokensPerHour, TokensPerPersonHour: c.TokensPerPersonHour,
		CostPerHour: c.CostPerHour, CostPerPersonHour: c.CostPerPersonHour,
		InputPrice: c.InputPrice, OutputPrice: c.OutputPrice, EmbedPrice: c.EmbedPrice,
	}
}
