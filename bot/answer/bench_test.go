package answer

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"cairn/retrieval"
	"cairn/runbooks"
)

func BenchmarkCompose(b *testing.B) {
	wd, err := os.Getwd()
	if err != nil {
		b.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(wd, "..", "..", "runbooks", "library", "en", "web", "http-502.md"))
	if err != nil {
		b.Fatal(err)
	}
	d := parse(b, "http-502.md", string(raw))
	h := retrieval.Hit{Library: "lib", Document: d, Passage: runbooks.Passages(d)[0], Score: 1}
	r := retrieval.Result{Hits: []retrieval.Hit{h}, Confidence: 0.9, Verdict: retrieval.Sure}
	for name, cache := range map[string]*Cache{"first": nil, "again": new(Cache)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Compose(context.Background(), nil, r, "502 troubleshooting", &Options{Cache: cache})
			}
		})
	}
}
