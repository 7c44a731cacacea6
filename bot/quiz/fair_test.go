package quiz

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"cairn/bot/prose"
	"cairn/runbooks"
)

// A source is where a choice's words stand.
type source struct {
	doc     *runbooks.Document
	section *runbooks.Section
	n       int // the step's place in its section
}

// sources returns where each step's text stands in the library.
func sources(lib Library) map[string][]source {
	out := map[string][]source{}
	for _, d := range lib.Documents {
		for i := range d.Sections {
			s := &d.Sections[i]
			for n := range s.Steps {
				out[s.Steps[n].Text] = append(out[s.Steps[n].Text], source{d, s, n})
			}
		}
	}
	return out
}

// What holds of every card of the built-in library: choices that fit the
// subject, none of them right as well, an answer that is one.
func TestEveryCardIsFair(t *testing.T) {
	t.Parallel()
	lib := builtin(t)
	byPath := map[string]*runbooks.Document{}
	for _, d := range lib.Documents {
		byPath[d.Path] = d
	}
	from := sources(lib)
	ids, kinds, three := map[string]bool{}, map[string]int{}, 0
	for _, c := range deckFor(t, lib).cards {
		bad := func(format string, args ...any) {
			t.Helper()
			t.Errorf("%s %s:%d %q: "+format, append([]any{c.Kind, c.Document, c.StartLine, c.Front}, args...)...)
		}
		d := byPath[c.Document]
		if ids[c.ID] || len(c.ID) != 16 {
			bad("id %q is not unique", c.ID)
		}
		ids[c.ID] = true
		kinds[c.Kind+" "+c.Lang]++
		if c.StartLine < 1 || c.EndLine < c.StartLine || c.EndLine > d.LineCount() {
			bad("lines %d-%d of %d", c.StartLine, c.EndLine, d.LineCount())
		}
		if n := utf8.RuneCountInString(c.Answer); n < 6 || n > 2*maxAnswer {
			bad("an answer of %d characters", n)
		}
		if len(c.Wrong) == 1 || len(c.Wrong) > wantedWrong {
			bad("%d wrong choices", len(c.Wrong))
		}
		if len(c.Wrong) == wantedWrong {
			three++
		}
		for i, w := range c.Wrong {
			if w == c.Front || w == c.Answer || slices.Contains(c.Wrong[:i], w) {
				bad("choice %q stands twice or is the prompt", w)
			}
			if tooClose(w, c.Answer) {
				bad("choice %q says what the answer says: %q", w, c.Answer)
			}
			if prose.Dangles(w, runbooks.Lang(c.Lang)) || continues.MatchString(w) {
				bad("choice %q needs another step to be understood", w)
			}
			if utf8.RuneCountInString(w) > maxChoice || strings.Contains(w, "\n") {
				bad("choice %q does not fit a message", w)
			}
			fair := slices.ContainsFunc(from[w], func(s source) bool {
				if s.doc.Lang != d.Lang {
					return false
				}
				if c.Kind == KindQuestion {
					if s.doc == d {
						// A change before anything is known.
						return under(s.section.Path, fixHeadings) && !under(s.section.Path, closingHeadings) && changing(&s.section.Steps[s.n])
					}
					return !related(d, s.doc) && shared(d, s.doc) > 0 && !general.MatchString(w)
				}
				// Another cause's cure, something looked at before, or a step
				// done already; nothing that may follow any change.
				if s.doc != d || under(s.section.Path, closingHeadings) || anywhere.MatchString(w) {
					return false
				}
				if slices.Equal(s.section.Path, c.Heading) {
					return s.section.Steps[s.n].Text != c.Answer && !after(s, c)
				}
				return under(s.section.Path, looseHeadings) || changing(&s.section.Steps[s.n])
			})
			if !fair {
				bad("choice %q may be right too, or has nothing to do with it", w)
			}
		}
		switch c.Kind {
		case KindStep:
			if under(c.Heading, looseHeadings) || under(c.Heading, closingHeadings) {
				bad("its steps could be done in another order: %q", c.Heading)
			}
			if continues.MatchString(c.Answer) {
				bad("the answer says itself that it comes next: %q", c.Answer)
			}
		case KindConcept, KindNote:
			lines := d.Slice(d.LineSpan(c.StartLine, c.EndLine))
			if first := strings.Fields(c.Answer)[0]; !strings.Contains(strings.ReplaceAll(lines, "`", ""), strings.Trim(first, "`*")) {
				bad("lines %d-%d do not hold the answer %q", c.StartLine, c.EndLine, c.Answer)
			}
			if slices.Contains(stages, strings.ToLower(c.Front)) {
				bad("the question asks nothing")
			}
			if c.Kind == KindNote && covered(d, c.Front, place{grams: grams(c.Answer)}) < 0.5 {
				bad("the answer speaks of something else: %q", c.Answer)
			}
		}
	}
	for kind, least := range map[string]int{"question en": 400, "question zh": 400, "step en": 100, "step zh": 100, "concept en": 90, "concept zh": 90, "note en": 20, "note zh": 20} {
		if kinds[kind] < least {
			t.Errorf("only %d cards of kind %s, want %d", kinds[kind], kind, least)
		}
	}
	if three < 1100 {
		t.Errorf("only %d cards have three wrong choices", three)
	}
	t.Logf("cards: %v", kinds)
}

// after reports whether a step comes after the card's answer in its section.
func after(s source, c Card) bool {
	for n, st := range s.section.Steps {
		if st.Text == c.Answer {
			return s.n > n
		}
	}
	return true
}

func TestContinues(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"Then reload nginx.": true, "Repeat on every node.": true, "Go back to step 2.": true, "然后重载 nginx。": true, "回到第 2 步。": true,
		"Thenardier is a name.": false, "List the nodes.": false, "再平衡完成后看位点。": true, "列出节点。": false,
	} {
		if got := continues.MatchString(text); got != want {
			t.Errorf("continues %q: %v, want %v", text, got, want)
		}
	}
}

func TestNotesQuestions(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"What is a Pod?": true, "How it works": false, "etcd 是否正常运行？": false, "有足够的节点吗？": false, "Redis 和 Memcached 的区别": true,
		"工作原理": false, "What's next": false, "为什么要用连接池": true, "Installation": false,
	} {
		if got := isQuestion(text); got != want {
			t.Errorf("isQuestion(%q): %v, want %v", text, got, want)
		}
	}
	if got := unnumbered("2. mysql有哪些优化?"); got != "mysql有哪些优化?" {
		t.Errorf("unnumbered: %q", got)
	}
}
