package answer

import (
	"context"
	"math"
	"slices"
	"strings"
	"unicode"

	"cairn/retrieval"
	"cairn/runbooks"
	"cairn/runbooks/risk"
)

// Index is what Compose needs of the index that a result came from.
type Index interface {
	// Document returns an indexed document.
	Document(library, path string) (*runbooks.Document, bool)
}

// Modes of an answer.
const (
	ModeExtractive = "extractive"
	ModeModel      = "model"
	ModeFallback   = "fallback"
)

// Options tune [Compose]; nil and zero fields mean the defaults.
type Options struct {
	// Links makes the citations' addresses. Defaults to none.
	Links Links
	// MaxRelated is how many other documents are named at most. Defaults to
	// three; the causes of a runbook are always all named.
	MaxRelated int
	// MaxIntents is how many parts of a question are answered at most.
	// Defaults to three.
	MaxIntents int
	// Answers is how many of the first hits answer the question, one for each
	// thing that it asks for. Defaults to the first hit, and where the question
	// joins several things, to the best hit for each.
	Answers int
	// Cache remembers checked steps between calls. Defaults to none.
	Cache *Cache
	// Lang is the language to assume for a question that has none. Defaults to
	// English.
	Lang runbooks.Lang
}

func (o *Options) withDefaults() Options {
	var v Options
	if o != nil {
		v = *o
	}
	if v.MaxRelated == 0 {
		v.MaxRelated = 3
	}
	if v.MaxIntents == 0 {
		v.MaxIntents = 3
	}
	if v.Lang == "" {
		v.Lang = runbooks.English
	}
	return v
}

// maxQuote bounds a passage that is quoted as a whole, in bytes; a longer
// section is quoted by the passage that was found.
const maxQuote = 8 << 10

// Compose makes the answer to a question from what a search found. It extracts
// and never writes: every quote is a slice of an indexed document, and what
// cannot be derived from its quote by folding is left out. A result that is
// not sure gives an answer that abstains, with the closest titles in Related.
// The caller fills TookMS.
func Compose(ctx context.Context, idx Index, result retrieval.Result, question string, o *Options) Answer {
	opts := o.withDefaults()
	c := composer{
		idx: idx, opts: opts, question: question, lang: language(result.Lang, question, opts.Lang),
		a: Answer{
			Question: question, Confidence: rounded(result.Confidence), Mode: ModeExtractive,
			Steps: []Step{}, Citations: []Citation{}, Related: []Related{},
		},
	}
	c.a.Language = string(c.lang)
	if result.Verdict != retrieval.Sure {
		// Whether the first hit is right means little where nothing may be.
		c.a.Confidence = min(c.a.Confidence, rounded(result.Coverage))
	}
	hits := make([]retrieval.Hit, 0, len(result.Hits))
	for _, h := range result.Hits {
		if h.Document != nil && h.Passage.Section >= 0 && h.Passage.Section < len(h.Document.Sections) {
			hits = append(hits, c.inLanguage(h))
		}
	}
	if result.Verdict == retrieval.Sure && len(hits) > 0 && ctx.Err() == nil {
		for _, h := range c.intents(hits) {
			// A heading with nothing below it answers nothing.
			if len(h.Document.Sections[h.Passage.Section].Blocks) > 0 {
				c.answer(h)
			}
		}
	}
	if len(c.a.Citations) == 0 {
		c.abstain(hits)
	} else {
		c.relate(hits)
	}
	return c.a
}

// rounded returns a confidence between 0 and 1 with three decimals: more would
// claim a precision that it does not have.
func rounded(confidence float64) float64 {
	return math.Round(min(max(confidence, 0), 1)*1000) / 1000
}

func language(found runbooks.Lang, question string, fallback runbooks.Lang) runbooks.Lang {
	if found != "" {
		return found
	}
	if l := runbooks.DetectLang(question); l != "" {
		return l
	}
	return fallback
}

type composer struct {
	idx      Index
	opts     Options
	question string
	lang     runbooks.Lang
	a        Answer
	used     []place
	causes   []Related
}

// A place is a piece of a document that the answer shows already.
type place struct {
	library, path string
	span          runbooks.Span
}

// answer adds what one hit answers.
func (c *composer) answer(h retrieval.Hit) {
	d := h.Document
	if l, ok := layoutOf(d); ok {
		if cause := l.namedCause(d, c.question); cause >= 0 {
			c.steps(h, d.Title, cause)
			c.addCauses(h, l, cause)
		} else {
			c.steps(h, d.Title, l.steps...)
			c.addCauses(h, l, -1)
		}
		return
	}
	c.section(h)
	if h.Passage.Kind != runbooks.Links && !asksForMeaning(c.question) {
		c.act(h)
	}
}

