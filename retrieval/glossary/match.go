package glossary

import (
	"cmp"
	"slices"
)

// The bounds of one call of [Glossary.Match].
const (
	// MaxText is how many bytes of a text are looked at.
	MaxText = 1 << 20
	// maxMatches bounds what one text may yield.
	maxMatches = 1 << 16
	// maxDepth bounds the pieces of one form: Han characters and words.
	maxDepth = 24
)

// A Match is an occurrence of a concept's form in a text.
type Match struct {
	// Concept is the index of the concept in [Glossary.Concepts], ID its id.
	Concept int
	ID      string
	// Lang is the form's language, Form its index among the concept's forms of
	// that language.
	Lang Lang
	Form int
	// Start and End are the byte offsets of the occurrence.
	Start, End int
	// Inner says that the occurrence lies inside a longer one, as 持久卷 does in
	// 持久卷声明.
	Inner bool
	// Pinyin says that a Chinese form was written in pinyin.
	Pinyin bool
}

// Match finds the concepts' forms in a text, ordered by where they begin and
// the longer first. Where two forms cross, both are returned; where one lies
// inside another it is marked [Match.Inner]. Of a text longer than [MaxText]
// the beginning is looked at. Of many texts a [Matcher] makes less work.
func (g *Glossary) Match(text string) []Match {
	m := g.Matcher()
	m.Read(text)
	return m.All()
}

// arrange sorts matches, drops repetitions and marks the inner ones.
func arrange(ms []Match) []Match {
	slices.SortFunc(ms, compareMatches)
	ms = slices.CompactFunc(ms, func(a, b Match) bool {
		return a.Start == b.Start && a.End == b.End && a.Concept == b.Concept
	})
	reach, from := -1, -1 // the widest span that began before, and where
	for i := range ms {
		m := &ms[i]
		m.Inner = m.End < reach || m.End == reach && m.Start > from
		if m.End > reach {
			reach, from = m.End, m.Start
		}
	}
	return ms
}

func compareMatches(a, b Match) int {
	switch { // spelled out: this is where matching spends its time
	case a.Start != b.Start:
		return a.Start - b.Start
	case a.End != b.End:
		return b.End - a.End
	case a.Concept != b.Concept:
		return a.Concept - b.Concept
	case a.Lang != b.Lang:
		return cmp.Compare(a.Lang, b.Lang)
	}
	return a.Form - b.Form
}

// cutText bounds a text without cutting a character in two.
func cutText(text string) string {
	if len(text) <= MaxText {
		return text
	}
	n := MaxText
	for n > 0 && text[n]&0xc0 == 0x80 {
		n--
	}
	return text[:n]
}
