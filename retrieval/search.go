package retrieval

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/bits"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"cairn/retrieval/lexical"
	"cairn/retrieval/vector"
)

// maxCandidates is how many passages get the second look.
const maxCandidates = 160

// A search is the work space of one Search.
type search struct {
	scratch  lexical.Scratch
	passages []float32 // score by passage
	texts    []float32 // score by document
	cands    []candidate
	heap     []rough
	weight   []float32 // of the question's terms
	set      []uint32  // the terms that have one
	asked    []uint64  // a bit for each of them: most terms have none
	tells    []telling // of terms in aliases
	limited  bool      // tells were made for some libraries only
	seen     []uint32  // round in which a term was seen
	round    uint32
	scope    *scope
}

// telling is what a term of an alias weighs.
type telling struct {
	weight float32
	kind   lexical.Kind
	known  bool
}

// A candidate is a passage with what speaks for it.
type candidate struct {
	passage, doc int
	// twin is the passage in the other language that it was found by, or -1.
	twin        int
	words, text float32 // first stage: from the passage, from its document
	features    [features]float32
	// held is how far the question holds one of the document's aliases.
	held float32
	// vector and rerank are what a model added.
	vector, rerank float32
	score          float32
}

// prepare fills what is derived from the tables.
func (ix *Index) prepare() {
	ix.twins = ix.twinTable()
	ix.systems = ix.systemTable()
	if ix.dimensions > 0 {
		ix.store = vector.New(ix.vectors, ix.dimensions, ix.parts())
	}
	ix.scratch.New = func() any {
		return &search{
			passages: make([]float32, ix.passageCount()),
			texts:    make([]float32, ix.docCount()),
			weight:   make([]float32, ix.dict.Len()),
			asked:    make([]uint64, (ix.dict.Len()+63)/64),
			tells:    make([]telling, ix.dict.Len()),
			seen:     make([]uint32, ix.dict.Len()),
		}
	}
}

// Search finds the passages that answer a question. It takes bounded time for
// any input; the error wraps ctx.Err() when ctx ends before.
func (ix *Index) Search(ctx context.Context, query Query) (*Result, error) {
	k := query.K
	if k <= 0 {
		k = 10
	}
	k = min(k, maxK)
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	s := ix.scratch.Get().(*search)
	defer ix.scratch.Put(s)
	sc := ix.scope(query.Libraries)
	q := ix.ask(&s.scratch, query.Text, sc)
	res := &Result{Lang: q.lang, Terms: q.shown(&ix.tables)}
	if len(q.terms) == 0 {
		return res, nil
	}
	vectors := ix.embedQuestion(ctx, q.text)
	ix.score(s, q, sc)
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	cands := ix.preferOwn(ix.rank(s, q, sc), q)
	// The verdict rests on words alone: it does not change with the weather of
	// a model.
	ix.judge(q, sc, cands, res)
	if len(cands) == 0 {
		return res, nil
	}
	first := cands[0].doc
	if res.Verdict == Abstain && !q.talk {
		cands = slices.Clone(cands) // the next search works where they lie
		if err := ix.listen(ctx, s, q, sc, first, res); err != nil {
			return nil, fmt.Errorf("search: %w", err)
		}
	}
	if vectors != nil {
		var err error
		if cands, err = ix.addVectors(ctx, s, q, sc, query, cands, res.Coverage, vectors); err != nil {
			res.Fallbacks = append(res.Fallbacks, err)
		}
	}
	if ix.opts.Reranker != nil {
		var err error
		if cands, err = ix.rerank(ctx, q, cands); err != nil {
			res.Fallbacks = append(res.Fallbacks, err)
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	if cands[0].doc != first && res.Verdict == Sure {
		// Words and model disagree about the document.
		res.Verdict, res.Confidence = Unsure, min(res.Confidence, sureFrom-0.05)
	}
	picks := ix.pick(cands, q, k)
	ix.parseAll(picks)
	for _, p := range picks {
		h, err := ix.hit(p, query.Explain)
		if err != nil {
			return nil, fmt.Errorf("search: %w", err)
		}
		res.Hits = append(res.Hits, h)
	}
	return res, nil
}

// score adds up every term's impacts.
func (ix *Index) score(s *search, q *question, sc *scope) {
	clear(s.passages)
	clear(s.texts)
	for _, t := range q.terms {
		add(s.passages, ix.passages, t.id, t.passage*(lexical.K1+1)/255, sc.all, &sc.passages)
		add(s.texts, ix.texts, t.id, t.text*(lexical.K1+1)/255, sc.all, &sc.docs)
	}
}

func add(acc []float32, p *lexical.Postings, id uint32, w float32, all bool, spans *[langCount][]span) {
	units, impacts := p.List(id)
	if all {
		for i, u := range units {
			acc[u] += w * float32(impacts[i])
		}
		return
	}
	for lang := range spans {
		for _, sp := range spans[lang] {
			from, _ := slices.BinarySearch(units, uint32(sp.first))
			for i := from; i < len(units) && int(units[i]) < sp.last; i++ {
				acc[units[i]] += w * float32(impacts[i])
			}
		}
	}
}

// rank gives the best candidates their second look, best first.
func (ix *Index) rank(s *search, q *question, sc *scope) []candidate {
	s.cands = ix.candidates(s, s.cands[:0])
	if s.limited || !sc.all {
		clear(s.tells)
	}
	s.limited = !sc.all
	s.scope = sc
	s.weigh(q)
	q.measure()
	// Candidates of one document stand together: its title is looked at once.
	slices.SortFunc(s.cands, func(a, b candidate) int { return cmp.Compare(a.passage, b.passage) })
	for i := 0; i < len(s.cands); {
		j := i
		for j < len(s.cands) && s.cands[j].doc == s.cands[i].doc {
			j++
		}
		ix.look(s, q, s.cands[i:j])
		i = j
	}
	slices.SortFunc(s.cands, byScore)
	return s.cands
}

// weigh sets the weights of the question's terms, and clears those of the one
// before.
func (s *search) weigh(q *question) {
	for _, id := range s.set {
		s.weight[id] = 0
		s.asked[id/64] = 0
	}
	s.set = s.set[:0]
	for _, t := range q.terms {
		s.weight[t.id] = t.text
		s.set = append(s.set, t.id)
		if t.text > 0 {
			s.asked[t.id/64] |= 1 << (t.id % 64)
		}
	}
}

func byScore(a, b candidate) int {
	return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.passage, b.passage))
}

