package tips

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"unicode/utf8"

	"cairn/bot/prose"
	"cairn/runbooks"
	"cairn/runbooks/risk"
)

// A Library is a named set of parsed documents.
type Library struct {
	Name      string
	Documents []*runbooks.Document
}

// Kinds of tip.
const (
	KindConcept  = "concept"  // what something is
	KindTrouble  = "trouble"  // what is going on in an incident
	KindIncident = "incident" // what matters about a thing in an incident
	KindMistake  = "mistake"  // a common mistake with the right way beside it
	KindAnswer   = "answer"   // a question of the notes with its answer
	KindCommand  = "command"  // a command with its meaning
	KindReason   = "reason"   // a step with its reason
	KindFirst    = "first"    // what to check first
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

func (g *generator) reader() reader {
	return reader{lang: g.doc.Lang, title: g.doc.Title, runbook: g.doc.Meta.Service != ""}
}

func (g *generator) run() {
	d := g.doc
	if d.Lang != runbooks.English && d.Lang != runbooks.Chinese || slices.Contains(d.Meta.Tags, "learning-path") {
		return // a path says what to learn, not what is worth knowing
	}
	first := true // the first steps of the document are still to come
	for i := range d.Sections {
		s := &d.Sections[i]
		if len(g.tips) >= maxPerDocument {
			return
		}
		if s.Boilerplate {
			continue
		}
		g.concepts(s, i)
		if headed(s.Heading, mistakeHeadings) {
			g.mistakes(s)
		}
		for n := range s.Steps {
			st := &s.Steps[n]
			g.step(s, st, first && n == 0)
		}
		if len(s.Steps) > 0 {
			first = false
		}
	}
}

// Headings that say what kind of text stands under them, and nothing about its
// subject: the document's title names that.
var (
	paragraphHeadings = []string{"in one paragraph", "in short", "tl;dr", "overview", "一句话说清", "一句话", "概述", "简介"}
	incidentHeadings  = []string{"in an incident", "故障中何时重要"}
	mistakeHeadings   = []string{"common mistakes", "pitfalls", "gotchas", "常见误区", "常见错误", "常见坑", "避坑"}
)

func headed(heading string, list []string) bool {
	return slices.Contains(list, strings.ToLower(strings.TrimSpace(heading)))
}

// concepts looks for a paragraph that explains the section's subject.
func (g *generator) concepts(s *runbooks.Section, index int) {
	d := g.doc
	runbook := d.Meta.Service != ""
	if closing(s.Path) {
		return
	}
	for n, b := range s.Blocks {
		if n > 3 {
			return
		}
		if b.Kind != runbooks.Paragraph {
			continue
		}
		text, ok := g.reader().sentences(b.Text)
		if !ok || !runbook && (strings.ContainsAny(text, "?？") || labelled(text) || denies(text)) {
			continue // a question is not an answer, "Duties: ..." not a sentence
		}
		// A runbook opens with what its trouble is; elsewhere the paragraph
		// has to say what it is about.
		opening := runbook && n == 0 && (index == 0 || s.Level == 1 && s.Heading == d.Title)
		switch {
		case opening:
			g.add(Tip{Kind: KindTrouble, Text: text}, s, b.Span)
		case n == 0 && headed(s.Heading, paragraphHeadings) && (runbook || about(text, d.Title, d.Lang)):
			g.add(Tip{Kind: KindConcept, Text: text}, s, b.Span)
		case n == 0 && strings.EqualFold(s.Heading, "meaning"):
			g.add(Tip{Kind: KindTrouble, Text: text}, s, b.Span) // as the Prometheus project's runbooks open
		case headed(s.Heading, incidentHeadings) && runbook && !(n > 0 && s.Blocks[n-1].Kind == runbooks.Code && counts(text)):
			g.add(Tip{Kind: KindIncident, Text: text}, s, b.Span)
		case runbook:
			continue
		case isQuestion(s.Heading) && n == 0 && covers(text, s.Heading) && (len(s.Blocks) <= 2 || defines(text, d.Lang)):
			g.add(Tip{Kind: KindAnswer, Text: text}, s, b.Span)
		case goodHeading(s.Heading) && (!isQuestion(s.Heading) || asksWhat(s.Heading)) && about(text, s.Heading, d.Lang):
			g.add(Tip{Kind: KindConcept, Text: text}, s, b.Span)
		default:
			continue
		}
		return
	}
}

// counts reports whether the text counts what stands before it: "The first is
// MySQL, the second PostgreSQL."
func counts(text string) bool {
	for _, p := range []string{"The first", "The second", "The third", "The last line needs", "第一", "第二", "第三"} {
		if strings.HasPrefix(text, p) {
			return true
		}
	}
	return false
}

// mistakes makes a tip of every item that says more than the mistake: why it
// is one, or what is right.
func (g *generator) mistakes(s *runbooks.Section) {
	for _, b := range s.Blocks {
		text := strings.TrimSpace(b.Text)
		if b.Kind != runbooks.ListItem || !strings.ContainsAny(strings.TrimRight(text, ".。!！"), ";；:：.。") || !g.whole(text, false) {
			continue
		}
		g.add(Tip{Kind: KindMistake, Text: text}, s, b.Span)
	}
}

// labelled reports whether the text begins with a short label and a colon.
func labelled(text string) bool {
	i := strings.IndexAny(text, ":：")
	if i < 0 {
		return false
	}
	label := strings.TrimSpace(text[:i])
	return utf8.RuneCountInString(label) <= 6 || utf8.RuneCountInString(label) <= 24 && !strings.Contains(label, " ")
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
	if n < 6 || n > 80 || strings.Contains(h, "是否") || strings.Contains(h, "吗") {
		return false // yes or no is no tip
	}
	lower := strings.ToLower(h)
	for _, w := range []string{"什么", "如何", "怎么", "怎样", "为什么", "哪些", "区别"} {
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

// mentions reports whether a text takes up a word of the heading.
func mentions(text, heading string) bool {
	head := strings.ToLower(text)
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
	if !runbook && labelled(text) {
		return // a point of a list, not an instruction
	}
	size, lines := 0, 0
	for _, c := range st.Commands {
		if level, _ := risk.Classify(c.Text, c.Lang); level == risk.Destructive || strings.Contains(c.Text, "{{<") || strings.Contains(c.Text, "{{%") {
			return // whether the document marks it or not; a site generator's template is no command
		}
		if !runbook && (notShell(c.Lang) || example(text)) {
			return
		}
		if strings.Contains(text, c.Text) && !strings.Contains(c.Text, "\n") {
			continue // inline code that the sentence already shows
		}
		commands, langs = append(commands, c.Text), append(langs, c.Lang)
		size, lines = size+len(c.Text), lines+1+strings.Count(c.Text, "\n")
	}
	if size > 600 || lines > 8 || !g.whole(text, len(commands) > 0) {
		return
	}
	t := Tip{Text: text, Commands: commands, commandLangs: langs, Expect: strings.TrimSpace(st.Expect), Step: *st}
	switch why := reason(text, g.doc.Lang); {
	case closing(s.Path):
		return
	case first && runbook && len(commands) > 0:
		t.Kind = KindFirst
	case prose.Dangles(text, g.doc.Lang):
		return
	case why:
		t.Kind = KindReason
	case fixing(s.Path) && !effect(text, g.doc.Lang):
		return // it changes the system and says neither why nor what comes of it
	case len(commands) > 0 && size <= maxCommand:
		t.Kind = KindCommand
	default:
		return
	}
	g.add(t, s, st.Span)
}

// notShell reports whether a fence holds a file and no command.
func notShell(lang string) bool {
	lang, _, _ = strings.Cut(strings.ToLower(lang), " ")
	return slices.Contains([]string{"yaml", "yml", "json", "toml", "ini", "conf", "nginx", "go", "python", "java", "text", "output", "none", "xml", "dockerfile"}, lang)
}

// example reports whether the step belongs to a tutorial's example.
func example(text string) bool {
	lower := strings.ToLower(text)
	return slices.ContainsFunc([]string{"example", "manifest", "demo", "tutorial", "you created", "you just", "示例", "清单", "yaml", "演示", "刚才", "你创建"}, func(w string) bool { return strings.Contains(lower, w) })
}

// maxCommand is how many bytes of commands are still one worth knowing.
const maxCommand = 320

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
func (g *generator) whole(text string, command bool) bool {
	lo, hi := 30, 420
	if g.doc.Lang == runbooks.Chinese {
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
	return strings.ContainsRune(ends, end) && g.reader().standsAlone(text)
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
