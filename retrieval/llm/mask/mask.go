package mask

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Version changes with what is masked, so that vectors of texts masked by
// other rules can be told apart.
const Version = 1

// A Kind is what a placeholder stands for. The set is closed: it is a metric
// label and stands in the audit log.
type Kind string

// The kinds, as they stand in placeholders.
const (
	Key      Kind = "KEY"      // private keys
	Token    Kind = "TOKEN"    // tokens and API keys
	Password Kind = "PASSWORD" // passwords
	Webhook  Kind = "WEBHOOK"  // the secret part of a webhook's address
	Secret   Kind = "SECRET"   // long random strings
	Email    Kind = "EMAIL"
	Phone    Kind = "PHONE"
	IDCard   Kind = "IDCARD"
	Card     Kind = "CARD"    // bank cards
	Account  Kind = "ACCOUNT" // ids of cloud accounts and resources
	Address  Kind = "ADDRESS" // public network addresses
	Person   Kind = "PERSON"  // people who are mentioned
	// Text is what only looked like a placeholder.
	Text Kind = "TEXT"
)

// Kinds lists all kinds. Where two findings overlap, the earlier kind names
// both.
func Kinds() []Kind {
	return []Kind{Text, Key, Webhook, Token, Password, Secret, Email, IDCard, Card, Phone, Account, Address, Person}
}

// A finding is a part of a text that is to be hidden.
type finding struct {
	start, end int
	kind       Kind
}

const (
	prefix   = "MASKED"
	nonceLen = 8
	// letters are those of nonces: in one case, so that a model that changes
	// the case of a placeholder loses nothing.
	letters = "abcdefghijkmnpqrstuvwxyz23456789"
)

// lookalike matches what could be taken for a placeholder, of any Masker or of
// Redact. Models escape underscores and change case.
var lookalike = compile(`(?i)MASKED(?:\\?_)[A-Z]{2,10}(?:(?:\\?_)[0-9]{1,6}(?:\\?_)[a-z0-9]{8})?`)

// A Masker hides and restores within one call. Make one with [New].
type Masker struct {
	nonce string
	ours  *regexp.Regexp

	mu     sync.Mutex
	values []string       // by number, from 1
	kinds  []Kind         // of the values
	number map[string]int // of a value
	known  []string       // secrets to look for without their context
}

// New returns a Masker for one call.
func New() *Masker {
	var raw [nonceLen]byte
	rand.Read(raw[:]) // never fails
	for i, b := range raw {
		raw[i] = letters[int(b)%len(letters)] // 32 letters: no bias
	}
	return newMasker(string(raw[:]))
}

func newMasker(nonce string) *Masker {
	return &Masker{
		nonce:  nonce,
		ours:   regexp.MustCompile(`(?i)MASKED\\?_([A-Z]{2,10})\\?_([0-9]{1,6})\\?_` + nonce),
		number: map[string]int{},
	}
}

// maxValues bounds the numbers of one call; what is found beyond it is hidden
// and not put back.
const maxValues = 999_999

// Mask returns the text with placeholders for what it hides.
func (m *Masker) Mask(text string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	found := find(text)
	found = append(found, m.repeatedLocked(text)...)
	for _, at := range indexAll(lower(text), m.nonce) {
		found = append(found, finding{at, at + len(m.nonce), Text})
	}
	return replace(text, merge(found), func(value string, kind Kind) string {
		n, ok := m.number[value]
		if !ok {
			if len(m.values) >= maxValues {
				return prefix + "_" + string(kind) // hidden for good
			}
			m.values, m.kinds = append(m.values, value), append(m.kinds, kind)
			n = len(m.values)
			m.number[value] = n
			if recognisable(value, kind) {
				m.known = append(m.known, value)
			}
		}
		return fmt.Sprintf("%s_%s_%d_%s", prefix, m.kinds[n-1], n, m.nonce)
	})
}

// MaskWritten is [Masker.Mask] for a text that a model has written from masked
// ones: placeholders of this Masker stay as they are.
func (m *Masker) MaskWritten(text string) string {
	var b strings.Builder
	from := 0
	for _, at := range m.placeholders(text) {
		b.WriteString(m.Mask(text[from:at[0]]))
		b.WriteString(text[at[0]:at[1]])
		from = at[1]
	}
	b.WriteString(m.Mask(text[from:]))
	return b.String()
}

// placeholders returns where placeholders stand that this Masker has made.
func (m *Masker) placeholders(text string) [][]int {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out [][]int
	for _, at := range m.ours.FindAllStringSubmatchIndex(text, -1) {
		if _, ok := m.valueLocked(text, at); ok {
			out = append(out, at[:2])
		}
	}
	return out
}

// Restore puts the values back in place of this Masker's placeholders, also
// of those whose case changed or whose underscores were escaped. All else
// stays as it is.
func (m *Masker) Restore(text string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var b strings.Builder
	from := 0
	for _, at := range m.ours.FindAllStringSubmatchIndex(text, -1) {
		n, ok := m.valueLocked(text, at)
		if !ok {
			continue
		}
		b.WriteString(text[from:at[0]])
		b.WriteString(m.values[n])
		from = at[1]
	}
	if from == 0 {
		return text
	}
	b.WriteString(text[from:])
	return b.String()
}

// Values returns what [Masker.Restore] would put into the text, each once.
func (m *Masker) Values(text string) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []string
	for _, at := range m.ours.FindAllStringSubmatchIndex(text, -1) {
		if n, ok := m.valueLocked(text, at); ok && !slices.Contains(out, m.values[n]) {
			out = append(out, m.values[n])
		}
	}
	return out
}

