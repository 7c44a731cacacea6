package quiz

import (
	"slices"
	"strings"
)

// similar reports whether two texts say nearly the same: most of what they are
// made of is shared.
func similar(a, b string) bool { return overlap(a, b) >= 0.5 }

// tooClose reports whether a wrong choice says so much of what the right one
// says that it may pass for it.
func tooClose(wrong, right string) bool { return overlap(wrong, right) >= 0.3 }

// overlap is the share of the shorter text's words that the other has too; a
// word or two in common do not count.
func overlap(a, b string) float64 {
	x, y := grams(a), grams(b)
	if len(x) == 0 || len(y) == 0 {
		return 0
	}
	shared := 0
	for g := range x {
		if y[g] {
			shared++
		}
	}
	if least := min(len(x), len(y)); shared >= min(3, (least+1)/2) {
		return float64(shared) / float64(least)
	}
	return 0
}

// grams are the words of a text, and pairs of characters where it is Chinese.
func grams(s string) map[string]bool {
	out := map[string]bool{}
	for w := range strings.FieldsFuncSeq(strings.ToLower(s), func(r rune) bool {
		return strings.ContainsRune(" \t\n.,;:!?()`'\"/，。；：！？（）、“”", r)
	}) {
		r := []rune(w)
		if r[0] < 0x2E80 {
			if len(w) > 3 || !slices.Contains([]string{"the", "a", "an", "of", "to", "and", "in", "is", "it", "on", "for", "or", "if", "by", "its"}, w) {
				out[singular(w)] = true
			}
			continue
		}
		for i := 0; i+1 < len(r); i++ {
			out[string(r[i:i+2])] = true
		}
	}
	return out
}

// singular drops an English plural's ending, so that regions answer a question
// about a region.
func singular(w string) string {
	if len(w) > 3 && strings.HasSuffix(w, "s") && !strings.HasSuffix(w, "ss") {
		return w[:len(w)-1]
	}
	return w
}
