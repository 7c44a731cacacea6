package glossary

import (
	"hash/maphash"
	"iter"
	"strings"
)

// An entry is a form as the index refers to it.
type entry struct {
	concept int32
	form    int16
	zh      bool
	// next is the entry after this one that ends at the same node, as its
	// number in the index plus one.
	next uint32
	// contexts are the borders of what the form needs in the index's contexts;
	// the form always counts when they are equal.
	contexts [2]uint32
}

// conditional reports whether the entry depends on a context.
func (e *entry) conditional() bool { return e.contexts[0] != e.contexts[1] }

// An index is a trie over pieces: an edge leads from a node by a piece's number
// to another. Han characters are numbered by their code point, words from
// wordBase on. It lies in few flat slices without pointers: a cold start pays
// for every page of memory that it touches.
type index struct {
	nodes []node
	edges []uint32 // hash table of the nodes but the root, by parent and piece

	text    []byte   // the stems of all words, one after the other
	ends    []uint32 // where each ends
	words   []uint32 // hash table of the words, as their place in ends plus one
	entries []entry

	// contexts are what entries need: above 0 the number of a phrase, below 0
	// that of an area.
	contexts []int32
	phrases  int32
	area     []int32          // by concept
	areas    map[string]int32 // by name, from 1
}

// A node of the trie. Node 0 is the root.
type node struct {
	parent, piece uint32
	// form is the first of the entries that end here, as its number plus one;
	// context the number of the context phrase that ends here. 0 is none.
	form    uint32
	context int32
}

const wordBase = 1 << 24

// seed is of the hash tables, which never leave the process.
var seed = maphash.MakeSeed()

// HasWord reports whether a form holds the English word, given in lower case, or
// another of the same stem.
func (g *Glossary) HasWord(word string) bool { return g.indexed().find([]byte(word)) != 0 }

// Prepare builds the index that the first match would build.
func (g *Glossary) Prepare() { g.indexed() }

func (g *Glossary) indexed() *index {
	g.once.Do(func() { g.index = buildIndex(g.concepts) })
	return g.index
}

func buildIndex(concepts []Concept) *index {
	forms := 0
	for i := range concepts {
		forms += len(concepts[i].ZH) + len(concepts[i].EN)
	}
	x := &index{
		nodes:   make([]node, 1, 1+2*forms),
		edges:   make([]uint32, tableSize(2*forms)),
		words:   make([]uint32, tableSize(forms)),
		entries: make([]entry, 0, forms+forms/16), // a few end at two nodes
		area:    make([]int32, len(concepts)),
		areas:   make(map[string]int32),
	}
	for i := range concepts {
		a := concepts[i].Area
		if _, ok := x.areas[a]; !ok {
			x.areas[a] = int32(len(x.areas) + 1)
		}
		x.area[i] = x.areas[a]
	}
	for i := range concepts {
		c := &concepts[i]
		for j := range c.ZH {
			x.addForm(entry{concept: int32(i), form: int16(j), zh: true}, &c.ZH[j])
		}
		for j := range c.EN {
			x.addForm(entry{concept: int32(i), form: int16(j)}, &c.EN[j])
		}
	}
	return x
}

func (x *index) addForm(e entry, f *Form) {
	e.contexts[0] = uint32(len(x.contexts))
	for _, c := range f.Context {
		if a, ok := strings.CutPrefix(c, "@"); ok {
			n, ok := x.areas[a]
			if !ok {
				n = int32(len(x.areas) + 1) // an area that nothing can match
			}
			x.contexts = append(x.contexts, -n)
			continue
		}
		for _, at := range x.insert(c) {
			if at == 0 {
				break
			}
			n := &x.nodes[at]
			if n.context == 0 {
				x.phrases++
				n.context = x.phrases
			}
			x.contexts = append(x.contexts, n.context)
		}
	}
	e.contexts[1] = uint32(len(x.contexts))
	x.addText(e, f.Text)
	if !e.zh {
		for _, text := range turned(f.Text) {
			x.addText(e, text)
		}
	}
}

func (x *index) addText(e entry, text string) {
	for _, at := range x.insert(text) {
		if at == 0 {
			break
		}
		x.entries = append(x.entries, e)
		last := &x.nodes[at].form
		for *last != 0 {
			last = &x.entries[*last-1].next
		}
		*last = uint32(len(x.entries))
	}
}

