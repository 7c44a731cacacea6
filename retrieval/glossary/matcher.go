package glossary

import (
	"cmp"
	"slices"
)

// A Matcher finds the concepts of one text after the other and keeps its
// buffers in between. It belongs to one goroutine.
type Matcher struct {
	g     *Glossary
	x     *index
	text  string
	toks  []token
	found []hit

	// What one call collects: the matches, and the places of areas and context
	// phrases.
	out            []Match
	areas, phrases places
}

// Matcher returns a matcher of the glossary's concepts.
func (g *Glossary) Matcher() *Matcher { return &Matcher{g: g, x: g.indexed()} }

// Read takes the text that [Matcher.All] and [Matcher.Part] then speak of. Of a
// text longer than [MaxText] the beginning is looked at.
func (m *Matcher) Read(text string) {
	m.text, m.toks, m.found = cutText(text), m.toks[:0], m.found[:0]
	if len(m.g.concepts) == 0 {
		return
	}
	m.tokens()
	for i := range m.toks {
		if len(m.found) < maxMatches {
			m.from(i, 0, m.toks[i].start, 0)
		}
	}
}

// All returns what [Glossary.Match] does. It is valid until the next call of a
// method.
func (m *Matcher) All() []Match {
	m.collect(m.toks, m.found, len(m.text))
	m.out = arrange(m.out)
	return m.out
}

// Part returns the matches that the part of the text from one offset to another
// would have as a text of its own, but in no order, maybe repeated and without
// [Match.Inner]. The part must not cut a word. The result is valid until the
// next call of a method.
func (m *Matcher) Part(from, to int) []Match {
	first, _ := slices.BinarySearchFunc(m.toks, from, func(t token, at int) int { return cmp.Compare(int(t.start), at) })
	end := first
	for end < len(m.toks) && int(m.toks[end].end) <= to {
		end++
	}
	hit, _ := slices.BinarySearchFunc(m.found, from, func(h hit, at int) int { return cmp.Compare(int(h.start), at) })
	last := hit
	for last < len(m.found) && int(m.found[last].start) < to {
		last++
	}
	m.collect(m.toks[first:end], m.found[hit:last], to)
	return m.out
}

// collect puts the matches among the tokens and hits that end at to at the
// latest into m.out, nearly in the order that arrange brings them to.
func (m *Matcher) collect(toks []token, found []hit, to int) {
	m.out = m.out[:0]
	m.context(found, to)
	for i := 0; i < len(found); {
		// The hits of one start have mostly come shortest first.
		j := i + 1
		for j < len(found) && found[j].start == found[i].start {
			j++
		}
		for k := j - 1; k >= i; k-- {
			h := found[k]
			if int(h.end) > to {
				continue
			}
			for e := range m.x.forms(h.node) {
				if !e.conditional() || m.holds(e, h) {
					m.out = append(m.out, m.g.match(e, h))
				}
			}
		}
		i = j
	}
	m.out = m.g.matchPinyin(m.out, m.text, toks)
}

// context notes where context phrases and areas stand, if one of the hits asks
// for them.
func (m *Matcher) context(found []hit, to int) {
	m.areas.reset()
	m.phrases.reset()
	if !slices.ContainsFunc(found, m.doubtful) {
		return
	}
	for _, h := range found {
		if int(h.end) > to {
			continue
		}
		if c := m.x.nodes[h.node].context; c != 0 {
			m.phrases.add(c, h)
		}
		for e := range m.x.forms(h.node) {
			if !e.conditional() {
				m.areas.add(m.x.area[e.concept], h)
			}
		}
	}
}

func (m *Matcher) doubtful(h hit) bool {
	for e := range m.x.forms(h.node) {
		if e.conditional() {
			return true
		}
	}
	return false
}

// holds reports whether one of the entry's contexts stands outside its hit.
func (m *Matcher) holds(e *entry, h hit) bool {
	for _, c := range m.x.contexts[e.contexts[0]:e.contexts[1]] {
		if c > 0 && m.phrases.apart(c, h) || c < 0 && m.areas.apart(-c, h) {
			return true
		}
	}
	return false
}

// A token is a piece of a text as the trie knows it.
type token struct {
	id uint32 // 0: in no form
	// whole is the number of the camelCase run that begins here read as one
	// word, skip how many tokens it covers.
	whole      uint32
	skip       int32
	start, end int32
	runEnd     int32
	border     bool
	latin      bool
}

func (m *Matcher) tokens() {
	s := scanner{text: m.text}
	for {
		p, ok := s.next()
		if !ok {
			return
		}
		t := token{start: int32(p.start), end: int32(p.end), border: p.border}
		if p.han != 0 {
			t.id = uint32(p.han)
		} else {
			t.latin = true
			t.id = m.x.find(p.word)
			if p.runLen > 0 {
				t.whole, t.skip, t.runEnd = m.x.find(p.run), int32(p.runLen), int32(p.runEnd)
			}
		}
		m.toks = append(m.toks, t)
	}
}

// A hit is an end node reached.
type hit struct {
	node       uint32
	start, end int32
}

// from collects what the trie knows from one token on.
func (m *Matcher) from(i int, node uint32, start int32, depth int) {
	for ; i < len(m.toks) && depth < maxDepth; depth++ {
		t := &m.toks[i]
		if t.border && depth > 0 {
			return
		}
		if t.whole != 0 {
			if n := m.x.edge(node, t.whole); n != 0 {
				m.end(n, start, t.runEnd)
				m.from(i+int(t.skip), n, start, depth+1)
			}
		}
		if t.id == 0 {
			return
		}
		n := m.x.edge(node, t.id)
		if n == 0 {
			return
		}
		m.end(n, start, t.end)
		node = n
		i++
	}
}

func (m *Matcher) end(node uint32, start, end int32) {
	if n := &m.x.nodes[node]; n.form != 0 || n.context != 0 {
		m.found = append(m.found, hit{node, start, end})
	}
}

func (g *Glossary) match(e *entry, h hit) Match {
	l := EN
	if e.zh {
		l = ZH
	}
	return Match{Concept: int(e.concept), ID: g.concepts[e.concept].ID, Lang: l, Form: int(e.form), Start: int(h.start), End: int(h.end)}
}

// places say where things were found, by the number of the thing: the first
// few places of each are enough to find one elsewhere.
type places struct {
	at   [][]hit
	used []int32 // the numbers that have places
}

const fewPlaces = 8

func (p *places) reset() {
	for _, n := range p.used {
		p.at[n] = p.at[n][:0]
	}
	p.used = p.used[:0]
}

func (p *places) add(n int32, h hit) {
	if int(n) >= len(p.at) {
		p.at = append(p.at, make([][]hit, int(n)+1-len(p.at))...)
	}
	switch len(p.at[n]) {
	case 0:
		p.used = append(p.used, n)
	case fewPlaces:
		return
	}
	p.at[n] = append(p.at[n], h)
}

// apart reports whether one of the thing's places does not meet h.
func (p *places) apart(n int32, h hit) bool {
	if int(n) >= len(p.at) {
		return false
	}
	return slices.ContainsFunc(p.at[n], func(o hit) bool { return o.end <= h.start || o.start >= h.end })
}
