package quiz

import (
	"slices"
	"strings"

	"cairn/runbooks"
)

// questionCards ask what to check first for the symptoms in the front matter.
func questionCards(d *runbooks.Document, firsts []first, add func(Card, ...string)) {
	i := slices.IndexFunc(firsts, func(f first) bool { return f.doc == d })
	if i < 0 {
		return
	}
	own := firsts[i]
	start, end := d.Lines(own.step.Span)
	cures, others := changes(d), rivals(own, firsts)
	for _, q := range questions(d) {
		add(Card{Kind: KindQuestion, Front: q, Answer: own.step.Text, Commands: commands(own.step), Destructive: own.step.Marked,
			Wrong: wrongFirsts(own, cures, others, q), Heading: own.section.Path, StartLine: start, EndLine: end}, fold(q))
	}
}

// stepCards ask for the step after each step of a procedure.
func stepCards(d *runbooks.Document, s *runbooks.Section, add func(Card, ...string)) {
	if len(s.Steps) < 2 || !numbered(s.Steps) || !procedure(d, s) {
		return
	}
	for i := 0; i+1 < len(s.Steps); i++ {
		prompt, next := &s.Steps[i], &s.Steps[i+1]
		if !askable(prompt) || !askable(next) || similar(prompt.Text, next.Text) {
			continue
		}
		wrong := wrongSteps(d, s, i)
		if wrong == nil {
			continue
		}
		start, end := d.Lines(next.Span)
		add(Card{Kind: KindStep, Front: prompt.Text, Answer: next.Text, Commands: commands(next), Destructive: next.Marked, Wrong: wrong,
			Heading: s.Path, StartLine: start, EndLine: end}, append([]string{fold(prompt.Text)}, s.Path...)...)
	}
}

// wrongSteps returns steps that do not come next. They come from the same
// document, so that they fit the subject: what it does against other causes, and
// what has been looked at before. Never a step that checks, undoes or makes a
// change take effect, since that may follow anything, nor one from further on
// in the same procedure, since there the order is often a matter of taste.
func wrongSteps(d *runbooks.Document, s *runbooks.Section, i int) []string {
	w := wrongs{lang: d.Lang, right: s.Steps[i+1].Text, prompt: s.Steps[i].Text}
	var causes, looks []*runbooks.Step
	for j := range d.Sections {
		o := &d.Sections[j]
		if o == s || o.Boilerplate || under(o.Path, closingHeadings) || d.Meta.Service == "" && !siblings(o.Path, s.Path) {
			continue
		}
		for k := range o.Steps {
			st := &o.Steps[k]
			switch {
			case under(o.Path, looseHeadings):
				looks = append(looks, st)
			case changing(st):
				causes = append(causes, st) // what only looks may be right here too
			}
		}
	}
	text := func(st *runbooks.Step) string { return st.Text }
	causes, looks = shuffled(causes, w.right, text), shuffled(looks, w.right, text)
	for _, st := range causes {
		if len(w.list) < 2 || len(looks) == 0 {
			w.take(st)
		}
	}
	for _, st := range append(looks, causes...) {
		w.take(st)
	}
	for n := range max(i-1, 0) {
		w.take(&s.Steps[n]) // done already
	}
	return w.enough()
}

// siblings reports whether two sections stand under the same heading.
func siblings(a, b []string) bool {
	return len(a) > 1 && len(a) == len(b) && slices.Equal(a[:len(a)-1], b[:len(b)-1])
}

// procedure reports whether a section's numbered steps are work to do in that
// order. What a runbook looks at could be looked at in another order, and notes
// number points as well: there every step needs a command.
func procedure(d *runbooks.Document, s *runbooks.Section) bool {
	if under(s.Path, looseHeadings) || under(s.Path, closingHeadings) {
		return false
	}
	return d.Meta.Service != "" || !slices.ContainsFunc(s.Steps, func(st runbooks.Step) bool { return len(st.Commands) == 0 })
}

// numbered reports whether the steps are the document's own sequence.
func numbered(steps []runbooks.Step) bool {
	for _, st := range steps {
		if !strings.ContainsAny(st.Label, "0123456789一二三四五六七八九十") || st.Depth > 0 {
			return false
		}
	}
	return true
}

func commands(st *runbooks.Step) (out []string) {
	for _, c := range st.Commands {
		if len(out) < 3 && len(c.Text) <= 600 {
			out = append(out, c.Text)
		}
	}
	return out
}
