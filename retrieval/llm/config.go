package llm

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// A Config names a server and bounds its use. Zero fields mean the defaults.
type Config struct {
	// BaseURL is the server's prefix, such as http://127.0.0.1:11434/v1.
	// Defaults to https://api.openai.com/v1.
	BaseURL string
	// Key is the secret; nil sends none, as local servers want it.
	Key Key
	// Azure uses Azure's URL shape, with ChatModel and EmbedModel as names of
	// deployments.
	Azure bool
	// APIVersion is Azure's. Defaults to 2024-10-21.
	APIVersion string
	// ChatModel, EmbedModel and RerankModel name the models; an empty one
	// switches the ability off.
	ChatModel, EmbedModel, RerankModel string
	// EmbedDimensions asks for shorter vectors; zero takes the model's own.
	EmbedDimensions int
	// RerankURL is the whole address of a /rerank endpoint; empty means none.
	RerankURL string
	// Proxy is an HTTP proxy. Defaults to the environment's.
	Proxy string

	// FirstToken bounds the wait for a stream's first piece. Defaults to 8 s.
	FirstToken time.Duration
	// Timeout bounds a whole call with its retries. Defaults to 20 s.
	Timeout time.Duration
	// Retries is how often a call is tried again; negative means never.
	// Defaults to 2.
	Retries int
	// MaxConcurrent is how many calls run at a time; further ones wait for a
	// second and then fail. Defaults to 8.
	MaxConcurrent int
	// MaxTokens bounds an answer. Defaults to 1,024.
	MaxTokens int
	// TokensPerHour and TokensPerPersonHour bound use; zero means no bound.
	TokensPerHour, TokensPerPersonHour int
	// CostPerHour and CostPerPersonHour bound money in the prices' currency;
	// zero means no bound.
	CostPerHour, CostPerPersonHour float64
	// InputPrice and OutputPrice are the chat model's, EmbedPrice that of
	// embeddings and reranking; per million tokens.
	InputPrice, OutputPrice, EmbedPrice float64
	// EmbedBatch is how many texts go into one request. Defaults to 64.
	EmbedBatch int

	// Observe is told of every call once it has ended, on the goroutine that
	// made it; it must be safe for concurrent use. Defaults to nobody.
	Observe func(Call)
	// Spent says what was used since the hour began by the calls of an earlier
	// process, of a person or ("") of all; it is asked once for each. Defaults
	// to nothing.
	Spent func(hour time.Time, person string) (tokens int, cost float64)
	// Now is the clock of the budgets. Defaults to [time.Now].
	Now func() time.Time
	// Transport carries the requests. Defaults to one that uses Proxy.
	Transport http.RoundTripper
}

func (c Config) withDefaults() Config {
	def := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	if c.BaseURL == "" {
		c.BaseURL = "https://api.openai.com/v1"
	}
	c.BaseURL = strings.TrimRight(c.BaseURL, "/")
	if c.APIVersion == "" {
		c.APIVersion = "2024-10-21"
	}
	if c.FirstToken == 0 {
		c.FirstToken = 8 * time.Second
	}
	if c.Timeout == 0 {
		c.Timeout = 20 * time.Second
	}
	def(&c.Retries, 2)
	def(&c.MaxConcurrent, 8)
	def(&c.MaxTokens, 1024)
	def(&c.EmbedBatch, 64)
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

func (c Config) validate() error {
	if c.ChatModel == "" && c.EmbedModel == "" && c.RerankURL == "" {
		return errors.New("llm.Config: got no ChatModel, EmbedModel or RerankURL, want at least one")
	}
	for _, u := range []struct{ name, value string }{{"BaseURL", c.BaseURL}, {"RerankURL", c.RerankURL}, {"Proxy", c.Proxy}} {
		if u.value == "" {
			continue
		}
		p, err := url.Parse(u.value)
		if err != nil || p.Host == "" || p.Scheme != "http" && p.Scheme != "https" {
			return fmt.Errorf("llm.Config.%s: want an http or https address with a host", u.name)
		}
	}
	for _, d := range []struct {
		name  string
		value time.Duration
	}{{"FirstToken", c.FirstToken}, {"Timeout", c.Timeout}} {
		if d.value < 0 {
			return fmt.Errorf("llm.Config.%s: got %v, want 0 or more", d.name, d.value)
		}
	}
	for _, n := range []struct {
		name  string
		value int
	}{
		{"MaxConcurrent", c.MaxConcurrent}, {"MaxTokens", c.MaxTokens}, {"TokensPerHour", c.TokensPerHour},
		{"TokensPerPersonHour", c.TokensPerPersonHour}, {"EmbedBatch", c.EmbedBatch}, {"EmbedDimensions", c.EmbedDimensions},
	} {
		if n.value < 0 {
			return fmt.Errorf("llm.Config.%s: got %d, want 0 or more", n.name, n.value)
		}
	}
	return nil
}

// host is the part of an address that may stand in messages.
func host(address string) string {
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		return u.Host
	}
	return "the model server"
}