// kindOf tells a term's kind from its form.
func kindOf(term string) lexical.Kind {
	switch {
	case term == "":
		return lexical.Word
	case term[0] == 1:
		return lexical.Concept
	case term[0] == 2:
		return lexical.Pair
	case term[0] >= '0' && term[0] <= '9':
		return lexical.Number
	case term[0] >= 0xe3 && len(term) <= 4:
		return lexical.Unigram
	case term[0] >= 0xe3 && len(term) <= 8:
		return lexical.Bigram
	}
	return lexical.Word
}

// rough is a passage with its first-stage score.
type rough struct {
	score   float32
	passage uint32
}

// candidates selects the best passages by first-stage score.
func (ix *Index) candidates(s *search, out []candidate) []candidate {
	ix.best(s)
	for _, r := range s.heap {
		d := ix.passageDoc[r.passage]
		out = append(out, candidate{
			passage: int(r.passage), doc: int(d), twin: -1,
			words: s.passages[r.passage], text: s.texts[d] * weights.document, score: r.score,
		})
	}
	return out
}

// best fills the heap with the best of all passages, the worst of them at the
// root.
func (ix *Index) best(s *search) {
	s.heap = s.heap[:0]
	for d, text := range s.texts {
		text *= weights.document
		for p := ix.docPassages[d]; p < ix.docPassages[d+1]; p++ {
			if score := s.passages[p] + text; score > 0 {
				s.offer(p, score)
			}
		}
	}
}

// offer puts a passage into the heap if it is better than the worst there.
func (s *search) offer(p uint32, score float32) {
	switch {
	case len(s.heap) < maxCandidates:
		s.heap = append(s.heap, rough{score, p})
		up(s.heap, len(s.heap)-1)
	case score > s.heap[0].score:
		s.heap[0] = rough{score, p}
		down(s.heap, 0)
	}
}

func up(h []rough, i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if h[parent].score <= h[i].score {
			return
		}
		h[parent], h[i] = h[i], h[parent]
		i = parent
	}
}

