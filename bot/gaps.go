package bot

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"cairn/adapters"
	"cairn/bot/store"
)

// A Gap is a group of questions that mean much the same and found no good
// answer.
type Gap struct {
	// Question is the one that stands for the group: the shortest of those
	// with the most words in common.
	Question string `json:"question"`
	Lang     string `json:"lang"`
	// Count is how often it was asked; Abstained, Unsure and Wrong are why it
	// is here and may overlap.
	Count     int `json:"count"`
	Abstained int `json:"abstained"`
	Unsure    int `json:"unsure"`
	Wrong     int `json:"wrong"`
	// First and Last are when it was asked.
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
	// Closest are the titles that came closest, most frequent first; Shown are
	// the titles of answers that were marked wrong.
	Closest []string `json:"closest"`
	Shown   []string `json:"shown"`
	// Variants are the different wordings, newest first.
	Variants []string `json:"variants"`
	// IDs are the ids of the questions.
	IDs []string `json:"ids"`
}

// Gaps groups questions by the informative words they share, the most frequent
// group first and among equals the newest. The result depends on the set of
// questions alone, not on their order. The slices of a Gap are never nil.
func Gaps(questions []store.Question) []Gap {
	qs := slices.Clone(questions)
	slices.SortFunc(qs, func(a, b store.Question) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID))
	})
	// Groups grow around their first question: members resemble it, so that a
	// chain of small steps does not join what has nothing in common.
	type group struct {
		words   map[string]bool
		members []asked
	}
	var groups []*group
	byWord := map[string][]*group{} // candidates only
	for _, q := range qs {
		words := gapWords(q)
		var best *group
		bestSim := 0.0
		seen := map[*group]bool{}
		for w := range words {
			for _, g := range byWord[w] {
				if seen[g] {
					continue
				}
				seen[g] = true
				if s := similarity(words, g.words); s > bestSim || s == bestSim && best != nil && g.members[0].At.Before(best.members[0].At) {
					best, bestSim = g, s
				}
			}
		}
		if best == nil || bestSim < 0.5 {
			best = &group{words: words}
			groups = append(groups, best)
			for w := range words {
				byWord[w] = append(byWord[w], best)
			}
		}
		best.members = append(best.members, asked{q, words})
	}
	out := make([]Gap, 0, len(groups))
	for _, g := range groups {
		out = append(out, gapOf(g.members))
	}
	slices.SortStableFunc(out, func(a, b Gap) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), b.Last.Compare(a.Last), cmp.Compare(a.Question, b.Question))
	})
	return out
}

// An asked is a question with what tells it from others.
type asked struct {
	store.Question
	words map[string]bool
}

func gapOf(members []asked) Gap {
	g := Gap{Count: len(members), First: members[0].At, Last: members[len(members)-1].At, Closest: []string{}, Shown: []string{}, Variants: []string{}, IDs: []string{}}
	closest := map[string]int{}
	for _, q := range slices.Backward(members) {
		g.IDs = append(g.IDs, q.ID)
		text := line(q.Text, 300)
		if !slices.Contains(g.Variants, text) {
			g.Variants = append(g.Variants, text)
		}
		switch q.Outcome {
		case store.OutcomeAbstained:
			g.Abstained++
		case store.OutcomeUnsure:
			g.Unsure++
		}
		if q.Wrong > 0 {
			g.Wrong++
			if q.Title != "" && !slices.Contains(g.Shown, q.Title) {
				g.Shown = append(g.Shown, q.Title)
			}
		}
		for _, c := range q.Closest {
			closest[c]++
		}
	}
	for c := range closest {
		g.Closest = append(g.Closest, c)
	}
	slices.SortFunc(g.Closest, func(a, b string) int { return cmp.Or(cmp.Compare(closest[b], closest[a]), cmp.Compare(a, b)) })
	g.Closest = g.Closest[:min(len(g.Closest), 3)]
	g.Question, g.Lang = representative(members)
	return g
}

// representative returns the question with the most words in common with the
// others; the shortest among equals.
func representative(members []asked) (text, lang string) {
	count := map[string]int{}
	for _, q := range members {
		for w := range q.words {
			count[w]++
		}
	}
	best := -1.0
	for _, q := range members {
		sum := 0
		for w := range q.words {
			sum += count[w]
		}
		score := float64(sum) / float64(max(len(q.words), 1))
		t := line(q.Text, 300)
		if score > best || score == best && (len(t) < len(text) || len(t) == len(text) && t < text) {
			best, text, lang = score, t, q.Lang
		}
	}
	return text, lang
}

