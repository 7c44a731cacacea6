package judge

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"cairn/bot/answer/ground"
	"cairn/bot/prose"
)

// A control is a statement whose verdict is known.
type control struct {
	Statement
	follows bool
}

// maxFalse bounds how many controls of a call are false: one for each passage,
// of which a call rarely has more.
const maxFalse = 6

// controls makes controls from the passages of statements: one sentence that
// stands there, and for each passage a sentence of it with one thing changed,
// or where it gives none, one that it does not speak of at all. Where none gives
// a sentence to leave as it stands, a passage of our own does.
func controls(r *rand.Rand, list []Statement) []control {
	var passages []ground.Evidence
	var poor []ground.Evidence // give no sentences of their own
	var seen []string
	for _, s := range list {
		for _, e := range s.Evidence {
			text := passageText(e)
			if slices.Contains(seen, text) {
				continue
			}
			seen = append(seen, text)
			if mistakes.MatchString(strings.Join(e.Heading, " ")) {
				poor = append(poor, e)
			} else {
				passages = append(passages, e)
			}
		}
	}
	r.Shuffle(len(passages), func(a, b int) { passages[a], passages[b] = passages[b], passages[a] })
	var same, changed []control
	stranger := func(e ground.Evidence) { // a sentence that has nothing to do with the passage
		if len(changed) < maxFalse {
			own := sentences(ownPassages[r.IntN(len(ownPassages))].Text)
			changed = append(changed, control{Statement: Statement{Text: own[r.IntN(len(own))], Evidence: []ground.Evidence{e}}})
		}
	}
	add := func(e ground.Evidence) bool {
		had := len(changed)
		plain := sentences(e.Text)
		r.Shuffle(len(plain), func(a, b int) { plain[a], plain[b] = plain[b], plain[a] })
		used := ""
		if len(changed) < maxFalse {
			for _, s := range plain {
				if twin, ok := alter(r, s, e.Text); ok {
					changed, used = append(changed, control{Statement: Statement{Text: twin, Evidence: []ground.Evidence{e}}}), s
					break
				}
			}
		}
		if len(same) == 0 {
			for _, s := range plain {
				if s != used {
					same = append(same, control{Statement{Text: s, Evidence: []ground.Evidence{e}}, true})
					break
				}
			}
		}
		return len(changed) > had
	}
	for _, e := range poor {
		stranger(e)
	}
	for _, e := range passages {
		if !add(e) {
			stranger(e)
		}
	}
	for _, e := range ownPassages {
		if len(same) == 0 || len(changed) == 0 {
			add(e)
		}
	}
	return append(same, changed...)
}

// ownPassages give controls where the passages themselves give none. They speak
// of nothing that a runbook speaks of.
var ownPassages = []ground.Evidence{
	{Heading: []string{"Lamp room", "Rounds"}, Text: "The keeper winds the clockwork every 3 hours. The lamp is lit before sunset. The spare lens must not be cleaned with sand."},
	{Heading: []string{"Orchard", "Harvest"}, Text: "The early apples are picked before the pears. A basket holds at most 40 of them. Wet ladders must not be leant against young trees."},
	{Heading: []string{"灯塔", "巡检"}, Text: "值班员每 3 小时上一次发条。日落之前要点亮灯塔。备用透镜不能用沙子清洁。"},
	{Heading: []string{"果园", "采收"}, Text: "早熟的苹果要在梨子之前采摘。每个篮子最多装 40 个。潮湿的梯子不能靠在小树上。"},
}

// Lengths of a sentence that makes a control, in characters.
const (
	minControl = 10
	maxControl = 240
)

var (
	marker = regexp.MustCompile(`^(?:[-*+>•·]+\s+|[(（]?\d{1,2}(?:[.)]\s+|[）、．]\s*)|[①-⑳]\s*)`)
	branch = regexp.MustCompile(`(?i)^(?:expect|if not|预期|否则|期望|若不)`)
	// mistakes is a heading over what is not to be done. It knows more of them than
	// the lexical check, whose score is fitted with its own: here one too many
	// only costs a control.
	mistakes = regexp.MustCompile(`(?i)` + ground.MistakeWords + `|pitfall|anti-?pattern|踩坑|反例`)
	// unsettled is a sentence that leaves open what would be turned round.
	unsettled = regexp.MustCompile(`(?i)[?？]|\bwhether\b|是否|能否|与否|会不会|有没有`)
)

// sentences are the sentences of a passage that can stand alone.
func sentences(text string) []string {
	var out []string
	inCode := false
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "```") || strings.HasPrefix(line, "~~~") {
			inCode = !inCode
			continue
		}
		if strings.HasPrefix(line, "#") {
			continue // a heading says nothing
		}
		for marker.MatchString(line) {
			line = marker.ReplaceAllString(line, "")
		}
		if inCode || line == "" || strings.ContainsAny(line, "|<>") || branch.MatchString(line) {
			continue
		}
		for _, s := range prose.Sentences(strings.ReplaceAll(line, "**", "")) {
			if n := utf8.RuneCountInString(s); n >= minControl && n <= maxControl && strings.Count(s, "`")%2 == 0 && !strings.HasSuffix(s, ":") && !strings.HasSuffix(s, "：") && !unsettled.MatchString(s) {
				out = append(out, s)
			}
		}
	}
	return out
}

