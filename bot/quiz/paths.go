package quiz

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"cairn/runbooks"
)

// A Path is a learning path: stages of units, read from a document.
type Path struct {
	// Name is the file's name without its extension, which one types after
	// "path start". Two paths may have it, such as one in each language; ID is
	// unique.
	ID, Name          string
	Title, Lang       string
	Library, Document string
	Stages            []Stage
}

// A Stage is a part of a path.
type Stage struct {
	Title              string
	Heading            []string
	Units              []Unit
	StartLine, EndLine int
}

// A Unit is one thing to learn.
type Unit struct {
	// ID stays while the unit's title and address do.
	ID, Title string
	// URL is the unit's own page, Document the library's document that it is;
	// both are empty for one that is only named.
	URL, Document      string
	StartLine, EndLine int
}

// Units counts the path's units.
func (p Path) Units() (n int) {
	for _, s := range p.Stages {
		n += len(s.Units)
	}
	return n
}

const (
	minUnits = 6
	maxUnits = 1000
	pathTag  = "learning-path"
)

// Paths returns the learning paths in the documents: documents that are mostly
// titled links in sections, and documents tagged learning-path, whose list
// items count even without links.
func Paths(libs []Library) (out []Path) {
	taken := map[string]bool{}
	for _, l := range libs {
		have := make(map[string]bool, len(l.Documents))
		for _, d := range l.Documents {
			have[d.Path] = true
		}
		for _, d := range l.Documents {
			p, ok := pathOf(l.Name, d, have)
			if !ok {
				continue
			}
			p.Name = p.ID
			for n := 2; taken[p.ID]; n++ {
				p.ID = p.Name + "-" + strconv.Itoa(n)
			}
			taken[p.ID] = true
			out = append(out, p)
		}
	}
	return out
}

func pathOf(library string, d *runbooks.Document, have map[string]bool) (Path, bool) {
	tagged := slices.ContainsFunc(d.Meta.Tags, func(t string) bool { return strings.EqualFold(t, pathTag) })
	p := Path{ID: slug(d), Title: d.Title, Lang: string(d.Lang), Library: library, Document: d.Path}
	units, others, steps := 0, 0, 0
	seen := map[string]bool{}
	for i := range d.Sections {
		s := &d.Sections[i]
		if s.Boilerplate {
			continue
		}
		steps += len(s.Steps)
		st := Stage{Title: s.Heading, Heading: s.Path}
		if st.Title == "" {
			st.Title = d.Title
		}
		st.StartLine, st.EndLine = d.Lines(s.Span)
		for _, b := range s.Blocks {
			title := strings.TrimSpace(b.Text)
			isUnit := b.Kind == runbooks.Link || tagged && b.Kind == runbooks.ListItem
			if n := utf8.RuneCountInString(title); !isUnit || n < 2 || n > 200 {
				others++
				continue
			}
			u := Unit{Title: title, URL: webAddress(b.URL)}
			if inside := within(d.Path, b.URL); have[inside] {
				u.Document = inside
			}
			sum := sha256.Sum256([]byte(fold(title) + "\x00" + b.URL))
			u.ID = hex.EncodeToString(sum[:6])
			if seen[u.ID] || units == maxUnits {
				continue
			}
			seen[u.ID] = true
			u.StartLine, u.EndLine = d.Lines(b.Span)
			st.Units = append(st.Units, u)
			units++
		}
		if len(st.Units) > 0 {
			p.Stages = append(p.Stages, st)
		}
	}
	if tagged {
		return p, units > 0
	}
	// A runbook with links to read on is no path.
	return p, d.Meta.Service == "" && units >= minUnits && len(p.Stages) >= 2 && units >= others && units > 2*steps
}

// slug is the path's name: the file's, or the title's where the file has only
// a number.
func slug(d *runbooks.Document) string {
	base := path.Base(d.Path)
	name := strings.TrimSuffix(base, path.Ext(base))
	if !strings.ContainsFunc(name, func(r rune) bool { return r >= 'g' && r <= 'z' || r >= 'G' && r <= 'Z' || r >= 0x80 }) {
		name = d.Title
	}
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '_' || r == '`' {
			return '-'
		}
		return r
	}, strings.ToLower(name))
}

// within returns the document of the same library that a relative link leads to.
func within(from, link string) string {
	link, _, _ = strings.Cut(link, "#")
	if link == "" || strings.Contains(link, ":") || strings.HasPrefix(link, "/") {
		return ""
	}
	return path.Join(path.Dir(from), link)
}

// webAddress drops addresses that no browser should be sent to.
func webAddress(u string) string {
	if strings.HasPrefix(u, "https://") || strings.HasPrefix(u, "http://") {
		return u
	}
	return ""
}

// KindStage is the kind of card that asks what belongs to a stage of a path.
const KindStage = "stage"

// stageCards ask of each stage what belongs to it, where its units lead out of
// the library: documents of the library have cards of their own. A choice from
// another stage is wrong only where it shares no word with this stage and the
// two are not parts of one.
func stageCards(paths []Path) (out []Card) {
	for _, p := range paths {
		for i, st := range p.Stages {
			if !goodStage(st.Title) || slices.ContainsFunc(st.Units, func(u Unit) bool { return u.Document != "" }) {
				continue
			}
			own := grams(st.Title)
			for _, u := range st.Units {
				for g := range grams(u.Title) {
					own[g] = true
				}
			}
			right, ok := typical(st)
			if !ok {
				continue
			}
			var wrong []string
			for n := 1; n < len(p.Stages) && len(wrong) < wantedWrong; n++ {
				other := p.Stages[(i+n)%len(p.Stages)]
				u, ok := typical(other)
				if !ok || shares(u.Title, own) || len(st.Heading) > 2 && siblings(st.Heading, other.Heading) || utf8.RuneCountInString(u.Title) > maxChoice {
					continue
				}
				wrong = append(wrong, u.Title)
			}
			if len(wrong) < 2 {
				continue
			}
			c := Card{Kind: KindStage, Lang: p.Lang, Library: p.Library, Document: p.Document, Title: p.Title, Heading: st.Heading,
				Front: st.Title, Answer: right.Title, Wrong: wrong, StartLine: right.StartLine, EndLine: right.EndLine, Topics: []string{stageTopic(p, st)}}
			sum := sha256.Sum256([]byte("stage\x00" + p.Library + "\x00" + p.Document + "\x00" + strings.Join(st.Heading, "\x00")))
			c.ID = hex.EncodeToString(sum[:8])
			out = append(out, c)
		}
	}
	return out
}

func goodStage(title string) bool {
	n := utf8.RuneCountInString(title)
	return n >= 2 && n <= 60 && !isQuestion(title)
}

// typical returns the first unit of moderate length.
func typical(st Stage) (Unit, bool) {
	for _, u := range st.Units {
		if n := utf8.RuneCountInString(u.Title); n >= 4 && n <= maxChoice {
			return u, true
		}
	}
	return Unit{}, false
}

func shares(title string, words map[string]bool) bool {
	n := 0
	for g := range grams(title) {
		if words[g] {
			n++
		}
	}
	return n > 1
}

// stageTopic names a stage in a quiz button, within a button's 55 bytes.
func stageTopic(p Path, st Stage) string {
	sum := sha256.Sum256([]byte(p.ID + "\x00" + strings.Join(st.Heading, "\x00")))
	return "stage-" + hex.EncodeToString(sum[:6])
}
