package eval

import (
	"testing"

	"cairn/retrieval"
)

// BenchmarkSearch asks the Kubernetes questions of the pages in the other
// language.
func BenchmarkSearch(b *testing.B) {
	root := shared(b)
	for _, set := range devSets(root) {
		if set.name != "k8s-zh" && set.name != "k8s-en" {
			continue
		}
		ix := buildSet(b, set.name, set.docs)
		qs, err := ReadFile(set.queries[0])
		if err != nil {
			b.Fatal(err)
		}
		b.Run(set.name, func(b *testing.B) {
			b.ReportMetric(float64(ix.Stats().Passages), "passages")
			i := 0
			for b.Loop() {
				if _, err := ix.Search(b.Context(), retrieval.Query{Text: qs[i%len(qs)].Query}); err != nil {
					b.Fatal(err)
				}
				i++
			}
		})
	}
}
