package web

import (
	"html/template"
	"strconv"

	"cairn/adapters"
)

// answerData is an answer made ready for the template.
type answerData struct {
	W *words // in the answer's language
	M adapters.Message

	Question          string
	Abstained, Failed bool
	// Unsure offers places to choose from instead of steps.
	Unsure bool
	// Candidates are what an unsure answer offers; choosing one asks for it.
	Candidates      []linkData
	CandidatesTitle string
	TitleURL        string
	Lead            []string
	Sections        []sectionData
	Quotes          []quoteData
	Citations       []citationData
	Related         []linkData
	RelatedTitle    string
	AskFeedback     bool
	// GrowURL is where the page gets what a model adds; WaitURL is this answer
	// with all of that, for browsers without scripts.
	GrowURL, WaitURL string
	// Services are what the question names where there is no answer to it.
	Services []adapters.ServiceEntry
	OnlyText []string
}

type sectionData struct {
	Title string
	ID    string
	Start int
	Steps []stepData
}

type stepData struct {
	N             int
	Before        []string
	Text          string
	Commands      []commandData
	Expect, IfNot string
	Risk          adapters.Risk
	Badge, Note   string
	Links         []linkData
	Cite          *citationData
}

type commandData struct {
	Text, Lang string
	Risk       adapters.Risk
	Label      string
}

type quoteData struct {
	Text  string
	Links []linkData
	Cite  *citationData
}

type citationData struct {
	N       int
	Label   string
	Heading []string
	URL     string
}

type linkData struct {
	Title, URL, Detail string
	External           bool
}

func link(l adapters.Link) linkData {
	u := pageURL(l.URL)
	return linkData{Title: l.Title, URL: u, Detail: l.Detail, External: external(u)}
}

func links(list []adapters.Link) []linkData {
	var out []linkData
	for _, l := range list {
		out = append(out, link(l))
	}
	return out
}

// answer makes a message ready. Its words are in the answer's language, not
// in that of the page's frame.
func (s *Web) answer(m adapters.Message, abstained, failed bool, question string) answerData {
	w := wordsFor(m.Lang)
	d := answerData{
		W: w, M: m, Question: question, Abstained: abstained, Failed: failed,
		TitleURL: pageURL(m.TitleURL), Lead: paragraphs(m.Lead), Related: links(m.Related), RelatedTitle: m.RelatedTitle,
		AskFeedback: m.Feedback != nil && m.AnswerID != "" && s.opts.Feedback != nil,
	}
	if d.RelatedTitle == "" {
		d.RelatedTitle = w.Related
	}
	d.Unsure = !abstained && !failed && len(m.Steps) == 0 && len(m.Quotes) == 0 && len(m.Related)+len(m.Choices) > 0
	d.CandidatesTitle = w.Choices
	for _, c := range m.Choices {
		d.Candidates = append(d.Candidates, linkData{Title: c.Label})
	}
	if d.Unsure && len(d.Candidates) == 0 {
		d.Candidates, d.Related = d.Related, nil
		if m.RelatedTitle != "" {
			d.CandidatesTitle = m.RelatedTitle
		}
	}
	cites := map[int]*citationData{}
	for _, c := range m.Citations {
		d.Citations = append(d.Citations, citationData{N: c.N, Label: c.Label, Heading: c.Heading, URL: pageURL(c.URL)})
	}
	for i := range d.Citations {
		cites[d.Citations[i].N] = &d.Citations[i]
	}
	for _, st := range m.Steps {
		step := stepData{
			N: st.N, Before: st.Before, Text: st.Text, Expect: st.Expect, IfNot: st.IfNot, Risk: st.Risk,
			Badge: st.RiskLabel, Links: links(st.Links), Cite: cites[st.Citation],
		}
		switch st.Risk {
		case adapters.Destructive:
			step.Note = w.DestructiveNote
			if step.Badge == "" {
				step.Badge = w.Destructive
			}
		case adapters.Caution:
			if step.Badge == "" {
				step.Badge = w.Caution
			}
		default:
			step.Risk, step.Badge = adapters.Safe, ""
		}
		for i, c := range st.Commands {
			label := w.Copy + ": " + w.Step + " " + strconv.Itoa(st.N)
			if len(st.Commands) > 1 {
				label += "." + strconv.Itoa(i+1)
			}
			step.Commands = append(step.Commands, commandData{Text: c.Text, Lang: c.Lang, Risk: step.Risk, Label: label})
		}
		if n := len(d.Sections); n == 0 || d.Sections[n-1].Title != st.Section {
			d.Sections = append(d.Sections, sectionData{Title: st.Section, Start: st.N, ID: "section-" + strconv.Itoa(n+1)})
		}
		last := &d.Sections[len(d.Sections)-1]
		last.Steps = append(last.Steps, step)
	}
	for _, q := range m.Quotes {
		d.Quotes = append(d.Quotes, quoteData{Text: q.Text, Links: links(q.Links), Cite: cites[q.Citation]})
	}
	if len(m.Steps) == 0 && len(m.Quotes) == len(d.Citations) {
		d.Citations = nil // each quote names its source already
	}
	if m.Lead == "" && len(m.Steps) == 0 && len(m.Quotes) == 0 && len(m.Notes) == 0 {
		d.OnlyText = paragraphs(m.Text)
	}
	return d
}

// Funcs are what a page made elsewhere and shown by [Web.RenderPage] needs so
// that documents' text looks and behaves as on every other page: "visible"
// escapes and shows hidden characters, "inline" takes backticks for inline code
// as well.
func Funcs() template.FuncMap {
	return template.FuncMap{"visible": visible, "inline": inline}
}

var funcs = template.FuncMap{
	"inline":     inline,
	"langname":   adapters.LangName,
	"service":    servicePath,
	"visible":    visible,
	"paragraphs": paragraphs,
}
