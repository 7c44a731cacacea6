package risk

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed rules.txt
var rulesText string

// A rule is one line of rules.txt.
type rule struct {
	level   Level
	reason  Reason
	words   [][]string // positional arguments, each with its alternatives
	options [][]string // options that must be there
	without []string   // options that must not be there
}

// rules maps a program to its rules. It is read on first use: starting the
// binary must not pay for it.
var rules = sync.OnceValue(func() map[string][]rule { return parseRules(rulesText) })

func parseRules(text string) map[string][]rule {
	table := map[string][]rule{}
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) == 0 || strings.HasPrefix(f[0], "#") {
			continue
		}
		if len(f) < 3 {
			continue // unreachable: a test reads every line
		}
		r := rule{level: Level(f[0]), reason: Reason(f[1])}
		for _, tok := range f[3:] {
			switch alts := strings.Split(strings.TrimPrefix(tok, "!"), "|"); {
			case strings.HasPrefix(tok, "!"):
				r.without = append(r.without, alts...)
			case strings.HasPrefix(tok, "-"):
				r.options = append(r.options, alts)
			default:
				r.words = append(r.words, alts)
			}
		}
		for _, program := range strings.Split(f[2], "|") {
			table[program] = append(table[program], r)
		}
	}
	return table
}

// match reports whether the arguments, without the program, fit the rule.
func (r *rule) match(args []string) bool {
	for _, alts := range r.options {
		if !hasOption(args, alts...) {
			return false
		}
	}
	if hasOption(args, r.without...) {
		return false
	}
	return matchWords(r.words, args[:min(len(args), maxArgs)], false)
}

// maxArgs bounds the arguments that are matched as words, since a pattern may
// fit in many ways.
const maxArgs = 48

// matchWords matches the pattern against the positional arguments from the
// first on; afterOption allows to take one for the value of the option before.
func matchWords(pattern [][]string, args []string, afterOption bool) bool {
	if len(pattern) == 0 {
		return true
	}
	for i, a := range args {
		if isOption(a) {
			afterOption = !strings.Contains(a, "=")
			continue
		}
		for _, alt := range pattern[0] {
			if wordIs(a, alt) && matchWords(pattern[1:], args[i+1:], false) {
				return true
			}
		}
		if !afterOption {
			return false
		}
		afterOption = false
	}
	return false
}

func wordIs(arg, want string) bool {
	if want == "*" {
		return true
	}
	if prefix, ok := strings.CutSuffix(want, "*"); ok {
		return len(arg) >= len(prefix) && strings.EqualFold(arg[:len(prefix)], prefix)
	}
	return strings.EqualFold(arg, want)
}

func isOption(arg string) bool { return len(arg) > 1 && arg[0] == '-' }

// hasOption reports whether one of the options stands among the arguments: a
// long one as it is or with a value, a one-letter one also within a cluster,
// anything else (777, -XDELETE) as it is.
func hasOption(args []string, want ...string) bool {
	for _, w := range want {
		short := len(w) == 2 && w[0] == '-' && w[1] != '-'
		for _, a := range args {
			if a == w || strings.HasPrefix(a, w+"=") {
				return true
			}
			if short && len(a) > 2 && a[0] == '-' && a[1] != '-' && len(a) <= 6 &&
				strings.IndexByte(a[1:], w[1]) >= 0 && isLetters(a[1:]) {
				return true
			}
		}
	}
	return false
}

func isLetters(s string) bool {
	for i := range len(s) {
		if c := s[i] | 0x20; (c < 'a' || c > 'z') && (s[i] < '0' || s[i] > '9') {
			return false
		}
	}
	return true
}
