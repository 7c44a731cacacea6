package glossary

import (
	"cmp"
	"slices"
	"strings"
)

// The bounds of one call of [Glossary.Match].
const (
	// MaxText is how many bytes of a text are looked at.
	MaxText = 1 << 20
	// maxMatches bounds what one text may yield.
	maxMatches = 1 << 16
	// maxDepth bounds the pieces of one form: Han characters and words.
	maxDepth = 24
)

// A Match is an occurrence of a concept's form in a text.
type Match struct {
	// Concept is the index of the concept in [Glossary.Concepts], ID its id.
	Concept int
	ID      string
	// Lang is the form's language, Form its index among the concept's forms of
	// that language.
	Lang Lang
	Form int
	// Start and End are the byte offsets of the occurrence.
	Start, End int
	// Inner says that the occurrence lies inside a longer one, as 持久卷 does in
	// 持久卷声明.
	Inner bool
	// Pinyin says that a Chinese form was written in pinyin.
	Pinyin bool
}

// An entry is a form as the index refers to it.
type entry struct {
	concept int32
	form    int16
	zh      bool
	// ctx are the context phrases, areas the context areas; the form always
	// counts when both are empty.
	ctx   []int32
	areas []int32
}

// conditional reports whether the entry depends on a context.
func (e *entry) conditional() bool { return len(e.ctx) > 0 || len(e.areas) > 0 }

// An index is a trie over pieces. Node 0 is the root; an edge leads from a node
// by a piece's number to another. Han characters are numbered by their code
// point, words from wordBase on.
type index struct {
	words map[string]uint32 // by stem
	edges map[uint64]uint32
	// ends[node] are the forms that end at the node, ctxAt the context phrase
	// that does, or -1.
	ends  [][]entry
	ctxAt []int32
	ctxs  int32
	area  []int32 // by concept
	areas map[string]int32
}

const wordBase = 1 << 24

// HasWord reports whether a form holds the English word, given in lower case, or
// another of the same stem.
func (g *Glossary) HasWord(word string) bool { return g.indexed().find([]byte(word)) != 0 }

func (g *Glossary) indexed() *index {
	g.once.Do(func() { g.index = buildIndex(g.concepts) })
	return g.index
}

func buildIndex(concepts []Concept) *index {
	forms, pieces := 0, 0
	for i := range concepts {
		forms += len(concepts[i].ZH) + len(concepts[i].EN)
	}
	pieces = forms * 2
	x := &index{
		words: make(map[string]uint32, forms/2),
		edges: make(map[uint64]uint32, pieces),
		ends:  make([][]entry, 1, pieces+1),
		ctxAt: make([]int32, 1, pieces+1),
		area:  make([]int32, len(concepts)),
		areas: make(map[string]int32),
	}
	x.ctxAt[0] = -1
	for i := range concepts {
		a := concepts[i].Area
		if _, ok := x.areas[a]; !ok {
			x.areas[a] = int32(len(x.areas))
		}
		x.area[i] = x.areas[a]
	}
	one := make([]entry, forms) // backs the common case of one form per node
	for i := range concepts {
		c := &concepts[i]
		for j := range c.ZH {
			one = x.addForm(entry{concept: int32(i), form: int16(j), zh: true}, &c.ZH[j], one)
		}
		for j := range c.EN {
			one = x.addForm(entry{concept: int32(i), form: int16(j)}, &c.EN[j], one)
		}
	}
	return x
}

func (x *index) addForm(e entry, f *Form, one []entry) []entry {
	for _, c := range f.Context {
		if a, ok := strings.CutPrefix(c, "@"); ok {
			if n, ok := x.areas[a]; ok {
				e.areas = append(e.areas, n)
			} else {
				e.areas = append(e.areas, -1) // an area that nothing can match
			}
			continue
		}
		for _, node := range x.insert(c) {
			if x.ctxAt[node] < 0 {
				x.ctxAt[node] = x.ctxs
				x.ctxs++
			}
			e.ctx = append(e.ctx, x.ctxAt[node])
		}
	}
	for _, node := range x.insert(f.Text) {
		if x.ends[node] == nil && len(one) > 0 {
			one[0] = e
			x.ends[node], one = one[:1:1], one[1:]
		} else {
			x.ends[node] = append(x.ends[node], e)
		}
	}
	return one
}

