package prose

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Boundaries returns the offsets right after each sentence's end.
func Boundaries(text string) (out []int) {
	code, depth := false, 0
	for i, r := range text {
		next := text[i+utf8.RuneLen(r):]
		switch r {
		case '`':
			code = !code
		case '(', '（', '[', '【', '《', '“':
			depth++
		case ')', '）', ']', '】', '》', '”':
			depth = max(depth-1, 0)
		}
		if code || depth > 0 {
			continue
		}
		switch {
		case strings.ContainsRune("。！？", r):
			for _, q := range []string{"”", "」", "）"} {
				next = strings.TrimPrefix(next, q)
			}
			out = append(out, len(text)-len(next))
		case strings.ContainsRune(".!?", r) && (next == "" || next[0] == ' ' || next[0] == '\n') && !abbreviation(text[:i]):
			out = append(out, i+1)
		}
	}
	return out
}

// Sentences cuts a text after each sentence's end.
func Sentences(text string) (out []string) {
	start := 0
	for _, end := range append(Boundaries(text), len(text)) {
		if s := strings.TrimSpace(text[start:end]); s != "" {
			out = append(out, s)
		}
		start = end
	}
	return out
}

// abbreviation reports whether a full stop after s ends a word, not a
// sentence.
func abbreviation(s string) bool {
	word := strings.ToLower(s[strings.LastIndexAny(s, " (\n")+1:])
	return slices.Contains([]string{"e.g", "i.e", "etc", "vs", "cf", "no", "fig", "approx", "resp", "incl"}, word) ||
		word != "" && strings.Trim(word, "0123456789") == ""
}

// Balanced reports whether brackets and quotes close.
func Balanced(text string) bool {
	if strings.Count(text, "`")%2 != 0 || strings.Count(text, `"`)%2 != 0 {
		return false
	}
	for _, pair := range []string{"()", "（）", "[]", "【】", "《》", "“”", "「」"} {
		open, size := utf8.DecodeRuneInString(pair)
		if strings.Count(text, string(open)) != strings.Count(text, pair[size:]) {
			// Half-width and full-width brackets are mixed freely.
			if open != '(' && open != '（' || strings.Count(text, "(")+strings.Count(text, "（") != strings.Count(text, ")")+strings.Count(text, "）") {
				return false
			}
		}
	}
	return true
}

// Label names lines of a document as people read it: path:12 or path:12-18.
func Label(document string, start, end int) string {
	if end <= start {
		return fmt.Sprintf("%s:%d", document, start)
	}
	return fmt.Sprintf("%s:%d-%d", document, start, end)
}
