package quiz

import (
	"bytes"
	"crypto/sha256"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"cairn/bot/prose"
	"cairn/runbooks"
	"cairn/runbooks/risk"
)

// A first is the first step of a document.
type first struct {
	doc     *runbooks.Document
	section *runbooks.Section
	step    *runbooks.Step
}

func firstSteps(lib Library) (out []first) {
	for _, d := range lib.Documents {
		if d.Meta.Service == "" {
			continue
		}
		for i := range d.Sections {
			if s := &d.Sections[i]; len(s.Steps) > 0 {
				if st := &s.Steps[0]; askable(st) {
					out = append(out, first{d, s, st})
				}
				break
			}
		}
	}
	return out
}

// askable reports whether a step's text can be chosen: short, and readable
// without the step before it.
func askable(st *runbooks.Step) bool {
	n := utf8.RuneCountInString(st.Text)
	return n >= 6 && n <= maxChoice && !strings.Contains(st.Text, "\n") && !continues.MatchString(st.Text)
}

// continues are steps that say themselves that another came before, which
// gives an answer away and makes a choice unreadable elsewhere.
var continues = regexp.MustCompile(`^(?i:then|next|after that|afterwards|finally|again|repeat|now|otherwise|if it|if that|continue|go on)\b|(?i:\bsteps? \d|previous step|as above|the same way)|^(然后|接着|接下来|再|最后|继续|重复|否则|随后)|第 ?[0-9一二三四五] ?步|上一步|同上|前一步`)

// general are first checks that fit any trouble, so that none is wrong anywhere.
var general = regexp.MustCompile(`(?i)how many (hosts|nodes|pods|machines)|what changed|are affected|^read the (health|state|log|message|error)s?\.$|when it began|影响(几|多少|范围)|改了什么|几个节点|看集群健康|什么时候开始|^看(状态|日志|报错)。$`)

// wrongFirsts returns what is not the first thing to check for the trouble of
// own: changes that the same runbook makes only once the cause is known, which
// is the mistake that one makes, and the first check of a runbook on another
// system of the same field.
//
// Cures are [changes] of the runbook, others its [rivals]; which of them are
// taken differs with the question, so that every card has its own choices.
func wrongFirsts(own first, cures []*runbooks.Step, others []rival, question string) []string {
	w := wrongs{lang: own.doc.Lang, right: own.step.Text}
	cures = shuffled(cures, question, func(st *runbooks.Step) string { return st.Text })
	for _, st := range cures {
		if len(w.list) < 2 {
			w.take(st)
		}
	}
	others = shuffled(others, question, func(r rival) string { return r.doc.Path })
	slices.SortStableFunc(others, func(a, b rival) int { return b.shared - a.shared })
	for _, r := range others {
		w.take(r.step)
	}
	for _, st := range cures {
		w.take(st)
	}
	return w.enough()
}

// changes returns one step of each cause of the runbook that changes
// something.
func changes(d *runbooks.Document) (out []*runbooks.Step) {
	for i := range d.Sections {
		s := &d.Sections[i]
		if s.Boilerplate || !under(s.Path, fixHeadings) || under(s.Path, closingHeadings) {
			continue
		}
		for n := range s.Steps {
			if st := &s.Steps[n]; askable(st) && st.Depth == 0 && changing(st) && !prose.Dangles(st.Text, d.Lang) {
				out = append(out, st)
				break
			}
		}
	}
	return out
}

// changing reports whether a step does more than look.
func changing(st *runbooks.Step) bool {
	return st.Marked || slices.ContainsFunc(st.Commands, func(c runbooks.Command) bool {
		level, _ := risk.Classify(c.Text, c.Lang)
		return level != risk.Safe
	})
}

// A wrongs collects choices that are neither right nor like each other.
type wrongs struct {
	lang          runbooks.Lang
	right, prompt string // prompt is empty where no step came before
	list          []string
}