// forms yields the entries that end at a node, as they were added.
func (x *index) forms(at uint32) iter.Seq[*entry] {
	return func(yield func(*entry) bool) {
		for n := x.nodes[at].form; n != 0; n = x.entries[n-1].next {
			if !yield(&x.entries[n-1]) {
				return
			}
		}
	}
}

// insert adds the text to the trie and returns the nodes that it ends at: two
// where camelCase can be read in two ways, else 0 after the first; 0 first where
// the text holds nothing to match.
func (x *index) insert(text string) [2]uint32 {
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
	if wholes == parts {
		return [2]uint32{parts}
	}
	return [2]uint32{parts, wholes}
}

// edge returns the node that a piece leads to, 0 for none.
func (x *index) edge(from, piece uint32) uint32 { return x.edges[x.edgeSlot(from, piece)] }

func (x *index) child(from, piece uint32) uint32 {
	slot := x.edgeSlot(from, piece)
	if n := x.edges[slot]; n != 0 {
		return n
	}
	x.nodes = append(x.nodes, node{parent: from, piece: piece})
	n := uint32(len(x.nodes) - 1)
	x.edges[slot] = n
	if full(len(x.nodes), x.edges) {
		x.edges = make([]uint32, 2*len(x.edges))
		for i := 1; i < len(x.nodes); i++ {
			x.edges[x.edgeSlot(x.nodes[i].parent, x.nodes[i].piece)] = uint32(i)
		}
	}
	return n
}

// edgeSlot is where the edge lies in the table or would have to.
func (x *index) edgeSlot(from, piece uint32) uint32 {
	// A 64-bit mix (Steele and others, "Fast splittable pseudorandom number
	// generators", 2014): the low bits depend on all.
	h := uint64(from)<<32 | uint64(piece)
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	mask := uint32(len(x.edges) - 1)
	at := uint32(h^h>>31) & mask
	for {
		n := x.edges[at]
		if n == 0 || x.nodes[n].parent == from && x.nodes[n].piece == piece {
			return at
		}
		at = (at + 1) & mask
	}
}

// number returns the number of a form's word, a new one for a new word.
func (x *index) number(word []byte) uint32 {
	var buf [maxWord]byte
	w := stem(buf[:copy(buf[:], word)])
	slot := x.wordSlot(w)
	if n := x.words[slot]; n != 0 {
		return wordBase + n
	}
	x.text = append(x.text, w...)
	x.ends = append(x.ends, uint32(len(x.text)))
	n := uint32(len(x.ends))
	x.words[slot] = n
	if full(len(x.ends), x.words) {
		x.words = make([]uint32, 2*len(x.words))
		for i := range x.ends {
			x.words[x.wordSlot(x.word(uint32(i)))] = uint32(i + 1)
		}
	}
	return wordBase + n
}

// word returns the stem at a place.
func (x *index) word(i uint32) []byte {
	from := uint32(0)
	if i > 0 {
		from = x.ends[i-1]
	}
	return x.text[from:x.ends[i]]
}

// wordSlot is where the stem lies in the table or would have to.
func (x *index) wordSlot(stem []byte) uint32 {
	mask := uint32(len(x.words) - 1)
	at := uint32(maphash.Bytes(seed, stem)) & mask
	for {
		n := x.words[at]
		if n == 0 || string(x.word(n-1)) == string(stem) {
			return at
		}
		at = (at + 1) & mask
	}
}

// lookup returns the number of a word, 0 when no form has it.
func (x *index) lookup(word []byte) uint32 {
	var buf [maxWord]byte
	if n := x.words[x.wordSlot(stem(buf[:copy(buf[:], word)]))]; n != 0 {
		return wordBase + n
	}
	return 0
}

// find returns the number of a word of a text, 0 when no form has it. A word
// that no form has is tried without the digits it ends in (mysql8, node1) and
// without the s of a short plural (VMs).
func (x *index) find(word []byte) uint32 {
	if n := x.lookup(word); n != 0 {
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
	return x.lookup(word[:n])
}

// tableSize is the length of a hash table for n: a power of 2, so that a mask
// gives a slot.
func tableSize(n int) int {
	size := 64
	for 4*n > 3*size {
		size *= 2
	}
	return size
}

// full reports whether a hash table of n must grow to stay fast.
func full(n int, table []uint32) bool { return 4*n > 3*len(table) }