func down(h []rough, i int) {
	for {
		child := 2*i + 1
		if child >= len(h) {
			return
		}
		if child+1 < len(h) && h[child+1].score < h[child].score {
			child++
		}
		if h[i].score <= h[child].score {
			return
		}
		h[i], h[child] = h[child], h[i]
		i = child
	}
}

// longDocument is how many passages a document has at most that is about one
// thing.
const longDocument = 40

// A picked candidate with what it stands for.
type picked struct {
	candidate
	duplicates []int
	again      float32
}

// pick chooses k hits: near-duplicates are collapsed, of a document in both
// languages the asker's comes first, and a short document's further passages
// give way to other documents.
func (ix *Index) pick(cands []candidate, q *question, k int) []picked {
	out := make([]picked, 0, k)
	count := make(map[int]int)
	used := make([]bool, len(cands))
	for len(out) < k {
		best, bestScore := -1, float32(math.Inf(-1))
		for i := range cands {
			if used[i] {
				continue
			}
			c := &cands[i]
			if c.score <= bestScore {
				break // sorted: nothing better follows
			}
			score := c.score
			if n := count[c.doc]; n > 0 && ix.docPassages[c.doc+1]-ix.docPassages[c.doc] <= longDocument {
				score -= weights.again * float32(n)
			}
			if score > bestScore {
				best, bestScore = i, score
			}
		}
		if best < 0 {
			break
		}
		used[best] = true
		c := cands[best]
		if dup := ix.duplicateOf(out, c); dup >= 0 {
			out[dup].duplicates = append(out[dup].duplicates, c.passage)
			continue
		}
		count[c.doc]++
		p := picked{candidate: c, again: bestScore - c.score}
		if c.twin >= 0 {
			p.duplicates = append(p.duplicates, c.twin)
		}
		out = append(out, p)
	}
	return out
}

// duplicateOf returns which of the picked says the same as c, or -1.
func (ix *Index) duplicateOf(out []picked, c candidate) int {
	h := ix.passageHash[c.passage]
	for i := range out {
		if out[i].doc != c.doc && bits.OnesCount64(ix.passageHash[out[i].passage]^h) <= 3 {
			return i
		}
	}
	return -1
}

// parseAll has the documents of the picked parsed side by side: after a cold
// start all of them are new. What fails is told by who needs it.
func (ix *Index) parseAll(ps []picked) {
	var workers errgroup.Group
	workers.SetLimit(runtime.GOMAXPROCS(0))
	for i, p := range ps {
		if ix.docs.has(p.doc) || slices.ContainsFunc(ps[:i], func(o picked) bool { return o.doc == p.doc }) {
			continue
		}
		workers.Go(func() error {
			_, err := ix.parsed(p.doc)
			return err
		})
	}
	_ = workers.Wait()
}

func (ix *Index) hit(p picked, explain bool) (Hit, error) {
	d, err := ix.parsed(p.doc)
	if err != nil {
		return Hit{}, err
	}
	h := Hit{
		Library: ix.libraries[ix.libraryOf(p.doc)].name, Document: d.doc,
		Passage: d.passages[p.passage-int(ix.docPassages[p.doc])],
		Score:   float64(p.score + p.again),
	}
	for _, dup := range p.duplicates {
		doc := int(ix.passageDoc[dup])
		h.Duplicates = append(h.Duplicates, Ref{
			Library: ix.libraries[ix.libraryOf(doc)].name, Path: ix.docPath(doc),
			StartLine: int(ix.passageLines[2*dup]), EndLine: int(ix.passageLines[2*dup+1]),
		})
	}
	if explain {
		h.Parts = explainParts(p)
	}
	return h, nil
}

func explainParts(p picked) []Part {
	parts := make([]Part, 0, features+1)
	for i, v := range p.features {
		if v != 0 {
			parts = append(parts, Part{Name: featureNames[i], Value: float64(v * rankWeights[i])})
		}
	}
	if p.vector != 0 {
		parts = append(parts, Part{Name: "vector", Value: float64(p.vector)})
	}
	if p.rerank != 0 {
		parts = append(parts, Part{Name: "rerank", Value: float64(p.rerank)})
	}
	if p.again != 0 {
		parts = append(parts, Part{Name: "repeated", Value: float64(p.again)})
	}
	return parts
}
