package quiz

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"cairn/runbooks"
)

// questions are the usable ones of the front matter.
func questions(d *runbooks.Document) (out []string) {
	for _, q := range d.Meta.Questions {
		q = strings.TrimSpace(q)
		if n := utf8.RuneCountInString(q); n >= 4 && n <= 300 {
			out = append(out, q)
		}
	}
	return out
}

// paragraphHeadings stand above the paragraph that says what a card is about.
var paragraphHeadings = []string{"in one paragraph", "in short", "tl;dr", "overview", "一句话说清", "一句话", "概述", "简介"}

// conceptCards make cards of a document that explains and has no steps: what
// its subject is, and its listed questions with the passage that answers them.
func conceptCards(d *runbooks.Document, add func(Card, ...string)) {
	if d.Meta.Service == "" || slices.Contains(d.Meta.Tags, pathTag) ||
		slices.ContainsFunc(d.Sections, func(s runbooks.Section) bool { return len(s.Steps) > 0 }) {
		return
	}
	card := func(kind, front string, p place, key string) {
		start, end := d.Lines(p.block.Span)
		add(Card{Kind: kind, Front: front, Answer: strings.TrimSpace(p.block.Text), Heading: p.section.Path, StartLine: start, EndLine: end}, "concept", key)
	}
	definition, ok := definitionOf(d)
	if ok {
		card(KindConcept, d.Title, definition, "")
	}
	all := places(d)
	for _, q := range questions(d) {
		if ok && asksWhat(q) && !beyond(d, q) {
			continue // the same question as the card above
		}
		switch best, found := answerTo(d, q, all); {
		case found:
			card(KindNote, q, best, fold(q))
		case ok && asksWhat(q) && covered(d, q, definition) >= 0.7:
			card(KindNote, q, definition, fold(q))
		}
	}
}

// A place is a block of a document with the section it stands in.
type place struct {
	section *runbooks.Section
	block   *runbooks.Block
	grams   map[string]bool
}

func definitionOf(d *runbooks.Document) (place, bool) {
	for i := range d.Sections {
		s := &d.Sections[i]
		if len(s.Blocks) > 0 && s.Blocks[0].Kind == runbooks.Paragraph && slices.Contains(paragraphHeadings, strings.ToLower(s.Heading)) {
			return place{s, &s.Blocks[0], grams(s.Blocks[0].Text)}, true
		}
	}
	return place{}, false
}

// places are the blocks that can answer a question.
func places(d *runbooks.Document) (out []place) {
	for i := range d.Sections {
		s := &d.Sections[i]
		for n := range s.Blocks {
			b := &s.Blocks[n]
			size := utf8.RuneCountInString(b.Text)
			if s.Boilerplate || b.Kind != runbooks.Paragraph && b.Kind != runbooks.ListItem || size < 15 || size > maxAnswer {
				continue
			}
			out = append(out, place{s, b, grams(b.Text)})
		}
	}
	return out
}

// answerTo returns the block that shares most with the question beyond the
// document's own subject; false where it is not clearly one of them.
func answerTo(d *runbooks.Document, q string, all []place) (best place, ok bool) {
	about := grams(d.Title + " " + d.Meta.Service)
	df := map[string]int{}
	for _, p := range all {
		for g := range p.grams {
			df[g]++
		}
	}
	top, second := 0.0, 0.0
	hits := 0
	for _, p := range all {
		score, n := 0.0, 0
		for g := range grams(q) {
			if p.grams[g] && !about[g] && !askingWords[g] {
				score += math.Log(1 + float64(len(all))/float64(df[g]))
				n++
			}
		}
		if score > top {
			top, second, best, hits = score, top, p, n
		} else if score > second {
			second = score
		}
	}
	return best, hits >= 3 && top >= 1.3*second && covered(d, q, best) >= 0.5
}

// beyond reports whether a question asks for more than the document's subject.
func beyond(d *runbooks.Document, q string) bool {
	about := grams(d.Title + " " + d.Meta.Service)
	for g := range grams(q) {
		if !about[g] && !askingWords[g] {
			return true
		}
	}
	return false
}

// covered is the share of what the question asks about, beyond the document's
// subject, that the place speaks of.
func covered(d *runbooks.Document, q string, p place) float64 {
	about := grams(d.Title + " " + d.Meta.Service)
	all, n := 0, 0
	for g := range grams(q) {
		if about[g] || askingWords[g] {
			continue
		}
		all++
		if p.grams[g] {
			n++
		}
	}
	if all == 0 {
		return 1
	}
	return float64(n) / float64(all)
}

