package bot

import (
	"fmt"
	"strconv"
	"strings"

	"cairn/adapters"
	"cairn/bot/answer"
	"cairn/runbooks/risk"
)

// RenderOptions say what stands around an answer in a message; nil and zero
// fields leave it out.
type RenderOptions struct {
	// AnswerID names the stored answer; without it there are no buttons, and
	// nothing is said to be noted.
	AnswerID string
	// Unsure says that several titles could be meant; Choose offers them as
	// buttons instead of links.
	Unsure, Choose bool
	// Feedback, Share and More add the buttons.
	Feedback, Share, More bool
	// Warnings stand above the steps.
	Warnings []string
}

// maxChoices is how many related places are offered as buttons.
const maxChoices = 10

// Message renders an answer as a neutral message in the answer's language.
// Everything in it has passed the cleaning for display.
func Message(a answer.Answer, o *RenderOptions) adapters.Message {
	var opts RenderOptions
	if o != nil {
		opts = *o
	}
	m := adapters.Message{
		Lang: a.Language, Title: line(a.Title, 300), UnderstoodAs: line(a.UnderstoodAs, 300),
		AnswerID: opts.AnswerID, Warnings: opts.Warnings, Related: relatedLinks(a),
	}
	if a.Abstained {
		abstained(&m, a, opts)
	} else {
		answered(&m, a, opts)
	}
	if opts.AnswerID != "" {
		buttons(&m, a, opts)
	}
	m.Text = plain(m)
	return m
}

func abstained(m *adapters.Message, a answer.Answer, opts RenderOptions) {
	if opts.Unsure {
		m.Lead = say(a.Language, textUnsure)
		if opts.AnswerID != "" && opts.Choose {
			m.Choices, m.Related = choices(a, opts.AnswerID), nil
		}
	} else if opts.AnswerID == "" { // nothing was kept, so nothing is said to be
		m.Lead = say(a.Language, textNotFound)
	} else {
		m.Lead = say(a.Language, textNotFoundNoted)
	}
	if len(m.Related) > 0 {
		m.RelatedTitle = say(a.Language, textClosest)
	}
}

func answered(m *adapters.Message, a answer.Answer, opts RenderOptions) {
	m.Confidence = confidence(a)
	if len(m.Related) > 0 {
		m.RelatedTitle = relatedTitle(a)
	}
	quotes := map[int]string{}
	for _, c := range a.Citations {
		quotes[c.N] = c.Quote
		heading := make([]string, len(c.Heading))
		for i, h := range c.Heading {
			heading[i] = line(h, 200)
		}
		m.Citations = append(m.Citations, adapters.Citation{N: c.N, Label: label(c), Heading: heading, URL: c.URL})
	}
	if len(a.Citations) > 0 {
		m.TitleURL = a.Citations[0].URL
	}
	used := map[int]bool{}
	tampered := false
	for _, s := range a.Steps {
		used[s.Citation] = true
		m.Steps = append(m.Steps, step(s, quotes[s.Citation], a.Language, &tampered))
	}
	for _, c := range a.Citations {
		if !used[c.N] {
			m.Quotes = append(m.Quotes, quote(c))
		}
	}
	if tampered {
		m.Warnings = append(m.Warnings[:len(m.Warnings):len(m.Warnings)], say(a.Language, textHiddenCharacters))
	}
	prose(m, a)
	switch a.Mode {
	case answer.ModeModel:
		m.Mark = say(a.Language, textByModel)
	case answer.ModeFallback:
		m.Mark = say(a.Language, textFallback)
	}
}

func step(s answer.Step, quoted, lang string, tampered *bool) adapters.Step {
	links := linksIn(withoutFences(quoted))
	out := adapters.Step{
		N: s.N, Section: line(s.Section, 200), Text: shown(s.Text), Expect: shown(s.Expect), IfNot: shown(s.IfNot),
		Risk: adapters.Risk(s.Risk), RiskLabel: RiskLabel(s.Risk, lang), Citation: s.Citation, Links: links,
	}
	for _, c := range s.Commands {
		text := shown(c)
		*tampered = *tampered || text != c
		out.Commands = append(out.Commands, adapters.Command{Text: text})
	}
	return out
}

// withoutFences leaves out fenced code: an address in a command is no link.
func withoutFences(quoted string) string {
	if !strings.Contains(quoted, "```") {
		return quoted
	}
	var b strings.Builder
	fenced := false
	for l := range strings.Lines(quoted) {
		if strings.HasPrefix(strings.TrimSpace(l), "```") {
			fenced = !fenced
			continue
		}
		if !fenced {
			b.WriteString(l)
		}
	}
	return b.String()
}

