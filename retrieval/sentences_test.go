package retrieval

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairn/retrieval/glossary"
	"cairn/retrieval/lexical"
)

func TestSentences(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", maxSentence)
	for text, want := range map[string][]string{
		"":                              nil,
		" \n\n ":                        nil,
		"One. Two! Three?\nFour":        {"One.", "Two!", "Three?", "Four"},
		"v1.2 is out. Yes":              {"v1.2 is out.", "Yes"},
		"磁盘满了。怎么办？":                     {"磁盘满了。", "怎么办？"},
		long + "bc. d":                  {long, "bc.", "d"},
		strings.Repeat("盘", 134) + "满了": {strings.Repeat("盘", 134), "满了"},
	} {
		var got []string
		for s := range sentences(text) {
			got = append(got, strings.TrimSpace(text[s.from:s.to]))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%.40q: -want +got\n%s", text, diff)
		}
	}
}

// The terms of a sentence are taken from the analysis of the whole text: they
// are those that the sentence has alone.
func FuzzSentences(f *testing.F) {
	for _, s := range []string{
		"The node evicts pods. Disk\npressure 节点磁盘压力。驱逐 Pod！",
		"jie\ndian jiedian. wangguan", "PVCs. PVs\nCrashLoopBackOff.Yes", "load balancer. balancer\nload", "a．b。c；d", "\xff节\x80\n点",
		"消息\n积压。队列 queue. lag", strings.Repeat("node ", 120) + "drain. node", "KubeAPI\nServer", "节點。節点",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		w := newWorker(lexical.NewAnalyzer(glossary.Default()), false)
		w.tally.Count(text)
		for s := range sentences(text) {
			if s.torn {
				continue
			}
			w.ids = w.tally.Part(w.ids[:0], s.from, s.to)
			got := slices.Clone(w.distinct())
			w.ids = w.tally.Terms(w.ids[:0], text[s.from:s.to])
			if want := w.distinct(); !slices.Equal(got, want) {
				t.Errorf("%q: got %q, want %q", text[s.from:s.to], w.names(got), w.names(want))
			}
		}
	})
}

func (w *worker) names(ids []uint32) (out []string) {
	for _, id := range ids {
		out = append(out, w.vocab.Terms()[id])
	}
	return out
}
