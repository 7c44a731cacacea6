package lexical

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
	"sync"
)

// Merge makes the dictionary of the terms of several vocabularies, each without
// repetitions, and for each a table from its numbers to the dictionary's. Empty
// terms are passed over; their entries say nothing.
func Merge(vocabs [][]string) (*Dict, [][]uint32) {
	sorted := make([][]numbered, len(vocabs))
	tables := make([][]uint32, len(vocabs))
	var wg sync.WaitGroup
	most := 0
	for i, terms := range vocabs {
		tables[i] = make([]uint32, len(terms))
		most += len(terms)
		wg.Go(func() { sorted[i] = inOrder(terms) })
	}
	wg.Wait()
	all := make([]string, 0, most)
	for {
		var least *numbered
		for _, s := range sorted {
			if len(s) > 0 && (least == nil || s[0].compare(least) < 0) {
				least = &s[0]
			}
		}
		if least == nil {
			return NewDict(all), tables
		}
		for i, s := range sorted {
			if len(s) > 0 && s[0].term == least.term {
				tables[i][s[0].number] = uint32(len(all))
				sorted[i] = s[1:]
			}
		}
		all = append(all, least.term)
	}
}

// A numbered term of a vocabulary.
type numbered struct {
	// head are the first eight bytes: most terms are told apart by them, without
	// a look at memory elsewhere.
	head   uint64
	term   string
	number uint32
}

func (a *numbered) compare(b *numbered) int {
	if a.head != b.head {
		return cmp.Compare(a.head, b.head)
	}
	return strings.Compare(a.term, b.term)
}

// inOrder sorts terms and leaves out empty ones.
func inOrder(terms []string) []numbered {
	out := make([]numbered, 0, len(terms))
	for i, t := range terms {
		if t == "" {
			continue
		}
		var head [8]byte
		copy(head[:], t)
		out = append(out, numbered{binary.BigEndian.Uint64(head[:]), t, uint32(i)})
	}
	slices.SortFunc(out, func(a, b numbered) int { return a.compare(&b) })
	return out
}
