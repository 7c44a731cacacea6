package lint

import (
	"slices"
	"strings"
	"time"

	"cairn/runbooks"
	"cairn/runbooks/risk"
)

// The headings of our format, in order.
var (
	incidentEN = []string{"Symptoms", "First look", "Diagnose", "Fix", "Verify", "Prevent"}
	incidentZH = []string{"症状", "快速检查", "诊断", "处理", "验证", "预防"}
	cardEN     = []string{"In one paragraph", "How it works", "In an incident", "Common mistakes"}
	cardZH     = []string{"一句话说清", "工作原理", "故障中何时重要", "常见误区"}
)

func (l *linter) frontMatter() {
	m := &l.doc.Meta
	need := func(ok bool, key string) {
		if !ok {
			l.add(1, "front-matter", "front matter lacks %s", "front matter 缺少 %s", key)
		}
	}
	need(m.Title != "", "title")
	need(len(m.Tags) > 0, "tags")
	need(m.Severity != "", "severity")
	need(m.Reviewed != "", "reviewed")
	need(len(m.Questions) > 0, "questions")
	if m.Severity != "" && !slices.Contains([]string{"critical", "high", "medium", "low", "info"}, m.Severity) {
		l.add(1, "front-matter", "severity is %q, want critical, high, medium, low or info", "severity 为 %q，应为 critical、high、medium、low 或 info", m.Severity)
	}
	if n := len(m.Questions); n > 0 && (n < 3 || n > 6) {
		l.add(1, "front-matter", "%d questions, want three to six", "questions 有 %d 条，应为三到六条", n)
	}
	if m.Reviewed == "" {
		return
	}
	day, err := time.Parse("2006-01-02", m.Reviewed[:min(len(m.Reviewed), 10)])
	switch now := l.opts.Now(); {
	case err != nil:
		l.add(1, "front-matter", "reviewed is %q, want YYYY-MM-DD", "reviewed 为 %q，应为 YYYY-MM-DD", m.Reviewed)
	case day.After(now.Add(24 * time.Hour)):
		l.add(1, "front-matter", "reviewed lies in the future: %s", "reviewed 日期在未来：%s", m.Reviewed)
	case now.Sub(day) > l.opts.MaxAge:
		l.report(1, "review-age", Warning, "last reviewed on %s, read it again", "上次复核于 %s，请重新复核", m.Reviewed)
	}
}

// format checks the fixed headings.
func (l *linter) format() {
	m := &l.doc.Meta
	if slices.Contains(m.Tags, "learning-path") {
		return
	}
	card := slices.Contains(m.Tags, "concept")
	want := incidentEN
	switch {
	case card && l.doc.Lang == runbooks.Chinese:
		want = cardZH
	case card:
		want = cardEN
	case l.doc.Lang == runbooks.Chinese:
		want = incidentZH
	}
	next := 0
	for i := range l.doc.Sections {
		s := &l.doc.Sections[i]
		if s.Level != 2 {
			continue
		}
		at := slices.Index(want, s.Heading)
		switch {
		case at < 0:
			l.add(l.line(s.Span), "headings", "heading %q is none of the format's: %s", "标题 %q 不在规定之列：%s", s.Heading, strings.Join(want, ", "))
		case at < next:
			l.add(l.line(s.Span), "headings", "heading %q stands in the wrong order", "标题 %q 顺序不对", s.Heading)
		default:
			for _, missing := range want[next:at] {
				l.add(l.line(s.Span), "headings", "heading %q is missing before %q", "标题 %q 缺失，应在 %q 之前", missing, s.Heading)
			}
			next = at + 1
		}
	}
	for _, missing := range want[next:] {
		l.add(l.doc.LineCount(), "headings", "heading %q is missing", "缺少标题 %q", missing)
	}
	if card {
		for i := range l.doc.Sections {
			if s := &l.doc.Sections[i]; len(s.Steps) > 0 {
				l.add(l.line(s.Steps[0].Span), "card-steps", "a concept card has no ordered list", "概念卡片中不应有编号列表")
			}
		}
	}
}

// steps checks that every step can be followed.
func (l *linter) steps() {
	for i := range l.doc.Sections {
		s := &l.doc.Sections[i]
		for j := range s.Steps {
			st := &s.Steps[j]
			line := l.line(st.Span)
			if strings.TrimSpace(st.Text) == "" && st.Label != "" {
				l.add(line, "step-instruction", "step %s has no instruction", "步骤 %s 没有说明", st.Label)
			}
			for _, c := range st.Commands {
				if level, reason := risk.Classify(c.Text, c.Lang); level == risk.Destructive && !st.Marked && l.ours() {
					l.add(l.line(c.Span), "destructive", "a destructive command without its mark (%s): begin the step with **Destructive:**",
						"破坏性命令没有标注（%s）：步骤应以 **高危:** 开头", reason)
				}
			}
			if !l.ours() || st.Depth > 0 {
				continue
			}
			if blocks := l.blocksIn(s, st.Span); blocks > 1 {
				l.add(line, "step-fences", "a step with %d fences, want one at most", "一个步骤有 %d 个代码块，最多一个", blocks)
			}
		}
		if l.ours() {
			l.numbering(s)
		}
	}
}

func (l *linter) blocksIn(s *runbooks.Section, sp runbooks.Span) int {
	n := 0
	for i := range s.Blocks {
		if b := &s.Blocks[i]; b.Kind == runbooks.Code && b.Span.Start >= sp.Start && b.Span.End <= sp.End {
			n++
		}
	}
	return n
}

// numbering checks that the steps of a section count from 1.
func (l *linter) numbering(s *runbooks.Section) {
	n := 0
	for i := range s.Steps {
		st := &s.Steps[i]
		if st.Depth > 0 {
			continue
		}
		n++
		got := 0
		for _, c := range st.Label {
			if c < '0' || c > '9' {
				break
			}
			got = got*10 + int(c-'0')
		}
		if st.Label != "" && got != n {
			l.add(l.line(st.Span), "numbering", "step is numbered %s, want %d.", "步骤编号为 %s，应为 %d.", st.Label, n)
			return
		}
	}
}
