package lint

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"cairn/runbooks"
)

// A Severity says whether a finding fails the check.
type Severity string

// The severities.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// A Finding is one thing to put right.
type Finding struct {
	Path     string   `json:"path"`
	Line     int      `json:"line"`
	Rule     string   `json:"rule"`
	Severity Severity `json:"severity"`
	// Message says what is wrong and what to do, in English; Chinese is the
	// same in Chinese.
	Message string `json:"message"`
	Chinese string `json:"message_zh"`
}

// Options set what Run wants. The zero value means the defaults.
type Options struct {
	// Bilingual wants every document of our format in both languages, as
	// en/<path> and zh/<path>. Defaults to false.
	Bilingual bool
	// Now is the clock that review dates are held against. Defaults to
	// time.Now.
	Now func() time.Time
	// MaxAge is how old a review may be. Defaults to a year.
	MaxAge time.Duration
	// MaxShared is the share of sentences that two documents of one language
	// may have in common. Defaults to 0.4.
	MaxShared float64
}

func (o *Options) withDefaults() Options {
	var v Options
	if o != nil {
		v = *o
	}
	if v.Now == nil {
		v.Now = time.Now
	}
	if v.MaxAge == 0 {
		v.MaxAge = 365 * 24 * time.Hour
	}
	if v.MaxShared == 0 {
		v.MaxShared = 0.4
	}
	return v
}

// Run checks the documents of one library.
func Run(docs []*runbooks.Document, opts *Options) []Finding {
	l := &linter{opts: opts.withDefaults(), slugs: make(map[string]bool), paths: make(map[string]bool)}
	for _, d := range docs {
		l.slugs[slug(d.Path)] = true
		l.paths[d.Path] = true
	}
	for _, d := range docs {
		l.doc = d
		l.document()
	}
	l.twins(docs)
	l.duplicates(docs)
	slices.SortStableFunc(l.out, func(a, b Finding) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line), strings.Compare(a.Rule, b.Rule))
	})
	return l.out
}

// Failed reports whether a finding is an error.
func Failed(fs []Finding) bool {
	return slices.ContainsFunc(fs, func(f Finding) bool { return f.Severity == Error })
}

func slug(p string) string {
	base := path.Base(p)
	return strings.TrimSuffix(base, path.Ext(base))
}

type linter struct {
	opts  Options
	doc   *runbooks.Document
	slugs map[string]bool
	paths map[string]bool
	out   []Finding
}

// ours reports that the rules of our own format apply.
func (l *linter) ours() bool { return l.doc.Meta.Service != "" }

// add reports what breaks a rule; the rules are errors in documents of our
// format and warnings elsewhere.
func (l *linter) add(line int, rule, en, zh string, args ...any) {
	s := Warning
	if l.ours() {
		s = Error
	}
	l.report(line, rule, s, en, zh, args...)
}

func (l *linter) report(line int, rule string, s Severity, en, zh string, args ...any) {
	l.out = append(l.out, Finding{Path: l.doc.Path, Line: max(line, 1), Rule: rule, Severity: s, Message: fmt.Sprintf(en, args...), Chinese: fmt.Sprintf(zh, args...)})
}

func (l *linter) line(s runbooks.Span) int {
	start, _ := l.doc.Lines(s)
	return start
}

func (l *linter) document() {
	if err := l.doc.Meta.Err; err != nil {
		l.report(1, "front-matter", Error, "front matter cannot be read: %v", "front matter 无法解析：%v", err)
	}
	if l.doc.Meta.Draft {
		l.report(1, "draft", Warning, "marked as a draft: it is in no answer until the mark is taken away", "标记为草稿（draft），去掉标记之前不会出现在回答里")
	}
	if l.ours() {
		l.frontMatter()
		l.format()
	}
	l.related()
	l.headingOrder()
	l.steps()
	l.fences()
	l.links()
}

func (l *linter) related() {
	for _, r := range l.doc.Meta.Related {
		s := slug(r)
		switch {
		case s == slug(l.doc.Path):
			l.add(1, "related", "related names the document itself: %s", "related 引用了文档自身：%s", r)
		case !l.slugs[s]:
			l.add(1, "related", "related names a document that does not exist: %s", "related 引用的文档不存在：%s", r)
		}
	}
}

// headingOrder reports headings that skip a level.
func (l *linter) headingOrder() {
	level := 0
	for i := range l.doc.Sections {
		s := &l.doc.Sections[i]
		if s.Level == 0 || s.Boilerplate || s.Heading == "" {
			continue
		}
		if level > 0 && s.Level > level+1 {
			l.add(l.line(s.Span), "heading-order", "heading %q skips a level", "标题 %q 跳级", s.Heading)
		}
		level = s.Level
	}
}
