package mask

import (
	"encoding/base64"
	"regexp"
	"strings"
)

const (
	// maxKey bounds how far the end of a private key is looked for.
	maxKey = 16 << 10
	// minKey is how many characters of key material make one.
	minKey = 16
)

var (
	keyBegin = compile(`(?i)-{4,5} ?BEGIN[ A-Z0-9]{0,40}PRIVATE KEY(?: BLOCK)? ?-{0,5}`)
	keyEnd   = compile(`(?i)-{0,5} ?END[ A-Z0-9]{0,40}PRIVATE KEY(?: BLOCK)? ?-{0,5}`)
	anyBegin = compile(`-----BEGIN `)
	// encodedBegin is "-----BEGIN " in base64.
	encodedBegin = compile(`LS0tLS1CRUdJTi[A-Za-z0-9+/=_-]{20,}`)
	puttyKey     = compile(`(?i)private-lines: ?\d+\r?\n`)
	ageKey       = compile(`(?i)AGE-SECRET-KEY-1[0-9A-Z]{8,}`)
)

// privateKeys finds keys in PEM armour: whole, on one line with \n in it,
// without a beginning or an end, and once more in base64; and those of PuTTY
// and age.
func (t *scan) privateKeys() {
	if t.has("private") {
		until := 0
		for _, at := range keyBegin().FindAllStringIndex(t.text, -1) {
			if at[0] < until {
				continue
			}
			until = t.keyFrom(at[0], at[1])
		}
		for _, at := range keyEnd().FindAllStringIndex(t.text, -1) {
			if at[0] >= until {
				t.keyUpTo(at[0])
			}
		}
		for _, at := range puttyKey().FindAllStringIndex(t.text, -1) {
			if end := material(t.text, at[1]); end > at[1] {
				t.add(at[1], end, Key)
			}
		}
	}
	if t.has("ls0tls1crudjti") {
		for _, at := range encodedBegin().FindAllStringIndex(t.text, -1) {
			head := t.text[at[0]:min(at[1], at[0]+64)]
			raw, _ := base64.StdEncoding.DecodeString(head[:len(head)/4*4])
			if strings.Contains(string(raw), "PRIVATE KEY") {
				t.add(at[0], at[1], Key)
			}
		}
	}
	if t.has("age-secret-key-1") {
		t.match(ageKey(), Key)
	}
}

// keyFrom hides a key that begins with the armour at [start, body) and returns
// where it ends.
func (t *scan) keyFrom(start, body int) int {
	window := t.text[body:min(len(t.text), body+maxKey)]
	if next := anyBegin().FindStringIndex(window); next != nil {
		window = window[:next[0]]
	}
	if end := keyEnd().FindStringIndex(window); end != nil {
		if keyLike(window[:end[0]]) {
			t.add(start, body+end[1], Key)
		}
		return body + end[1]
	}
	end := material(t.text, body)
	if end > body && keyLike(t.text[body:end]) {
		t.add(start, end, Key)
	}
	return end
}

// keyUpTo hides key material before an end that has no beginning.
func (t *scan) keyUpTo(end int) {
	start := end
	for start > 0 && end-start < maxKey {
		line := strings.LastIndexByte(t.text[:start-1], '\n') + 1
		if l := strings.Trim(strings.TrimSpace(t.text[line:start]), `"'\`); l != "" && (!isBase64(l) || len(l) < minKey && start != end) {
			break
		}
		start = line
	}
	if keyLike(t.text[start:end]) {
		t.add(start, end, Key)
	}
}

// keyLike reports that a text holds enough to be a key, not only dots or a
// hint.
func keyLike(s string) bool {
	n := 0
	for word := range strings.FieldsFuncSeq(strings.ReplaceAll(s, `\n`, " "), func(r rune) bool { return r <= ' ' || r == '"' || r == '\'' || r == '\\' }) {
		if word = strings.Trim(word, ","); isBase64(word) && len(word) >= minKey {
			n += len(word)
		}
	}
	return n >= minKey
}

// material returns where the key material that begins at a place ends: words
// of base64, a short one only behind a long one, and header lines of PEM.
func material(text string, at int) int {
	end, long := at, false
	for i := at; i < len(text) && i-at < maxKey; {
		switch rest := text[i:]; {
		case text[i] <= ' ' || text[i] == '"' || text[i] == '\'' || text[i] == '\\' || text[i] == '|' || text[i] == '>':
			i++
		case strings.HasPrefix(rest, `n`) && i > at && text[i-1] == '\\', strings.HasPrefix(rest, `r`) && i > at && text[i-1] == '\\':
			i++
		default:
			n := 0
			for n < len(rest) && (isBase64Byte(rest[n])) {
				n++
			}
			word := rest[:n]
			c := classesOf(word)
			switch {
			case strings.HasPrefix(rest, "Proc-Type:") || strings.HasPrefix(rest, "DEK-Info:") || strings.HasPrefix(rest, "Version:") || strings.HasPrefix(rest, "Comment:"):
				if n = strings.IndexByte(rest, '\n'); n < 0 {
					n = len(rest)
				}
			case n >= minKey && c.count() >= 2:
				long = true
				end = i + n
			case n > 0 && long && (c.digit || c.upper && c.lower) && (n == len(rest) || rest[n] < ' ' || rest[n] == '"' || rest[n] == '\\') && !strings.Contains(text[end:i], "\n\n"):
				end = i + n
				return end // the last line is shorter
			default:
				return end
			}
			i += n
		}
	}
	return end
}

func isBase64Byte(b byte) bool { return isWord(b) && b != '_' || b == '+' || b == '/' || b == '=' }

func isBase64(s string) bool {
	for i := range len(s) {
		if !isBase64Byte(s[i]) {
			return false
		}
	}
	return s != ""
}

// match hides what the pattern matches, or its first group where it has one.
func (t *scan) match(re *regexp.Regexp, kind Kind) {
	for _, at := range re.FindAllStringSubmatchIndex(t.text, -1) {
		if len(at) > 2 && at[2] >= 0 {
			t.add(at[2], at[3], kind)
		} else {
			t.add(at[0], at[1], kind)
		}
	}
}
