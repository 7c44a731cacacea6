package discord

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/bwmarrin/discordgo"

	"cairn/adapters"
)

// A wireMessage is what goes out: discordgo's own type lacks enforce_nonce.
type wireMessage struct {
	Content    string                       `json:"content"`
	Embeds     []*discordgo.MessageEmbed    `json:"embeds"`
	Components []discordgo.MessageComponent `json:"components"`
	// AllowedMentions is never left out: without it an edit pings.
	AllowedMentions wireMentions   `json:"allowed_mentions"`
	Flags           int            `json:"flags,omitempty"`
	Nonce           string         `json:"nonce,omitempty"`
	EnforceNonce    bool           `json:"enforce_nonce,omitempty"`
	Reference       *wireReference `json:"message_reference,omitempty"`
}

type wireMentions struct {
	Parse []string `json:"parse"`
	Roles []string `json:"roles,omitempty"`
}

type wireReference struct {
	MessageID string `json:"message_id"`
	// FailIfNotExists false answers at the top level when the question is gone.
	FailIfNotExists bool `json:"fail_if_not_exists"`
}

// The colours of an answer: calm, caution, destructive.
const (
	colorPlain       = 0x4f7cac
	colorCaution     = 0xd9a404
	colorDestructive = 0xc0392b
)

// A sheet collects the texts of a message in order.
type sheet struct {
	lang  string
	atoms []string // Markdown; none is split
	color int
}

func (s *sheet) add(markdown string) {
	if strings.TrimSpace(markdown) != "" {
		s.atoms = append(s.atoms, markdown)
	}
}

// text adds prose in pieces that fit.
func (s *sheet) text(t string) { s.textWith(t, "", "", nil) }

func (s *sheet) textWith(t, before, after string, links []adapters.Link) {
	parts := pieces(t, maxPiece-units(before)-units(after), func(p string) int { return units(linked(p, links)) })
	if len(parts) == 0 && before+after != "" {
		parts = []string{""}
	}
	for i, p := range parts {
		out := linked(p, links)
		if i == 0 {
			out = before + out
		}
		if i == len(parts)-1 {
			out += after
		}
		s.add(out)
	}
}

// rendered is a message as the one or several that Discord gets.
type rendered struct {
	parts []wireMessage
	// more reports that a button offers further steps.
	more bool
}

// long reports that the answer is better read in a thread of its own.
func (r rendered) long() bool { return r.more || len(r.parts) > 1 }

// render turns a message into Discord messages within the limits.
func render(m adapters.Message) rendered {
	s := &sheet{lang: m.Lang, color: colorPlain}
	s.head(m)
	shown, more := s.steps(m)
	s.quotes(m)
	for _, n := range m.Notes {
		s.text(n)
	}
	s.sources(m, shown)
	s.related(m)
	if len(s.atoms) == 0 {
		s.text(m.Text)
	}
	if len(s.atoms) == 0 {
		s.add("Cairn")
	}
	parts := s.pack(m)
	last := &parts[len(parts)-1]
	last.Components = rows(m, more)
	if mark := cut(inert(oneLine(m.Mark)), 300); mark != "" {
		e := last.Embeds[len(last.Embeds)-1]
		e.Footer = &discordgo.MessageEmbedFooter{Text: mark}
	}
	first := &parts[0]
	if isID(m.Notify) {
		first.Content = "<@&" + m.Notify + ">"
		first.AllowedMentions.Roles = []string{m.Notify}
	}
	if m.Marker != "" {
		// An address without a title is not shown; it is how Find knows the
		// message again.
		first.Embeds[0].URL = markerURL(m.Marker)
	}
	return rendered{parts: parts, more: more != nil}
}

// A message is known again by its marker: in full in the address of its first
// embed, which is not shown without a title, and, where nobody asked for the
// message, as a short reference in the footer.
const markerPrefix = "https://cairn.invalid/#"

func markerURL(marker string) string { return markerPrefix + cut(marker, 40) }

// reference is a marker's short form.
func reference(marker string) string {
	sum := sha256.Sum256([]byte(marker))
	return "#" + hex.EncodeToString(sum[:5])
}

// stamp puts the reference into a message's footer.
func stamp(p *wireMessage, marker string) {
	if marker == "" || len(p.Embeds) == 0 {
		return
	}
	e := p.Embeds[len(p.Embeds)-1]
	if e.Footer == nil {
		e.Footer = &discordgo.MessageEmbedFooter{}
	}
	e.Footer.Text = strings.TrimSpace(e.Footer.Text + " " + reference(marker))
}

