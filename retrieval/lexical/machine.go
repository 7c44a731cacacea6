package lexical

import (
	"cmp"
	"slices"
	"strings"
)

// MachineSpans returns the ranges of bytes of a text that a program made up
// around what it has to say, and that tell nothing of the matter: times,
// places in code, addresses, sizes, numbers of processes, names of one machine
// or one thing of many, secrets. They are in order and apart. It takes time in
// proportion to the text.
func MachineSpans(text string) [][2]int {
	if !strings.ContainsAny(text, "0123456789=[@/\"") && !strings.Contains(text, "\n") {
		return nil
	}
	m := &machine{text: text, fields: fieldsOf(text)}
	m.lines()
	m.brackets()
	for i := range m.fields {
		m.field(i)
	}
	return joined(m.out)
}

// machine looks for what machines made in one text.
type machine struct {
	text   string
	fields [][2]int
	out    [][2]int
}

func (m *machine) mark(from, to int) {
	if from < to {
		m.out = append(m.out, [2]int{from, to})
	}
}

// at returns a field, "" beyond either end.
func (m *machine) at(i int) string {
	if i < 0 || i >= len(m.fields) {
		return ""
	}
	return m.text[m.fields[i][0]:m.fields[i][1]]
}

// fieldsOf cuts a text at blanks, brackets, quotes, commas and whatever is not
// ASCII; punctuation that ends a sentence ends a field.
func fieldsOf(text string) [][2]int {
	var out [][2]int
	start := -1
	end := func(at int) {
		for start >= 0 && at > start && strings.IndexByte(".:!?", text[at-1]) >= 0 {
			at--
		}
		if start >= 0 && at > start {
			out = append(out, [2]int{start, at})
		}
		start = -1
	}
	for i := range len(text) {
		switch c := text[i]; {
		case c <= ' ' || c >= 0x80 || strings.IndexByte("\"'`(){}[]<>,;|", c) >= 0:
			end(i)
		case start < 0:
			start = i
		}
	}
	end(len(text))
	return out
}

// lines marks frames of stacks.
func (m *machine) lines() {
	at := 0
	for line := range strings.Lines(m.text) {
		s := strings.TrimLeft(line, " \t")
		java := strings.HasPrefix(s, "at ") && strings.Contains(s, "(") && strings.Contains(s, ".")
		python := strings.HasPrefix(s, `File "`) && strings.Contains(s, ", line ")
		if len(s) < len(line) && (java || python) {
			m.mark(at, at+len(strings.TrimRight(line, "\r\n")))
		}
		at += len(line)
	}
}

// maxBracket is how long what stands in brackets may be that a machine made.
const maxBracket = 80

// brackets marks processes and threads, and the keys of logs in JSON.
func (m *machine) brackets() {
	for i := 0; i < len(m.text); i++ {
		rest := m.text[i:]
		switch rest[0] {
		case '[':
			n := strings.IndexByte(rest[:min(len(rest), maxBracket)], ']')
			if n < 0 {
				continue
			}
			inner := strings.TrimSpace(rest[1:n])
			if hasDigit(inner) && strings.Trim(inner, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_./$@:-") == "" && !strings.ContainsAny(inner, " \t") {
				m.mark(i, i+n+1)
				i += n
			}
		case '"':
			n := strings.IndexByte(rest[1:min(len(rest), maxBracket)], '"')
			if n < 0 {
				continue
			}
			after := strings.TrimLeft(rest[n+2:], " ")
			if logKeys[strings.ToLower(rest[1:n+1])] && strings.HasPrefix(after, ":") {
				m.mark(i, i+n+2)
				i += n + 1
			}
		}
	}
}

