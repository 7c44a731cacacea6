package quiz

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"cairn/bot/store"
	"cairn/runbooks"
)

// A Library is a named set of parsed documents.
type Library struct {
	Name      string
	Documents []*runbooks.Document
}

// Kinds of card.
const (
	KindQuestion = "question" // from the front matter's questions
	KindNote     = "note"     // from question-and-answer notes
	KindStep     = "step"     // what is the next step after ...
)

// A Card is a question with its answer and the place the answer stands at.
type Card struct {
	ID      string `json:"id"`
	Kind    string `json:"kind"`
	Lang    string `json:"lang"`
	Library string `json:"library"`
	// Document and Title name the file, Heading the path of headings.
	Document string   `json:"document"`
	Title    string   `json:"title"`
	Heading  []string `json:"heading,omitempty"`
	// Front is the question's own words: the symptom, the note's question, the
	// step before.
	Front string `json:"front"`
	// Answer is what is right, Commands what goes with it.
	Answer   string   `json:"answer"`
	Commands []string `json:"commands,omitempty"`
	// Wrong are choices that are not right; none makes it a card to reveal and
	// grade oneself.
	Wrong []string `json:"wrong,omitempty"`
	// StartLine and EndLine are where the answer stands.
	StartLine int      `json:"start_line"`
	EndLine   int      `json:"end_line"`
	Topics    []string `json:"topics,omitempty"`
}

