package ground

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed data/irregular.txt
var irregularData string

var irregular = sync.OnceValue(func() map[string]string {
	m := make(map[string]string, 512)
	for line := range strings.Lines(irregularData) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for _, pair := range strings.Fields(line) {
			form, base, _ := strings.Cut(pair, "=")
			m[form] = base
		}
	}
	return m
})

// stem folds the endings of a lower-case English word, so that the forms of a
// word are alike; what comes out need not be a word.
func stem(w string) string {
	if base, ok := irregular()[w]; ok {
		return cutE(base)
	}
	n := len(w)
	if n < 4 {
		return w
	}
	switch {
	case strings.HasSuffix(w, "ies"), strings.HasSuffix(w, "ied"):
		return w[:n-3] + "y"
	case strings.HasSuffix(w, "sses"), strings.HasSuffix(w, "shes"), strings.HasSuffix(w, "ches"), strings.HasSuffix(w, "xes"):
		w = w[:n-2]
	case strings.HasSuffix(w, "ss"), strings.HasSuffix(w, "us"), strings.HasSuffix(w, "is"):
	case w[n-1] == 's':
		w = w[:n-1]
		if base, ok := irregular()[w]; ok {
			return cutE(base)
		}
	}
	n = len(w)
	switch {
	case n > 5 && strings.HasSuffix(w, "ing") && vowelIn(w[:n-3]):
		w = undouble(w[:n-3])
	case n > 4 && strings.HasSuffix(w, "ed") && vowelIn(w[:n-2]):
		w = undouble(w[:n-2])
	case n > 5 && strings.HasSuffix(w, "ally"):
		w = w[:n-4]
	case n > 5 && strings.HasSuffix(w, "ily"):
		w = w[:n-3] + "y"
	case n > 4 && strings.HasSuffix(w, "ly"):
		w = w[:n-2]
	}
	w = cutE(w)
	if n = len(w); n > 4 && strings.HasSuffix(w, "is") && !strings.HasSuffix(w, "sis") {
		w = w[:n-2] + "iz" // synchronise, synchronize
	}
	return w
}

func cutE(w string) string {
	if n := len(w); n > 3 && w[n-1] == 'e' && w != "note" {
		return w[:n-1]
	}
	return w
}

func undouble(w string) string {
	n := len(w)
	if n > 3 && w[n-1] == w[n-2] && !strings.ContainsRune("lsz", rune(w[n-1])) {
		return w[:n-1]
	}
	return w
}

func vowelIn(w string) bool { return strings.ContainsAny(w, "aeiouy") }
