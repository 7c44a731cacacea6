package quiz

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash/fnv"
	mrand "math/rand/v2"
	"strconv"
	"strings"

	"cairn/adapters"
	"cairn/bot/prose"
	"cairn/bot/store"
)

// Actions of the buttons.
const (
	actionQuiz  = "quiz"
	actionPick  = "quiz-pick"
	actionShow  = "quiz-show"
	actionGrade = "quiz-grade"
)

// A press is what a button's value says: card.showing.version.x
type press struct {
	card, prompt, version string
	// x is the choice's place or the grade.
	x int
}

func (p press) String() string {
	return p.card + "." + p.prompt + "." + p.version + "." + strconv.Itoa(p.x)
}

func parsePress(v string) (press, bool) {
	f := strings.Split(v, ".")
	if len(f) != 4 || len(f[0]) != 16 || len(f[1]) != 8 || len(f[2]) != 4 {
		return press{}, false
	}
	x, err := strconv.Atoi(f[3])
	return press{f[0], f[1], f[2], x}, err == nil && x >= 0 && x <= 9
}

func newPrompt() string {
	var b [4]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// shuffled returns the card's choices in the showing's order and the place of
// the right one.
func (c Card) shuffled(prompt string) (choices []string, right int) {
	choices = append([]string{c.Answer}, c.Wrong...)
	h := fnv.New64a()
	h.Write([]byte(c.ID + prompt))
	order := mrand.New(mrand.NewPCG(h.Sum64(), 1)).Perm(len(choices))
	out := make([]string, len(choices))
	for i, from := range order {
		out[i] = choices[from]
		if from == 0 {
			right = i
		}
	}
	return out, right
}

// front is the question in the card's language.
func (c Card) front() string {
	switch c.Kind {
	case KindQuestion:
		return textSymptom.in(c.Lang, inert(c.Front))
	case KindStep:
		return textStep.in(c.Lang, inert(c.Title), inert(last(c.Heading)), c.Front)
	case KindStage:
		return textBelongs.in(c.Lang, inert(c.Front))
	case KindConcept:
		return textConcept.in(c.Lang, inert(c.Front))
	default:
		return textNote.in(c.Lang, inert(c.Front))
	}
}

func last(path []string) string {
	if len(path) == 0 {
		return ""
	}
	return path[len(path)-1]
}

// show renders the card as a question.
func (s *Service) show(c Card, prompt string) adapters.Message {
	m := adapters.Message{Lang: c.Lang, Title: textTitle.in(c.Lang, inert(c.Title)), Lead: c.front()}
	p := press{card: c.ID, prompt: prompt, version: c.Hash()[:4]}
	plain := []string{m.Title, m.Lead}
	if len(c.Wrong) >= 2 {
		choices, _ := c.shuffled(prompt)
		for i, choice := range choices {
			letter := string(rune('A' + i))
			m.Notes = append(m.Notes, letter+". "+choice)
			p.x = i
			m.Choices = append(m.Choices, adapters.Button{ID: actionPick, Value: p.String(), Label: letter})
		}
		plain = append(plain, m.Notes...)
	} else {
		m.Choices = []adapters.Button{{ID: actionShow, Value: p.String(), Label: textShow.in(c.Lang), Style: "primary"}}
	}
	m.Text = strings.Join(plain, "\n")
	return m
}

// explain adds the answer with its citation.
func (s *Service) explain(m *adapters.Message, c Card) {
	if c.Kind != KindQuestion && c.Kind != KindStep {
		m.Quotes = []adapters.Quote{{Text: c.Answer, Citation: 1}}
	} else {
		st := adapters.Step{N: 1, Text: c.Answer, Risk: adapters.Safe, Citation: 1}
		if s.opts.Risk != nil {
			st.Risk, st.RiskLabel = s.opts.Risk(c.Commands, c.Destructive, c.Lang)
		}
		for _, cmd := range c.Commands {
			st.Commands = append(st.Commands, adapters.Command{Text: cmd})
		}
		m.Steps = []adapters.Step{st}
	}
	cite := adapters.Citation{N: 1, Label: prose.Label(c.Document, c.StartLine, c.EndLine), Heading: c.Heading}
	if s.opts.Link != nil {
		cite.URL = s.opts.Link(c.Library, c.Document, c.StartLine, c.EndLine)
	}
	m.Citations = []adapters.Citation{cite}
}

// gradeButtons offer the grades from first on, each with what it would mean.
func (s *Service) gradeButtons(c Card, p press, before store.CardState, first int) (out []adapters.Button) {
	now := s.opts.Now()
	for i, t := range []text{textGradeAgain, textGradeHard, textGradeGood, textGradeEasy} {
		if i+1 < first {
			continue
		}
		p.x = i + 1
		label := t.in(c.Lang)
		if after, err := next(s.fsrs, before, p.x, now); err == nil {
			label += " · " + span(after.Due.Sub(now), c.Lang)
		}
		out = append(out, adapters.Button{ID: actionGrade, Value: p.String(), Label: label})
	}
	return out
}

func nextButton(lang string) adapters.Button {
	return adapters.Button{ID: actionQuiz, Label: textNext.in(lang)}
}

// say makes a message of one sentence.
func say(lang, sentence string) adapters.Message {
	return adapters.Message{Lang: lang, Text: sentence, Lead: sentence}
}

// ask answers "quiz".
func (s *Service) ask(ctx context.Context, w who, lang string, topics []string) (adapters.Message, error) {
	c, _, ok, err := s.choose(ctx, w, lang, topics)
	if err != nil {
		return adapters.Message{}, err
	}
	if !ok {
		return s.nothing(ctx, w, lang, topics)
	}
	m := s.show(c, newPrompt())
	m.Private = true
	return m, nil
}

// nothing says that there is no card, and when there will be.
func (s *Service) nothing(ctx context.Context, w who, lang string, topics []string) (adapters.Message, error) {
	far := s.opts.Now().AddDate(100, 0, 0)
	d := s.deck(w.viewer)
	ids, err := s.store.DueCards(ctx, store.DueQuery{Adapter: w.adapter, User: w.user, Now: far, Libraries: d.libs, Lang: lang, Limit: 500})
	if err != nil {
		return adapters.Message{}, err
	}
	for _, id := range ids {
		if c, ok := d.byID[id]; ok && d.about(c, topics) {
			st, err := s.store.CardState(ctx, w.adapter, w.user, id)
			if err != nil {
				return adapters.Message{}, err
			}
			m := say(lang, textAllDone.in(lang, until(st.Due.Sub(s.opts.Now()), lang)))
			m.Private = true
			return m, nil
		}
	}
	m := say(lang, textNoCards.in(lang))
	m.Private = true
	return m, nil
}

// act handles the buttons of a card.
func (s *Service) act(ctx context.Context, ev adapters.Event, lang string) (m adapters.Message, err error) {
	w := whoIs(ev)
	if ev.Action.ID == actionQuiz {
		var topics []string
		if ev.Action.Value != "" {
			topics = strings.Split(ev.Action.Value, ",")
		}
		return s.ask(ctx, w, lang, topics)
	}
	defer func() { m.Private = true }()
	p, ok := parsePress(ev.Action.Value)
	if !ok {
		return say(lang, textGone.in(lang)), nil
	}
	c, ok := s.deck(w.viewer).byID[p.card]
	if !ok {
		return s.gone(ctx, p, lang)
	}
	if c.Hash()[:4] != p.version {
		m = s.show(c, newPrompt())
		m.Warnings = []string{textOutdated.in(c.Lang)}
		return m, nil
	}
	switch ev.Action.ID {
	case actionPick:
		return s.picked(ctx, w, c, p)
	case actionShow:
		return s.revealed(ctx, w, c, p)
	default:
		return s.graded(ctx, w, c, p)
	}
}

// gone says what became of a card that the viewer's documents do not hold. The
// words of a card of another library stay unsaid.
func (s *Service) gone(ctx context.Context, p press, lang string) (adapters.Message, error) {
	if c, err := s.store.Card(ctx, p.card); err == nil {
		var old Card
		if json.Unmarshal(c.Content, &old) == nil && old.Lang != "" {
			lang = old.Lang
		}
	} else if !errors.Is(err, store.ErrNotFound) {
		return adapters.Message{}, err
	}
	m := say(lang, textGone.in(lang))
	m.Buttons = []adapters.Button{nextButton(lang)}
	return m, nil
}

func (s *Service) picked(ctx context.Context, w who, c Card, p press) (adapters.Message, error) {
	choices, right := c.shuffled(p.prompt)
	if p.x >= len(choices) {
		return say(c.Lang, textGone.in(c.Lang)), nil
	}
	m := adapters.Message{Lang: c.Lang, Title: textTitle.in(c.Lang, inert(c.Title))}
	_, err := s.store.Review(ctx, w.adapter, w.user, c.ID, p.prompt)
	switch {
	case err == nil:
		m.Lead = textCounted.in(c.Lang)
	case !errors.Is(err, store.ErrNotFound):
		return m, err
	default:
		before, err := s.before(ctx, w, c.ID, p.prompt)
		if err != nil {
			return m, err
		}
		grade := Again
		if p.x == right {
			grade = Good
		}
		after, err := s.grade(ctx, w, c.ID, p.prompt, grade)
		if err != nil {
			return m, err
		}
		if p.x == right {
			m.Lead = textRight.in(c.Lang) + " " + textAgainIn.in(c.Lang, until(after.Due.Sub(s.opts.Now()), c.Lang))
			m.Notes = []string{textChange.in(c.Lang)}
			m.Choices = s.gradeButtons(c, p, before, Hard)
		} else {
			m.Lead = textWrong.in(c.Lang, string(rune('A'+right)))
		}
	}
	s.explain(&m, c)
	m.Buttons = []adapters.Button{nextButton(c.Lang)}
	m.Text = m.Lead + "\n" + c.Answer
	return m, nil
}

func (s *Service) revealed(ctx context.Context, w who, c Card, p press) (adapters.Message, error) {
	before, err := s.before(ctx, w, c.ID, p.prompt)
	if err != nil {
		return adapters.Message{}, err
	}
	m := adapters.Message{Lang: c.Lang, Title: textTitle.in(c.Lang, inert(c.Title)), Lead: c.front()}
	s.explain(&m, c)
	m.Notes = []string{textHowWell.in(c.Lang)}
	m.Choices = s.gradeButtons(c, p, before, Again)
	m.Text = m.Lead + "\n" + c.Answer
	return m, nil
}

func (s *Service) graded(ctx context.Context, w who, c Card, p press) (adapters.Message, error) {
	if p.x < Again || p.x > Easy {
		return say(c.Lang, textGone.in(c.Lang)), nil
	}
	// A wrong choice stays a wrong choice: only how well a right one was known
	// is the person's to say.
	old, err := s.store.Review(ctx, w.adapter, w.user, c.ID, p.prompt)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return adapters.Message{}, err
	}
	if err == nil && len(c.Wrong) >= 2 && old.Grade == Again {
		return say(c.Lang, textCounted.in(c.Lang)), nil
	}
	after, err := s.grade(ctx, w, c.ID, p.prompt, p.x)
	if err != nil {
		return adapters.Message{}, err
	}
	m := say(c.Lang, textAgainIn.in(c.Lang, until(after.Due.Sub(s.opts.Now()), c.Lang)))
	m.Buttons = []adapters.Button{nextButton(c.Lang)}
	return m, nil
}

// DueMessage is what a subscriber to cards gets: the first due card, or a new
// one; false when there is neither.
func (s *Service) DueMessage(ctx context.Context, v adapters.Viewer, lang string, topics []string) (cardID string, m adapters.Message, ok bool, err error) {
	if lang == "" {
		lang = "en"
	}
	c, due, ok, err := s.choose(ctx, who{v.Adapter, v.User, v}, lang, topics)
	if err != nil || !ok {
		return "", m, false, err
	}
	m = s.show(c, newPrompt())
	head := textNew.in(lang)
	switch {
	case due == 1:
		head = textDueOne.in(lang)
	case due > 1:
		head = textDue.in(lang, due)
	}
	m.Lead, m.Text = head+"\n"+m.Lead, head+"\n"+m.Text
	return c.ID, m, true, nil
}
