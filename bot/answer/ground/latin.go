package ground

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

func (s *scanner) latin(i int) int {
	// The whole run up to white space, Han or a closing sign.
	end := i
	for end < len(s.text) {
		r, n := utf8.DecodeRuneInString(s.text[end:])
		if !(isLatin(r) || isDigit(r) || strings.ContainsRune("_-./:=@+$%<>{}*~'#&", r) || r > 0x7f && !isHan(r) && unicode.IsLetter(r)) {
			break
		}
		end += n
	}
	for k := i + 1; k+1 < end; k++ { // parts>300
		if c := s.text[k]; (c == '>' || c == '<') && (isDigit(rune(s.text[k+1])) || s.text[k+1] == '=') && s.text[k-1] != '-' && s.text[k-1] != '=' {
			end = k
		}
	}
	if c := s.text[i]; (c == '~' || c == '-' && i > 0 && isDigit(rune(s.text[i-1]))) && isDigit(rune(s.text[i+1])) {
		return 1 // ~10, 03:00-05:00
	}
	run := strings.TrimRight(s.text[i:end], "-./:='&")
	if run == "" {
		return max(1, end-i)
	}
	lower := s.lower[i : i+len(run)]
	if v, n := digits(s.lower[i:]); n > len(run) {
		return s.number(i, v, n) // 1,840,221
	}
	if v, n := digits(lower); n > 0 {
		if n == len(lower) || len(lower) > n && (lower[n] == '%' || lower[n] == '~' || lower[n] == '-' && isDigit(rune(lower[min(n+1, len(lower)-1)]))) && strings.Count(lower, "-") < 2 {
			return s.number(i, v, n)
		}
		if name, k := unitAt(lower[n:]); k > 0 && n+k == len(lower) && name != "" {
			return s.number(i, v, n)
		}
		if k := s.number(i, v, n); k > n && lower[min(n, len(lower)-1)] == ':' {
			return k
		}
		s.toks = s.toks[:len(s.toks)-1]
	}
	if plainWord(run) && !s.letter(run) {
		return s.words(i, run)
	}
	for _, sep := range []string{"'", "/"} { // CPU's, read/write
		if a, _, ok := strings.Cut(run, sep); ok && len(a) > 0 && i+len(a) > i && plainOrCaps(a) && strings.Trim(run, "/") == run && !strings.Contains(run, ".") {
			if sep == "'" || strings.Count(run, "/") == 1 {
				n := s.one(i, a)
				if strings.HasPrefix(s.lower[i+len(a):], "'s") {
					n += 2
				}
				return n
			}
		}
	}
	return s.one(i, run)
}

// letter reports whether a run is the name A, not the article.
func (s *scanner) letter(run string) bool {
	return len(run) == 1 && run[0] <= 'Z' && (s.chinese || run == "A" && !s.sentence)
}

// one adds a run as a literal or a word.
func (s *scanner) one(i int, run string) int {
	if plainWord(run) && !s.letter(run) {
		return s.words(i, run)
	}
	lower := s.lower[i : i+len(run)]
	s.add(token{kind: kindLiteral, text: lower, start: i, end: i + len(run), weight: 1.5, proper: true, form: s.lex.latin[stem(lower)]})
	if s.evidence { // the parts of an identifier support words
		s.figures(i, i+len(run))
		for _, w := range latinWords(strings.ReplaceAll(lower, "_", " ")) {
			if len(w) > 2 {
				s.add(token{kind: kindWord, text: w, form: s.lex.latin[w], start: i, end: i + len(run), weight: 0})
			}
		}
	}
	return len(run)
}

func plainOrCaps(w string) bool {
	return !strings.ContainsFunc(w, func(r rune) bool { return !isLatin(r) })
}

// plainWord reports whether a run is ordinary prose: letters with hyphens, at
// most a capital in front.
func plainWord(w string) bool {
	for i, r := range w {
		switch {
		case r >= 'a' && r <= 'z', r == '-' && i > 0:
		case r >= 'A' && r <= 'Z' && (i == 0 || w[i-1] == '-'):
			if len(w) > 1 && i == 0 && w[1] == '-' || len(w) == 1 && w != "A" && w != "I" {
				return false
			}
		case r == '\'' && i > 0:
		default:
			return false
		}
	}
	return true
}

