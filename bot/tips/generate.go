package tips

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"unicode/utf8"

	"cairn/runbooks"
)

// A Library is a named set of parsed documents.
type Library struct {
	Name      string
	Documents []*runbooks.Document
}

// Kinds of tip.
const (
	KindConcept = "concept" // what something is
	KindAnswer  = "answer"  // a question of the notes with its answer
	KindCommand = "command" // a command with its meaning
	KindReason  = "reason"  // a step with its reason
	KindFirst   = "first"   // what to check first
)

// A Tip is something worth knowing, with the place it stands at.
type Tip struct {
	// ID stays the same as long as the words do.
	ID   string `json:"id"`
	Kind string `json:"kind"`
	Lang string `json:"lang"`
	// Library and Document name the file; Title is its title, Heading the
	// path of headings above the tip.
	Library  string   `json:"library"`
	Document string   `json:"document"`
	Title    string   `json:"title"`
	Heading  []string `json:"heading"`
	// Text is the tip: whole sentences, markup removed.
	Text string `json:"text"`
	// Commands are to be copied; Expect is what they should show.
	Commands []string `json:"commands,omitempty"`
	Expect   string   `json:"expect,omitempty"`
	// StartLine and EndLine are where it stands, Quote what stands there.
	StartLine int    `json:"start_line"`
	EndLine   int    `json:"end_line"`
	Quote     string `json:"quote"`
	// Topics are the words a topic filter is compared with.
	Topics []string `json:"-"`
	// DocumentHash tells whether the document has changed.
	DocumentHash string        `json:"-"`
	Step         runbooks.Step `json:"-"`
	commandLangs []string
}

// maxPerDocument keeps one long document from being the whole pool.
const maxPerDocument = 60

// Generate returns the tips that the documents hold, in the order of the
// documents.
func Generate(libs []Library) []Tip {
	var out []Tip
	seen := map[string]bool{} // the same words in two documents are one tip
	for _, lib := range libs {
		for _, d := range lib.Documents {
			g := generator{lib: lib.Name, doc: d, seen: seen}
			g.run()
			out = append(out, g.tips...)
		}
	}
	return out
}

type generator struct {
	lib  string
	doc  *runbooks.Document
	seen map[string]bool
	tips []Tip
}

func (g *generator) run() {
	if g.doc.Lang != runbooks.English && g.doc.Lang != runbooks.Chinese {
		return
	}
	first := true // the first steps of the document are still to come
	for i := range g.doc.Sections {
		s := &g.doc.Sections[i]
		if len(g.tips) >= maxPerDocument {
			return
		}
		if s.Boilerplate {
			continue
		}
		g.concepts(s, i)
		for n := range s.Steps {
			st := &s.Steps[n]
			g.step(s, st, first && n == 0)
		}
		if len(s.Steps) > 0 {
			first = false
		}
	}
}

// concepts looks for a paragraph that explains the section's subject.
func (g *generator) concepts(s *runbooks.Section, index int) {
	for n, b := range s.Blocks {
		if n > 3 {
			return
		}
		if b.Kind != runbooks.Paragraph {
			continue
		}
		text, ok := sentences(b.Text, g.doc.Lang)
		if !ok || strings.ContainsAny(text, "?？") || labelled(text) {
			continue // a question is not an answer, "Duties: ..." not a sentence
		}
		// A runbook opens with what its trouble is; elsewhere the paragraph
		// has to say what it is about.
		opening := n == 0 && index == 0 && g.doc.Meta.Service != "" || n == 0 && s.Level == 1 && g.doc.Meta.Service != "" && s.Heading == g.doc.Title
		switch {
		case opening:
			g.add(Tip{Kind: KindConcept, Text: text}, s, b.Span)
		case isQuestion(s.Heading) && n == 0 && (len(s.Blocks) <= 2 || defines(text, g.doc.Lang)):
			g.add(Tip{Kind: KindAnswer, Text: text}, s, b.Span)
		case goodHeading(s.Heading) && defines(text, g.doc.Lang) && mentions(text, s.Heading):
			g.add(Tip{Kind: KindConcept, Text: text}, s, b.Span)
		default:
			continue
		}
		return
	}
}

// labelled reports whether the text begins with a short label and a colon.
func labelled(text string) bool {
	i := strings.IndexAny(text, ":：")
	return i >= 0 && utf8.RuneCountInString(text[:i]) <= 6
}

// goodHeading reports whether a heading names a subject, not a stage of a text.
func goodHeading(h string) bool {
	n := utf8.RuneCountInString(h)
	if n < 2 || n > 60 {
		return false
	}
	for _, w := range []string{"前言", "版本", "结语", "总结", "后记", "关于", "目录", "introduction", "preface", "summary", "conclusion", "about", "changelog"} {
		if strings.EqualFold(h, w) || strings.HasPrefix(h, "前言") {
			return false
		}
	}
	return true
}

func isQuestion(h string) bool {
	n := utf8.RuneCountInString(h)
	if n < 6 || n > 80 {
		return false
	}
	lower := strings.ToLower(h)
	for _, w := range []string{"什么", "如何", "怎么", "怎样", "为什么", "哪些", "区别", "是否"} {
		if strings.Contains(h, w) {
			return true
		}
	}
	if strings.HasSuffix(h, "?") || strings.HasSuffix(h, "？") {
		return true
	}
	for _, w := range []string{"what ", "how ", "why ", "when ", "which "} {
		if strings.HasPrefix(lower, w) {
			return true
		}
	}
	return false
}

