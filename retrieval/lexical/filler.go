package lexical

import (
	_ "embed"
	"slices"
	"strings"
	"sync"

	"cairn/retrieval/glossary"
)

//go:embed filler.txt
var fillerText string

// fillers are the phrases of filler.txt by their first word or Han character,
// the longest first.
var fillers = sync.OnceValue(func() map[string][]string {
	out := map[string][]string{}
	for line := range strings.Lines(fillerText) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		key := firstPiece(line)
		out[key] = append(out[key], line)
	}
	for _, ps := range out {
		slices.SortStableFunc(ps, func(a, b string) int { return len(b) - len(a) })
	}
	return out
})

// firstPiece is the Latin word or the character that s begins with.
func firstPiece(s string) string {
	r, n := decode(s)
	if isHan(r) || !isFillerRune(r) {
		return s[:n]
	}
	for n < len(s) {
		r, m := decode(s[n:])
		if isHan(r) || !isFillerRune(r) {
			break
		}
		n += m
	}
	return s[:n]
}

func isFillerRune(r rune) bool { return isWordRune(r) || r == '\'' || r == '@' }

// FillerSpans returns the ranges of bytes that only say whom somebody asks, how
// urgently and since when, in order, traditional characters read as simplified
// ones.
func FillerSpans(text string) [][2]int {
	low := strings.ToLower(glossary.Simplify(text)) // keeps all offsets
	if len(low) != len(text) {
		return nil // a letter whose lower case is longer: offsets would be off
	}
	var out [][2]int
	known := fillers()
	for i := 0; i < len(low); {
		piece := firstPiece(low[i:])
		found := 0
		for _, p := range known[piece] {
			if strings.HasPrefix(low[i:], p) && endsWord(low, i+len(p)) {
				found = len(p)
				break
			}
		}
		if found == 0 {
			i += len(piece)
			continue
		}
		out = append(out, [2]int{i, i + found})
		i += found
	}
	return out
}

// endsWord reports whether no Latin word goes on across at.
func endsWord(s string, at int) bool {
	if at == len(s) || s[at-1] >= 0x80 {
		return true
	}
	r, _ := decode(s[at:])
	return !isFillerRune(r) || isHan(r)
}