// gapWords returns what tells a question from others: its own words and, since
// these also join languages, its terms as the search saw them.
func gapWords(q store.Question) map[string]bool {
	words := informative(topic(clean(q.Text)))
	for _, t := range q.Terms {
		if t = strings.ToLower(strings.TrimSpace(t)); t != "" && !emptyWord(t) {
			words[t] = true
		}
	}
	return words
}

// similarity is the share of the words that two questions have in common.
func similarity(a, b map[string]bool) float64 {
	common := 0
	for w := range a {
		if b[w] {
			common++
		}
	}
	if common == 0 {
		return 0
	}
	return float64(common) / float64(len(a)+len(b)-common)
}

// ListGaps reads the questions since then that found no answer, that were
// unsure, or whose answer somebody marked wrong, and groups them.
func ListGaps(ctx context.Context, st store.Questions, since time.Time) ([]Gap, error) {
	qs, err := st.ListQuestions(ctx, gapFilter(since))
	if err != nil {
		return nil, fmt.Errorf("list unanswered questions: %w", err)
	}
	return Gaps(qs), nil
}

func gapFilter(since time.Time) store.QuestionFilter {
	return store.QuestionFilter{Since: since, Outcomes: []string{store.OutcomeAbstained, store.OutcomeUnsure}, OrWrong: true, Limit: 10_000}
}

// WriteQueries writes gaps as an evaluation file: one question per group,
// without gold, for somebody to fill in.
func WriteQueries(w io.Writer, gaps []Gap) error {
	buf := bufio.NewWriter(w)
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	for i, g := range gaps {
		q := struct {
			ID    string   `json:"id"`
			Query string   `json:"query"`
			Lang  string   `json:"lang"`
			Gold  []string `json:"gold"`
			Count int      `json:"count"`
		}{fmt.Sprintf("gap-%03d", i+1), g.Question, g.Lang, []string{}, g.Count}
		if err := enc.Encode(q); err != nil {
			return fmt.Errorf("write evaluation file: %w", err)
		}
	}
	if err := buf.Flush(); err != nil {
		return fmt.Errorf("write evaluation file: %w", err)
	}
	return nil
}

// Recent implements [adapters.Unanswered].
func (b *Bot) Recent(ctx context.Context, v adapters.Viewer, n int) ([]adapters.UnansweredEntry, error) {
	f := gapFilter(b.opts.Now().Add(-30 * 24 * time.Hour))
	f.Adapter, f.User, f.OrPublic, f.Limit = v.Adapter, v.User, true, 500
	f.OrWrong = false
	qs, err := b.store.ListQuestions(ctx, f)
	if err != nil {
		return nil, fmt.Errorf("list unanswered questions: %w", err)
	}
	qs = slices.DeleteFunc(qs, func(q store.Question) bool { return !mayRead(v, q) })
	visible := b.visibleTitles(v)
	out := []adapters.UnansweredEntry{}
	for _, g := range Gaps(qs) {
		e := adapters.UnansweredEntry{Question: g.Question, Asked: g.Last, Count: g.Count}
		for _, c := range g.Closest {
			if doc, _, _ := strings.Cut(c, " › "); visible[c] || visible[doc] {
				e.Closest = append(e.Closest, c)
			}
		}
		out = append(out, e)
	}
	slices.SortStableFunc(out, func(a, b adapters.UnansweredEntry) int { return b.Asked.Compare(a.Asked) })
	return out[:min(len(out), max(n, 0))], nil
}

// mayRead reports whether a viewer may read a question in a list: one's own,
// and those asked in public in the same workspace; pages, which belong to the
// team as a whole, list all public ones.
func mayRead(v adapters.Viewer, q store.Question) bool {
	if q.Adapter == v.Adapter && q.User == v.User && v.User != "" {
		return true
	}
	return q.Public && (v.Workspace == "" || q.Adapter == v.Adapter && q.Workspace == v.Workspace)
}

// visibleTitles are the titles of documents that the viewer may see: a stored
// title of another one is not shown.
func (b *Bot) visibleTitles(v adapters.Viewer) map[string]bool {
	out := map[string]bool{}
	allowed := b.allowedSet(v)
	for _, d := range b.titles.of(b.index()).docs {
		if allowed(d.info.Library) {
			out[d.info.Title] = true
		}
	}
	return out
}
