package runbooks

import (
	"math"
	"slices"
)

// A dump of a PDF prints the titles of a page before the texts they stood
// above. Order and distance say nothing then; words do: a title goes to the
// text that holds its rare words. What no text claims keeps no title, for a
// wrong one is worse than none.

// Limits of matching titles to texts.
const (
	batchTitles = 40
	batchRows   = 600
	claim       = 0.6  // share that its text must hold of what any text holds of a title
	grounds     = 0.25 // share of the whole title that this must be
	touch       = 0.2  // share that keeps a row with its title
	change      = 0.35 // cost of going on to another title
	reach       = 4    // rows after the last touched one that still belong to it
)

// batches moves titles that were printed together to the texts they name.
func (p *plainText) batches() {
	if p.lay.wrap == 0 {
		return
	}
	rows := p.rows
	var weigh *weights
	for i := 0; i < len(rows); i++ {
		end := i
		for end < len(rows) && p.title1(end) {
			end++
		}
		if end-i > batchTitles || !p.batch(i, end) {
			i = max(i, end-1)
			continue
		}
		to := end
		for to < len(rows) && to-end < batchRows && !(p.title1(to) && to+1 < len(rows) && p.title1(to+1)) && !(rows[to].kind == rowHead && rows[to].trail >= 2) {
			to++
		}
		if weigh == nil {
			weigh = newWeights(rows)
		}
		p.claimTitles(weigh, i, end, to)
		i = to - 1
	}
}

// title1 reports a row that may be one of the titles of a batch.
func (p *plainText) title1(i int) bool {
	r := &p.rows[i]
	return r.mark.style == noMark && r.level == 0 && (r.kind == rowHead || r.kind == rowProse && p.headish(i))
}

// batch reports that the titles rows[from:end] were printed together: the
// layout marks two of them, or they are three and more.
func (p *plainText) batch(from, end int) bool {
	marked := 0
	for i := from; i < end; i++ {
		if p.rows[i].trail >= 2 {
			marked++
		}
	}
	if marked >= 2 {
		return true
	}
	if marked > 0 || end-from < 3 {
		return false
	}
	for i := range p.rows {
		if r := &p.rows[i]; r.trail >= 2 && r.kind == rowHead {
			return false // this layout marks its titles
		}
	}
	return true
}

// border moves the beginning of a text out of the middle of a list: up to its
// first item, or with down set behind its last.
func (p *plainText) border(i, from, to int, down bool) int {
	if i >= to {
		return i
	}
	if r := &p.rows[i]; r.kind != rowItem || !r.mark.style.ordered() || r.mark.n <= 1 {
		return i
	}
	style := p.rows[i].mark.style
	if down {
		for i < to && p.rows[i].kind == rowItem && p.rows[i].mark.style == style {
			i++
		}
		return i
	}
	for k := i - 1; k >= from; k-- {
		if p.rows[k].kind == rowItem && p.rows[k].mark.style == style && p.rows[k].mark.n <= 1 {
			return k
		}
	}
	return i
}

// claimTitles gives the titles rows[from:end] to the rows[end:to] they name.
func (p *plainText) claimTitles(w *weights, from, end, to int) {
	rows := p.rows
	k, m := end-from, to-end
	if m == 0 {
		return
	}
	titles := make([][]weighted, k)
	for t := range titles {
		titles[t] = w.of(from + t)
	}
	// norm is the weight of the words of a title that any row holds, aff[a][t]
	// the share of it that row a holds.
	norm, total := make([]float64, k), make([]float64, k)
	for t := range titles {
		for _, tok := range titles[t] {
			total[t] += tok.weight
			for a := range m {
				if w.has(end+a, tok.word) {
					norm[t] += tok.weight
					break
				}
			}
		}
	}
	aff := make([][]float64, m)
	for a := range aff {
		aff[a] = make([]float64, k)
		for t := range titles {
			share := 0.0
			for _, tok := range titles[t] {
				if w.has(end+a, tok.word) {
					share += tok.weight
				}
			}
			if norm[t] > 0 {
				aff[a][t] = share / norm[t]
			}
		}
	}
	states := bestTitles(aff, k)
	claimed := make([]bool, k)
	// covered is the share of a title's weight that rows a to b hold together.
	covered := func(t, a, b int) float64 {
		share := 0.0
		for _, tok := range titles[t] {
			for i := a; i < b; i++ {
				if w.has(end+i, tok.word) {
					share += tok.weight
					break
				}
			}
		}
		if norm[t] == 0 || share < grounds*total[t] {
			return 0
		}
		return share / norm[t]
	}
	type span struct{ title, first, stop int }
	var found []span
	for a := 0; a < m; {
		t := states[a]
		b := a
		first, last := -1, a
		for b < m && states[b] == t {
			if t > 0 && aff[b][t-1] >= touch {
				if first < 0 {
					first = b
				}
				last = b
			}
			b++
		}
		// After its last touched row a text may go on for a little.
		if t > 0 && first >= 0 && covered(t-1, first, last+1) >= claim {
			found = append(found, span{t - 1, p.border(end+first, end, to, false), p.border(min(end+b-1, end+last+reach)+1, end, to, true)})
			claimed[t-1] = true
		}
		a = b
	}
	marked := 0
	for t := range claimed {
		if rows[from+t].trail >= 2 {
			marked++
		}
	}
	if len(found) == 0 || marked < 2 && len(found)*2 < k {
		return
	}
	for i, f := range found {
		rows[f.first].label = rows[from+f.title].text
		stop := to
		if i+1 < len(found) {
			stop = found[i+1].first
		}
		if f.stop < min(stop, to) {
			rows[f.stop].unlabel = rows[f.stop].kind != rowHead
		}
		for j := f.first; j < min(f.stop, stop); j++ {
			if r := &rows[j]; r.kind == rowHead && r.trail < 2 {
				r.level = max(r.level, 2)
			}
		}
	}
	for t := range claimed {
		r := &rows[from+t]
		r.kind, r.level = rowProse, 0
		if claimed[t] {
			r.kind = rowMenu
		}
	}
	rows[from].unlabel = true
	if rows[end].label == "" && rows[end].kind != rowHead {
		rows[end].unlabel = true
	}
}