// section adds what a hit answers in a document of any format.
func (c *composer) section(h retrieval.Hit) {
	d, sec := h.Document, h.Passage.Section
	switch s := &d.Sections[sec]; {
	case h.Passage.Kind == runbooks.Links:
		span := h.Passage.Span
		if s.Span.Len() <= maxQuote && len(s.Steps) == 0 {
			span = s.Span
		}
		c.passage(h, span)
	case h.Passage.FirstStep < h.Passage.LastStep:
		c.steps(h, title(d, sec), sec)
		for _, span := range proseOf(d, h.Passage) {
			c.passage(h, span)
		}
	default:
		c.passage(h, h.Passage.Span)
		if asksForMeaning(c.question) {
			return
		}
		if len(s.Steps) == 0 {
			c.steps(h, title(d, sec), stepsBelow(d, sec)...)
		} else if s.Span.Len() <= maxQuote {
			c.steps(h, title(d, sec), sec)
		}
	}
}

// proseOf returns what stands in a passage around its steps, where that is more
// than a remark or warns: the steps alone would leave out what was found.
func proseOf(d *runbooks.Document, p runbooks.Passage) []runbooks.Span {
	s := &d.Sections[p.Section]
	end := p.Span.End
	if p.LastStep < len(s.Steps) {
		end = min(end, s.Steps[p.LastStep].Span.Start)
	}
	var out []runbooks.Span
	add := func(span runbooks.Span) {
		if span.Start < span.End && tells(d, span) {
			out = append(out, span)
		}
	}
	from := max(p.Span.Start, s.Body.Start)
	for i := p.FirstStep; i < p.LastStep; i++ {
		add(runbooks.Span{Start: from, End: s.Steps[i].Span.Start})
		from = max(from, s.Steps[i].Span.End)
	}
	add(runbooks.Span{Start: from, End: end})
	return out
}

// tells reports that a text is more than a remark, or a warning.
func tells(d *runbooks.Document, span runbooks.Span) bool {
	text := d.Slice(span)
	n := 0
	for _, r := range text {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			n++
		}
	}
	if n >= 60 || n >= 24 && d.Lang == runbooks.Chinese {
		return true
	}
	text = strings.ToLower(text)
	for _, w := range [...]string{"warning", "caution", "danger", "important", "never ", "do not ", "don't ", "must not", "before you", "注意", "警告", "切勿", "不要", "不能", "禁止", "严禁", "危险", "务必", "之前"} {
		if strings.Contains(text, w) {
			return n >= 6
		}
	}
	return false
}

// stepsBelow returns the sections nested in a short section that hold its
// steps, as long as they are few.
func stepsBelow(d *runbooks.Document, sec int) []int {
	var out []int
	steps := 0
	for _, j := range nested(d, sec) {
		if n := len(d.Sections[j].Steps); n > 0 && !d.Sections[j].Boilerplate {
			out = append(out, j)
			steps += n
		}
	}
	if len(out) > 3 || steps > 30 {
		return nil
	}
	return out
}

// steps adds all steps of the sections, each with its citation.
func (c *composer) steps(h retrieval.Hit, name string, sections ...int) {
	d := h.Document
	for _, i := range sections {
		s := &d.Sections[i]
		here := place{h.Library, d.Path, s.Span}
		if len(s.Steps) == 0 || slices.Contains(c.used, here) {
			continue
		}
		c.used = append(c.used, here)
		for k := range s.Steps {
			c.step(h, name, s, &s.Steps[k])
		}
	}
}

func (c *composer) step(h retrieval.Hit, name string, s *runbooks.Section, src *runbooks.Step) {
	d := h.Document
	checked := c.opts.Cache.get(stepKey{d.Hash, src.Span}, func() checkedStep { return check(d, s, src) })
	if !checked.ok {
		return
	}
	cite := checked.cite
	cite.Library, cite.Document = h.Library, d.Path
	cite = c.number(cite, d, name)
	st := checked.step
	st.Commands = slices.Clone(st.Commands)
	st.N, st.Citation = len(c.a.Steps)+1, cite.N
	c.a.Steps = append(c.a.Steps, st)
	c.a.Citations = append(c.a.Citations, cite)
}

// check makes a step and its citation and leaves out what does not follow from
// the quote by folding.
func check(d *runbooks.Document, s *runbooks.Section, src *runbooks.Step) checkedStep {
	cite, ok := Cite(d, "", s.Path, src.Span)
	if !ok {
		return checkedStep{}
	}
	st := Step{Section: s.Heading, Commands: []string{}, Risk: risk.Safe}
	if runbooks.Folds(cite.Quote, src.Text) {
		st.Text = src.Text
	}
	for _, cmd := range src.Commands {
		if cmd.Text == "" || !runbooks.Folds(cite.Quote, cmd.Text) {
			continue
		}
		st.Commands = append(st.Commands, cmd.Text)
		level, _ := risk.Classify(cmd.Text, cmd.Lang)
		st.Risk = risk.Max(st.Risk, level)
	}
	if len(st.Commands) == 0 { // plain notes hold their commands in the sentence
		level, _ := risk.ClassifyProse(st.Text)
		st.Risk = risk.Max(st.Risk, level)
	}
	if src.Marked {
		st.Risk = risk.Destructive
	}
	if runbooks.Folds(cite.Quote, src.Expect) {
		st.Expect = src.Expect
	}
	if runbooks.Folds(cite.Quote, src.IfNot) {
		st.IfNot = src.IfNot
	}
	return checkedStep{step: st, cite: cite, ok: st.Text != "" || len(st.Commands) > 0}
}

