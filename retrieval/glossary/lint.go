package glossary

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Problem is something that [Glossary.Lint] found.
type Problem struct {
	// ID is the concept's.
	ID string
	// Form is the form in question; may be empty.
	Form string
	// Text says what is wrong and what to do.
	Text string
}

func (p Problem) String() string { return fmt.Sprintf("%s: %q: %s", p.ID, p.Form, p.Text) }

// Lint returns what would harm matching: concepts that lack a language, a form
// that several concepts share without a context, short forms without one,
// contexts that can never hold, traditional characters and forms that hold
// nothing to match.
func (g *Glossary) Lint() []Problem {
	var out []Problem
	areas := g.Areas()
	x := buildIndex(nil)
	type use struct {
		concept int
		form    *Form
	}
	uses := make(map[uint32][]use)
	for i := range g.concepts {
		c := &g.concepts[i]
		for _, l := range []Lang{ZH, EN} {
			if len(c.Forms(l)) == 0 {
				out = append(out, Problem{c.ID, "", fmt.Sprintf("no form of language %s; add one", l)})
			}
			for j := range c.Forms(l) {
				f := &c.Forms(l)[j]
				for _, text := range lintForm(f, areas) {
					out = append(out, Problem{c.ID, f.Text, text})
				}
				nodes := x.insert(f.Text)
				if nodes[0] == 0 {
					out = append(out, Problem{c.ID, f.Text, "holds no letter, digit or Han character"})
				}
				for _, n := range nodes {
					if n != 0 {
						uses[n] = append(uses[n], use{i, f})
					}
				}
			}
		}
	}
	for _, us := range uses {
		for _, u := range us {
			other := slices.IndexFunc(us, func(o use) bool { return o.concept != u.concept })
			if other >= 0 && u.form.Context == nil {
				out = append(out, Problem{g.concepts[u.concept].ID, u.form.Text,
					fmt.Sprintf("is a form of %s too; drop one or give both a context", g.concepts[us[other].concept].ID)})
			}
		}
	}
	slices.SortFunc(out, func(a, b Problem) int { return strings.Compare(a.String(), b.String()) })
	return out
}

func lintForm(f *Form, areas []string) []string {
	var out []string
	if f.Context == nil {
		switch n := utf8.RuneCountInString(f.Text); {
		case n == 1 && hasHan(f.Text):
			out = append(out, "a single Han character needs a context")
		case n <= 2 && !hasHan(f.Text) && !hasDigit(f.Text):
			out = append(out, "a form of one or two letters needs a context")
		}
	}
	for _, c := range f.Context {
		if a, ok := strings.CutPrefix(c, "@"); ok && !slices.Contains(areas, a) {
			out = append(out, fmt.Sprintf("no area %q for the context", a))
		}
	}
	if s := Simplify(f.Text); s != f.Text {
		out = append(out, "write it in simplified characters: "+s)
	}
	return out
}

func hasDigit(s string) bool { return strings.ContainsAny(s, "0123456789") }
