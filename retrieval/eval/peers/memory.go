package main

import (
	"fmt"
	"slices"
	"time"

	"cairn/retrieval"
)

// limits says what the questions' postings would take if reading them from
// memory were all there is to a search: counted bytes over measured bandwidth.
func limits(ix *retrieval.Index, questions []string) {
	stats := ix.Stats()
	var bytes, postings, terms []int
	for _, q := range questions {
		c := ix.Cost(q)
		n := c.Passages + c.Documents
		// A posting has a number of 4 bytes and an impact of 1; the scores of
		// all passages and documents, 4 bytes each, are cleared, added to and
		// looked through once.
		bytes = append(bytes, 5*n+3*4*(stats.Passages+stats.Documents))
		postings, terms = append(postings, n), append(terms, c.Terms)
	}
	for _, x := range [][]int{bytes, postings, terms} {
		slices.Sort(x)
	}
	gbs := bandwidth()
	at := func(x []int, share float64) int { return x[int(share*float64(len(x)-1))] }
	for _, share := range []float64{0.5, 0.99} {
		b := at(bytes, share)
		fmt.Printf("memory   p%.0f: %d terms, %d postings, %.2f MB: at %.1f GB/s of one core %v\n",
			share*100, at(terms, share), at(postings, share), float64(b)/1e6, gbs, (time.Duration(float64(b)/gbs) * time.Nanosecond).Round(time.Microsecond))
	}
}

// bandwidth is how many GB a core reads in a second from memory that no cache
// holds: the best of several passes over 256 MB.
func bandwidth() float64 {
	const size = 256 << 20
	words := make([]uint64, size/8)
	for i := range words {
		words[i] = uint64(i)
	}
	best, sum := time.Hour, uint64(0)
	for range 7 {
		start := time.Now()
		var a, b, c, d uint64
		for i := 0; i+8 <= len(words); i += 8 {
			w := words[i : i+8 : i+8]
			a += w[0] + w[4]
			b += w[1] + w[5]
			c += w[2] + w[6]
			d += w[3] + w[7]
		}
		best = min(best, time.Since(start))
		sum += a + b + c + d
	}
	if sum == 0 {
		return 0
	}
	return float64(size) / float64(best.Nanoseconds())
}
