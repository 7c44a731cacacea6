package ground

import "strings"

// A place is where a token of the sentence is found in the evidence and how
// surely.
type place struct {
	tok      int32
	strength float32
}

// How surely a token is the same as another.
const (
	sameText  = 1
	sameClass = 0.9
	sameSense = 0.8
	sameStart = 0.7 // renewal, renew
	partHan   = 0.5
)

const maxPlaces = 24

// places finds a token of the sentence in the evidence.
func (p *passage) places(s []token, i int) []place { return p.look(s, i, true) }

// find1 is places without taking a token apart.
func (p *passage) find1(s []token, i int) []place { return p.look(s, i, false) }

func (p *passage) look(s []token, i int, whole bool) []place {
	t := &s[i]
	var out []place
	add := func(tok int32, strength float32) {
		for j := range out {
			if out[j].tok == tok {
				out[j].strength = max(out[j].strength, strength)
				return
			}
		}
		if len(out) < maxPlaces {
			out = append(out, place{tok, strength})
		}
	}
	switch t.kind {
	case kindNumber:
		for _, n := range p.numbers {
			if anyEqual(t.read, p.toks[n].read) {
				add(n, sameText)
			}
		}
		if t.code {
			p.literal(t.text, add)
		}
		return out
	case kindLiteral:
		p.literal(t.text, add)
		if len(out) == 0 && strings.HasSuffix(t.text, "s") && !t.code {
			p.literal(strings.TrimSuffix(t.text, "s"), add)
		}
		if len(out) > 0 {
			return out
		}
	case kindHan:
		for from, n := 0, 0; n < 8; n++ {
			j := strings.Index(p.raw[from:], t.text)
			if j < 0 || t.form == nil && len(t.text) <= 4 {
				break
			}
			add(p.tokenAt(from+j), sameText)
			from += j + len(t.text)
		}
		if t.form == nil {
			p.hanChar(s, i, add)
		}
	default:
		for _, n := range p.byText[t.text] {
			add(n, sameText)
		}
	}
	for _, c := range t.classes() {
		for _, n := range p.byClass[c] {
			if !p.toks[n].code || t.code || p.toks[n].kind == kindLiteral && !p.toks[n].fenced {
				add(n, sameClass)
			}
		}
	}
	for _, c := range t.senses() {
		for _, n := range p.bySense[c] {
			if !p.toks[n].code || t.code {
				add(n, sameSense)
			}
		}
	}
	if t.kind == kindWord || t.kind == kindHan {
		p.translated(t, add)
	}
	best := float32(0)
	for _, pl := range out {
		best = max(best, pl.strength)
	}
	if best < sameStart && whole {
		p.components(t, add)
	}
	if len(out) == 0 {
		p.loosely(t, add)
	}
	return out
}

// component is how much less sure a phrase is when its words stand apart.
const component = 0.9

// components finds a phrase or compound by the words it is made of, of which
// all must be there.
func (p *passage) components(t *token, add func(int32, float32)) {
	switch {
	case t.kind == kindWord && strings.Contains(t.text, " "):
		p.together(p.lex.wordTokens(t.text), add)
	case t.kind == kindHan && len(t.text) > 3:
		var best []place
		bestV := float32(0)
		for k := 3; k < len(t.text); k += 3 {
			if t.text[k]&0xc0 == 0x80 {
				return // characters of four bytes
			}
			var found []place
			v := p.together([]token{p.lex.hanToken(t.text[:k]), p.lex.hanToken(t.text[k:])}, func(n int32, strength float32) { found = append(found, place{n, strength}) })
			if v > bestV {
				best, bestV = found, v
			}
		}
		for _, pl := range best {
			add(pl.tok, pl.strength)
		}
	}
}

// together adds the places of all tokens, if all have one, and returns how
// surely they stand for what they make together.
func (p *passage) together(toks []token, add func(int32, float32)) float32 {
	var all [][]place
	least := float32(1)
	for i := range toks {
		if toks[i].marks()&(markNeg|markNever) != 0 {
			return 0 // what is denied is not the thing
		}
		if toks[i].weight == 0 && len(toks[i].classes()) == 0 {
			continue
		}
		var pl []place
		best := float32(0)
		for _, x := range p.find1(toks, i) {
			if o := &p.toks[x.tok]; o.kind == kindHan && len(o.text) > len(toks[i].text) && !within(o.text, toks) {
				continue // part of another compound
			}
			pl = append(pl, x)
			best = max(best, x.strength)
		}
		if best < 0.55 {
			return 0
		}
		least = min(least, best)
		all = append(all, pl)
	}
	for _, pl := range all {
		for _, x := range pl {
			if x.strength >= 0.55 {
				add(x.tok, component*min(x.strength, least))
			}
		}
	}
	if len(all) == 0 {
		return 0
	}
	return component * least
}