// words adds the words of a plain run, joining the phrases that the lexicon
// knows with the words that follow.
func (s *scanner) words(i int, run string) int {
	n := 0
	for n < len(run) && run[n] != '-' {
		n++
	}
	word := strings.TrimSuffix(strings.TrimSuffix(s.lower[i:i+n], "'s"), "'")
	t := token{kind: kindWord, text: stem(word), start: i, end: i + n, weight: 1}
	t.proper = run[0] >= 'A' && run[0] <= 'Z' && !s.sentence || s.chinese
	if v, ok := smallNumbers[word]; ok {
		rest := s.lower[i+n:]
		skip := strings.TrimLeft(rest, "- ")
		gap := len(rest) - len(skip)
		for _, filler := range []string{"a ", "an ", "of a ", "of an "} {
			if after, ok := strings.CutPrefix(skip, filler); ok && v < 1 {
				gap += len(filler)
				skip = after
				break
			}
		}
		name, k := unitAt(skip)
		if m := units[name]; k > 0 && len(m) == 1 && m[0].dim == dimNone {
			v *= m[0].size
			n, k = n+gap+k, 0
			name, k = unitAt(s.lower[i+n:])
			gap = 0
		}
		if word != "third" && word != "second" || k > 0 || word == "third" && strings.HasPrefix(rest, " of ") {
			if k > 0 {
				n += gap + k
			}
			t := token{kind: kindNumber, text: s.lower[i : i+n], start: i, end: i + n, weight: 1, read: readings(v, name)}
			if k > 0 {
				t.weight = 1.5
			}
			if word == "one" && k == 0 {
				t.weight = 0
			}
			s.add(t)
			return max(n, 1)
		}
	}
	if name := rhythms[word]; name != "" {
		s.add(token{kind: kindNumber, text: word, start: i, end: i + n, weight: 1.5, read: readings(1, name)})
		return n
	}
	if (word == "a" || word == "an" || word == "each" || word == "per" || word == "every") && n < len(s.text)-i {
		if name, k := unitAt(s.lower[i+n:]); k > 0 && len(name) > 1 && len(units[name]) == 1 && units[name][0].dim == dimTime {
			s.add(token{kind: kindNumber, text: s.lower[i : i+n+k], start: i, end: i + n + k, weight: 1.5, read: readings(1, name)})
			return n + k
		}
	}
	if name := strings.TrimSuffix(word, "s"); name != word && len(name) > 2 && len(units[name]) == 1 && units[name][0].dim == dimTime {
		s.add(token{kind: kindNumber, text: word, start: i, end: i + n, weight: 1.5, read: readings(several, name)})
		return n
	}
	// The longest phrase.
	end, key := i+n, t.text
	at := i + n
	for range maxPhrase - 1 {
		rest := s.lower[at:]
		trim := strings.TrimLeft(rest, " -")
		if gap := len(rest) - len(trim); gap == 0 || gap > 1 {
			break
		}
		k := 0
		for k < len(trim) && (trim[k] >= 'a' && trim[k] <= 'z' || trim[k] == '\'') {
			k++
		}
		if k == 0 {
			break
		}
		key += " " + stem(strings.TrimSuffix(trim[:k], "'s"))
		at = at + 1 + k
		if f := s.lex.latin[key]; f != nil {
			t.text, t.form, end = key, f, at
			t.proper = false
		}
	}
	if t.form == nil {
		t.form = s.lex.latin[t.text]
	}
	t.end = end
	if strings.HasSuffix(word, "n't") {
		t.form = s.lex.latin["not"]
	}
	t.weight = weigh(t.weight, t.form)
	if t.weight == 0 {
		t.proper = false
	}
	if t.form == nil && len(t.text) < 2 {
		t.weight = 0
	}
	s.add(t)
	if s.evidence && strings.Contains(t.text, " ") { // its words support words
		for _, w := range s.lex.wordTokens(t.text) {
			if w.weight > 0 {
				s.add(token{kind: kindWord, text: w.text, form: w.form, start: i, end: end})
			}
		}
	}
	return max(end-i, 1)
}
