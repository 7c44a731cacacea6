package retrieval

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
)

// embed gives every new passage its vector: from the cache where it is known,
// else from the embedder, in batches. What was embedded before an error is in
// the cache, so that the next build goes on from there.
func (b *build) embed() error {
	type want struct {
		at  *analyzedPassage
		key string // "" without a cache
	}
	var wants []want
	for i := range b.done {
		for j := range b.done[i].passages {
			p := &b.done[i].passages[j]
			if p.vector != nil {
				continue
			}
			w := want{at: p}
			if b.opts.VectorCache != nil {
				w.key = vectorKey(b.opts.Embedder.Model(), p.embed)
				if v, ok := b.opts.VectorCache.Get(w.key); ok {
					p.vector = v
					continue
				}
			}
			wants = append(wants, w)
		}
	}
	for len(wants) > 0 {
		n := min(len(wants), b.opts.EmbedBatch)
		batch := make([]string, n)
		for i := range batch {
			batch[i] = wants[i].at.embed
		}
		vs, err := b.opts.Embedder.Embed(b.ctx, batch)
		if err != nil {
			return fmt.Errorf("embed %d passages with %s, %d are left: %w", n, b.opts.Embedder.Model(), len(wants), err)
		}
		if len(vs) != n {
			return fmt.Errorf("embed %d passages with %s: got %d vectors", n, b.opts.Embedder.Model(), len(vs))
		}
		for i, v := range vs {
			wants[i].at.vector = unit(v)
			if b.opts.VectorCache != nil {
				if err := b.opts.VectorCache.Put(wants[i].key, wants[i].at.vector); err != nil {
					return fmt.Errorf("cache a vector: %w", err)
				}
			}
		}
		b.stats.Embedded += n
		wants = wants[n:]
	}
	dims := -1
	for i := range b.done {
		for j := range b.done[i].passages {
			v := b.done[i].passages[j].vector
			if dims < 0 {
				dims = len(v)
			}
			if len(v) == 0 || len(v) != dims {
				return fmt.Errorf("embed passages with %s: vectors of %d and of %d numbers", b.opts.Embedder.Model(), dims, len(v))
			}
		}
	}
	return nil
}

func vectorKey(model, text string) string {
	sum := sha256.Sum256([]byte(model + "\x00" + text))
	return hex.EncodeToString(sum[:])
}

// unit scales a vector to length 1; a zero or broken one becomes zero.
func unit(v []float32) []float32 {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	out := make([]float32, len(v))
	if sum == 0 || math.IsNaN(sum) || math.IsInf(sum, 0) {
		return out
	}
	f := float32(1 / math.Sqrt(sum))
	for i, x := range v {
		out[i] = x * f
	}
	return out
}