// translated looks for a word's learned translations.
func (p *passage) translated(t *token, add func(int32, float32)) {
	for _, tr := range p.lex.pairs[t.text] {
		strength := min(sameSense, 0.5+tr.sure/2)
		for _, n := range p.byText[tr.text] {
			if !p.toks[n].code {
				add(n, strength)
			}
		}
		if t.kind == kindHan || len(tr.text) <= 3 {
			continue
		}
		for from, n := 0, 0; n < 4; n++ { // inside a longer word
			j := strings.Index(p.raw[from:], tr.text)
			if j < 0 {
				break
			}
			add(p.tokenAt(from+j), strength)
			from += j + len(tr.text)
		}
	}
}

func (p *passage) literal(text string, add func(int32, float32)) {
	for _, at := range p.find(text) {
		add(p.tokenAt(at), sameText)
	}
}

// tokenAt returns the token at or before a byte.
func (p *passage) tokenAt(at int) int32 {
	lo, hi := 0, len(p.toks)
	for lo < hi {
		m := (lo + hi) / 2
		if p.toks[m].start > at {
			hi = m
		} else {
			lo = m + 1
		}
	}
	lo = max(lo-1, 0)
	for lo > 0 && p.toks[lo-1].start == p.toks[lo].start {
		lo--
	}
	return int32(lo)
}

// hanChar looks for a character that no word has: with a neighbour of its own
// in the evidence, or alone.
func (p *passage) hanChar(s []token, i int, add func(int32, float32)) {
	t := &s[i]
	try := func(pair string, offset int) {
		for from, n := 0, 0; n < 4; n++ {
			j := strings.Index(p.raw[from:], pair)
			if j < 0 {
				return
			}
			add(p.tokenAt(from+j+offset), sameText)
			from += j + len(pair)
		}
	}
	if i+1 < len(s) && s[i+1].kind == kindHan && s[i+1].start == t.end {
		try(t.text+firstRune(s[i+1].text), 0)
	}
	if i > 0 && s[i-1].kind == kindHan && s[i-1].end == t.start {
		prev := lastRune(s[i-1].text)
		try(prev+t.text, len(prev))
	}
	for from, n := 0, 0; n < 4; n++ {
		j := strings.Index(p.raw[from:], t.text)
		if j < 0 {
			return
		}
		add(p.tokenAt(from+j), 0.6)
		from += j + len(t.text)
	}
}

// within reports whether a word is made of some tokens alone.
func within(word string, of []token) bool {
	for i := range of {
		word = strings.ReplaceAll(word, of[i].text, "")
	}
	return word == ""
}

func firstRune(s string) string {
	for i := range s {
		if i > 0 {
			return s[:i]
		}
	}
	return s
}

func lastRune(s string) string {
	last := 0
	for i := range s {
		last = i
	}
	return s[last:]
}

// loosely finds a word by how it begins, or a Chinese one by its characters.
func (p *passage) loosely(t *token, add func(int32, float32)) {
	switch {
	case t.kind == kindWord && len(t.text) >= 5:
		for n := range p.toks {
			o := p.toks[n].text
			if p.toks[n].kind == kindWord && len(o) >= 5 {
				k := 0
				for k < len(o) && k < len(t.text) && o[k] == t.text[k] {
					k++
				}
				if k >= 5 && 10*k >= 7*max(len(o), len(t.text)) || k >= 4 && k == min(len(o), len(t.text)) && max(len(o), len(t.text))-k <= 4 {
					add(int32(n), sameStart)
				}
			}
		}
	case t.kind == kindHan && len(t.text) > 3:
		n, found := 0, 0
		var at int
		for _, r := range t.text {
			n++
			if j := strings.IndexRune(p.raw, r); j >= 0 {
				found++
				at = j
			}
		}
		if found > 0 {
			add(p.tokenAt(at), partHan*float32(found)/float32(n))
		}
	}
}
