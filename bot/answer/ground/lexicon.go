package ground

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"

	"cairn/retrieval/glossary"
)

//go:embed data/lexicon.txt
var lexiconData string

// A mark is a set of roles that small words play in a statement.
type mark uint16

const (
	markNeg mark = 1 << iota
	markOnly
	markAll
	markSome
	markMust
	markCan
	markNever
	markIf
	markUnless
	markBecause
	markBefore
	markAfter
	markInstead
	markOr
	markLight
	markNone
)

var markOf = map[string]mark{
	"neg": markNeg, "only": markOnly, "all": markAll, "some": markSome, "must": markMust, "can": markCan,
	"never": markNever, "if": markIf, "unless": markUnless, "because": markBecause, "before": markBefore,
	"after": markAfter, "instead": markInstead, "or": markOr, "light": markLight, "none": markNone,
}

const (
	maxHanWord = 8 // characters of the longest Han form looked for
	maxPhrase  = 6 // words of the longest English form
)

// A form is what a word or phrase stands for.
type form struct {
	marks   mark
	classes []int32 // classes of the lexicon, then concepts of the glossary
	senses  []int32 // concepts of data/words.txt
	sides   []int32 // sides of opposites there; the other side differs in the last bit
}

// A lexicon knows which words stand for the same thing and which for the
// opposite. It does not change once made.
type lexicon struct {
	han     map[string]*form // Han words, simplified
	latin   map[string]*form // stems, phrases joined by one space
	opposed map[int32][]int32
	stress  map[int32]bool // classes that say how, how much, how long
	parts   map[int32]bool // classes that name a part of a system
	classes int32          // classes below this number are the lexicon's own
	senses  int32          // how many concepts data/words.txt has
	sides   int32
	pairs   map[string][]pair // translations by word
}

var ownLexicon = sync.OnceValue(func() *lexicon {
	l := &lexicon{han: map[string]*form{}, latin: map[string]*form{}, opposed: map[int32][]int32{}, stress: map[int32]bool{}, parts: map[int32]bool{}}
	l.pairs = map[string][]pair{}
	for _, err := range []error{l.parse(lexiconData), l.parseWords(wordsData), l.parsePairs(pairsData)} {
		if err != nil {
			panic(fmt.Sprintf("ground: the embedded lexicon: %v", err)) // a test parses it
		}
	}
	l.inherit()
	return l
})

// newLexicon joins the own words with the names of a glossary.
func newLexicon(g *glossary.Glossary) *lexicon {
	own := ownLexicon()
	l := &lexicon{han: make(map[string]*form, 8192), latin: make(map[string]*form, 8192), opposed: own.opposed, stress: own.stress, parts: own.parts, classes: own.classes, senses: own.senses, sides: own.sides, pairs: own.pairs}
	for k, f := range own.han {
		c := *f
		l.han[k] = &c
	}
	for k, f := range own.latin {
		c := *f
		l.latin[k] = &c
	}
	if g == nil {
		return l
	}
	for i, c := range g.Concepts() {
		id := l.classes + int32(i)
		for _, f := range c.ZH {
			l.addHan(f.Text, 0, id)
		}
		for _, f := range c.EN {
			if strings.HasSuffix(f.Text, " in") || timePhrase(f.Text) {
				continue // log in: empty the log in place
			}
			l.addLatin(f.Text, 0, id)
		}
	}
	return l
}

func (l *lexicon) parse(data string) error {
	ids := map[string]int32{}
	type pair struct{ a, b string }
	var pairs []pair
	section := ""
	n := 0
	for line := range strings.Lines(data) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if line[0] == '[' {
			section = strings.Trim(line, "[]")
			if markOf[section] == 0 && section != "word" {
				return fmt.Errorf("line %d: unknown section %q", n, section)
			}
			continue
		}
		name, rest, ok := strings.Cut(line, "=")
		if !ok {
			return fmt.Errorf("line %d: got %q, want name = forms", n, line)
		}
		name = strings.TrimSpace(name)
		forms, opposites, _ := strings.Cut(rest, "!")
		id := int32(-1)
		if section == "word" {
			if _, twice := ids[name]; twice {
				return fmt.Errorf("line %d: %q stands twice", n, name)
			}
			id = int32(len(ids))
			ids[name] = id
			if strings.HasPrefix(name, "+") || strings.HasPrefix(name, "@") {
				l.stress[id] = name[0] == '+'
				l.parts[id] = name[0] == '@'
				delete(ids, name)
				name = name[1:]
				ids[name] = id
			}
			for o := range strings.SplitSeq(opposites, ",") {
				if o = strings.TrimSpace(o); o != "" {
					pairs = append(pairs, pair{name, o})
				}
			}
		}
		forms = strings.ReplaceAll(forms, " / ", ",")
		for f := range strings.SplitSeq(forms, ",") {
			if f = strings.TrimSpace(f); f == "" {
				continue
			}
			if r, _ := utf8.DecodeRuneInString(f); isHan(r) {
				l.addHan(f, markOf[section], id)
			} else {
				l.addLatin(f, markOf[section], id)
			}
		}
	}
	for _, p := range pairs {
		a, b := ids[p.a], ids[p.b]
		if _, ok := ids[p.b]; !ok {
			return fmt.Errorf("%q is opposed to %q, which is no class", p.a, p.b)
		}
		l.opposed[a] = append(l.opposed[a], b)
		l.opposed[b] = append(l.opposed[b], a)
	}
	l.classes = int32(len(ids))
	return nil
}

// strong reports whether a word says how, how much or for how long.
func (l *lexicon) strong(f *form) bool {
	for _, c := range f.classes {
		if l.stress[c] {
			return true
		}
	}
	return false
}

func (l *lexicon) addHan(text string, m mark, id int32) {
	if n := utf8.RuneCountInString(text); n > maxHanWord || strings.ContainsFunc(text, func(r rune) bool { return !isHan(r) }) {
		return
	}
	add(l.han, glossary.Simplify(text), m, id)
}

func (l *lexicon) addLatin(text string, m mark, id int32) {
	words := latinWords(strings.ToLower(text))
	if len(words) == 0 || len(words) > maxPhrase {
		return
	}
	add(l.latin, strings.Join(words, " "), m, id)
}

func add(forms map[string]*form, key string, m mark, id int32) {
	f := forms[key]
	if f == nil {
		f = &form{}
		forms[key] = f
	}
	f.marks |= m
	if id >= 0 {
		f.classes = append(f.classes[:len(f.classes):len(f.classes)], id)
	}
}

// latinWords are the stems of a lower-case text.
func latinWords(text string) []string {
	var out []string
	for _, w := range strings.FieldsFunc(text, func(r rune) bool { return !(isLatin(r) || r >= '0' && r <= '9' || r == '\'') }) {
		out = append(out, stem(strings.TrimSuffix(strings.Trim(w, "'"), "'s")))
	}
	return out
}

func isHan(r rune) bool { return r >= 0x3400 && r <= 0x9fff || r >= 0x20000 && r <= 0x3ffff }

func isLatin(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }

func isDigit(r rune) bool { return r >= '0' && r <= '9' }