// marked reports whether a message bears the marker.
func marked(m *wireIncoming, marker string) bool {
	for _, e := range m.Embeds {
		if e.URL == markerURL(marker) || strings.HasSuffix(" "+e.Footer.Text, " "+reference(marker)) {
			return true
		}
	}
	return false
}

// inert is for places where Discord parses no Markdown but people might.
func inert(t string) string {
	t = strings.NewReplacer("@everyone", "@"+zeroWidth+"everyone", "@here", "@"+zeroWidth+"here", "<@", "<"+zeroWidth+"@", "://", ":"+zeroWidth+"//").Replace(t)
	return strings.ToValidUTF8(t, "\uFFFD")
}

func (s *sheet) head(m adapters.Message) {
	if title := cut(oneLine(m.Title), 200); title != "" {
		if u := safeURL(m.TitleURL); u != "" {
			s.add("## " + link(u, title))
		} else {
			s.add("## " + oneLine(prose(title)))
		}
	}
	if m.Confidence != "" {
		s.add("*" + escape(cut(oneLine(m.Confidence), 300)) + "*")
	}
	s.text(m.Lead)
	if m.UnderstoodAs != "" {
		s.add("*" + say(m.Lang, textUnderstood) + "*" + oneLine(prose(cut(oneLine(m.UnderstoodAs), 400))))
	}
	for _, w := range m.Warnings {
		s.textWith(w, "⚠️ ", "", nil)
	}
}

// steps adds the steps of this page and returns the citations that they use
// and the button for the rest, if there is one.
func (s *sheet) steps(m adapters.Message) (shown map[int]bool, more *adapters.Button) {
	shown = map[int]bool{}
	first := min(max(m.FirstStep, 0), len(m.Steps))
	heading, used := "", 0
	urls := citationURLs(m)
	for i := first; i < len(m.Steps); i++ {
		st := m.Steps[i]
		size := stepSize(st)
		if m.AnswerID != "" && i > first && (i-first >= stepsPage || used+size > pageChars) {
			last := min(i+stepsPage, len(m.Steps))
			return shown, &adapters.Button{
				ID: "steps", Value: fmt.Sprintf("%s:%d", m.AnswerID, i), Label: say(m.Lang, textSteps, m.Steps[i].N, m.Steps[last-1].N), Style: "primary",
			}
		}
		used += size
		shown[st.Citation] = true
		if st.Section != "" && st.Section != heading {
			s.add("**" + oneLine(escape(cut(oneLine(st.Section), 200))) + "**")
		}
		heading = st.Section
		s.step(st, urls[st.Citation])
	}
	return shown, nil
}

func stepSize(st adapters.Step) int {
	n := units(st.Text) + units(st.Expect) + units(st.IfNot) + 40
	for _, c := range st.Commands {
		n += units(c.Text) + 10
	}
	for _, b := range st.Before {
		n += units(b)
	}
	return n
}

