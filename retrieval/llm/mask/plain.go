package mask

import (
	"math"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"
)

// classes are the kinds of characters in a value.
type classes struct{ lower, upper, digit, symbol bool }

func classesOf(s string) classes {
	var c classes
	for i := range len(s) {
		switch b := s[i]; {
		case 'a' <= b && b <= 'z':
			c.lower = true
		case 'A' <= b && b <= 'Z':
			c.upper = true
		case '0' <= b && b <= '9':
			c.digit = true
		default:
			c.symbol = true
		}
	}
	return c
}

func (c classes) count() int {
	n := 0
	for _, b := range [...]bool{c.lower, c.upper, c.digit, c.symbol} {
		if b {
			n++
		}
	}
	return n
}

// entropy is Shannon's, in bits for each byte.
func entropy(s string) float64 {
	var n [256]int
	for i := range len(s) {
		n[s[i]]++
	}
	h := 0.0
	for _, c := range n {
		if c > 0 {
			p := float64(c) / float64(len(s))
			h -= p * math.Log2(p)
		}
	}
	return h
}

func isWord(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' || b == '_'
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }

// free reports whether a part of a text is no part of a longer word.
func free(text string, start, end int) bool {
	return (start == 0 || !isWord(text[start-1]) || !isWord(text[start])) &&
		(end == len(text) || !isWord(text[end]) || !isWord(text[end-1]))
}

var (
	// names are what documents write where a value goes.
	names = compile(`(?i)^(?:your|my|the|some|new|old|insert|enter|replace|put|use|dummy|fake|sample|example|test|demo|default|strong|secure|random|super|top|real|actual|same|db|root|admin|user|mysql|redis|api|access|auth|app|secret|pass(?:word|wd|phrase)?|pwd|token|key|credential|value|here|goes|me|it|change|changeit|changeme|placeholder|redacted|masked|hidden|removed|omitted|censored|sanitized|string|text|data|name|file|path|env|var|base64|encoded|hash|of|from|in|to|or|and|with|without|none|null|nil|true|false|yes|no|on|off|empty|required|optional|undefined|unset|unknown|invalid|expired|missing|wrong|correct|incorrect|auto|generated|internal|external|prompt|ask|stdin|basic|bearer|digest|ldap|pam|sha\d+|md5|scram|trust|plain|plaintext|cleartext|s|id|secrets|passwords|tokens|keys|credentials|ref|n|a|tbd|todo|xxx+)(?:[-_. ]?(?:your|my|the|some|new|old|insert|enter|replace|put|use|dummy|fake|sample|example|test|demo|default|strong|secure|random|super|top|real|actual|same|db|root|admin|user|mysql|redis|api|access|auth|app|secret|pass(?:word|wd|phrase)?|pwd|token|key|credential|value|here|goes|me|it|change|changeme|placeholder|redacted|masked|hidden|removed|omitted|string|text|data|name|file|path|env|var|base64|encoded|hash|of|from|in|to|or|and|with|none|null|nil|secrets|passwords|tokens|keys|credentials|ref|n|a|xxx+)){0,5}$`)
	// variable matches references of shells, templates and formats.
	variable = compile(`^(?:\$[A-Za-z_{(]|\$\d|%[A-Za-z_(]|\{\{|\{[a-zA-Z_]|<[^>]*>?|\[[A-Za-z_ -]*\]?$|@[a-z_]+@?$|&[a-z]+;|#\{|!\{|!ref\b|!vault\b|vault:|ref\+|env:|file:|\\?\(|ssm:|arn:|op://|secretkeyref|valuefrom)`)
	// code matches expressions of programming languages.
	code = compile(`^[A-Za-z_][\w.]*[(\[]|^(?:self|this|config|cfg|conf|settings|os|env|environ|process|var|vars|local|data|module|secrets|steps|args|opts|options|params|request|req|ctx|values|\.values|inputs|credentials)\.[\w.\[\]]+$`)
	// path matches files.
	path = compile(`^(?:~|\.{1,2})?/[\w./@-]*$|^[\w-]+\.(?:ya?ml|json|txt|conf|cnf|ini|env|key|pem|crt|sh|py|go|md|log|toml|properties|cfg)$`)
	// shouted matches the names of variables.
	shouted = compile(`^[A-Z0-9]*_?(?:PASS(?:WORD|WD)?|TOKEN|SECRET|KEY)(?:_[A-Z]+)*$|^[A-Z]+(?:_[A-Z]+)*_(?:PASS(?:WORD|WD)?|TOKEN|SECRET|KEY)$`)
	// label matches names of objects: words joined, maybe with a small number.
	label = compile(`^[a-z]{2,}(?:[-_./][a-z]{2,})*(?:[-_.]?v?\d{1,2})?$|^[a-z]{2,}(?:[-_./](?:[a-z]+\d{0,3}|\d{1,4}|[0-9a-f]{5,10}|[a-z0-9]{5})){1,6}$|^[A-Z]{2,}(?:_[A-Z0-9]{1,12})*$|^[A-Z]?[a-z]+(?:[A-Z][a-z]+)*$`)
)