// insert adds the text to the trie and returns the nodes that it ends at: more
// than one where camelCase can be read in two ways.
func (x *index) insert(text string) []uint32 {
	s := scanner{text: text}
	var wholes, parts uint32 // current nodes of the two readings
	skip, depth := 0, 0
	for {
		p, ok := s.next()
		if !ok || depth == maxDepth {
			break
		}
		depth++
		if p.han != 0 {
			same := wholes == parts
			wholes = x.child(wholes, uint32(p.han))
			if same {
				parts = wholes
			} else {
				parts = x.child(parts, uint32(p.han))
			}
			continue
		}
		id := x.number(p.word)
		same := wholes == parts
		if p.runLen > 0 {
			skip = p.runLen
			wholes = x.child(wholes, x.number(p.run))
			same = false
		}
		old := parts
		parts = x.child(old, id)
		switch {
		case skip > 0:
			skip--
		case same:
			wholes = parts
		default:
			wholes = x.child(wholes, id)
		}
	}
	switch {
	case parts == 0:
		return nil
	case wholes == parts:
		return []uint32{parts}
	}
	return []uint32{parts, wholes}
}

func (x *index) child(node, piece uint32) uint32 {
	key := uint64(node)<<32 | uint64(piece)
	if n, ok := x.edges[key]; ok {
		return n
	}
	n := uint32(len(x.ends))
	x.edges[key] = n
	x.ends = append(x.ends, nil)
	x.ctxAt = append(x.ctxAt, -1)
	return n
}

func (x *index) number(word []byte) uint32 {
	var buf [maxWord]byte
	w := stem(buf[:copy(buf[:], word)])
	if n, ok := x.words[string(w)]; ok {
		return n
	}
	n := wordBase + uint32(len(x.words))
	x.words[string(w)] = n
	return n
}

