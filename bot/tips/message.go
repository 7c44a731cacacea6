package tips

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"cairn/adapters"
)

// words are the product's own words around a tip.
type words struct {
	title, titleFirst                       string
	concept, answer, command, reason, first string
	changed, quiz, again                    string
}

func wordsIn(lang string) words {
	if lang == "zh" {
		return words{
			title: "今日一条", titleFirst: "如果是你，先查什么？",
			concept: "是什么：", answer: "笔记里的回答：", command: "一条值得记住的命令：", reason: "做这一步是有原因的：",
			first: "告警：%s。先想一想你会从哪里查起，再看手册的第一步：", changed: "这篇文档最近有更新。",
			quiz: "来一题", again: "再来一条",
		}
	}
	return words{
		title: "Tip", titleFirst: "What would you check first?",
		concept: "What it is:", answer: "The notes say:", command: "A command worth remembering:", reason: "A step with its reason:",
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
	if t.Kind == KindConcept || t.Kind == KindAnswer {
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
	label := fmt.Sprintf("%s:%d-%d", t.Document, t.StartLine, t.EndLine)
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

// subject is what the title names.
func (t Tip) subject() string {
	if t.Kind == KindConcept || t.Kind == KindAnswer {
		return t.topic()
	}
	return t.Title
}

// topic is the section's heading, with its parent where the heading alone says
// too little.
func (t Tip) topic() string {
	if len(t.Heading) == 0 {
		return t.Title
	}
	own := strings.TrimSpace(t.Heading[len(t.Heading)-1])
	if bare := strings.TrimLeft(own, "0123456789.、 "); len(bare) > 3 && bare != own && strings.ContainsAny(own[:len(own)-len(bare)], ".、") {
		own = bare // the number belongs to the document's order
	}
	if own == t.Title || len(t.Heading) == 1 || utf8.RuneCountInString(own) > 4 {
		return own
	}
	if parent := t.Heading[len(t.Heading)-2]; parent != own {
		return parent + " · " + own
	}
	return own
}

// inert keeps a document's words from opening inline code.
func inert(s string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(s), " "), "`", "'")
}
