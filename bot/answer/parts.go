package answer

import (
	"strings"
	"unicode/utf8"

	"cairn/retrieval"
	"cairn/runbooks"
)

// A role is what a part of somebody else's runbook is for, by its heading.
type role uint8

const (
	noRole role = iota
	about       // says what happened: Meaning, Impact, 现象
	act         // says what to do: Diagnosis, Mitigation, 处理步骤
)

// maxPartName is the length in characters up to which a heading names a part
// and nothing more.
const maxPartName = 26

func roleOf(heading string) role {
	h := strings.ToLower(strings.TrimLeft(heading, "0123456789.、)）一二三四五六七八九十 "))
	if h == "" || utf8.RuneCountInString(h) > maxPartName {
		return noRole
	}
	for _, w := range [...]string{"diagnos", "mitigat", "resol", "remed", "troubleshoot", "recover", "solution", "workaround", "action", "steps", "procedure", "how to fix", "fix", "what to do", "respon", "rollback", "first look", "investigat",
		"诊断", "排查", "处理", "处置", "解决", "修复", "恢复", "步骤", "应急", "措施", "怎么办", "回滚"} {
		if strings.Contains(h, w) {
			return act
		}
	}
	for _, w := range [...]string{"meaning", "impact", "symptom", "summary", "description", "overview", "background", "problem", "cause", "what happened", "alert", "severity",
		"含义", "影响", "现象", "症状", "描述", "概述", "背景", "说明", "告警", "问题", "原因"} {
		if strings.Contains(h, w) {
			return about
		}
	}
	return noRole
}

// parts returns the sections of a runbook of another format that stand beside
// section i or right below it, and which of them holds i (-1 for none), where
// most of them have a role and one says what to do.
func parts(d *runbooks.Document, i int) (all []int, own int) {
	if all := childrenOf(d, i); isRunbook(d, all) {
		return all, -1
	}
	for own = i; own >= 0; {
		up := parentOf(d, own)
		if all := childrenOf(d, up); isRunbook(d, all) {
			return all, own
		}
		own = up
	}
	return nil, -1
}

func isRunbook(d *runbooks.Document, sections []int) bool {
	var count [act + 1]int
	for _, i := range sections {
		count[roleOf(d.Sections[i].Heading)]++
	}
	return count[act] > 0 && count[act]+count[about] >= 2 && count[noRole] <= 2
}

// parentOf returns the section that section i is nested in, -1 for none.
func parentOf(d *runbooks.Document, i int) int {
	for j := i - 1; j >= 0; j-- {
		if d.Sections[j].Level < d.Sections[i].Level {
			if d.Sections[j].Level == 0 {
				return -1
			}
			return j
		}
	}
	return -1
}

// childrenOf returns the sections directly below section i; below -1, the
// outermost ones.
func childrenOf(d *runbooks.Document, i int) []int {
	var out []int
	level, from := 0, 0
	if i >= 0 {
		level, from = d.Sections[i].Level, i+1
		if level == 0 {
			return nil
		}
	}
	for j := from; j < len(d.Sections); j++ {
		l := d.Sections[j].Level
		if l <= level {
			if i >= 0 {
				break
			}
			continue
		}
		// What skips a level hangs below the same section.
		if n := len(out); n == 0 || l <= d.Sections[out[n-1]].Level {
			out = append(out, j)
		}
	}
	return out
}

// Bounds of what is added to a passage that only says what happened.
const (
	maxActBytes = 6 << 10
	maxActSteps = 24
)

// act adds what the runbook says to do, where the hit only says what happened;
// where the hit says a part of what to do, it names the other parts.
func (c *composer) act(h retrieval.Hit) {
	d := h.Document
	all, own := parts(d, h.Passage.Section)
	show := own < 0 || roleOf(d.Sections[own].Heading) == about
	if own >= 0 {
		words := without(terms(d.Sections[own].Heading), terms(d.Title))
		if part, _ := share(words, terms(c.question)); part >= 0.5 {
			show = false // the question names this very part
		}
	}
	bytes, steps := 0, 0
	for _, i := range all {
		if i == own || roleOf(d.Sections[i].Heading) != act {
			continue
		}
		group := append([]int{i}, nested(d, i)...)
		for _, j := range group {
			bytes += d.Sections[j].Span.Len()
			steps += len(d.Sections[j].Steps)
		}
		if show = show && bytes <= maxActBytes && steps <= maxActSteps; !show {
			c.causes = append(c.causes, c.related(h.Library, d, i, title(d, i)))
			continue
		}
		for _, j := range group {
			c.whole(h, j)
		}
	}
	if len(c.causes) > c.opts.MaxRelated {
		c.causes = c.causes[:c.opts.MaxRelated]
	}
}

// whole adds a section: its steps with the words around them, else its text.
func (c *composer) whole(h retrieval.Hit, i int) {
	d := h.Document
	s := &d.Sections[i]
	if s.Boilerplate || s.Body.Len() == 0 {
		return
	}
	h.Passage = runbooks.Passage{Section: i, Heading: s.Path, Span: s.Span, LastStep: len(s.Steps)}
	if len(s.Steps) == 0 {
		c.passage(h, s.Span)
		return
	}
	c.steps(h, title(d, i), i)
	for _, span := range proseOf(d, h.Passage) {
		c.passage(h, span)
	}
}
