package tips

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"cairn/bot/store"
)

// A Ref names a document.
type Ref struct {
	Library, Document string
}

// A Choice says what to choose from and by what.
type Choice struct {
	// Lang keeps tips of one language; "" means both.
	Lang string
	// Topics keep tips whose library, service or tags contain one of them;
	// none means all.
	Topics []string
	// Shown is what the stream has shown.
	Shown []store.ShownTip
	// Asked counts lately asked questions by the document that answered.
	Asked map[Ref]int
	// Changed are the documents that changed lately.
	Changed map[Ref]bool
	// Rand decides among what is left.
	Rand *rand.Rand
}

// Pick chooses a tip and returns it with the round it is shown in; false when
// nothing fits. What the stream has shown comes again only when all that fits
// has been shown.
func Pick(pool []Tip, c Choice) (t Tip, round int, ok bool) {
	shown := make(map[string]store.ShownTip, len(c.Shown))
	var last store.ShownTip
	for _, s := range c.Shown {
		shown[s.ID] = s
		round = max(round, s.Round)
		if s.At.After(last.At) {
			last = s
		}
	}
	var fits, fresh []Tip
	for _, t := range pool {
		if c.Lang != "" && t.Lang != c.Lang || !matches(t, c.Topics) {
			continue
		}
		fits = append(fits, t)
		if s, was := shown[t.ID]; !was || s.Round < round {
			fresh = append(fresh, t)
		}
	}
	if len(fits) == 0 {
		return Tip{}, 0, false
	}
	if len(fresh) == 0 {
		round++
		// Not the one just shown, if there is another.
		fresh = slices.DeleteFunc(slices.Clone(fits), func(t Tip) bool { return t.ID == last.ID && len(fits) > 1 })
	}
	return weighted(fresh, pool, c), round, true
}

func matches(t Tip, topics []string) bool {
	return len(topics) == 0 || slices.ContainsFunc(topics, func(want string) bool {
		return slices.ContainsFunc(t.Topics, func(have string) bool { return strings.EqualFold(strings.TrimSpace(want), have) })
	})
}

// shares say how often each kind of tip is drawn while the pool has all of
// them: a runbook has many commands, but its readers want a mixture.
var shares = map[string]float64{
	KindConcept: 4, KindMistake: 3, KindFirst: 3, KindCommand: 3, KindReason: 3, KindTrouble: 2, KindIncident: 2, KindAnswer: 2,
}

// weighted draws one. A document with many tips weighs more than one with few,
// but not in proportion; the kinds keep their shares; and what the reader can
// use this week weighs most.
func weighted(tips, pool []Tip, c Choice) Tip {
	perDoc := map[Ref]int{}
	for _, t := range tips {
		perDoc[t.ref()]++
	}
	ofKind := map[string]float64{}
	for _, t := range tips {
		ofKind[t.Kind] += 1 / math.Sqrt(float64(perDoc[t.ref()]))
	}
	recent := recentDocuments(pool, c.Shown)
	weights := make([]float64, len(tips))
	sum := 0.0
	for i, t := range tips {
		w := shares[t.Kind] / ofKind[t.Kind] / math.Sqrt(float64(perDoc[t.ref()]))
		if n := c.Asked[t.ref()]; n > 0 {
			w *= 2 + 2*math.Log2(float64(min(n, 32)))
		}
		if c.Changed[t.ref()] {
			w *= 3
		}
		if recent[t.ref()] {
			w *= 0.1 // something else today
		}
		weights[i] = w
		sum += w
	}
	x := c.Rand.Float64() * sum
	for i, w := range weights {
		if x -= w; x < 0 {
			return tips[i]
		}
	}
	return tips[len(tips)-1]
}

// recentDocuments are those of the last three tips shown.
func recentDocuments(pool []Tip, shown []store.ShownTip) map[Ref]bool {
	last := slices.Clone(shown)
	slices.SortFunc(last, func(a, b store.ShownTip) int { return b.At.Compare(a.At) })
	ids := map[string]bool{}
	for _, s := range last[:min(len(last), 3)] {
		ids[s.ID] = true
	}
	out := map[Ref]bool{}
	for _, t := range pool {
		if ids[t.ID] {
			out[t.ref()] = true
		}
	}
	return out
}

func (t Tip) ref() Ref { return Ref{t.Library, t.Document} }