// alter changes one thing in a sentence so that the passage does not carry it
// any more.
func alter(r *rand.Rand, s, passage string) (string, bool) {
	twins := append(otherNumbers(s, passage), turned(s)...)
	twins = slices.DeleteFunc(twins, func(t string) bool { return strings.Contains(passage, t) })
	if len(twins) == 0 {
		return "", false
	}
	return twins[r.IntN(len(twins))], true
}

// number is a whole number that stands for itself: no part of a name, a
// version, a time or a path.
var number = regexp.MustCompile(`(?:^|[^\w.:/$@-])(\d{1,5})(?:$|[^\w.:/@-])`)

// otherNumbers are the sentence with one number exchanged for one that the
// passage does not have.
func otherNumbers(s, passage string) []string {
	var out []string
	for _, m := range number.FindAllStringSubmatchIndex(s, -1) {
		n, err := strconv.Atoi(s[m[2]:m[3]])
		other := strconv.Itoa(2*n + 3)
		if err != nil || m[2] == 0 || bounded(s[:m[2]], s[m[3]:]) || strings.Contains(passage, other) { // first it may number an item
			continue
		}
		out = append(out, s[:m[2]]+other+s[m[3]:])
	}
	return out
}

var (
	boundBefore = regexp.MustCompile(`(?i)(?:at most|at least|(?:less|fewer|more|greater|higher|lower|longer|shorter|bigger|larger|smaller) than|under|below|above|over|beyond|exceeds?|within|up to|until|[<>]=?|≤|≥|最多|至多|至少|超过|超出|高于|大于|多于|少于|小于|低于|不到|不足|达到)\s*\S{0,8}\s*$`)
	boundAfter  = regexp.MustCompile(`(?i)^\s*\S{0,12}?\s*(?:or less|or fewer|or more|at most|at least|以内|之内|以下|以上|之上)`)
)

// bounded reports whether a number between two texts is a bound: what is at most
// 6 is at most 15 too, and what is not below 6 is not below 3.
func bounded(before, after string) bool {
	return boundBefore.MatchString(before) || boundAfter.MatchString(after)
}

// turns are words and what turns a sentence round in their place.
var turns = func() [][2]string {
	both := [][2]string{
		{"before", "after"}, {"always", "never"}, {"higher", "lower"}, {"larger", "smaller"}, {"more", "less"}, {"raise", "lower"}, {"increase", "decrease"},
		{"enable", "disable"}, {"enabled", "disabled"}, {"first", "last"}, {"slow", "fast"}, {"old", "new"}, {"succeeds", "fails"}, {"starts", "stops"},
		{"is", "is not"}, {"are", "are not"}, {"was", "was not"}, {"must", "must not"}, {"can", "cannot"}, {"with", "without"},
		{"之前", "之后"}, {"增大", "减小"}, {"调大", "调小"}, {"启用", "禁用"}, {"高于", "低于"}, {"大于", "小于"}, {"成功", "失败"}, {"可以", "不可以"}, {"需要", "不需要"},
	}
	out := [][2]string{{"does not", "does"}, {"do not", "do"}, {"不要", "要"}, {"不会", "会"}, {"不能", "能"}, {"不是", "是"}, {"没有", "有"}, {"必须", "不得"}}
	for _, p := range both {
		out = append(out, p, [2]string{p[1], p[0]})
	}
	return out
}()

// turned are the sentence with one word turned round, outside code.
func turned(s string) []string {
	var out []string
	for _, t := range turns {
		for i := 0; i < len(s); {
			k := strings.Index(s[i:], t[0])
			if k < 0 {
				break
			}
			from, to := i+k, i+k+len(t[0])
			i = to
			if strings.Count(s[:from], "`")%2 == 1 || !alone(s, from, to) || denied(s, from, to) {
				continue
			}
			out = append(out, s[:from]+t[1]+s[to:])
			break
		}
	}
	return out
}

// alone reports whether s[from:to] is no part of a longer word.
func alone(s string, from, to int) bool {
	part := func(b byte) bool {
		return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '-' || b == '_' || b == '\''
	}
	if s[from] >= utf8.RuneSelf {
		return true
	}
	return (from == 0 || !part(s[from-1])) && (to == len(s) || !part(s[to]))
}

// denied reports whether a denial stands right beside a place, where another
// one would take it back, or a question such as 能不能.
func denied(s string, from, to int) bool {
	before, after := strings.TrimRight(s[:from], " "), strings.TrimLeft(s[to:], " ")
	for _, d := range []string{"不", "没", "未", "非", "无", "别", "绝", "not", "no", "never"} {
		if strings.HasSuffix(before, d) || strings.HasPrefix(after, d) {
			return true
		}
	}
	for _, q := range []string{"能", "是", "会", "有", "要"} {
		if strings.HasSuffix(before, q) && strings.HasSuffix(s[from:to], q) {
			return true
		}
	}
	return false
}
