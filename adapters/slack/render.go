package slack

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	slackapi "github.com/slack-go/slack"

	"cairn/adapters"
)

// A part is one Slack message of the one or several that a message becomes.
type part struct {
	blocks []slackapi.Block
	text   string // for notifications; escaped
}

// A sheet collects blocks in order with what they cost.
type sheet struct {
	lang  string
	level int
	cited map[int]adapters.Citation
	atoms []atom
}

type atom struct {
	block slackapi.Block
	size  int
}

func (s *sheet) add(b slackapi.Block, size int) { s.atoms = append(s.atoms, atom{b, size}) }

func (s *sheet) rich(elements ...slackapi.RichTextElement) {
	size := 0
	for _, e := range elements {
		size += elementSize(e)
	}
	if size > 0 {
		s.add(slackapi.NewRichTextBlock("", elements...), size)
	}
}

// render turns a message into one or several Slack messages within the limits.
// A level other than native avoids elements that some workspaces refuse.
func render(m adapters.Message, level int) []part {
	if level == textOnly {
		return []part{{text: fallback(m)}}
	}
	s := &sheet{lang: m.Lang, level: level, cited: map[int]adapters.Citation{}}
	for _, c := range m.Citations {
		s.cited[c.N] = c
	}
	s.head(m)
	shown, more := s.steps(m)
	s.quotes(m)
	for _, n := range m.Notes {
		s.text(n)
	}
	s.sources(m, shown)
	s.related(m)
	s.actions(m.Choices)
	buttons := m.Buttons
	if more != nil {
		buttons = append([]adapters.Button{*more}, buttons...)
	}
	s.actions(buttons)
	s.feedback(m)
	if m.Mark != "" {
		s.context(m.Mark)
	}
	if len(s.atoms) == 0 {
		s.text(m.Text)
	}
	return s.pack(m)
}

func (s *sheet) head(m adapters.Message) {
	if m.Notify != "" {
		s.rich(section(mention(m.Notify)))
	}
	switch {
	case m.Title == "":
	case strings.ContainsAny(m.Title, "<>&"):
		// Whether clients read entities in a header is documented nowhere.
		s.rich(section(run(cut(oneLine(m.Title), 300), style{bold: true})))
	default:
		s.add(slackapi.NewHeaderBlock(slackapi.NewTextBlockObject(slackapi.PlainTextType, cut(oneLine(m.Title), LimitHeader), false, false)), utf8.RuneCountInString(m.Title))
	}
	var line []slackapi.RichTextSectionElement
	if m.Confidence != "" {
		line = append(line, run(m.Confidence, style{italic: true}))
	}
	if u := safeURL(m.TitleURL); u != "" {
		if len(line) > 0 {
			line = append(line, run(" · ", style{}))
		}
		line = append(line, link(u, sourceName(m)))
	}
	if len(line) > 0 {
		s.rich(section(line...))
	}
	s.text(m.Lead)
	if m.UnderstoodAs != "" {
		s.rich(section(append([]slackapi.RichTextSectionElement{run(say(m.Lang, textUnderstood), style{italic: true})}, runs(cut(oneLine(m.UnderstoodAs), 500))...)...))
	}
	for _, w := range m.Warnings {
		for _, p := range pieces("⚠️ "+w, maxElement) {
			s.rich(section(runs(p)...))
		}
	}
}

func sourceName(m adapters.Message) string {
	if len(m.Citations) > 0 && m.Citations[0].Label != "" {
		return cut(oneLine(m.Citations[0].Label), 200)
	}
	return cut(oneLine(m.Title), 200)
}

// text adds prose, whose runs between backticks are code.
func (s *sheet) text(t string) {
	if strings.TrimSpace(t) == "" {
		return
	}
	for _, p := range pieces(t, maxElement) {
		s.rich(section(runs(p)...))
	}
}