// passage adds a piece of the hit's section as it stands.
func (c *composer) passage(h retrieval.Hit, span runbooks.Span) {
	here := place{h.Library, h.Document.Path, span}
	if slices.Contains(c.used, here) {
		return
	}
	s := &h.Document.Sections[h.Passage.Section]
	if cite, ok := c.cite(h, title(h.Document, h.Passage.Section), s.Path, span); ok {
		c.used = append(c.used, here)
		c.a.Citations = append(c.a.Citations, cite)
	}
}

// cite makes the next citation. It is not ok when the quote does not stand
// where the citation says.
func (c *composer) cite(h retrieval.Hit, name string, heading []string, span runbooks.Span) (Citation, bool) {
	d := h.Document
	cite, ok := Cite(d, h.Library, heading, span)
	if !ok {
		return cite, false
	}
	return c.number(cite, d, name), true
}

// number gives a citation its number and address, and names the answer after
// the first one.
func (c *composer) number(cite Citation, d *runbooks.Document, name string) Citation {
	cite.N = len(c.a.Citations) + 1
	cite.URL = c.opts.Links.Citation(cite, d.Hash)
	if cite.N == 1 {
		c.a.Title, c.a.Document, c.a.Library = name, d.Path, cite.Library
	}
	return cite
}

// addCauses names the causes under Fix but the one that is answered; beside
// that one, the way back and the check.
func (c *composer) addCauses(h retrieval.Hit, l layout, answered int) {
	d := h.Document
	add := func(name string, section int) {
		c.causes = append(c.causes, c.related(h.Library, d, section, name))
	}
	if answered >= 0 {
		for _, j := range nested(d, answered) {
			if isRollback(d.Sections[j].Heading) {
				add(d.Sections[answered].Heading+" › "+d.Sections[j].Heading, j)
			}
		}
		if l.verify >= 0 {
			add(d.Title+" › "+d.Sections[l.verify].Heading, l.verify)
		}
	}
	for _, i := range l.causes {
		if i != answered {
			add(d.Sections[i].Heading, i)
		}
	}
}

func (c *composer) related(library string, d *runbooks.Document, section int, name string) Related {
	start, end := d.Lines(d.Sections[section].Span)
	return Related{
		Title: name, Library: library, Document: d.Path, StartLine: start,
		URL: c.opts.Links.URL(library, d.Path, d.Hash, start, end),
	}
}

// relate fills Related: the causes of the runbook, then other documents.
func (c *composer) relate(hits []retrieval.Hit) {
	c.a.Related = append(c.a.Related, c.causes...)
	seen := map[string]bool{}
	for _, u := range c.used {
		seen[u.library+"\x00"+u.path] = true
	}
	c.closest(hits, seen)
}

// abstain empties the answer and names what came closest.
func (c *composer) abstain(hits []retrieval.Hit) {
	c.a.Abstained = true
	c.a.Title, c.a.Document, c.a.Library = "", "", ""
	c.a.Steps, c.a.Citations, c.a.Related = []Step{}, []Citation{}, []Related{}
	c.opts.MaxRelated = min(c.opts.MaxRelated, 3)
	c.closest(hits, map[string]bool{})
}

// closest adds the best hits' places until Related is full: one for a runbook,
// one for each section of another document.
func (c *composer) closest(hits []retrieval.Hit, seen map[string]bool) {
	for _, h := range hits {
		if len(c.a.Related) >= c.opts.MaxRelated {
			return
		}
		if h.Passage.Kind == runbooks.Boilerplate {
			continue
		}
		key := h.Library + "\x00" + h.Document.Path
		if seen[key] {
			continue
		}
		section, name := h.Passage.Section, title(h.Document, h.Passage.Section)
		if _, ok := layoutOf(h.Document); ok {
			section, name = 0, h.Document.Title
			seen[key] = true
		}
		if seen[key+"\x00"+name] || strings.TrimSpace(name) == "" {
			continue
		}
		seen[key+"\x00"+name] = true
		r := c.related(h.Library, h.Document, section, name)
		if section != 0 {
			r.StartLine = h.Passage.StartLine
			r.URL = c.opts.Links.URL(h.Library, h.Document.Path, h.Document.Hash, h.Passage.StartLine, h.Passage.EndLine)
		}
		c.a.Related = append(c.a.Related, r)
	}
}
