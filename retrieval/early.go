package retrieval

import (
	"cmp"
	"slices"

	"cairn/retrieval/lexical"
)

// Where adding up every posting is given up for the passages that can still
// become candidates.
const (
	// earlyFrom is how many passages make it worth while.
	earlyFrom = 20000
	// earlyPostings is how many postings per passage must be left for a look at
	// all passages to pay.
	earlyPostings = 1.5
	// earlyShare is the share of the question's weight that may be open at the
	// first look; each further one wants it halved.
	earlyShare = 0.4
	// earlyLooks is how many looks are taken at most.
	earlyLooks = 3
	// earlyKept is how many passages may be left.
	earlyKept = 6000
)

// scorePassages adds up the impacts of the terms in passages, as MaxScore does
// term by term: the heaviest first, and once the rest could not lift a passage
// among the candidates, only for those that are still in question. These are
// left in s.kept; where it is empty all passages were scored. The documents'
// scores must be there.
func (ix *Index) scorePassages(s *search, q *question, sc *scope) {
	s.kept = s.kept[:0]
	n := ix.passageCount()
	if !sc.all || n < ix.early {
		for _, t := range q.terms {
			add(s.passages, ix.passages, t.id, t.passage*(lexical.K1+1)/255, sc.all, &sc.passages)
		}
		return
	}
	s.order = append(s.order[:0], q.terms...)
	slices.SortFunc(s.order, func(a, b qterm) int {
		return cmp.Or(cmp.Compare(b.passage, a.passage), cmp.Compare(a.id, b.id))
	})
	var open, all float32
	left := 0
	for _, t := range s.order {
		all += t.passage * (lexical.K1 + 1)
		units, _ := ix.passages.List(t.id)
		left += len(units)
	}
	open = all
	look, looks := all*earlyShare, 0
	for i, t := range s.order {
		if open <= look && looks < earlyLooks && float64(left) > earlyPostings*float64(n) {
			looks++
			look = open / 2
			if ix.keep(s, open) {
				for _, t := range s.order[i:] {
					addKept(s.passages, ix.passages, t.id, t.passage*(lexical.K1+1)/255, s.kept)
				}
				return
			}
		}
		add(s.passages, ix.passages, t.id, t.passage*(lexical.K1+1)/255, true, nil)
		open -= t.passage * (lexical.K1 + 1)
		units, _ := ix.passages.List(t.id)
		left -= len(units)
	}
}

// keep collects the passages that terms of the given weight can still lift
// among the candidates; false where they are too many.
func (ix *Index) keep(s *search, open float32) bool {
	ix.best(s)
	if len(s.heap) < maxCandidates {
		return false
	}
	// A hair more than the open weight: sums of float32 depend on their order.
	limit := s.heap[0].score - open*1.001 - 1e-3
	if limit <= 0 {
		return false
	}
	s.kept = s.kept[:0]
	for d, text := range s.texts {
		need := limit - text*weights.document
		for p := ix.docPassages[d]; p < ix.docPassages[d+1]; p++ {
			if s.passages[p] >= need {
				if len(s.kept) == earlyKept {
					s.kept = s.kept[:0]
					return false
				}
				s.kept = append(s.kept, p)
			}
		}
	}
	return true
}

// addKept adds a term's impacts to the passages kept: it goes along both lists
// or, where the term's is much longer, searches it.
func addKept(acc []float32, p *lexical.Postings, id uint32, w float32, kept []uint32) {
	units, impacts := p.List(id)
	if len(units) > 16*len(kept) {
		from := 0
		for _, u := range kept {
			i, ok := slices.BinarySearch(units[from:], u)
			from += i
			if ok {
				acc[u] += w * float32(impacts[from])
			}
			if from == len(units) {
				return
			}
		}
		return
	}
	k := 0
	for i, u := range units {
		for kept[k] < u {
			if k++; k == len(kept) {
				return
			}
		}
		if kept[k] == u {
			acc[u] += w * float32(impacts[i])
		}
	}
}