// Hash changes with what the card says.
func (c Card) Hash() string {
	c.StartLine, c.EndLine = 0, 0 // lines move without the card changing
	b, _ := json.Marshal(c)       // strings and numbers always marshal
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

func (c Card) stored() store.Card {
	b, _ := json.Marshal(c)
	sum := sha256.Sum256(b)
	return store.Card{ID: c.ID, Library: c.Library, Document: c.Document, Kind: c.Kind, Lang: c.Lang, Content: b, Hash: hex.EncodeToString(sum[:8])}
}

// Limits of a card.
const (
	maxChoice      = 160 // characters of a choice, so that four fit a message
	maxAnswer      = 700
	wantedWrong    = 3
	maxPerDocument = 80
)

// Generate returns the cards that the documents hold.
func Generate(libs []Library) []Card {
	var out []Card
	seen := map[string]bool{}
	for _, lib := range libs {
		firsts := firstSteps(lib)
		for _, d := range lib.Documents {
			n := len(out)
			add := func(c Card, key ...string) {
				c.Lang, c.Library, c.Document, c.Title = string(d.Lang), lib.Name, d.Path, d.Title
				c.Topics = slices.DeleteFunc(append([]string{d.Meta.Service}, d.Meta.Tags...), func(s string) bool { return s == "" })
				sum := sha256.Sum256([]byte(strings.Join(append([]string{c.Kind, lib.Name, d.Path}, key...), "\x00")))
				c.ID = hex.EncodeToString(sum[:8])
				if !seen[c.ID] && len(out)-n < maxPerDocument {
					seen[c.ID] = true
					out = append(out, c)
				}
			}
			if d.Lang != runbooks.English && d.Lang != runbooks.Chinese {
				continue
			}
			questionCards(d, firsts, add)
			for i := range d.Sections {
				if !d.Sections[i].Boilerplate {
					noteCard(d, &d.Sections[i], add)
					stepCards(d, &d.Sections[i], add)
				}
			}
		}
	}
	return out
}

// A first is the first step of a document.
type first struct {
	doc     *runbooks.Document
	section *runbooks.Section
	step    *runbooks.Step
}

func firstSteps(lib Library) (out []first) {
	for _, d := range lib.Documents {
		if d.Meta.Service == "" {
			continue
		}
		for i := range d.Sections {
			if s := &d.Sections[i]; len(s.Steps) > 0 {
				if st := &s.Steps[0]; askable(st) {
					out = append(out, first{d, s, st})
				}
				break
			}
		}
	}
	return out
}

// askable reports whether a step's text can be an answer to choose.
func askable(st *runbooks.Step) bool {
	n := utf8.RuneCountInString(st.Text)
	return n >= 6 && n <= maxChoice && !strings.Contains(st.Text, "\n")
}

// questionCards ask what to check first for the symptoms in the front matter.
func questionCards(d *runbooks.Document, firsts []first, add func(Card, ...string)) {
	i := slices.IndexFunc(firsts, func(f first) bool { return f.doc == d })
	if i < 0 || len(d.Meta.Questions) == 0 {
		return
	}
	own := firsts[i]
	var wrong []string
	for _, f := range nearFirst(d, firsts) {
		if f.doc == d || f.doc.Lang != d.Lang || related(d, f.doc) || similar(f.step.Text, own.step.Text) ||
			slices.ContainsFunc(wrong, func(w string) bool { return similar(w, f.step.Text) }) {
			continue
		}
		if wrong = append(wrong, f.step.Text); len(wrong) == wantedWrong {
			break
		}
	}
	if len(wrong) < 2 {
		wrong = nil
	}
	start, end := d.Lines(own.step.Span)
	for _, q := range d.Meta.Questions {
		q = strings.TrimSpace(q)
		if n := utf8.RuneCountInString(q); n < 4 || n > 300 {
			continue
		}
		add(Card{Kind: KindQuestion, Front: q, Answer: own.step.Text, Commands: commands(own.step), Wrong: wrong,
			Heading: own.section.Path, StartLine: start, EndLine: end}, fold(q))
	}
}

// nearFirst orders the other documents by how much their tags share with d's:
// a distractor from the same field is the more plausible one. The order is
// otherwise that of a hash, so that every card has its own distractors.
func nearFirst(d *runbooks.Document, firsts []first) []first {
	out := slices.Clone(firsts)
	score := func(f first) int {
		n := 0
		for _, t := range f.doc.Meta.Tags {
			if slices.Contains(d.Meta.Tags, t) {
				n++
			}
		}
		return n
	}
	slices.SortStableFunc(out, func(a, b first) int {
		if c := score(b) - score(a); c != 0 {
			return c
		}
		return strings.Compare(mix(d.Path, a.doc.Path), mix(d.Path, b.doc.Path))
	})
	return out
}

func mix(a, b string) string {
	sum := sha256.Sum256([]byte(a + "\x00" + b))
	return string(sum[:])
}

// related reports whether two documents are about the same trouble, so that
// the first step of one may be right for the other: they name each other, or
// share service and most tags.
func related(a, b *runbooks.Document) bool {
	names := func(d, other *runbooks.Document) bool {
		slug := strings.TrimSuffix(other.Path[strings.LastIndexByte(other.Path, '/')+1:], ".md")
		return slices.ContainsFunc(d.Meta.Related, func(r string) bool {
			r = strings.TrimSuffix(r, ".md")
			return r == slug || strings.HasSuffix(r, "/"+slug)
		})
	}
	return names(a, b) || names(b, a) || strings.EqualFold(a.Meta.Service, b.Meta.Service)
}

// noteCard asks a question of question-and-answer notes.
func noteCard(d *runbooks.Document, s *runbooks.Section, add func(Card, ...string)) {
	if !isQuestion(s.Heading) || s.Body.Len() == 0 {
		return
	}
	var parts []string
	size, span := 0, runbooks.Span{}
	for _, b := range s.Blocks {
		if b.Kind == runbooks.Raw || b.Kind == runbooks.Link || strings.TrimSpace(b.Text) == "" || strings.HasPrefix(b.Text, "http") {
			continue
		}
		n := utf8.RuneCountInString(b.Text)
		if size > 0 && size+n > maxAnswer {
			break
		}
		parts, size = append(parts, strings.TrimSpace(b.Text)), size+n
		if span.Len() == 0 {
			span = b.Span
		}
		span.End = b.Span.End
	}
	answer := strings.Join(parts, "\n")
	if n := utf8.RuneCountInString(answer); n < 20 || n > 2*maxAnswer {
		return
	}
	start, end := d.Lines(span)
	add(Card{Kind: KindNote, Front: s.Heading, Answer: answer, Heading: s.Path, StartLine: start, EndLine: end},
		append([]string{"note"}, s.Path...)...)
}

// stepCards ask for the step after each step of a numbered list.
func stepCards(d *runbooks.Document, s *runbooks.Section, add func(Card, ...string)) {
	if len(s.Steps) < 3 || !numbered(s.Steps) || !procedure(d, s.Steps) {
		return
	}
	for i := 0; i+1 < len(s.Steps); i++ {
		prompt, next := &s.Steps[i], &s.Steps[i+1]
		if !askable(prompt) || !askable(next) || similar(prompt.Text, next.Text) {
			continue
		}
		wrong := wrongSteps(d, s, i)
		if len(wrong) < 2 {
			continue
		}
		start, end := d.Lines(next.Span)
		add(Card{Kind: KindStep, Front: prompt.Text, Answer: next.Text, Commands: commands(next), Wrong: wrong,
			Heading: s.Path, StartLine: start, EndLine: end}, append([]string{fold(prompt.Text)}, s.Path...)...)
	}
}

// wrongSteps returns steps that do not come next: from the same document, so
// that they fit the subject, but neither near the place asked about nor saying
// the same as what is right.
func wrongSteps(d *runbooks.Document, s *runbooks.Section, i int) []string {
	right := s.Steps[i+1].Text
	var wrong []string
	take := func(st *runbooks.Step) {
		if len(wrong) == wantedWrong || !askable(st) || similar(st.Text, right) || similar(st.Text, s.Steps[i].Text) ||
			slices.ContainsFunc(wrong, func(w string) bool { return similar(w, st.Text) }) {
			return
		}
		wrong = append(wrong, st.Text)
	}
	// Two or more steps further on in the same list is a mistake one makes,
	// where the list is one piece of work.
	for n := len(s.Steps) - 1; n > i+2 && !loose(s.Path); n-- {
		if len(wrong) == 1 {
			break
		}
		take(&s.Steps[n])
	}
	var others []*runbooks.Step
	for j := range d.Sections {
		if o := &d.Sections[j]; o != s && !o.Boilerplate {
			for k := range o.Steps {
				others = append(others, &o.Steps[k])
			}
		}
	}
	slices.SortStableFunc(others, func(a, b *runbooks.Step) int { return strings.Compare(mix(right, a.Text), mix(right, b.Text)) })
	for _, st := range others {
		take(st)
	}
	for n := range s.Steps {
		if n < i-1 && !loose(s.Path) {
			take(&s.Steps[n])
		}
	}
	return wrong
}

// procedure reports whether numbered steps are work to do one after another
// and not a list of points: in a runbook they are, elsewhere half of them need
// a command.
func procedure(d *runbooks.Document, steps []runbooks.Step) bool {
	n := 0
	for i := range steps {
		if len(steps[i].Commands) > 0 {
			n++
		}
	}
	return d.Meta.Service != "" || 2*n >= len(steps)
}

// loose reports whether a section's steps could be done in another order: what
// stands further on is then no wrong choice.
func loose(path []string) bool {
	return slices.ContainsFunc(path, func(h string) bool {
		return slices.Contains([]string{"first look", "diagnose", "diagnosis", "investigation", "快速检查", "诊断", "排查", "检查"}, strings.ToLower(h))
	})
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

// similar reports whether two texts say nearly the same: most of what they are
// made of is shared.
func similar(a, b string) bool {
	x, y := grams(a), grams(b)
	if len(x) == 0 || len(y) == 0 {
		return false
	}
	shared := 0
	for g := range x {
		if y[g] {
			shared++
		}
	}
	return float64(shared) >= 0.5*float64(min(len(x), len(y)))
}

// grams are the words of a text, and pairs of characters where it is Chinese.
func grams(s string) map[string]bool {
	out := map[string]bool{}
	for w := range strings.FieldsFuncSeq(strings.ToLower(s), func(r rune) bool {
		return strings.ContainsRune(" \t\n.,;:!?()`'\"/，。；：！？（）、“”", r)
	}) {
		r := []rune(w)
		if r[0] < 0x2E80 {
			if len(w) > 3 || !slices.Contains([]string{"the", "a", "an", "of", "to", "and", "in", "is", "it", "on", "for", "or", "if", "by", "its"}, w) {
				out[w] = true
			}
			continue
		}
		for i := 0; i+1 < len(r); i++ {
			out[string(r[i:i+2])] = true
		}
	}
	return out
}

func isQuestion(h string) bool {
	if n := utf8.RuneCountInString(h); n < 4 || n > 120 {
		return false
	}
	if strings.HasSuffix(h, "?") || strings.HasSuffix(h, "？") {
		return true
	}
	for _, w := range []string{"什么", "如何", "怎么", "怎样", "为什么", "哪些", "区别", "原理"} {
		if strings.Contains(h, w) {
			return true
		}
	}
	lower := strings.ToLower(h)
	for _, w := range []string{"what ", "how ", "why ", "when ", "which "} {
		if strings.HasPrefix(lower, w) {
			return true
		}
	}
	return false
}

// fold makes a text a key that survives changes of spacing and case.
func fold(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }
