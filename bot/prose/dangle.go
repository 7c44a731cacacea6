package prose

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"cairn/runbooks"
)

// Dangles reports whether an instruction points back at a step before it: "See
// which files those are." Only its first sentence is looked at, since a later
// one may well refer to the first.
func Dangles(text string, lang runbooks.Lang) bool {
	if lang == runbooks.Chinese {
		return danglesZh(text)
	}
	if b := Boundaries(text); len(b) > 0 {
		text = text[:b[0]]
	}
	raw := strings.Fields(text)
	words := make([]string, len(raw))
	for i, w := range raw {
		words[i] = strings.ToLower(strings.Trim(w, ".,;:()\"“”'’"))
	}
	before := func(i int) string {
		if i == 0 {
			return ""
		}
		return words[i-1]
	}
	after := func(i int) string {
		if i+1 == len(words) {
			return ""
		}
		return words[i+1]
	}
	for i, w := range words {
		switch w {
		case "those", "these":
			if !slices.Contains([]string{"who", "that", "of", "which", "with", "in", "it", "whose"}, after(i)) {
				return true
			}
		case "that":
			if slices.Contains([]string{"of", "at", "in", "on", "for", "from", "with", "by", "under", "past"}, before(i)) {
				return true
			}
		case "it", "its", "itself":
			if !oneNamed(raw[:i], words[:i]) {
				return true
			}
		case "they", "them", "their":
			if !manyNamed(words[:i]) {
				return true
			}
		case "one":
			if slices.Contains([]string{"old", "new", "other", "former"}, before(i)) {
				return true
			}
		case "same":
			if i == 2 && before(i) == "the" {
				return true
			}
		}
	}
	return len(words) > 0 && words[len(words)-1] == "behind"
}

// oneNamed reports whether the words name one thing that "it" can stand for: a
// noun with an article, a name, a piece of code.
func oneNamed(raw, words []string) bool {
	for i, w := range words {
		if strings.ContainsAny(raw[i], "`_0123456789") || i > 0 && strings.ToLower(raw[i]) != raw[i] {
			return true
		}
		if !slices.Contains([]string{"the", "a", "an", "each", "every", "any", "another", "this", "your", "one", "no"}, w) {
			continue
		}
		for _, noun := range words[i+1 : min(i+4, len(words))] {
			if len(noun) > 2 && !plural(noun) && !slices.Contains([]string{"of", "who", "that", "which"}, noun) {
				return true
			}
			if plural(noun) {
				break
			}
		}
	}
	return false
}

func manyNamed(words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return plural(w) || w == "and" })
}

// plural reports whether an English word looks like several things.
func plural(w string) bool {
	w = strings.TrimSuffix(w, "'s")
	return len(w) > 3 && strings.HasSuffix(w, "s") && !strings.HasSuffix(w, "ss") && !strings.HasSuffix(w, "us") && !strings.HasSuffix(w, "is")
}

func danglesZh(text string) bool {
	clause := text
	if i := strings.IndexAny(text, "，；：。,;:"); i >= 0 {
		clause = text[:i]
	}
	for i, r := range clause {
		switch r {
		case '该':
			if next, _ := utf8.DecodeRuneInString(clause[i+len("该"):]); !strings.HasSuffix(clause[:i], "应") && next != '不' {
				return true
			}
		case '这':
			return true
		case '那':
			if p := clause[:i]; strings.HasSuffix(p, "到") || utf8.RuneCountInString(p) <= 2 {
				return true
			}
		case '它', '他':
			if utf8.RuneCountInString(clause[:i]) <= 2 {
				return true
			}
		}
	}
	// A question is an instruction only after a verb of looking.
	for _, q := range []string{"哪", "多久", "什么", "有没有", "是不是", "谁", "吗"} {
		if i := strings.Index(text, q); i >= 0 && !strings.ContainsFunc(text[:i], func(r rune) bool {
			return unicode.Is(unicode.Han, r) && strings.ContainsRune("看查找问测比算数列抓读试认断分清对计盯", r)
		}) {
			return true
		}
	}
	return false
}