// steps adds the steps of this page and returns the citations that they use
// and the button for the rest, if there is one.
func (s *sheet) steps(m adapters.Message) (shown map[int]bool, more *adapters.Button) {
	shown = map[int]bool{}
	first := min(max(m.FirstStep, 0), len(m.Steps))
	heading, used := "", 0
	page := stepsPage
	if len(m.Steps)-first <= stepsPage+2 {
		page += 2 // no button for one or two that are left
	}
	for i := first; i < len(m.Steps); i++ {
		st := m.Steps[i]
		size := stepSize(st)
		if m.AnswerID != "" && i > first && (i-first >= page || used+size > pageChars) {
			last := min(i+stepsPage, len(m.Steps))
			label := say(m.Lang, textSteps, m.Steps[i].N, m.Steps[last-1].N)
			if last == i+1 {
				label = say(m.Lang, textStep, m.Steps[i].N)
			}
			return shown, &adapters.Button{ID: "steps", Value: fmt.Sprintf("%s:%d", m.AnswerID, i), Label: label, Style: "primary"}
		}
		used += size
		shown[st.Citation] = true
		if st.Section != "" && st.Section != heading {
			s.rich(section(run(cut(oneLine(st.Section), 300), style{bold: true})))
		}
		heading = st.Section
		s.step(st)
	}
	return shown, nil
}

func stepSize(st adapters.Step) int {
	n := utf8.RuneCountInString(st.Text) + utf8.RuneCountInString(st.Expect) + utf8.RuneCountInString(st.IfNot) + 40
	for _, c := range st.Commands {
		n += utf8.RuneCountInString(c.Text)
	}
	for _, b := range st.Before {
		n += utf8.RuneCountInString(b)
	}
	return n
}

func (s *sheet) step(st adapters.Step) {
	for _, b := range st.Before {
		s.text(b)
	}
	var elements []slackapi.RichTextElement
	flush := func() {
		s.rich(elements...)
		elements = nil
	}
	body := pieces(st.Text, maxElement)
	if len(body) == 0 {
		body = []string{""}
	}
	for i, p := range body {
		var line []slackapi.RichTextSectionElement
		if i == 0 {
			line = append(line, run(fmt.Sprintf("%d. ", st.N), style{bold: true}))
			if mark := riskMark(st); mark != "" {
				line = append(line, run(mark+" ", style{bold: true}))
			}
		}
		line = append(line, linked(p, st.Links)...)
		if i == len(body)-1 && st.Citation > 0 {
			line = append(line, s.cite(st.Citation)...)
		}
		elements = append(elements, section(line...))
		if len(body) > 1 {
			flush()
		}
	}
	for _, c := range st.Commands {
		for _, p := range commandPieces(c.Text) {
			if sizes(elements)+utf8.RuneCountInString(p) > maxElement {
				flush()
			}
			elements = append(elements, preformatted(p))
		}
	}
	for _, extra := range []struct {
		t    text
		body string
	}{{textExpect, st.Expect}, {textIfNot, st.IfNot}} {
		if extra.body == "" {
			continue
		}
		for i, p := range pieces(extra.body, maxElement) {
			line := runs(p)
			if i == 0 {
				line = append([]slackapi.RichTextSectionElement{run(say(s.lang, extra.t), style{italic: true})}, line...)
			}
			if sizes(elements)+utf8.RuneCountInString(p) > maxElement {
				flush()
			}
			elements = append(elements, section(line...))
		}
	}
	flush()
}

func riskMark(st adapters.Step) string {
	switch st.Risk {
	case adapters.Destructive:
		return strings.TrimSpace("🛑 " + st.RiskLabel)
	case adapters.Caution:
		return strings.TrimSpace("⚠️ " + st.RiskLabel)
	}
	return ""
}

// quotes adds passages with their line breaks and their indentation.
func (s *sheet) quotes(m adapters.Message) {
	for _, q := range m.Quotes {
		literal := needsLiteral(q.Text)
		for _, p := range pieces(q.Text, maxElement) {
			if literal {
				s.rich(preformatted(p))
				continue
			}
			s.rich(&slackapi.RichTextQuote{Type: slackapi.RTEQuote, Elements: linked(p, q.Links)})
		}
		var line []slackapi.RichTextSectionElement
		for _, l := range q.Links {
			if u := safeURL(l.URL); u != "" && (literal || !strings.Contains(q.Text, l.URL) && !strings.Contains(q.Text, l.Title)) {
				line = append(line, link(u, cut(oneLine(l.Title), 200)), run("  ", style{}))
			}
			if len(line) >= 40 {
				break
			}
		}
		if q.Citation > 0 {
			line = append(line, s.cite(q.Citation)...)
		}
		if len(line) > 0 {
			s.rich(section(line...))
		}
	}
}