// quote renders a passage without its heading, which stands in the title. A
// list of links becomes its links, in order.
func quote(c answer.Citation) adapters.Quote {
	heading := ""
	if len(c.Heading) > 0 {
		heading = line(c.Heading[len(c.Heading)-1], 200)
	}
	q := adapters.Quote{Text: shown(c.Quote), Links: linksIn(c.Quote), Citation: c.N}
	if first, rest, ok := strings.Cut(q.Text, "\n"); ok && heading != "" && line(strings.Trim(first, "#*= \t"), 200) == heading && strings.TrimSpace(rest) != "" {
		q.Text = strings.TrimLeft(rest, "\n")
	}
	if len(q.Links) < 2 {
		return q
	}
	var rest []string
	linked := 0
	for l := range strings.Lines(q.Text) {
		if len(linksIn(l)) > 0 {
			linked++
		} else if strings.TrimSpace(l) != "" {
			rest = append(rest, strings.TrimRight(l, "\n"))
		}
	}
	if linked >= 2*len(rest) {
		q.Text = strings.Join(rest, "\n")
		if q.Text == "" {
			q.Text = heading
		}
	}
	return q
}

// prose puts a model's sentences where they belong.
func prose(m *adapters.Message, a answer.Answer) {
	for _, p := range a.Prose {
		text := shown(p.Text) + cited(p.Citations)
		placed := false
		for i := range m.Steps {
			if m.Steps[i].N == p.BeforeStep {
				m.Steps[i].Before = append(m.Steps[i].Before, text)
				placed = true
				break
			}
		}
		if !placed {
			m.Notes = append(m.Notes, text)
		}
	}
	if len(a.Missing) > 0 {
		words := make([]string, len(a.Missing))
		for i, w := range a.Missing {
			words[i] = line(w, 60)
		}
		m.Notes = append(m.Notes, say(a.Language, textMissing, strings.Join(words, say(a.Language, textComma))))
	}
}

func cited(ns []int) string {
	var b strings.Builder
	for _, n := range ns {
		fmt.Fprintf(&b, " [%d]", n)
	}
	return b.String()
}

func confidence(a answer.Answer) string {
	switch {
	case a.Confidence >= 0.85:
		return say(a.Language, textVeryLikely)
	case a.Confidence >= 0.65:
		return say(a.Language, textLikely)
	default:
		return say(a.Language, textPossible)
	}
}

// RiskLabel says a risk in the reader's words; "" for a safe command.
func RiskLabel(l risk.Level, lang string) string {
	switch l {
	case risk.Destructive:
		return say(lang, textRisky)
	case risk.Caution:
		return say(lang, textCaution)
	default:
		return ""
	}
}

func label(c answer.Citation) string {
	s := line(c.Document, 200) + ":" + strconv.Itoa(c.StartLine)
	if c.EndLine > c.StartLine {
		s += "-" + strconv.Itoa(c.EndLine)
	}
	return s
}

func relatedLinks(a answer.Answer) []adapters.Link {
	var out []adapters.Link
	for _, r := range a.Related {
		out = append(out, adapters.Link{Title: line(r.Title, 200), URL: r.URL, Detail: line(r.Document, 200) + ":" + strconv.Itoa(r.StartLine)})
	}
	return out
}

// relatedTitle heads what is related: causes, when it is all of the runbook
// that answers.
func relatedTitle(a answer.Answer) string {
	for _, r := range a.Related {
		if r.Document != a.Document || r.Library != a.Library {
			return say(a.Language, textRelated)
		}
	}
	return say(a.Language, textCauses)
}

// choices offers what is related as buttons.
func choices(a answer.Answer, id string) []adapters.Button {
	var out []adapters.Button
	for i, r := range a.Related {
		if i == maxChoices {
			break
		}
		out = append(out, adapters.Button{ID: actionPick, Value: id + ":" + strconv.Itoa(i), Label: line(r.Title, 72)})
	}
	return out
}

func buttons(m *adapters.Message, a answer.Answer, opts RenderOptions) {
	lang := a.Language
	if opts.Share && !a.Abstained {
		m.Buttons = append(m.Buttons, adapters.Button{ID: actionShare, Value: opts.AnswerID, Label: say(lang, textShare), Style: "primary"})
	}
	if len(a.Related) > 0 && !a.Abstained {
		m.Buttons = append(m.Buttons, adapters.Button{ID: actionRelated, Value: opts.AnswerID, Label: relatedTitle(a)})
	}
	if opts.More && !a.Abstained {
		m.Buttons = append(m.Buttons, adapters.Button{ID: actionMore, Value: opts.AnswerID, Label: say(lang, textMore)})
	}
	if opts.Feedback {
		m.Feedback = &adapters.Feedback{UpLabel: say(lang, textHelpful), DownLabel: say(lang, textWrong)}
	}
}
