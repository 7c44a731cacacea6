package retrieval

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"cairn/retrieval/glossary"
	"cairn/retrieval/lexical"
	"cairn/runbooks"
)

// An Embedder turns texts into vectors. retrieval/llm implements it for
// OpenAI-compatible servers.
type Embedder interface {
	// Embed returns one vector of length 1 for each text, in order, all of the
	// same dimension.
	Embed(ctx context.Context, texts []string) ([][]float32, error)
	// Model names the model and its dimensions; it is part of the fingerprint.
	Model() string
}

// A Reranker scores documents against a query. retrieval/llm implements it for
// Cohere- and Jina-compatible servers.
type Reranker interface {
	// Rerank returns a relevance for each document, in order; higher is better.
	Rerank(ctx context.Context, query string, documents []string) ([]float64, error)
}

// A VectorCache keeps vectors between builds, so that a rebuild embeds only
// what changed and a broken one goes on where it stopped. Keys name the model
// and the text's hash.
type VectorCache interface {
	Get(key string) ([]float32, bool)
	Put(key string, vector []float32) error
}

// Options say how an index is made and searched. The zero value means the
// defaults; Build and Load of one index want the same.
type Options struct {
	// Glossary relates the two languages. Defaults to glossary.Default().
	Glossary *glossary.Glossary
	// Embedder makes the vectors. Defaults to none: the glossary's concepts
	// carry meaning over, with no model.
	Embedder Embedder
	// VectorCache keeps the Embedder's vectors. Defaults to none beyond the
	// previous index.
	VectorCache VectorCache
	// EmbedBatch is how many passages one call of the Embedder gets. Defaults
	// to 64.
	EmbedBatch int
	// Reranker orders the best candidates anew. Defaults to none.
	Reranker Reranker
	// RerankTimeout bounds a call of the Reranker and the embedding of a
	// question. Defaults to 800 ms.
	RerankTimeout time.Duration
	// RerankHeadings gives the Reranker titles and headings only, so that no
	// text of a passage leaves. Defaults to false.
	RerankHeadings bool
	// RerankDepth is how many candidates the Reranker gets. Defaults to 20.
	RerankDepth int
}

func (o *Options) withDefaults() (Options, error) {
	var v Options
	if o != nil {
		v = *o
	}
	if v.Glossary == nil {
		v.Glossary = glossary.Default()
	}
	if v.EmbedBatch == 0 {
		v.EmbedBatch = 64
	}
	if v.RerankTimeout == 0 {
		v.RerankTimeout = 800 * time.Millisecond
	}
	if v.RerankDepth == 0 {
		v.RerankDepth = 20
	}
	switch {
	case v.EmbedBatch < 1:
		return v, fmt.Errorf("retrieval options: EmbedBatch: got %d, want at least 1", v.EmbedBatch)
	case v.RerankTimeout < 0:
		return v, fmt.Errorf("retrieval options: RerankTimeout: got %s, want at least 0", v.RerankTimeout)
	case v.RerankDepth < 1 || v.RerankDepth > maxK:
		return v, fmt.Errorf("retrieval options: RerankDepth: got %d, want 1 to %d", v.RerankDepth, maxK)
	}
	return v, nil
}

// Warm makes what [Load] and [Build] need of the glossary, so that a caller can
// have it made beside its own reading. They wait for a Warm that runs.
func (o *Options) Warm() {
	v, err := o.withDefaults()
	if err != nil {
		return // Load and Build return it
	}
	v.Glossary.Hash()
	v.Glossary.Prepare()
}

// formatVersion changes with the layout of a saved index and with what Build
// puts into it.
const formatVersion = 1

// fingerprint names everything that decides how documents are analysed: an
// index serves only where it is equal.
func (o *Options) fingerprint() string {
	model := "none"
	if o.Embedder != nil {
		model = o.Embedder.Model()
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s", model, o.Glossary.Hash()))
	return fmt.Sprintf("f%d-p%d-a%d-%s", formatVersion, runbooks.ParserVersion, lexical.Version, hex.EncodeToString(sum[:8]))
}

// The errors that a caller branches on.
var (
	// ErrCorrupt means that the bytes are no index, or a damaged one.
	ErrCorrupt = errors.New("the index is damaged")
	// ErrFingerprint means that the index was made with another analysis,
	// glossary or embedder: rebuild it.
	ErrFingerprint = errors.New("the index was made with another analysis")
)
