package judge

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"cairn/bot/answer/ground"
	"cairn/bot/answer/ground/groundtest"
	"cairn/retrieval/glossary"
)

var choose = flag.Bool("choose", false, "choose the questions of the exam anew and write them")

// examWriters wrote the sentences that the exam is chosen from; none of them is
// among those that the judge is measured on.
var examWriters = []string{"en", "zh", "enf", "zhf"}

const (
	examFalse = 64
	examTrue  = 32
)

// chooseExam takes sentences evenly from both languages and all kinds, each on
// a passage of its own, the false ones only such that all names and figures
// stand in the passage.
func chooseExam(t *testing.T) []byte {
	t.Helper()
	check := ground.New(glossary.Default())
	list := groundtest.Load(t, labelledDir, "dev")
	r := rand.New(rand.NewPCG(7, 11))
	r.Shuffle(len(list), func(a, b int) { list[a], list[b] = list[b], list[a] })
	used, count, kinds := map[string]bool{}, map[string]int{}, map[string]int{}
	var chosen []question
	for round := 1; round <= 8; round++ {
		for i := range list {
			s := &list[i]
			size := 0
			for _, e := range s.Evidence {
				size += len(e.Text)
			}
			half, most := fmt.Sprint(s.Label, s.Lang), examFalse/2
			if s.Label {
				most = examTrue / 2
			}
			kind := half + s.Kind
			if used[s.Source()] || kinds[kind] >= round || count[half] >= most || size < 120 || size > 1200 || !slices.Contains(examWriters, s.Writer()) ||
				s.Kind == "injection" || check.Minimum(s.Text, evidenceOf(s)).Reason != ground.ReasonNone {
				continue
			}
			used[s.Source()] = true
			kinds[kind]++
			count[half]++
			chosen = append(chosen, question{s.Text, s.Label, evidenceOf(s)})
		}
	}
	r.Shuffle(len(chosen), func(a, b int) { chosen[a], chosen[b] = chosen[b], chosen[a] })
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	for _, q := range chosen {
		if err := enc.Encode(q); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

// examRandom keeps the exam's prompts the same from run to run.
func examRandom() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

// The model of the recording passes the exam.
func TestExam(t *testing.T) {
	chat := theModel(t)
	j := New(slog.New(slog.DiscardHandler), chat, ground.New(glossary.Default()))
	j.random, j.fence = examRandom(), fixedFence
	r, err := j.Examine(t.Context(), nil)
	if err != nil {
		t.Error(err)
	}
	t.Logf("%d of %d false sentences accepted, %d of %d true ones kept, %d of %d calls not believed for their controls", r.FalsePassed, r.False, r.TruePassed, r.True, r.Void, ExamCalls())
	if !*live && !r.Passed() {
		t.Error("the exam is not passed")
	}
	chat.finish(t)
}

func TestExamForm(t *testing.T) {
	if *choose {
		if err := os.WriteFile("exam.jsonl", chooseExam(t), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	check := ground.New(glossary.Default())
	var falses, trues int
	for _, q := range exam() {
		if q.Follows {
			trues++
		} else {
			falses++
		}
		if len(q.Evidence) == 0 || q.Text == "" {
			t.Errorf("empty question: %+v", q)
		}
		s := q.statement()
		if v := check.Minimum(s.Text, s.Evidence); v.Reason != ground.ReasonNone {
			t.Errorf("%q is failed without a judge: %s", q.Text, v.Detail)
		}
	}
	if falses != examFalse || trues != examTrue {
		t.Errorf("the exam has %d false and %d true sentences, want %d and %d", falses, trues, examFalse, examTrue)
	}
}