func (s *sheet) step(st adapters.Step, url string) {
	for _, b := range st.Before {
		s.text(b)
	}
	before := fmt.Sprintf("**%d.** ", st.N)
	if mark := riskMark(st); mark != "" {
		before += "**" + escape(cut(oneLine(mark), 60)) + "** "
	}
	switch {
	case st.Risk == adapters.Destructive:
		s.color = colorDestructive
	case st.Risk == adapters.Caution && s.color == colorPlain:
		s.color = colorCaution
	}
	after := ""
	if st.Citation > 0 {
		after = " " + cite(st.Citation, url)
	}
	s.textWith(st.Text, before, after+trailing(st.Text, st.Links), st.Links)
	for _, c := range st.Commands {
		blocks, whole := fences(c.Text, c.Lang)
		if !whole {
			s.add("*" + say(s.lang, textInParts) + "*")
		}
		for _, f := range blocks {
			s.add(f)
		}
	}
	if st.Expect != "" {
		s.textWith(st.Expect, "*"+say(s.lang, textExpect)+"*", "", nil)
	}
	if st.IfNot != "" {
		s.textWith(st.IfNot, "*"+say(s.lang, textIfNot)+"*", "", nil)
	}
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

// trailing shows the links whose title does not stand in the text.
func trailing(t string, links []adapters.Link) string {
	var b strings.Builder
	for _, l := range links {
		u := safeURL(l.URL)
		if u == "" || strings.Contains(t, l.URL) || l.Title != "" && strings.Contains(t, l.Title) {
			continue
		}
		out := link(u, cut(oneLine(l.Title), 150))
		if units(b.String())+units(out) > 1500 {
			break
		}
		b.WriteString(" " + out)
	}
	return b.String()
}

func citationURLs(m adapters.Message) map[int]string {
	out := map[int]string{}
	for _, c := range m.Citations {
		out[c.N] = safeURL(c.URL)
	}
	return out
}

// cite is the number of a citation, linked where it has an address.
func cite(n int, url string) string {
	label := fmt.Sprintf("[%d]", n)
	if url != "" && len(url) < 600 {
		return link(url, label)
	}
	return escape(label)
}

// quotes adds passages with their line breaks and their indentation.
func (s *sheet) quotes(m adapters.Message) {
	urls := citationURLs(m)
	for _, q := range m.Quotes {
		after := trailing(q.Text, q.Links)
		if q.Citation > 0 {
			after = " " + cite(q.Citation, urls[q.Citation]) + after
		}
		if literalShape(q.Text) {
			blocks, _ := fences(q.Text, "")
			for _, f := range blocks {
				s.add(f)
			}
			s.add(strings.TrimSpace(after + named(q)))
			continue
		}
		links := q.Links
		quoted := func(p string) string { return "> " + strings.ReplaceAll(linked(p, links), "\n", "\n> ") }
		parts := pieces(q.Text, maxPiece, func(p string) int { return units(quoted(p)) })
		for _, p := range parts {
			s.add(quoted(p))
		}
		s.add(strings.TrimSpace(after))
	}
}

// named shows the links that stand in a text shown literally.
func named(q adapters.Quote) string {
	var in []adapters.Link
	for _, l := range q.Links {
		if strings.Contains(q.Text, l.URL) || l.Title != "" && strings.Contains(q.Text, l.Title) {
			in = append(in, l)
		}
	}
	return trailing("", in)
}

// literalShape reports whether a text loses its shape in a proportional font.
func literalShape(t string) bool {
	for l := range strings.Lines(t) {
		if strings.HasPrefix(l, "  ") || strings.HasPrefix(l, "\t") || strings.HasPrefix(l, "|") || strings.HasPrefix(l, "```") || strings.HasPrefix(l, "~~~") {
			return true
		}
	}
	return false
}

// sources lists the citations shown here, each once, with the numbers that they
// have in the whole answer.
func (s *sheet) sources(m adapters.Message, shown map[int]bool) {
	for _, q := range m.Quotes {
		shown[q.Citation] = true
	}
	var lines []string
	for _, c := range m.Citations {
		if len(m.Steps) > 0 && !shown[c.N] && !mentioned(m, c.N) || len(lines) == 40 {
			continue
		}
		label := cut(oneLine(c.Label), 200)
		out := escape(fmt.Sprintf("[%d] ", c.N))
		if u := safeURL(c.URL); u != "" {
			out += link(u, label)
		} else {
			out += inlineCode(label)
		}
		if len(c.Heading) > 0 {
			out += " — " + escape(cut(oneLine(strings.Join(c.Heading, " › ")), 200))
		}
		lines = append(lines, out)
	}
	if len(lines) > 0 {
		lines[0] = "**" + say(m.Lang, textSources) + "**\n" + lines[0]
	}
	for _, l := range lines {
		s.add(l)
	}
}

// mentioned reports whether prose refers to a citation.
func mentioned(m adapters.Message, n int) bool {
	ref := fmt.Sprintf("[%d]", n)
	has := func(t string) bool { return strings.Contains(t, ref) }
	return has(m.Lead) || slices.ContainsFunc(m.Notes, has) ||
		slices.ContainsFunc(m.Steps, func(st adapters.Step) bool { return slices.ContainsFunc(st.Before, has) })
}

func (s *sheet) related(m adapters.Message) {
	if len(m.Related) > 0 && m.RelatedTitle != "" {
		s.add("**" + escape(cut(oneLine(m.RelatedTitle), 200)) + "**")
	}
	for i, r := range m.Related {
		if i == 40 {
			break
		}
		title := cut(oneLine(r.Title), 250)
		out := "• "
		if u := safeURL(r.URL); u != "" {
			out += link(u, title)
		} else {
			out += oneLine(prose(title))
		}
		if r.Detail != "" {
			out += " " + inlineCode(cut(oneLine(r.Detail), 250))
		}
		s.add(out)
	}
}

// pack distributes the texts over as few messages as the limits allow.
func (s *sheet) pack(m adapters.Message) []wireMessage {
	var parts []wireMessage
	var embeds []*discordgo.MessageEmbed
	var b strings.Builder
	total, size := 0, 0
	embed := func() {
		if b.Len() > 0 {
			embeds = append(embeds, &discordgo.MessageEmbed{Type: discordgo.EmbedTypeRich, Description: b.String(), Color: s.color})
		}
		b.Reset()
		size = 0
	}
	message := func() {
		embed()
		parts = append(parts, wireMessage{Embeds: embeds, Components: []discordgo.MessageComponent{}, AllowedMentions: wireMentions{Parse: []string{}}})
		embeds, total = nil, 0
	}
	for i, a := range s.atoms {
		// A heading stays with what it heads.
		need := units(a) + 1
		if heads(a) && i+1 < len(s.atoms) {
			need += min(units(s.atoms[i+1])+1, maxPiece)
		}
		if total > 0 && total+need > maxTotal {
			message()
		} else if size > 0 && size+need > maxDescription {
			embed()
		}
		if size > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(a)
		size += units(a) + 1
		total += units(a) + 1
	}
	message()
	if len(parts) > maxParts {
		last := parts[len(parts)-1]
		parts = append(parts[:maxParts-1:maxParts-1], last)
		e := parts[maxParts-2].Embeds
		end := e[len(e)-1]
		end.Footer = &discordgo.MessageEmbedFooter{Text: say(m.Lang, textCut)}
	}
	if len(parts) > 1 {
		for i := range parts[1:] {
			e := parts[i+1].Embeds[0]
			e.Author = &discordgo.MessageEmbedAuthor{Name: inert(strings.TrimSpace(cut(oneLine(m.Title), 150) + " " + say(m.Lang, textContinued, i+2, len(parts))))}
		}
	}
	return parts
}

// heads reports whether a text stands above others.
func heads(a string) bool {
	return strings.HasPrefix(a, "**") && strings.HasSuffix(a, "**") || strings.HasPrefix(a, "## ") || strings.HasPrefix(a, "*") && strings.HasSuffix(a, "*")
}

// rows are the buttons under a message: the content's own, then the rest.
func rows(m adapters.Message, more *adapters.Button) []discordgo.MessageComponent {
	out := []discordgo.MessageComponent{}
	seen := map[string]int{}
	fill := func(buttons []adapters.Button) {
		for len(buttons) > 0 && len(out) < LimitRows {
			n := min(len(buttons), LimitRowButtons)
			row := discordgo.ActionsRow{}
			for _, b := range buttons[:n] {
				row.Components = append(row.Components, button(b, seen))
			}
			out = append(out, row)
			buttons = buttons[n:]
		}
	}
	under := slices.Clone(m.Buttons)
	if more != nil {
		under = append([]adapters.Button{*more}, under...)
	}
	if f := m.Feedback; f != nil && m.AnswerID != "" {
		up, down := f.UpLabel, f.DownLabel
		if up == "" {
			up = say(m.Lang, textHelpful)
		}
		if down == "" {
			down = say(m.Lang, textNotHelpful)
		}
		under = append(under, adapters.Button{ID: "feedback", Value: m.AnswerID + ":up", Label: up}, adapters.Button{ID: "feedback", Value: m.AnswerID + ":down", Label: down})
	}
	// The rest needs its rows: of many choices the last ones give way.
	keep := (min(len(under), 2*LimitRowButtons) + LimitRowButtons - 1) / LimitRowButtons
	fill(m.Choices[:min(len(m.Choices), (LimitRows-keep)*LimitRowButtons)])
	fill(under)
	return out
}

func button(b adapters.Button, seen map[string]int) discordgo.Button {
	style := discordgo.SecondaryButton
	switch b.Style {
	case "primary":
		style = discordgo.PrimaryButton
	case "danger":
		style = discordgo.DangerButton
	}
	label := cut(inert(oneLine(b.Label)), LimitLabel)
	if label == "" {
		label = cut(b.ID, LimitLabel)
	}
	return discordgo.Button{Label: label, Style: style, CustomID: customID(b.ID, b.Value, seen)}
}

// customID joins a button's id and value; a repeated one gets a number, since
// Discord wants them to differ within a message.
func customID(id, value string, seen map[string]int) string {
	key := id + ":" + value
	n := seen[key]
	seen[key]++
	if n > 0 {
		key = fmt.Sprintf("%s~%d:%s", id, n, value)
	}
	if len(key) > LimitCustomID {
		key = strings.ToValidUTF8(key[:LimitCustomID], "")
	}
	return key
}

// actionOf undoes customID.
func actionOf(customID string) (id, value string) {
	id, value, _ = strings.Cut(customID, ":")
	id, _, _ = strings.Cut(id, "~")
	return id, value
}
