package app

import (
	"context"
	"fmt"

	"cairn/retrieval/llm"
	"cairn/retrieval/llm/mask"
)

var (
	_ llm.Embedder = maskedEmbedder{}
	_ llm.Reranker = maskedReranker{}
)

// newMasker makes what hides secrets in one call of the chat model.
func newMasker() interface {
	Mask(string) string
	Restore(string) string
} {
	return mask.New()
}

// A maskedEmbedder embeds texts with what is secret or personal taken out.
type maskedEmbedder struct{ next llm.Embedder }

// Model names the masking too, so that vectors of texts masked by other rules,
// or not at all, are made anew.
func (e maskedEmbedder) Model() string { return fmt.Sprintf("%s+mask%d", e.next.Model(), mask.Version) }

// Embed implements [llm.Embedder].
func (e maskedEmbedder) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	return e.next.Embed(ctx, redacted(texts))
}

// A maskedReranker reranks texts with what is secret or personal taken out.
type maskedReranker struct{ next llm.Reranker }

// Rerank implements [llm.Reranker].
func (r maskedReranker) Rerank(ctx context.Context, query string, documents []string) ([]float64, error) {
	return r.next.Rerank(ctx, mask.Redact(query), redacted(documents))
}

func redacted(texts []string) []string {
	out := make([]string, len(texts))
	for i, t := range texts {
		out[i] = mask.Redact(t)
	}
	return out
}
