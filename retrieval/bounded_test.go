package retrieval

import (
	"strings"
	"testing"
	"time"
)

// TestCostIsBounded asks long questions of the worst kinds we know. The limit
// is generous: it tells a linear cost from a quadratic one, not fast from slow.
// A question that took longer is asked again: the machine may have been busy.
func TestCostIsBounded(t *testing.T) {
	t.Parallel()
	ix := mustBuild(t, nil, nil, Library{Name: "a", Documents: corpus(t)})
	for name, unit := range map[string]string{
		"letters": "a", "capitals": "Ab", "digits": "1", "joined": "a-", "joined digits": "1.", "words": "kubelet ", "unknown": "zqxjk ", "many unknown": "qzxvb wvtrk jjkqp ",
		"han": "节", "phrases": "节点驱逐", "pinyin": "jiedian", "pinyin apart": "jie dian ", "syllables": "xi", "brackets": "((", "mixed": "节a1", "turns": "a1b2", "zero": "\x00", "broken": "\xff", "traditional": "節點",
	} {
		q := strings.Repeat(unit, 200_000/len(unit))
		const limit = 3 * time.Second
		took := 2 * limit
		for try := 0; try < 5 && took > limit; try++ {
			start := time.Now()
			find(t, ix, q)
			took = time.Since(start)
		}
		if took > limit {
			t.Errorf("%s: took %s, want at most %s", name, took, limit)
		} else if testing.Verbose() {
			t.Logf("%-14s %s", name, took)
		}
	}
}