// valueLocked resolves a match of m.ours: only a placeholder that was made,
// with the kind it was made with.
func (m *Masker) valueLocked(text string, at []int) (int, bool) {
	n, err := strconv.Atoi(text[at[4]:at[5]])
	if err != nil || n < 1 || n > len(m.values) || text[at[4]] == '0' || !strings.EqualFold(text[at[2]:at[3]], string(m.kinds[n-1])) {
		return 0, false
	}
	return n - 1, true
}

// maxKnown bounds the secrets that are looked for without their context.
const maxKnown = 64

// repeatedLocked finds secrets of this call that stand again where nothing
// says what they are.
func (m *Masker) repeatedLocked(text string) []finding {
	var out []finding
	for _, v := range m.known[:min(len(m.known), maxKnown)] {
		out = append(out, repeats(text, v, m.kinds[m.number[v]-1])...)
	}
	return out
}

// repeats finds a value that stands free in the text.
func repeats(text, value string, kind Kind) []finding {
	var out []finding
	for from := 0; ; {
		i := strings.Index(text[from:], value)
		if i < 0 {
			return out
		}
		i += from
		from = i + len(value)
		if free(text, i, from) {
			out = append(out, finding{i, from, kind})
		}
	}
}

// recognisable reports whether a value is a secret wherever it stands.
func recognisable(value string, kind Kind) bool {
	switch kind {
	case Password, Token, Secret, Webhook:
		c := classesOf(value)
		return len(value) >= 6 && c.count() >= 2 || len(value) >= 12 && c.digit
	}
	return false
}

// Redact returns the text with what is secret or personal replaced for good,
// equal texts by equal ones.
func Redact(text string) string {
	found := find(text)
	for _, f := range slices.Clone(found) {
		if v := text[f.start:f.end]; recognisable(v, f.kind) && len(found) < maxKnown {
			found = append(found, repeats(text, v, f.kind)...)
		}
	}
	return replace(text, merge(found), func(_ string, kind Kind) string { return prefix + "_" + string(kind) })
}

// Count counts the placeholders in a masked text by kind; each number once.
func Count(text string) map[Kind]int {
	out := map[Kind]int{}
	seen := map[string]bool{}
	for _, p := range lookalike().FindAllString(text, -1) {
		parts := strings.Split(strings.ToUpper(strings.ReplaceAll(p, `\`, "")), "_")
		kind := Kind(parts[1])
		if len(parts) > 2 {
			if seen[parts[2]] {
				continue
			}
			seen[parts[2]] = true
		}
		if slices.Contains(Kinds(), kind) {
			out[kind]++
		}
	}
	return out
}

// merge joins findings that overlap and sorts them.
func merge(found []finding) []finding {
	slices.SortFunc(found, func(a, b finding) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(b.end, a.end), cmp.Compare(rank(a.kind), rank(b.kind)))
	})
	var out []finding
	for _, f := range found {
		if f.start >= f.end {
			continue
		}
		if n := len(out); n > 0 && f.start < out[n-1].end {
			last := &out[n-1]
			last.end = max(last.end, f.end)
			if rank(f.kind) < rank(last.kind) {
				last.kind = f.kind
			}
			continue
		}
		out = append(out, f)
	}
	return out
}

func rank(k Kind) int { return slices.Index(Kinds(), k) }

func replace(text string, found []finding, by func(value string, kind Kind) string) string {
	if len(found) == 0 {
		return text
	}
	var b strings.Builder
	b.Grow(len(text))
	from := 0
	for _, f := range found {
		b.WriteString(text[from:f.start])
		b.WriteString(by(text[f.start:f.end], f.kind))
		from = f.end
	}
	b.WriteString(text[from:])
	return b.String()
}

// indexAll finds every place of a word.
func indexAll(text, word string) []int {
	var out []int
	for from := 0; ; {
		i := strings.Index(text[from:], word)
		if i < 0 {
			return out
		}
		out = append(out, from+i)
		from += i + len(word)
	}
}

// find returns what a text holds that is to be hidden, unsorted and possibly
// overlapping.
func find(text string) []finding {
	t := &scan{text: text, lower: lower(text)}
	if t.has("masked") {
		t.match(lookalike(), Text)
	}
	t.privateKeys()
	t.tokens()
	t.named()
	t.commands()
	t.addresses()
	t.random()
	t.emails()
	t.numbers()
	t.accounts()
	t.network()
	t.people()
	return t.found
}

// A scan is one text being looked through.
type scan struct {
	text string
	// lower is the text with its ASCII letters in lower case, byte for byte.
	lower string
	found []finding
}

func (t *scan) add(start, end int, kind Kind) {
	if start < end {
		t.found = append(t.found, finding{start, end, kind})
	}
}

// has reports whether the text holds one of the lower-case words.
func (t *scan) has(words ...string) bool {
	for _, w := range words {
		if strings.Contains(t.lower, w) {
			return true
		}
	}
	return false
}

// before returns at most n bytes of the line before a place, in lower case.
func (t *scan) before(at, n int) string {
	s := t.lower[max(0, at-n):at]
	if i := strings.LastIndexByte(s, '\n'); i >= 0 {
		s = s[i+1:]
	}
	return s
}

// after returns at most n bytes of the line from a place on, in lower case.
func (t *scan) after(at, n int) string {
	s := t.lower[at:min(len(t.lower), at+n)]
	if i := strings.IndexByte(s, '\n'); i >= 0 {
		s = s[:i]
	}
	return s
}

// lower lowers ASCII letters only, so that offsets stay.
func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
