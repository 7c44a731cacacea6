package tips

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"cairn/adapters"
	"cairn/bot/prose"
)

// words are the product's own words around a tip.
type words struct {
	title, titleFirst                   string
	concept, trouble, incident, mistake string
	answer, command, reason, first      string
	changed, quiz, again                string
}

func wordsIn(lang string) words {
	if lang == "zh" {
		return words{
			title: "今日一条", titleFirst: "如果是你，先查什么？",
			concept: "是什么：", trouble: "怎么回事：", incident: "出故障时：", mistake: "常见误区：",
			answer: "笔记里的回答：", command: "一条用得上的命令：", reason: "这一步为什么要做：",
			first: "告警：%s。先想一想你会从哪里查起，再看手册的第一步：", changed: "这篇文档最近有更新。",
			quiz: "来一题", again: "再来一条",
		}
	}
	return words{
		title: "Tip", titleFirst: "What would you check first?",
		concept: "What it is:", trouble: "What is going on:", incident: "In an incident:", mistake: "A common mistake:",
		answer: "The notes say:", command: "A command worth knowing:", reason: "A step with its reason:",
		first: "You are paged: %s. Think of where you would look first; this is how the runbook begins:", changed: "This document has changed lately.",
		quiz: "Quiz me", again: "Another tip",
	}
}

// Rendering is what a tip's message needs beside the tip.
type Rendering struct {
	// Link returns the address of a document's lines; "" or nil means none.
	Link func(library, document string, start, end int) string
	// Risk classifies a step's commands and names the risk in the reader's
	// language; nil says safe, since destructive steps make no tips.
	Risk func(commands []string, lang string) (adapters.Risk, string)
	// Changed announces that the document has changed lately.
	Changed bool
	// Buttons offer a quiz and another tip.
	Buttons bool
}

// Message renders the tip in its own language.
func (t Tip) Message(r Rendering) adapters.Message {
	w := wordsIn(t.Lang)
	m := adapters.Message{Lang: t.Lang, Title: w.title + " · " + inert(t.subject())}
	url := ""
	if r.Link != nil {
		url = r.Link(t.Library, t.Document, t.StartLine, t.EndLine)
	}
	m.TitleURL = url
	switch t.Kind {
	case KindConcept:
		m.Lead = w.concept
	case KindTrouble:
		m.Lead = w.trouble
	case KindIncident:
		m.Lead = w.incident
	case KindMistake:
		m.Lead = w.mistake
	case KindAnswer:
		m.Lead = w.answer
	case KindReason:
		m.Lead = w.reason
	case KindCommand:
		m.Lead = w.command
	case KindFirst:
		m.Title = w.titleFirst
		m.Lead = fmt.Sprintf(w.first, inert(t.Title))
	}
	if r.Changed {
		m.Warnings = []string{w.changed}
	}
	if t.prose() {
		m.Quotes = []adapters.Quote{{Text: t.Text, Citation: 1}}
	} else {
		s := adapters.Step{N: 1, Text: t.Text, Expect: t.Expect, Risk: adapters.Safe, Citation: 1}
		if r.Risk != nil && len(t.Commands) > 0 {
			s.Risk, s.RiskLabel = r.Risk(t.Commands, t.Lang)
		}
		for i, c := range t.Commands {
			s.Commands = append(s.Commands, adapters.Command{Text: c, Lang: t.commandLangs[i]})
		}
		m.Steps = []adapters.Step{s}
	}
	label := prose.Label(t.Document, t.StartLine, t.EndLine)
	m.Citations = []adapters.Citation{{N: 1, Label: label, Heading: t.Heading, URL: url}}
	plain := []string{m.Title, m.Lead, t.Text}
	plain = append(plain, t.Commands...)
	m.Text = strings.Join(append(plain, "["+label+"]"), "\n")
	if r.Buttons {
		m.Buttons = []adapters.Button{{ID: ActionQuiz, Label: w.quiz}, {ID: ActionNext, Label: w.again}}
	}
	return m
}

// Actions of a tip's buttons.
const (
	// ActionNext asks for another tip.
	ActionNext = "tip"
	// ActionQuiz asks for a card; bot/quiz handles it.
	ActionQuiz = "quiz"
)

// prose reports whether the tip is a text to read, not a step to do.
func (t Tip) prose() bool {
	return t.Kind != KindCommand && t.Kind != KindReason && t.Kind != KindFirst
}

// subject is what the title names: the section where its heading says what the
// tip is about, else the document, with the cause that a fix is for.
func (t Tip) subject() string {
	own := ""
	if len(t.Heading) > 0 {
		own = t.Heading[len(t.Heading)-1]
	}
	switch {
	case t.Kind == KindAnswer || t.Kind == KindConcept && !headed(own, paragraphHeadings):
		return t.topic()
	case !t.prose() && len(t.Heading) > 2 && fixing(t.Heading[:len(t.Heading)-1]) && own != t.Title:
		return t.Title + " · " + own
	}
	return t.Title
}

// topic is the section's heading, with its parent where the heading alone says
// too little.
func (t Tip) topic() string {
	if len(t.Heading) == 0 {
		return t.Title
	}
	own := bare(t.Heading[len(t.Heading)-1])
	if text := strings.TrimLeft(own, "0123456789.、 "); len(text) > 3 && text != own && strings.ContainsAny(own[:len(own)-len(text)], ".、") {
		own = text // the number belongs to the document's order
	}
	if own == t.Title || len(t.Heading) == 1 || utf8.RuneCountInString(own) > 4 {
		return own
	}
	if parent := bare(t.Heading[len(t.Heading)-2]); parent != own {
		return parent + " · " + own
	}
	return own
}

// bare is a heading without a site generator's anchor and closing punctuation.
func bare(heading string) string {
	if i := strings.LastIndex(heading, "{#"); i > 0 {
		heading = heading[:i]
	}
	return strings.TrimRight(strings.TrimSpace(heading), "。.：:")
}

// inert keeps a document's words from opening inline code.
func inert(s string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(s), " "), "`", "'")
}