// bestTitles finds the likeliest title of every row: rows stay with a title
// until another one's words outweigh the change. State 0 is no title.
func bestTitles(aff [][]float64, k int) []int {
	score := make([]float64, k+1)
	back := make([][]int, len(aff))
	for t := 1; t <= k; t++ {
		score[t] = -change
	}
	for a := range aff {
		back[a] = make([]int, k+1)
		top := 0
		for t := range score {
			if score[t] > score[top] {
				top = t
			}
		}
		next := make([]float64, k+1)
		for t := range next {
			next[t], back[a][t] = score[t], t
			if v := score[top] - change; v > next[t] {
				next[t], back[a][t] = v, top
			}
			if t > 0 {
				next[t] += aff[a][t-1]
			}
		}
		score = next
	}
	best := 0
	for t := range score {
		if score[t] > score[best] {
			best = t
		}
	}
	states := make([]int, len(aff))
	for a := len(aff) - 1; a >= 0; a-- {
		states[a] = best
		best = back[a][best]
	}
	return states
}

// weights tell how much a word says: rare ones much, common ones little. Words
// are numbers: a hash of a Latin word, or two Han characters.
type weights struct {
	df   map[uint64]int
	rows [][]uint64 // the words of every row, sorted
}

// A weighted is a word with what it says.
type weighted struct {
	word   uint64
	weight float64
}

func newWeights(rows []row) *weights {
	w := &weights{df: make(map[uint64]int, 8*len(rows)), rows: make([][]uint64, len(rows))}
	for i := range rows {
		w.rows[i] = wordsOf(rows[i].text)
		for _, word := range w.rows[i] {
			w.df[word]++
		}
	}
	return w
}

// of returns the words of row i that are not too common to tell texts apart.
func (w *weights) of(i int) []weighted {
	var out []weighted
	n := len(w.rows)
	for _, word := range w.rows[i] {
		if df := w.df[word]; df*4 <= n || n < 12 {
			out = append(out, weighted{word, math.Log(1+float64(n)/float64(1+df)) + 0.1})
		}
	}
	return out
}

// has reports whether row i holds a word.
func (w *weights) has(i int, word uint64) bool {
	_, ok := slices.BinarySearch(w.rows[i], word)
	return ok
}

// empty reports characters that questions and links between words are made of.
func empty(r rune) bool {
	switch r {
	case '什', '么', '是', '的', '如', '何', '怎', '样', '和', '与', '哪', '些', '为', '吗', '呢', '中', '在', '有', '用', '了', '对':
		return true
	}
	return false
}

// wordsOf are the Latin words and the pairs of Han characters of a text, sorted.
func wordsOf(s string) []uint64 {
	const seed, prime = 14695981039346656037, 1099511628211
	s = s[:min(len(s), 4000)]
	out := make([]uint64, 0, len(s)/3+1)
	hash, size := uint64(seed), 0
	prev := rune(0)
	for _, r := range s {
		if r >= 'A' && r <= 'Z' {
			r += 'a' - 'A'
		}
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			hash = (hash ^ uint64(r)) * prime
			size++
			prev = r
			continue
		}
		if size >= 2 {
			out = append(out, hash|1<<63)
		}
		hash, size = seed, 0
		if isHan(r) && isHan(prev) && !empty(r) && !empty(prev) {
			out = append(out, uint64(prev)<<21|uint64(r))
		}
		prev = r
	}
	if size >= 2 {
		out = append(out, hash|1<<63)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