// mentions reports whether the first words take up a word of the heading, so
// that the paragraph is about it.
func mentions(text, heading string) bool {
	r := []rune(strings.ToLower(text))
	head := string(r[:min(len(r), 40)])
	heading = strings.ToLower(strings.TrimLeft(heading, "0123456789.、 一二三四五六七八九十（）()"))
	for word := range strings.FieldsFuncSeq(heading, func(r rune) bool { return strings.ContainsRune(" ,.:：，、（）()/-", r) }) {
		if len(word) >= 2 && strings.Contains(head, word) {
			return true
		}
		// Chinese has no spaces: any two characters in a row of the heading do.
		h := []rune(word)
		for i := 0; i+1 < len(h); i++ {
			if h[i] > 0x2E80 && strings.Contains(head, string(h[i:i+2])) {
				return true
			}
		}
	}
	return false
}

// step makes at most one tip of a step.
func (g *generator) step(s *runbooks.Section, st *runbooks.Step, first bool) {
	// Where a file is only half structured, a command may stand beside the
	// wrong sentence; a label and Markdown vouch for the pair.
	runbook := g.doc.Meta.Service != ""
	vouched := st.Label != "" && (runbook || strings.HasSuffix(g.doc.Path, ".md"))
	if st.Marked || st.Depth > 0 || !vouched && (len(st.Commands) > 0 || s.Heading == "") {
		return
	}
	text, commands, langs := strings.TrimSpace(st.Text), []string(nil), []string(nil)
	size, lines := 0, 0
	for _, c := range st.Commands {
		if strings.Contains(text, c.Text) && !strings.Contains(c.Text, "\n") {
			continue // inline code that the sentence already shows
		}
		commands, langs = append(commands, c.Text), append(langs, c.Lang)
		size, lines = size+len(c.Text), lines+1+strings.Count(c.Text, "\n")
	}
	if size > 600 || lines > 8 || !whole(text, g.doc.Lang, len(commands) > 0) {
		return
	}
	t := Tip{Text: text, Commands: commands, commandLangs: langs, Expect: strings.TrimSpace(st.Expect), Step: *st}
	switch why := reason(text, g.doc.Lang); {
	case closing(s.Path) || !why && fixing(s.Path):
		return
	case first && runbook && len(commands) > 0:
		t.Kind = KindFirst
	case why:
		t.Kind = KindReason
	case len(commands) > 0:
		t.Kind = KindCommand
	default:
		return
	}
	g.add(t, s, st.Span)
}

// closing reports whether a section ends a piece of work: its steps undo or
// check what was done before and say little alone.
func closing(path []string) bool {
	return slices.ContainsFunc(path, func(h string) bool {
		return slices.Contains([]string{"rollback", "roll back", "verify", "verification", "escalate", "escalation", "回滚", "验证", "升级", "回退", "恢复验证"}, strings.ToLower(h))
	})
}

// fixing reports whether a section changes the system: worth a tip only where
// it says why.
func fixing(path []string) bool {
	return slices.ContainsFunc(path, func(h string) bool {
		return slices.Contains([]string{"fix", "resolution", "mitigation", "remediation", "处理", "修复", "解决", "解决方案", "处理方法", "处置"}, strings.ToLower(h))
	})
}

// whole reports whether a step's text is one or more whole sentences that stand
// alone; before a command it may end with a colon.
func whole(text string, lang runbooks.Lang, command bool) bool {
	lo, hi := 24, 420
	if lang == runbooks.Chinese {
		lo, hi = 10, 200
	}
	if n := utf8.RuneCountInString(text); n < lo || n > hi || strings.Contains(text, "\n") {
		return false
	}
	end, _ := utf8.DecodeLastRuneInString(text)
	ends := ".!。！"
	if command {
		ends += ":："
	}
	return strings.ContainsRune(ends, end) && standsAlone(text, lang) && !refersBack(text)
}

// refersBack reports whether an English instruction's object is a pronoun
// ("Apply it and ...").
func refersBack(text string) bool {
	words := strings.Fields(strings.ToLower(text))
	at := 1
	if len(words) > 2 && slices.Contains([]string{"at", "to", "for", "with", "from", "on", "in", "of"}, words[1]) {
		at = 2
	}
	return len(words) > at && slices.Contains([]string{"it", "them", "this", "that", "these", "those", "its", "their"}, strings.Trim(words[at], ".,;:"))
}

func (g *generator) add(t Tip, s *runbooks.Section, span runbooks.Span) {
	d := g.doc
	t.Lang, t.Library, t.Document, t.Title = string(d.Lang), g.lib, d.Path, d.Title
	t.Heading, t.DocumentHash = slices.Clone(s.Path), d.Hash
	t.Quote = strings.TrimSpace(d.Slice(span))
	t.StartLine, t.EndLine = d.Lines(span)
	t.Topics = append([]string{g.lib, d.Meta.Service}, d.Meta.Tags...)
	words := t.Kind + "\x00" + t.Text + "\x00" + strings.Join(t.Commands, "\x00")
	sum := sha256.Sum256([]byte(t.Lang + "\x00" + words))
	t.ID = hex.EncodeToString(sum[:8])
	if !g.seen[t.ID] {
		g.seen[t.ID] = true
		g.tips = append(g.tips, t)
	}
}
