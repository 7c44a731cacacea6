package answer

import (
	"slices"
	"strings"
	"unicode/utf8"

	"cairn/runbooks"
)

// A part is a fixed second-level heading of a runbook in our own format.
type part uint8

const (
	noPart part = iota
	symptoms
	firstLook
	diagnose
	fix
	verify
	prevent
)

func partOf(heading string) part {
	switch strings.ToLower(strings.TrimSpace(heading)) {
	case "symptoms", "症状":
		return symptoms
	case "first look", "快速检查":
		return firstLook
	case "diagnose", "诊断":
		return diagnose
	case "fix", "处理":
		return fix
	case "verify", "验证":
		return verify
	case "prevent", "预防":
		return prevent
	default:
		return noPart
	}
}

func isRollback(heading string) bool {
	switch strings.ToLower(strings.TrimSpace(heading)) {
	case "rollback", "回滚":
		return true
	}
	return false
}

// A layout says where the parts of a runbook in our own format lie, as
// indices into the document's sections.
type layout struct {
	steps  []int // First look and Diagnose with what is nested in them
	causes []int // the headings directly under Fix
	verify int   // -1 when there is none
}

// layoutOf recognises a runbook in our own format by its front matter and its
// fixed headings.
func layoutOf(d *runbooks.Document) (layout, bool) {
	l := layout{verify: -1}
	if d.Meta.Service == "" {
		return l, false
	}
	var in part
	level := 0
	seen := map[part]bool{}
	for i := range d.Sections {
		s := &d.Sections[i]
		if p := partOf(s.Heading); p != noPart && (level == 0 || s.Level <= level) {
			in, level = p, s.Level
			seen[p] = true
		} else if level > 0 && s.Level <= level {
			in = noPart
		}
		switch in {
		case firstLook, diagnose:
			if len(s.Steps) > 0 {
				l.steps = append(l.steps, i)
			}
		case fix:
			if s.Level == level+1 {
				l.causes = append(l.causes, i)
			}
		case verify:
			if l.verify < 0 {
				l.verify = i
			}
		}
	}
	return l, seen[fix] && (seen[firstLook] || seen[diagnose]) && len(l.steps) > 0
}

// namedCause returns the cause under Fix that the question names, or -1. A
// cause is named when at least half of the words that tell it from the title
// and from the other causes stand in the question.
func (l layout) namedCause(d *runbooks.Document, question string) int {
	asked := terms(question)
	title := terms(d.Title)
	best, bestShare := -1, 0.0
	for _, i := range l.causes {
		own := without(terms(d.Sections[i].Heading), title)
		if len(own) == 0 && bestShare == 0 && holds(question, d.Sections[i].Heading) && !holds(question, d.Title) {
			best = i // every word of it is in the title: only the whole counts
		}
		part, common := share(own, asked)
		if part >= 0.5 && (common >= 2 || len(own) == 1) && part > bestShare {
			best, bestShare = i, part
		}
	}
	return best
}

func holds(text, phrase string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(phrase))
}

// nested returns the sections below section i, in document order.
func nested(d *runbooks.Document, i int) []int {
	var out []int
	level := d.Sections[i].Level
	if level == 0 {
		return nil
	}
	for j := i + 1; j < len(d.Sections) && d.Sections[j].Level > level; j++ {
		out = append(out, j)
	}
	return out
}

// shortHeading is the length in characters up to which a heading ("缺点") says
// too little without the one above it.
const shortHeading = 12

// title names a section of a document for people: the document's title where
// the section belongs under it, then the heading, and for a short heading the
// one above it between them.
func title(d *runbooks.Document, section int) string {
	if section < 0 || section >= len(d.Sections) {
		return d.Title
	}
	s := &d.Sections[section]
	if s.Heading == "" && !ownTitle(d) {
		return firstWords(d, s.Body)
	}
	if s.Heading == "" || s.Heading == d.Title {
		return d.Title
	}
	above := s.Path
	if n := len(above); n > 0 && above[n-1] == s.Heading {
		above = above[:n-1]
	}
	var names []string
	switch {
	case d.Meta.Title != "":
		names = append(names, d.Title)
	case len(above) > 0 && above[0] == d.Title:
		names, above = append(names, d.Title), above[1:]
	}
	if n := len(above); n > 0 && above[n-1] != d.Title && utf8.RuneCountInString(s.Heading) <= shortHeading {
		names = append(names, above[n-1])
	}
	return strings.Join(append(names, s.Heading), " › ")
}

// ownTitle reports whether the document's title stands in the document rather
// than being made from its path.
func ownTitle(d *runbooks.Document) bool {
	return d.Meta.Title != "" || slices.ContainsFunc(d.Sections, func(s runbooks.Section) bool { return s.Heading == d.Title })
}

// firstWords names a text without heading by how it begins.
func firstWords(d *runbooks.Document, span runbooks.Span) string {
	for line := range strings.Lines(d.Slice(span)) {
		words := strings.Join(strings.Fields(strings.Trim(line, "#*->| \t\n")), " ")
		if words == "" {
			continue
		}
		if r := []rune(words); len(r) > 40 {
			return strings.TrimSpace(string(r[:40])) + "…"
		}
		return words
	}
	return d.Title
}