func (w *wrongs) take(st *runbooks.Step) {
	if len(w.list) == wantedWrong || !w.readable(st.Text) || !askable(st) || tooClose(st.Text, w.right) || w.prompt != "" && similar(st.Text, w.prompt) ||
		slices.ContainsFunc(w.list, func(x string) bool { return similar(x, st.Text) }) {
		return
	}
	w.list = append(w.list, st.Text)
}

// readable reports whether a choice can be judged where it stands: it names
// what it is about, and is no step that may follow anything.
func (w *wrongs) readable(text string) bool {
	least := 24
	if w.lang == runbooks.Chinese {
		least = 9
	}
	return utf8.RuneCountInString(text) >= least && !strings.HasSuffix(text, "?") && !strings.HasSuffix(text, "？") &&
		!prose.Dangles(text, w.lang) && (w.prompt == "" || !anywhere.MatchString(text))
}

// anywhere are steps that end many a change and so may come next after it.
var anywhere = regexp.MustCompile(`(?i)\b(re)?load(s|ed)?\b|\brestart|\bapply\b|\bstart\b.*\bagain\b|重载|加载|重启|生效|重新启动|应用配置|拉起`)

// enough returns the choices, or none where there are too few to choose from.
func (w *wrongs) enough() []string {
	if len(w.list) < 2 {
		return nil
	}
	return w.list
}

// A rival is the first check of a runbook on another system of the same field:
// the more tags they share, the more plausible.
type rival struct {
	first
	shared int
}

func rivals(own first, firsts []first) (out []rival) {
	for _, f := range firsts {
		if f.doc == own.doc || f.doc.Lang != own.doc.Lang {
			continue
		}
		if n := shared(own.doc, f.doc); n > 0 && !related(own.doc, f.doc) && !general.MatchString(f.step.Text) {
			out = append(out, rival{f, n})
		}
	}
	return out
}

// shuffled returns the list in an order that only seed and texts decide.
func shuffled[T any](list []T, seed string, text func(T) string) []T {
	type keyed struct {
		key [sha256.Size]byte
		v   T
	}
	all := make([]keyed, len(list))
	for i, v := range list {
		all[i] = keyed{sha256.Sum256([]byte(seed + "\x00" + text(v))), v}
	}
	slices.SortStableFunc(all, func(a, b keyed) int { return bytes.Compare(a.key[:], b.key[:]) })
	out := make([]T, len(all))
	for i, k := range all {
		out[i] = k.v
	}
	return out
}

func shared(a, b *runbooks.Document) (n int) {
	for _, t := range a.Meta.Tags {
		if slices.Contains(b.Meta.Tags, t) {
			n++
		}
	}
	return n
}

// related reports whether two documents are about the same trouble, so that
// the first step of one may be right for the other: they name each other, or
// share the service.
func related(a, b *runbooks.Document) bool {
	names := func(d, other *runbooks.Document) bool {
		slug := strings.TrimSuffix(other.Path[strings.LastIndexByte(other.Path, '/')+1:], ".md")
		return slices.ContainsFunc(d.Meta.Related, func(r string) bool {
			r = strings.TrimSuffix(r, ".md")
			return r == slug || strings.HasSuffix(r, "/"+slug)
		})
	}
	return names(a, b) || names(b, a) || strings.EqualFold(a.Meta.Service, b.Meta.Service)
}

// Headings that say what the steps under them are for.
var (
	fixHeadings     = []string{"fix", "resolution", "mitigation", "remediation", "处理", "修复", "解决", "解决方案", "处理方法", "处置"}
	closingHeadings = []string{"rollback", "roll back", "verify", "verification", "escalate", "escalation", "回滚", "验证", "升级", "回退", "恢复验证"}
	// What stands under these could be done in another order.
	looseHeadings = []string{"first look", "diagnose", "diagnosis", "investigation", "快速检查", "诊断", "排查", "检查"}
)

func under(path, headings []string) bool {
	return slices.ContainsFunc(path, func(h string) bool { return slices.Contains(headings, strings.ToLower(strings.TrimSpace(h))) })
}
