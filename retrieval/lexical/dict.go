package lexical

import (
	"errors"
	"fmt"
	"math/bits"
	"strings"
)

// ErrInvalid is the cause when tables are not what a Builder makes.
var ErrInvalid = errors.New("invalid index tables")

// A Dict maps terms to numbers. Terms are sorted, their numbers count from 0.
// Its tables are flat: they can lie in a file as they are.
type Dict struct {
	// Blob holds the terms one after the other, Offsets where each begins, with
	// the end as the last one.
	Blob    string
	Offsets []uint32
	// Slots is a hash table of term numbers plus one.
	Slots []uint32
}

// NewDict returns the dictionary of sorted, distinct terms.
func NewDict(terms []string) *Dict {
	d := &Dict{Offsets: make([]uint32, 1, len(terms)+1)}
	size := 0
	for _, t := range terms {
		size += len(t)
	}
	var b strings.Builder
	b.Grow(size)
	for _, t := range terms {
		b.WriteString(t)
		d.Offsets = append(d.Offsets, uint32(b.Len()))
	}
	d.Blob = b.String()
	d.Slots = make([]uint32, 1<<bits.Len(uint(len(terms)+len(terms)/2)))
	mask := uint32(len(d.Slots) - 1)
	for i, t := range terms {
		h := hash(t) & mask
		for d.Slots[h] != 0 {
			h = (h + 1) & mask
		}
		d.Slots[h] = uint32(i + 1)
	}
	return d
}

// Len returns the number of terms.
func (d *Dict) Len() int { return max(0, len(d.Offsets)-1) }

// Term returns the term of a number.
func (d *Dict) Term(id uint32) string { return d.Blob[d.Offsets[id]:d.Offsets[id+1]] }

// Find returns the number of a term.
func (d *Dict) Find(term string) (uint32, bool) {
	if len(d.Slots) == 0 {
		return 0, false
	}
	mask := uint32(len(d.Slots) - 1)
	for h, n := hash(term)&mask, 0; n < len(d.Slots); h, n = (h+1)&mask, n+1 {
		id := d.Slots[h]
		if id == 0 {
			return 0, false
		}
		if d.Term(id-1) == term {
			return id - 1, true
		}
	}
	return 0, false
}

// Validate checks what Term and Find rely on.
func (d *Dict) Validate() error {
	if len(d.Offsets) == 0 || len(d.Slots)&(len(d.Slots)-1) != 0 {
		return fmt.Errorf("%w: dictionary of %d offsets and %d slots", ErrInvalid, len(d.Offsets), len(d.Slots))
	}
	if err := ascending(d.Offsets, len(d.Blob)); err != nil {
		return fmt.Errorf("dictionary: %w", err)
	}
	for _, s := range d.Slots {
		if int(s) > d.Len() {
			return fmt.Errorf("%w: slot names term %d of %d", ErrInvalid, s, d.Len())
		}
	}
	return nil
}

// ascending reports an error unless offsets rise from 0 to end.
func ascending(off []uint32, end int) error {
	if len(off) == 0 || off[0] != 0 || int(off[len(off)-1]) != end {
		return fmt.Errorf("%w: offsets do not span the table", ErrInvalid)
	}
	for i := 1; i < len(off); i++ {
		if off[i] < off[i-1] {
			return fmt.Errorf("%w: offset %d falls", ErrInvalid, i)
		}
	}
	return nil
}

// hash is FNV-1a, finished so that the low bits are good.
func hash(s string) uint32 {
	h := uint32(2166136261)
	for i := 0; i < len(s); i++ {
		h = (h ^ uint32(s[i])) * 16777619
	}
	h ^= h >> 15
	h *= 0x85ebca6b
	return h ^ h>>13
}
