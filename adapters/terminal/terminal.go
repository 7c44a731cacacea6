package terminal

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/term"

	"cairn/adapters"
)

// Options say what the terminal can show.
type Options struct {
	// Width is the number of columns. Defaults to 80; lines are never longer
	// than 100 columns, which is what reads well, but for commands.
	Width int
	// Color allows colours and bold.
	Color bool
}

// Detect returns the options for f: its width and colours when it is a
// terminal, no colours when NO_COLOR is set or TERM is dumb.
func Detect(f *os.File, getenv func(string) string) Options {
	var o Options
	if f == nil || !term.IsTerminal(int(f.Fd())) {
		return o
	}
	o.Color = getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"
	if w, _, err := term.GetSize(int(f.Fd())); err == nil {
		o.Width = w
	}
	return o
}

const (
	bold   = "1"
	dim    = "2"
	cyan   = "36"
	yellow = "1;33"
	red    = "1;31"
)

// Render returns m as text that ends in a line end.
func Render(m adapters.Message, opts *Options) string {
	r := &renderer{words: wordsFor(m.Lang)}
	if opts != nil {
		r.opts = *opts
	}
	if r.opts.Width <= 0 {
		r.opts.Width = 80
	}
	r.opts.Width = min(max(r.opts.Width, 24), 100)
	r.message(m)
	return strings.TrimLeft(strings.TrimRight(r.b.String(), "\n"), "\n") + "\n"
}

type renderer struct {
	b     strings.Builder
	opts  Options
	words words
}

// words are the few words that messages do not bring themselves.
type words struct {
	understood, warning, expect, ifNot, sources, related, choices, caution, destructive string
}

func wordsFor(lang string) words {
	if lang == "zh" {
		return words{
			understood: "理解为：", warning: "注意：", expect: "预期：", ifNot: "否则：", sources: "出处",
			related: "相关", choices: "可能是", caution: "谨慎", destructive: "破坏性操作",
		}
	}
	return words{
		understood: "Understood as: ", warning: "Note: ", expect: "Expect: ", ifNot: "If not: ", sources: "Sources",
		related: "Related", choices: "Did you mean", caution: "caution", destructive: "DESTRUCTIVE",
	}
}

