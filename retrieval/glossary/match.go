package glossary

import (
	"cmp"
	"slices"
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
			if n := w.x.edge(node, t.whole); n != 0 {
				w.end(n, start, t.runEnd)
				w.from(i+int(t.skip), n, start, depth+1)
			}
		}
		if t.id == 0 {
			return
		}
		n := w.x.edge(node, t.id)
		if n == 0 {
			return
		}
		w.end(n, start, t.end)
		node = n
		i++
	}
}

func (w *walk) end(node uint32, start, end int32) {
	if n := &w.x.nodes[node]; n.form != 0 || n.context != 0 {
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
		for e := range x.forms(h.node) {
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
			if c := x.nodes[h.node].context; c != 0 && len(ctx[c]) < 8 {
				ctx[c] = append(ctx[c], span{h.start, h.end})
			}
		}
		for _, d := range doubtful {
			if x.holds(d, ctx, areas) {
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
func (x *index) holds(d doubt, ctx, areas map[int32][]span) bool {
	for _, c := range x.contexts[d.entry.contexts[0]:d.entry.contexts[1]] {
		spans := ctx[c]
		if c < 0 {
			spans = areas[-c]
		}
		if apart(spans, d.hit) {
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
