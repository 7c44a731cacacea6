package lexical

import (
	"fmt"
	"slices"
)

// Postings are the inverted lists of units, passages or documents: for every
// term the units that hold it, rising, and the term's impact in each.
type Postings struct {
	// Offsets says where each term's list begins in Units and Impacts.
	Offsets []uint32
	Units   []uint32
	Impacts []uint8
	// Count is the number of units.
	Count int
}

// List returns the units and impacts of a term.
func (p *Postings) List(id uint32) ([]uint32, []uint8) {
	from, to := p.Offsets[id], p.Offsets[id+1]
	return p.Units[from:to], p.Impacts[from:to]
}

// Frequency returns in how many units from first to last, the latter
// exclusive, the term stands.
func (p *Postings) Frequency(id uint32, first, last int) int {
	units, _ := p.List(id)
	if first > 0 || last < p.Count {
		from, _ := slices.BinarySearch(units, uint32(first))
		to, _ := slices.BinarySearch(units, uint32(last))
		return to - from
	}
	return len(units)
}

// Impact returns the term's impact in a unit, 0 where it does not stand.
func (p *Postings) Impact(id uint32, unit uint32) uint8 {
	units, impacts := p.List(id)
	if i, ok := slices.BinarySearch(units, unit); ok {
		return impacts[i]
	}
	return 0
}

// Validate checks what the other methods rely on.
func (p *Postings) Validate(terms int) error {
	if len(p.Offsets) != terms+1 || len(p.Units) != len(p.Impacts) {
		return fmt.Errorf("%w: lists of %d terms, want %d; %d units, %d impacts", ErrInvalid, len(p.Offsets)-1, terms, len(p.Units), len(p.Impacts))
	}
	if err := ascending(p.Offsets, len(p.Units)); err != nil {
		return fmt.Errorf("lists: %w", err)
	}
	for t := range terms {
		prev := -1
		for _, u := range p.Units[p.Offsets[t]:p.Offsets[t+1]] {
			if int(u) <= prev || int(u) >= p.Count {
				return fmt.Errorf("%w: term %d lists unit %d of %d after %d", ErrInvalid, t, u, p.Count, prev)
			}
			prev = int(u)
		}
	}
	return nil
}

// Invert makes the lists of units whose postings are given in the units'
// order, of a dictionary of so many terms.
func Invert(units [][]Posting, terms int) *Postings {
	p := &Postings{Offsets: make([]uint32, terms+1), Count: len(units)}
	total := 0
	for _, ps := range units {
		for _, x := range ps {
			p.Offsets[x.ID+1]++
		}
		total += len(ps)
	}
	for i := 1; i < len(p.Offsets); i++ {
		p.Offsets[i] += p.Offsets[i-1]
	}
	p.Units, p.Impacts = make([]uint32, total), make([]uint8, total)
	next := slices.Clone(p.Offsets[:terms])
	for u, ps := range units {
		for _, x := range ps {
			t := x.ID
			at := next[t]
			next[t]++
			p.Units[at], p.Impacts[at] = uint32(u), x.Impact
		}
	}
	return p
}

// Revert gives back the postings of the units, by unit; keep says which are
// wanted.
func (p *Postings) Revert(keep []bool) [][]Posting {
	counts := make([]uint32, p.Count)
	for _, u := range p.Units {
		if keep[u] {
			counts[u]++
		}
	}
	out := make([][]Posting, p.Count)
	for u, n := range counts {
		if n > 0 {
			out[u] = make([]Posting, 0, n)
		}
	}
	for t := 0; t+1 < len(p.Offsets); t++ {
		for i := p.Offsets[t]; i < p.Offsets[t+1]; i++ {
			if u := p.Units[i]; keep[u] {
				out[u] = append(out[u], Posting{ID: uint32(t), Impact: p.Impacts[i]})
			}
		}
	}
	return out
}