// askingWords are of the asking, not of what is asked about.
var askingWords = func() map[string]bool {
	out := map[string]bool{}
	for g := range grams("what which when where does from with that this have has are how why who can not and the 什么 什么是 怎么 怎么样 怎样 如何 为什么 为什么要 哪些 有哪些 什么用 什么意思 区别 是什么 有什么 怎么办 为啥 可以 不能 没有 一个") {
		out[g] = true
	}
	return out
}()

func asksWhat(q string) bool {
	lower := strings.ToLower(q)
	return strings.Contains(q, "是什么") || strings.Contains(q, "什么是") || strings.Contains(q, "区别") || strings.HasPrefix(lower, "what is") || strings.HasPrefix(lower, "what are") || strings.Contains(lower, "difference between")
}

// noteCard asks a question of question-and-answer notes.
func noteCard(d *runbooks.Document, s *runbooks.Section, add func(Card, ...string)) {
	if d.Meta.Service != "" || !isQuestion(s.Heading) || s.Body.Len() == 0 {
		return
	}
	asked := grams(s.Heading)
	var parts []string
	size, span, sentence := 0, runbooks.Span{}, false
	for _, b := range s.Blocks {
		text := strings.TrimSpace(b.Text)
		if b.Kind == runbooks.Raw || b.Kind == runbooks.Link || text == "" {
			continue
		}
		if foreign.MatchString(text) {
			break // what follows an advertisement or a source is another text
		}
		if size == 0 && !speaksOf(text, asked) {
			continue // left over from the text before
		}
		n := utf8.RuneCountInString(text)
		if size > 0 && size+n > maxAnswer {
			break
		}
		parts, size = append(parts, text), size+n
		sentence = sentence || b.Kind != runbooks.Code && strings.ContainsAny(text[max(len(text)-3, 0):], "。.!！")
		if span.Len() == 0 {
			span = b.Span
		}
		span.End = b.Span.End
	}
	answer := strings.Join(parts, "\n")
	if n := utf8.RuneCountInString(answer); n < 20 || n > 2*maxAnswer || !sentence {
		return
	}
	start, end := d.Lines(span)
	add(Card{Kind: KindNote, Front: unnumbered(s.Heading), Answer: answer, Heading: s.Path, StartLine: start, EndLine: end},
		append([]string{"note"}, s.Path...)...)
}

// foreign is text that belongs to a page and not to the answer.
var foreign = regexp.MustCompile(`版权声明|原文链接|转载|公众号|扫码|点赞|参考(链接|资料|文献)|https?://\S+$|^(https?://|www\.)|(?i:all rights reserved|subscribe to)`)

// speaksOf reports whether the text takes up something of the question: two of
// its words, or the only one.
func speaksOf(text string, asked map[string]bool) bool {
	all, n := 0, 0
	said := grams(text)
	for g := range asked {
		if !askingWords[g] {
			if all++; said[g] {
				n++
			}
		}
	}
	return n >= min(2, all)
}

var number = regexp.MustCompile(`^\s*(\d+[.、)）]?)+\s*|^[一二三四五六七八九十]+[、.]\s*`)

// unnumbered drops a heading's place in its document.
func unnumbered(h string) string {
	if t := strings.TrimSpace(number.ReplaceAllString(h, "")); utf8.RuneCountInString(t) >= 4 {
		return t
	}
	return h
}

// stages are headings that begin like a question and are a part of a text.
var stages = []string{"how it works", "how to use this", "what's next", "what is next", "why", "when to use", "how to read"}

func isQuestion(h string) bool {
	if n := utf8.RuneCountInString(h); n < 4 || n > 120 {
		return false
	}
	lower := strings.ToLower(strings.TrimSpace(h))
	if slices.Contains(stages, lower) || strings.Contains(h, "是否") || strings.Contains(h, "吗") {
		return false // yes or no is half known already
	}
	if strings.HasSuffix(h, "?") || strings.HasSuffix(h, "？") {
		return true
	}
	for _, w := range []string{"什么", "如何", "怎么", "怎样", "为什么", "哪些", "区别"} {
		if strings.Contains(h, w) {
			return true
		}
	}
	for _, w := range []string{"what ", "how ", "why ", "when ", "which "} {
		if strings.HasPrefix(lower, w) {
			return true
		}
	}
	return false
}