func (r *renderer) style(code, s string) string {
	if !r.opts.Color || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (r *renderer) blank() { r.b.WriteString("\n") }

// para writes text wrapped behind first, later lines behind rest.
func (r *renderer) para(first, rest, text, code string) {
	for i, line := range wrap(prose(text), r.opts.Width, cells(first), cells(rest), r.opts.Color) {
		prefix := rest
		if i == 0 {
			prefix = first
		}
		if code != "" {
			line = r.style(code, line)
		}
		r.b.WriteString(strings.TrimRight(prefix+line, " ") + "\n")
	}
}

func (r *renderer) message(m adapters.Message) {
	if m.Title != "" {
		r.para("", "", m.Title, bold)
	}
	if m.Confidence != "" {
		r.para("", "", m.Confidence, dim)
	}
	if m.UnderstoodAs != "" {
		r.para(r.style(dim, r.words.understood), "  ", m.UnderstoodAs, "")
	}
	if m.Lead != "" {
		r.blank()
		r.lines(m.Lead)
	}
	for _, w := range m.Warnings {
		r.blank()
		r.para(r.style(yellow, "! "+r.words.warning), "  ", w, "")
	}
	r.steps(m.Steps)
	for _, q := range m.Quotes {
		r.blank()
		r.quote(q)
	}
	for _, n := range m.Notes {
		r.blank()
		r.lines(n)
	}
	if empty(m) {
		r.lines(m.Text)
	}
	r.citations(m.Citations)
	r.links(m)
	if m.Mark != "" {
		r.blank()
		r.para("", "", m.Mark, dim)
	}
}

// empty reports that m is its text and nothing else.
func empty(m adapters.Message) bool {
	return m.Title == "" && m.Lead == "" && len(m.Steps) == 0 && len(m.Quotes) == 0 && len(m.Notes) == 0
}

// lines writes a text that may have several paragraphs.
func (r *renderer) lines(text string) {
	for line := range strings.SplitSeq(text, "\n") {
		r.para("", "", line, "")
	}
}

func (r *renderer) steps(steps []adapters.Step) {
	section := ""
	for i, s := range steps {
		r.blank()
		if s.Section != "" && (s.Section != section || i == 0) {
			r.para("", "", s.Section, bold)
			r.blank()
		}
		section = s.Section
		for _, b := range s.Before {
			r.para("", "", b, "")
		}
		if len(s.Before) > 0 {
			r.blank()
		}
		number := strconv.Itoa(s.N) + ". "
		indent := strings.Repeat(" ", len(number))
		mark := r.risk(s)
		text := s.Text
		if s.Citation > 0 {
			text = strings.TrimSpace(text + " [" + strconv.Itoa(s.Citation) + "]")
		}
		if mark != "" {
			r.b.WriteString(r.style(bold, number) + mark + "\n")
			r.para(indent, indent, text, "")
		} else {
			r.para(r.style(bold, number), indent, text, "")
		}
		for _, c := range s.Commands {
			r.blank()
			for line := range strings.SplitSeq(strings.TrimRight(verbatim(c.Text), "\n"), "\n") {
				r.b.WriteString(r.style(cyan, line) + "\n")
			}
		}
		if len(s.Commands) > 0 && (s.Expect != "" || s.IfNot != "" || len(s.Links) > 0) {
			r.blank()
		}
		if s.Expect != "" {
			r.para(indent+r.style(dim, r.words.expect), indent+"  ", s.Expect, "")
		}
		if s.IfNot != "" {
			r.para(indent+r.style(dim, r.words.ifNot), indent+"  ", s.IfNot, "")
		}
		for _, l := range s.Links {
			r.link(indent, l)
		}
	}
}

func (r *renderer) risk(s adapters.Step) string {
	label := oneLine(s.RiskLabel)
	switch s.Risk {
	case adapters.Destructive:
		if label == "" {
			label = r.words.destructive
		}
		return r.style(red, "[!! "+label+"]")
	case adapters.Caution:
		if label == "" {
			label = r.words.caution
		}
		return r.style(yellow, "[! "+label+"]")
	}
	return ""
}

func (r *renderer) quote(q adapters.Quote) {
	text := strings.TrimRight(verbatim(q.Text), "\n")
	for line := range strings.SplitSeq(text, "\n") {
		// A line that is prose may be wrapped; the bar shows where it goes on.
		for _, part := range wrapPlain(line, r.opts.Width-2) {
			r.b.WriteString(strings.TrimRight(r.style(dim, "│")+" "+part, " ") + "\n")
		}
	}
	if q.Citation > 0 {
		r.b.WriteString(r.style(dim, "  ["+strconv.Itoa(q.Citation)+"]") + "\n")
	}
	for _, l := range q.Links {
		r.link("  ", l)
	}
}

func (r *renderer) citations(list []adapters.Citation) {
	if len(list) == 0 {
		return
	}
	r.blank()
	r.para("", "", r.words.sources, bold)
	for _, c := range list {
		number := "[" + strconv.Itoa(c.N) + "] "
		r.b.WriteString(r.style(dim, number) + oneLine(c.Label) + "\n")
		indent := strings.Repeat(" ", len(number))
		if len(c.Heading) > 0 {
			r.para(indent, indent, strings.Join(c.Heading, " › "), dim)
		}
		if outside(c.URL) {
			r.b.WriteString(indent + r.style(dim, oneLine(c.URL)) + "\n")
		}
	}
}

func (r *renderer) links(m adapters.Message) {
	if len(m.Choices) > 0 {
		r.blank()
		r.para("", "", r.words.choices, bold)
		for _, c := range m.Choices {
			r.para("- ", "  ", c.Label, "")
		}
	}
	if len(m.Related) > 0 {
		r.blank()
		title := m.RelatedTitle
		if title == "" {
			title = r.words.related
		}
		r.para("", "", title, bold)
		for _, l := range m.Related {
			r.link("- ", l)
		}
	}
}

// link writes a title with its detail and, unwrapped, its address.
func (r *renderer) link(indent string, l adapters.Link) {
	rest := strings.Repeat(" ", cells(indent))
	text := l.Title
	if l.Detail != "" {
		text += " (" + l.Detail + ")"
	}
	r.para(indent, rest, text, "")
	if outside(l.URL) && l.URL != l.Title {
		r.b.WriteString(rest + r.style(dim, oneLine(l.URL)) + "\n")
	}
}

// outside reports an address that means something outside the web page.
func outside(u string) bool { return strings.Contains(u, "://") }
