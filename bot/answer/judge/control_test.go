package judge

import (
	"math/rand/v2"
	"strings"
	"testing"

	"cairn/bot/answer/ground"
	"cairn/bot/answer/ground/groundtest"
)

// Every call has a sentence that follows and one that does not, however poor
// its passages; what is said to stand in a passage does, and what is changed
// does not.
func checkControls(t *testing.T, list []Statement, got []control) {
	t.Helper()
	var same, changed int
	for _, c := range got {
		passage := strings.ReplaceAll(c.Evidence[0].Text, "**", "")
		if c.follows {
			same++
		} else {
			changed++
		}
		if strings.Contains(passage, c.Text) != c.follows {
			t.Errorf("control %q (%v) on %q", c.Text, c.follows, passage)
		}
	}
	if same < 1 || changed < 1 || changed > maxFalse {
		t.Errorf("%d true and %d false controls", same, changed)
	}
}

func TestControls(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	own := 0
	sentences := groundtest.Load(t, labelledDir, "dev")
	for i := range sentences {
		list := []Statement{{Text: sentences[i].Text, Evidence: evidenceOf(&sentences[i])}}
		got := controls(r, list)
		checkControls(t, list, got)
		for _, c := range got {
			if c.Evidence[0].Heading[0] != "Lamp room" && c.Evidence[0].Heading[0] != "灯塔" {
				own++
			}
		}
	}
	if own < len(sentences) {
		t.Errorf("%d controls of %d sentences come from their passages", own, len(sentences))
	}
	for _, text := range []string{"", "```\nrm -rf /\n```", "| a | b |\n|---|---|", "x", strings.Repeat("a", MaxPassage+1)} {
		list := []Statement{{Text: "A.", Evidence: []ground.Evidence{{Text: text}}}}
		checkControls(t, list, controls(r, list))
	}
	checkControls(t, nil, controls(r, nil))
}

func TestAlter(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	for _, s := range []string{
		"Wait for 30 seconds.", "It takes 6 s.", "Stop the broker before the upgrade.", "The cache is full.", "It does not write to disk.", "升级之前先导出。", "必须先备份。",
	} {
		if twin, ok := alter(r, s, s); !ok || twin == s {
			t.Errorf("%q: got %q", s, twin)
		}
	}
	for _, s := range []string{"Look at `systemctl is-active x`.", "See 10.0.0.1:8080 and v1.2.3.", "看日志", "Alert above 90 percent of it.", "Below 20 GB.", "不少于 6 个副本。", "最多重试 3 次。", "超过 3 次就停。"} {
		if twin, ok := alter(r, s, s); ok {
			t.Errorf("%q: got %q, want none", s, twin)
		}
	}
}

func FuzzControls(f *testing.F) {
	f.Add("- Raise the limit before 5 pm.\n\n```\nx\n```\n**必须**先备份 3 份。", uint64(1))
	f.Add("\xff\n#> - 1. ", uint64(2))
	f.Fuzz(func(t *testing.T, text string, seed uint64) {
		list := []Statement{{Text: "A.", Evidence: []ground.Evidence{{Text: strings.ToValidUTF8(text, "")}}}}
		checkControls(t, list, controls(rand.New(rand.NewPCG(seed, 1)), list))
	})
}