// needsLiteral reports whether a text loses its shape in a proportional font.
func needsLiteral(t string) bool {
	for l := range strings.Lines(t) {
		if strings.HasPrefix(l, "  ") || strings.HasPrefix(l, "\t") || strings.HasPrefix(l, "|") || strings.HasPrefix(l, "```") {
			return true
		}
	}
	return false
}

// sources lists the citations that are shown here, each once, with the numbers
// that they have in the whole answer.
func (s *sheet) sources(m adapters.Message, shown map[int]bool) {
	for _, q := range m.Quotes {
		shown[q.Citation] = true
	}
	paged := len(m.Steps) > 0
	var list []adapters.Citation
	for _, c := range m.Citations {
		if !paged || shown[c.N] || mentionedIn(m, c.N) {
			list = append(list, c)
		}
	}
	if len(list) == 0 {
		return
	}
	line := []slackapi.RichTextSectionElement{run(say(m.Lang, textSources), style{bold: true})}
	size := 10
	flush := func() {
		if len(line) > 0 {
			s.rich(section(line...))
		}
		line, size = nil, 0
	}
	for i, c := range list {
		if i == 60 {
			break
		}
		label := cut(oneLine(c.Label), 300)
		heading := ""
		if len(c.Heading) > 0 {
			heading = " — " + cut(oneLine(strings.Join(c.Heading, " › ")), 300)
		}
		u := safeURL(c.URL)
		if n := len(label) + len(heading) + len(u) + 8; size+n > maxElement {
			flush()
			size = n
		} else {
			size += n
		}
		if len(line) > 0 {
			line = append(line, run("\n", style{}))
		}
		line = append(line, run(fmt.Sprintf("[%d] ", c.N), style{}))
		if u != "" {
			line = append(line, link(u, label))
		} else {
			line = append(line, run(label, style{code: true}))
		}
		if heading != "" {
			line = append(line, run(heading, style{}))
		}
	}
	flush()
}

// mentionedIn reports whether prose refers to a citation.
func mentionedIn(m adapters.Message, n int) bool {
	ref := fmt.Sprintf("[%d]", n)
	has := func(t string) bool { return strings.Contains(t, ref) }
	return has(m.Lead) || slices.ContainsFunc(m.Notes, has) || slices.ContainsFunc(m.Steps, func(st adapters.Step) bool { return slices.ContainsFunc(st.Before, has) })
}

func (s *sheet) related(m adapters.Message) {
	if len(m.Related) == 0 {
		return
	}
	var line []slackapi.RichTextSectionElement
	if m.RelatedTitle != "" {
		line = append(line, run(cut(oneLine(m.RelatedTitle), 200), style{bold: true}))
	}
	size := 0
	for i, r := range m.Related {
		if i == 40 {
			break
		}
		title, detail, u := cut(oneLine(r.Title), 300), cut(oneLine(r.Detail), 300), safeURL(r.URL)
		if n := len(title) + len(detail) + len(u) + 4; size+n > maxElement && len(line) > 0 {
			s.rich(section(line...))
			line, size = nil, 0
		} else {
			size += n
		}
		if len(line) > 0 {
			line = append(line, run("\n", style{}))
		}
		line = append(line, run("• ", style{}))
		if u != "" {
			line = append(line, link(u, title))
		} else {
			line = append(line, runs(title)...)
		}
		if detail != "" {
			line = append(line, run("  "+detail, style{italic: true}))
		}
	}
	s.rich(section(line...))
}

// actions adds rows of buttons. Their ids are kept apart by a suffix.
func (s *sheet) actions(buttons []adapters.Button) {
	var elements []slackapi.BlockElement
	flush := func() {
		if len(elements) > 0 {
			s.add(slackapi.NewActionBlock("", elements...), 30*len(elements))
		}
		elements = nil
	}
	seen := map[string]int{}
	for i, b := range buttons {
		if i == 4*LimitActions {
			break
		}
		if len(elements) == LimitActions {
			flush()
		}
		elements = append(elements, button(b, seen))
	}
	flush()
}

