package answer

import (
	"strings"
	"unicode"
)

// terms returns the words of a text: runs of Latin letters and digits in lower
// case, and pairs of neighbouring Chinese characters. Words that say nothing
// are left out.
func terms(text string) map[string]bool {
	out := map[string]bool{}
	var word strings.Builder
	var prev rune
	flush := func() {
		if w := word.String(); w != "" && !isStopWord(w) {
			out[w] = true
		}
		word.Reset()
	}
	for _, r := range strings.ToLower(text) {
		switch {
		case unicode.Is(unicode.Han, r):
			flush()
			if prev != 0 {
				out[string([]rune{prev, r})] = true
			}
			prev = r
			continue
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			word.WriteRune(r)
		default:
			flush()
		}
		prev = 0
	}
	flush()
	return out
}

func isStopWord(w string) bool {
	switch w {
	case "a", "an", "the", "is", "are", "was", "be", "of", "in", "on", "at", "to", "for", "and", "or", "with", "it", "its", "by", "as",
		"how", "what", "why", "when", "do", "does", "did", "i", "we", "my", "our", "this", "that", "not", "no", "has", "have", "still", "too",
		"fix", "can", "cannot", "after", "from", "s":
		return true
	}
	return len(w) == 1 && w[0] >= 'a'
}

// share returns which part of want's words stand in have.
func share(want, have map[string]bool) (part float64, common int) {
	if len(want) == 0 {
		return 0, 0
	}
	for w := range want {
		if have[w] {
			common++
		}
	}
	return float64(common) / float64(len(want)), common
}

// without returns the words of a that are not in b.
func without(a, b map[string]bool) map[string]bool {
	out := map[string]bool{}
	for w := range a {
		if !b[w] {
			out[w] = true
		}
	}
	return out
}

// asksForMeaning reports a question for what something is, not for what to do.
func asksForMeaning(question string) bool {
	q := strings.ToLower(strings.TrimSpace(question))
	for _, p := range []string{"what is ", "what's ", "what are ", "what does ", "why is ", "why does ", "why do ", "difference between", "explain ", "define ", "meaning of "} {
		if strings.HasPrefix(q, p) {
			return true
		}
	}
	for _, p := range []string{"什么是", "是什么", "啥是", "是啥", "区别", "原理", "有哪些", "什么意思", "为什么", "介绍一下", "概念", "作用", "优缺点"} {
		if strings.Contains(q, p) {
			return true
		}
	}
	return false
}