// find returns the number of a word of a text, 0 when no form has it. A word
// that no form has is tried without the digits it ends in (mysql8, node1) and
// without the s of a short plural (VMs).
func (x *index) find(word []byte) uint32 {
	var buf [maxWord]byte
	if n, ok := x.words[string(stem(buf[:copy(buf[:], word)]))]; ok {
		return n
	}
	n := len(word)
	for n > 0 && word[n-1] >= '0' && word[n-1] <= '9' {
		n--
	}
	if n == len(word) && n == 3 && word[2] == 's' {
		n = 2
	}
	if n < 2 || n == len(word) {
		return 0
	}
	return x.words[string(stem(buf[:copy(buf[:], word[:n])]))]
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

func (x *index) tokens(text string) []token {
	s := scanner{text: text}
	out := make([]token, 0, len(text)/4+4)
	for {
		p, ok := s.next()
		if !ok {
			return out
		}
		t := token{start: int32(p.start), end: int32(p.end), border: p.border}
		if p.han != 0 {
			t.id = uint32(p.han)
		} else {
			t.latin = true
			t.id = x.find(p.word)
			if p.runLen > 0 {
				t.whole, t.skip, t.runEnd = x.find(p.run), int32(p.runLen), int32(p.runEnd)
			}
		}
		out = append(out, t)
	}
}

// A walk collects what the trie knows from one token on.
type walk struct {
	x     *index
	toks  []token
	found []hit
}

// A hit is an end node reached.
type hit struct {
	node       uint32
	start, end int32
}

func (w *walk) from(i int, node uint32, start int32, depth int) {
	for ; i < len(w.toks) && depth < maxDepth; depth++ {
		t := &w.toks[i]
		if t.border && depth > 0 {
			return
		}
		if t.whole != 0 {
			if n, ok := w.x.edges[uint64(node)<<32|uint64(t.whole)]; ok {
				w.end(n, start, t.runEnd)
				w.from(i+int(t.skip), n, start, depth+1)
			}
		}
		if t.id == 0 {
			return
		}
		n, ok := w.x.edges[uint64(node)<<32|uint64(t.id)]
		if !ok {
			return
		}
		w.end(n, start, t.end)
		node = n
		i++
	}
}

func (w *walk) end(node uint32, start, end int32) {
	if c := w.x.ctxAt[node]; c >= 0 {
		w.found = append(w.found, hit{node, start, end})
	} else if len(w.x.ends[node]) > 0 {
		w.found = append(w.found, hit{node, start, end})
	}
}

// Match finds the concepts' forms in a text, ordered by where they begin and
// the longer first. Where two forms cross, both are returned; where one lies
// inside another it is marked [Match.Inner]. Of a text longer than [MaxText]
// the beginning is looked at.
func (g *Glossary) Match(text string) []Match {
	if len(g.concepts) == 0 {
		return nil
	}
	text = cutText(text)
	x := g.indexed()
	w := walk{x: x, toks: x.tokens(text)}
	for i := range w.toks {
		if len(w.found) < maxMatches {
			w.from(i, 0, w.toks[i].start, 0)
		}
	}
	out := make([]Match, 0, len(w.found))
	var doubtful []doubt
	areas := make(map[int32][]span, 8)
	for _, h := range w.found {
		for k := range x.ends[h.node] {
			e := &x.ends[h.node][k]
			if e.conditional() {
				doubtful = append(doubtful, doubt{e, h})
				continue
			}
			a := x.area[e.concept]
			if s := areas[a]; len(s) < 8 { // some spans are enough to find one elsewhere
				areas[a] = append(s, span{h.start, h.end})
			}
			out = append(out, g.match(e, h))
		}
	}
	if len(doubtful) > 0 {
		ctx := make(map[int32][]span)
		for _, h := range w.found {
			if c := x.ctxAt[h.node]; c >= 0 && len(ctx[c]) < 8 {
				ctx[c] = append(ctx[c], span{h.start, h.end})
			}
		}
		for _, d := range doubtful {
			if d.holds(ctx, areas) {
				out = append(out, g.match(d.entry, d.hit))
			}
		}
	}
	out = append(out, g.matchPinyin(text, w.toks)...)
	return arrange(out)
}

func (g *Glossary) match(e *entry, h hit) Match {
	l := EN
	if e.zh {
		l = ZH
	}
	return Match{Concept: int(e.concept), ID: g.concepts[e.concept].ID, Lang: l, Form: int(e.form), Start: int(h.start), End: int(h.end)}
}

type span struct{ start, end int32 }

// A doubt is an occurrence of a form that needs a context.
type doubt struct {
	entry *entry
	hit   hit
}

// holds reports whether one of the contexts stands outside the occurrence.
func (d *doubt) holds(ctx, areas map[int32][]span) bool {
	for _, c := range d.entry.ctx {
		if apart(ctx[c], d.hit) {
			return true
		}
	}
	for _, a := range d.entry.areas {
		if apart(areas[a], d.hit) {
			return true
		}
	}
	return false
}

func apart(spans []span, h hit) bool {
	for _, s := range spans {
		if s.end <= h.start || s.start >= h.end {
			return true
		}
	}
	return false
}

// arrange sorts matches, drops repetitions and marks the inner ones.
func arrange(ms []Match) []Match {
	slices.SortFunc(ms, compareMatches)
	ms = slices.CompactFunc(ms, func(a, b Match) bool {
		return a.Start == b.Start && a.End == b.End && a.Concept == b.Concept
	})
	reach, from := -1, -1 // the widest span that began before, and where
	for i := range ms {
		m := &ms[i]
		m.Inner = m.End < reach || m.End == reach && m.Start > from
		if m.End > reach {
			reach, from = m.End, m.Start
		}
	}
	return ms
}

func compareMatches(a, b Match) int {
	switch { // spelled out: this is where matching spends its time
	case a.Start != b.Start:
		return a.Start - b.Start
	case a.End != b.End:
		return b.End - a.End
	case a.Concept != b.Concept:
		return a.Concept - b.Concept
	case a.Lang != b.Lang:
		return cmp.Compare(a.Lang, b.Lang)
	}
	return a.Form - b.Form
}

// cutText bounds a text without cutting a character in two.
func cutText(text string) string {
	if len(text) <= MaxText {
		return text
	}
	n := MaxText
	for n > 0 && text[n]&0xc0 == 0x80 {
		n--
	}
	return text[:n]
}