// standIn reports whether a value only stands for one, as documents write it.
func standIn(v string) bool {
	low := strings.ToLower(v)
	switch {
	case v == "", variable().MatchString(low), names().MatchString(v), code().MatchString(v):
		return true
	case strings.ContainsAny(v, "<>") && strings.Contains(v, "<") && strings.Contains(v, ">"):
		return true // <password> somewhere in it
	case strings.HasPrefix(low, "your") || strings.HasPrefix(low, "example") || strings.HasPrefix(low, "changeme"):
		return true
	case strings.Contains(v, "](") || strings.HasPrefix(v, "S-1-") || shouted().MatchString(v):
		return true // a link, a Windows account, PASSWORD_HERE
	case strings.Contains(v, "...") || strings.Contains(v, "…"):
		return true
	}
	rest := strings.Trim(v, "*xX.•●-_=#?")
	return rest == ""
}

// templated is standIn for places where only a value can stand: words such as
// root are passwords there.
func templated(v string) bool {
	if !standIn(v) {
		return false
	}
	low := strings.ToLower(v)
	return !names().MatchString(v) || containsAny(low, []string{"pass", "pwd", "secret", "token", "key", "your", "change", "xxx", "redacted", "masked", "hidden", "prompt", "value", "none", "null"})
}

// isPath reports a file's name. A path with the variety of a random string is
// none.
func isPath(v string) bool {
	if !path().MatchString(v) {
		return false
	}
	c := classesOf(strings.NewReplacer("/", "", ".", "", "-", "", "_", "").Replace(v))
	return !(c.upper && c.lower && c.digit)
}

// random reports whether a value was made by chance rather than named.
func randomised(v string) bool {
	if len(v) < 8 || label().MatchString(v) || isPath(v) || version().MatchString(v) {
		return false
	}
	c := classesOf(v)
	switch {
	case !c.lower && !c.upper:
		return false // a number, a time, a duration
	case c.digit:
		return entropy(v) >= 2
	default:
		return c.lower && c.upper && len(v) >= 16 && entropy(v) >= 3.3
	}
}

var version = compile(`(?i)^v?\d+(?:\.\d+)+(?:[-+.][a-z0-9.]+)?$|^\d+(?:ms|s|m|h|d|kb|mb|gb|ki|mi|gi|k|b)$|^sha(?:1|256|384|512)[:-]`)

// isHex reports lower- or upper-case hexadecimal digits, as in commits.
func isHex(s string) bool {
	for i := range len(s) {
		b := s[i] | 0x20
		if !isDigit(s[i]) && (b < 'a' || b > 'f') {
			return false
		}
	}
	return true
}

// wide reports a character that no password of ours holds unquoted: Chinese,
// Japanese, Korean, and their punctuation.
func wide(r rune) bool { return r >= 0x2e80 || r == '“' || r == '”' || r == '‘' || r == '’' }

// untilWide cuts a text before its first wide character.
func untilWide(s string) string {
	if i := strings.IndexFunc(s, wide); i >= 0 {
		return s[:i]
	}
	return s
}

func runeBefore(s string, at int) rune {
	r, _ := utf8.DecodeLastRuneInString(s[:at])
	return r
}

// compile makes a pattern when it is first needed: most runs of the program
// mask nothing.
func compile(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}