func button(b adapters.Button, seen map[string]int) *slackapi.ButtonBlockElement {
	id := b.ID
	if n := seen[b.ID]; n > 0 {
		id = fmt.Sprintf("%s~%d", b.ID, n)
	}
	seen[b.ID]++
	label := cut(oneLine(b.Label), LimitButton)
	if label == "" {
		label = b.ID
	}
	e := slackapi.NewButtonBlockElement(id, b.Value, slackapi.NewTextBlockObject(slackapi.PlainTextType, label, false, false))
	if b.Style == "primary" || b.Style == "danger" {
		e.Style = slackapi.Style(b.Style)
	}
	return e
}

func (s *sheet) feedback(m adapters.Message) {
	f := m.Feedback
	if f == nil || m.AnswerID == "" {
		return
	}
	up, down := f.UpLabel, f.DownLabel
	if up == "" {
		up = say(m.Lang, textHelpful)
	}
	if down == "" {
		down = say(m.Lang, textNotHelpful)
	}
	yes, no := m.AnswerID+":up", m.AnswerID+":down"
	if s.level >= plain {
		s.actions([]adapters.Button{{ID: "feedback", Value: yes, Label: up}, {ID: "feedback", Value: no, Label: down}})
		return
	}
	label := func(t string) *slackapi.TextBlockObject {
		return slackapi.NewTextBlockObject(slackapi.PlainTextType, cut(oneLine(t), LimitButton), false, false)
	}
	s.add(slackapi.NewContextActionsBlock("", slackapi.NewFeedbackButtonsBlockElement("feedback",
		slackapi.NewFeedbackButton(label(up), yes).WithAccessibilityLabel(cut(oneLine(up), LimitButton)),
		slackapi.NewFeedbackButton(label(down), no).WithAccessibilityLabel(cut(oneLine(down), LimitButton)))), 60)
}

// context adds a small line.
func (s *sheet) context(t string) {
	t = cut(oneLine(t), 500)
	s.add(slackapi.NewContextBlock("", slackapi.NewTextBlockObject(slackapi.PlainTextType, t, false, false)), utf8.RuneCountInString(t))
}

// pack distributes the blocks over as few messages as the limits allow.
func (s *sheet) pack(m adapters.Message) []part {
	var out []part
	var now []slackapi.Block
	size := 0
	for _, a := range s.atoms {
		if len(now) == maxBlocks || len(now) > 0 && size+a.size > maxTotal {
			out = append(out, part{blocks: now})
			now, size = nil, 0
		}
		now = append(now, a.block)
		size += a.size
	}
	out = append(out, part{blocks: now})
	if len(out) > maxParts {
		// The last message keeps the buttons and says that something is missing.
		last := out[len(out)-1]
		last.blocks = append([]slackapi.Block{slackapi.NewRichTextBlock("", section(run(say(m.Lang, textCut), style{italic: true})))}, last.blocks...)
		out = append(out[:maxParts-1], last)
	}
	for i := range out {
		out[i].text = fallback(m)
		if i > 0 {
			out[i].text = cutEscaped(strings.TrimSpace(m.Title+" "+say(m.Lang, textContinued, i+1, len(out))), maxText)
		}
	}
	return out
}

// fallback is the text for notifications and screen readers.
func fallback(m adapters.Message) string {
	text := m.Text
	if strings.TrimSpace(text) == "" {
		text = strings.TrimSpace(m.Title + "\n" + m.Lead)
	}
	if text == "" {
		text = "Cairn"
	}
	text = cutEscaped(text, maxText)
	switch {
	case m.Notify == "" || !isID(m.Notify):
	case m.Notify[0] == 'S':
		text = "<!subteam^" + m.Notify + "> " + text
	case m.Notify[0] == 'U' || m.Notify[0] == 'W':
		text = "<@" + m.Notify + "> " + text
	}
	return text
}
