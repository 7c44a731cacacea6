package retrieval

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"cairn/retrieval/lexical"
)

// errTooLarge is wrapped when offsets of 32 bits do not suffice.
var errTooLarge = errors.New("more than one index can hold")

// sizes are those of the tables: they are long, and growing them by and by
// would copy them many times.
type sizes struct{ text, postings, passages, aliases, aliasTerms, vectors int }

func (b *build) measure() sizes {
	var n sizes
	alias := func(terms []uint32) {
		n.aliases++
		n.aliasTerms += len(terms)
	}
	for i := range b.done {
		a := &b.done[i]
		n.text += len(a.path) + len(a.title) + len(a.hash) + len(a.meta) + len(a.text)
		n.passages += len(a.passages)
		for _, al := range a.aliases {
			alias(al)
		}
		for j := range a.passages {
			p := &a.passages[j]
			n.postings += len(p.postings)
			n.vectors += len(p.vector)
			alias(p.heading)
			for _, s := range p.sentences {
				alias(s)
			}
		}
	}
	return n
}

// assemble writes the tables.
func (b *build) assemble(t *tables, libs []Library) error {
	b.order(t, libs)
	n := b.measure()
	if max(n.text, n.postings, n.aliases, n.aliasTerms) > math.MaxUint32 {
		return fmt.Errorf("build index: %d bytes of text, %d postings, %d terms in sentences: %w; split the libraries", n.text, n.postings, n.aliasTerms, errTooLarge)
	}
	t.dict = b.number()
	var wg sync.WaitGroup
	wg.Go(func() { b.documents(t, n) })
	wg.Go(func() { b.passages(t, n) })
	wg.Go(func() { b.aliases(t, n) })
	wg.Wait()
	return nil
}

// order sorts the documents and marks where libraries and languages begin.
func (b *build) order(t *tables, libs []Library) {
	order := make(map[string]int, len(libs))
	for i := range libs {
		order[libs[i].Name] = i
	}
	slices.SortFunc(b.done, func(x, y analyzed) int {
		return cmp.Or(cmp.Compare(order[x.library], order[y.library]), cmp.Compare(langCode(x.lang), langCode(y.lang)), cmp.Compare(x.path, y.path))
	})
	t.libraries = make([]library, len(libs))
	for i := range libs {
		t.libraries[i].name = libs[i].Name
	}
	for i := range b.done {
		t.libraries[order[b.done[i].library]].docs[langCode(b.done[i].lang)+1]++
	}
	end := uint32(0)
	for i := range t.libraries {
		docs := &t.libraries[i].docs
		docs[0] = end
		for j := 1; j < len(docs); j++ {
			docs[j] += docs[j-1]
		}
		end = docs[langCount]
	}
}

// documents writes what the tables hold of each document but its aliases.
func (b *build) documents(t *tables, n sizes) {
	var text strings.Builder
	text.Grow(n.text)
	t.stringOffsets = append(make([]uint32, 0, 1+stringsPerDoc*len(b.done)), 0)
	units := make([][]lexical.Posting, 0, len(b.done))
	passages := uint32(0)
	for i := range b.done {
		a := &b.done[i]
		for _, s := range [stringsPerDoc]string{a.path, a.title, a.hash, a.meta, a.text} {
			text.WriteString(s)
			t.stringOffsets = append(t.stringOffsets, uint32(text.Len()))
		}
		t.docLang = append(t.docLang, langCode(a.lang))
		t.docSteps = append(t.docSteps, a.steps)
		t.docPassages = append(t.docPassages, passages)
		passages += uint32(len(a.passages))
		renumber(a.postings, b.numbers[a.worker])
		units = append(units, a.postings)
	}
	t.docPassages = append(t.docPassages, passages)
	t.strings = text.String()
	t.texts = lexical.Invert(units, t.dict.Len())
}

// passages writes what the tables hold of each passage but its heading and
// sentences.
func (b *build) passages(t *tables, n sizes) {
	units := make([][]lexical.Posting, 0, n.passages)
	t.vectors = make([]float32, 0, n.vectors)
	for i := range b.done {
		a := &b.done[i]
		for j := range a.passages {
			p := &a.passages[j]
			t.passageDoc = append(t.passageDoc, uint32(i))
			t.passageKind = append(t.passageKind, uint8(p.kind))
			t.passageLines = append(t.passageLines, p.start, p.end)
			t.passageHash = append(t.passageHash, p.hash)
			if b.opts.Embedder != nil {
				t.dimensions = len(p.vector)
				t.vectors = append(t.vectors, p.vector...)
			}
			renumber(p.postings, b.numbers[a.worker])
			units = append(units, p.postings)
		}
	}
	t.passages = lexical.Invert(units, t.dict.Len())
}

// aliases writes the documents' short texts and, after all of them, each
// passage's heading and sentences.
func (b *build) aliases(t *tables, n sizes) {
	t.aliasOffsets = append(make([]uint32, 0, 1+n.aliases), 0)
	t.aliasTerms = make([]uint32, 0, n.aliasTerms)
	count := func() uint32 { return uint32(len(t.aliasOffsets) - 1) }
	for i := range b.done {
		a := &b.done[i]
		t.docAliases = append(t.docAliases, count())
		for _, al := range a.aliases {
			t.addAlias(al, b.numbers[a.worker])
		}
	}
	t.docAliases = append(t.docAliases, count())
	for i := range b.done {
		a := &b.done[i]
		for j := range a.passages {
			t.passageAliases = append(t.passageAliases, count())
			t.addAlias(a.passages[j].heading, b.numbers[a.worker])
			for _, s := range a.passages[j].sentences {
				t.addAlias(s, b.numbers[a.worker])
			}
		}
	}
	t.passageAliases = append(t.passageAliases, count())
}

func (t *tables) addAlias(terms, numbers []uint32) {
	at := len(t.aliasTerms)
	for _, id := range terms {
		t.aliasTerms = append(t.aliasTerms, numbers[id])
	}
	slices.Sort(t.aliasTerms[at:])
	t.aliasOffsets = append(t.aliasOffsets, uint32(len(t.aliasTerms)))
}

func renumber(ps []lexical.Posting, numbers []uint32) {
	for i := range ps {
		ps[i].ID = numbers[ps[i].ID]
	}
}
