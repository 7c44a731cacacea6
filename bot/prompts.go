package bot

import (
	"cmp"
	"context"
	"path"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"cairn/adapters"
	"cairn/bot/store"
	"cairn/retrieval"
)

var _ adapters.Prompter = (*Bot)(nil)

const (
	// promptsSince is how far back what others asked counts.
	promptsSince = 14 * 24 * time.Hour
	// promptRunes is the longest question that is suggested.
	promptRunes = 120
)

// Prompts implements [adapters.Prompter]: first the runbooks that most people
// were answered from lately in public, then the most severe ones, of another
// service each. What is suggested are the documents' own questions, never the
// words in which somebody asked.
func (b *Bot) Prompts(ctx context.Context, v adapters.Viewer, lang string, n int) []adapters.Prompt {
	docs := b.titles.of(b.index()).docs
	allowed := b.allowedSet(v)
	byKey, twins := map[string]*titled{}, map[string][]*titled{}
	for i := range docs {
		d := &docs[i]
		if allowed(d.info.Library) {
			byKey[d.info.Library+"\x00"+d.info.Path] = d
			twins[d.info.Library+"\x00"+path.Base(d.info.Path)] = append(twins[d.info.Library+"\x00"+path.Base(d.info.Path)], d)
		}
	}
	var out []adapters.Prompt
	taken, services := map[string]bool{}, map[string]int{}
	add := func(d *titled, anyLang bool) {
		base := d.info.Library + "\x00" + path.Base(d.info.Path)
		if lang != "" && string(d.info.Lang) != lang {
			for _, t := range twins[base] {
				if string(t.info.Lang) == lang {
					d = t
				}
			}
		}
		if lang != "" && string(d.info.Lang) != lang && !anyLang {
			return
		}
		p := promptOf(d.info)
		if len(out) < n && p.Question != "" && !taken[base] {
			taken[base] = true
			services[d.info.Meta.Service]++
			out = append(out, p)
		}
	}
	for _, key := range b.askedLately(ctx, v) {
		if d := byKey[key]; d != nil {
			add(d, false)
		}
	}
	var rest []*titled
	for i := range docs {
		d := &docs[i]
		if allowed(d.info.Library) && d.info.Steps > 0 {
			rest = append(rest, d)
		}
	}
	// Documents that name many alerts and questions are asked for most.
	slices.SortStableFunc(rest, func(a, b *titled) int {
		return cmp.Or(cmp.Compare(severity(b.info), severity(a.info)), cmp.Compare(weight(b.info), weight(a.info)))
	})
	for _, anyLang := range []bool{false, true} { // another language only where this one has too few
		for round := range n {
			for _, d := range rest {
				if services[d.info.Meta.Service] <= round {
					add(d, anyLang)
				}
			}
		}
	}
	return out
}

// askedLately returns the documents that answered questions in public, by how
// many people they helped.
func (b *Bot) askedLately(ctx context.Context, v adapters.Viewer) []string {
	qs, err := b.store.ListQuestions(ctx, store.QuestionFilter{
		Since: b.opts.Now().Add(-promptsSince), Outcomes: []string{store.OutcomeAnswered},
		Adapter: v.Adapter, User: v.User, OrPublic: true, Workspace: v.Workspace, Limit: 2000,
	})
	if err != nil {
		b.lg.Warn("suggestions made without what was asked", "err", err)
		return nil
	}
	people, verdicts, last := map[string]map[string]bool{}, map[string]int{}, map[string]time.Time{}
	var keys []string
	for _, q := range qs {
		if !q.Public || !mayRead(v, q) || q.Document == "" {
			continue
		}
		key := q.Library + "\x00" + q.Document
		if people[key] == nil {
			people[key] = map[string]bool{}
			keys = append(keys, key)
		}
		people[key][q.Adapter+"\x00"+q.User] = true
		verdicts[key] += q.Helpful - q.Wrong
		if q.At.After(last[key]) {
			last[key] = q.At
		}
	}
	keys = slices.DeleteFunc(keys, func(k string) bool { return verdicts[k] < 0 })
	slices.SortFunc(keys, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(people[b]), len(people[a])), cmp.Compare(verdicts[b], verdicts[a]), last[b].Compare(last[a]), cmp.Compare(a, b))
	})
	return keys
}

// promptOf is the first of a document's questions that somebody would type, or
// else its title.
func promptOf(d retrieval.DocInfo) adapters.Prompt {
	title := line(d.Title, 200)
	for _, q := range d.Meta.Questions {
		if q = line(q, 400); typed(q) {
			return adapters.Prompt{Title: title, Question: q}
		}
	}
	return adapters.Prompt{Title: title, Question: title}
}

// typed reports whether a question reads like one of a person and not like a
// pasted log line.
func typed(q string) bool {
	n := utf8.RuneCountInString(q)
	if n < 4 || n > promptRunes || strings.ContainsAny(q, "{}\"'`=<>[]\\") {
		return false
	}
	letters := 0
	for _, r := range q {
		if unicode.IsLetter(r) || r == ' ' {
			letters++
		}
	}
	return letters*10 >= n*8
}

func severity(d retrieval.DocInfo) int {
	return slices.Index([]string{"info", "low", "medium", "high", "critical"}, strings.ToLower(d.Meta.Severity))
}

func weight(d retrieval.DocInfo) int { return len(d.Meta.Questions) + len(d.Meta.Alerts) }