// field marks a field, or a part of it, by its form and by what stands beside
// it.
func (m *machine) field(i int) {
	from, to := m.fields[i][0], m.fields[i][1]
	f := m.at(i)
	if k := strings.IndexByte(f, '='); k >= 0 {
		m.pair(from, f[:k], f[k+1:])
		return
	}
	digit := hasDigit(f)
	prev := strings.ToLower(m.at(i - 1))
	switch {
	case digit && (isClock(f) || isDate(f) || isQuantity(f) || isAddress(f) || isHash(f) || isPlace(f) || isSerial(f)):
		m.mark(from, to)
	case digit && isQuantity(f[strings.LastIndexByte(f, ':')+1:]):
		m.mark(from+strings.LastIndexByte(f, ':')+1, to)
	case digit && ipv4(f) > 0:
		m.mark(from, from+ipv4(f)) // the port after it may tell
	case isMonth(f) && isShortNumber(m.at(i+1)):
		m.mark(from, m.fields[i+1][1])
		if isClock(m.at(i+2)) && i+3 < len(m.fields) && hasDigit(m.at(i+3)) {
			m.mark(m.fields[i+3][0], m.fields[i+3][1]) // the host of a line of syslog
		}
	case strings.IndexByte(f, '@') > 0, isLogger(f), isSite(f), isSecret(f), digit && secretWords[prev]:
		m.mark(from, to)
	case digit && from > 1 && strings.HasSuffix(m.text[:from], "月") && i > 0:
		m.mark(m.fields[i-1][0], to)
	case digit && strings.HasPrefix(m.text[to:], "月"):
		m.mark(from, to+len("月"))
	case m.enclosed(i) && isNumber(m.at(i-1)):
		m.mark(from, to) // 28817 (gunicorn)
	case (digit || strings.ContainsAny(f, "-/")) && f[0] != '/' && f[0] != '-' && isName(f):
		beside := kinds[prev] || kinds[strings.ToLower(m.at(i+1))] && m.adjacent(i)
		named := digit || strings.Contains(f, "-") && strings.Contains(f, "/") // not-ready node, i/o target
		if beside && named || isShare(f) || m.afterHanKind(from) {
			m.mark(from, to)
		}
	}
}

// pair marks the value of a label that names one thing of many, and keys that
// all logs have.
func (m *machine) pair(from int, key, value string) {
	at := from + len(key) + 1
	k := strings.ToLower(strings.TrimLeft(key, "-"))
	switch {
	case k == "msg" || k == "message":
		m.mark(from, at)
	case labels[k], secretWords[k]:
		if value == "" { // in quotes, which end a field
			if rest := m.text[min(at, len(m.text)):]; strings.HasPrefix(rest, `"`) {
				if n := strings.IndexByte(rest[1:], '"'); n >= 0 {
					m.mark(at, at+n+2)
				}
			}
			return
		}
		m.mark(at, at+len(value))
	case logKeys[k]:
		m.mark(from, at+len(value))
	case isQuantity(value) || isClock(value) || isNumber(value) && len(value) > 4:
		m.mark(at, at+len(value))
	case ipv4(value) > 0:
		m.mark(at, at+ipv4(value))
	}
}

// enclosed reports whether a field stands alone in parentheses.
func (m *machine) enclosed(i int) bool {
	from, to := m.fields[i][0], m.fields[i][1]
	return from > 0 && m.text[from-1] == '(' && to < len(m.text) && m.text[to] == ')'
}

// adjacent reports whether nothing but a blank stands between a field and the
// next one.
func (m *machine) adjacent(i int) bool {
	return i+1 < len(m.fields) && m.text[m.fields[i][1]:m.fields[i+1][0]] == " "
}

// afterHanKind reports whether a Chinese word for a kind of thing stands right
// before.
func (m *machine) afterHanKind(from int) bool {
	before := strings.TrimRight(m.text[max(0, from-24):from], " :：")
	return slices.ContainsFunc(hanKinds, func(k string) bool { return strings.HasSuffix(before, k) })
}

// joined sorts ranges and joins those that touch.
func joined(spans [][2]int) [][2]int {
	slices.SortFunc(spans, func(a, b [2]int) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	out := spans[:0]
	for _, s := range spans {
		if n := len(out); n > 0 && s[0] <= out[n-1][1] {
			out[n-1][1] = max(out[n-1][1], s[1])
			continue
		}
		out = append(out, s)
	}
	if len(out) == 0 {
		return nil
	}
	return out
}
