package retrieval

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/bits"
	"slices"

	"cairn/retrieval/lexical"
	"cairn/runbooks"
)

// maxCandidates is how many passages get the second look.
const maxCandidates = 160

// A search is the work space of one Search.
type search struct {
	scratch  lexical.Scratch
	passages []float32 // score by passage
	texts    []float32 // score by document
	cands    []candidate
	weight   map[uint32]float32
	tells    map[uint32]telling // of terms in aliases
	scope    *scope
}

// telling is what a term of an alias weighs.
type telling struct {
	weight float32
	kind   lexical.Kind
}

// A candidate is a passage with the parts of its score.
type candidate struct {
	passage, doc int
	words, text  float32 // from the passage, from its document
	title, head  float32
	prior        float32
	score        float32
}

// prepare fills what is derived from the tables.
func (ix *Index) prepare() {
	ix.scratch.New = func() any {
		return &search{
			passages: make([]float32, ix.passageCount()),
			texts:    make([]float32, ix.docCount()),
			weight:   make(map[uint32]float32, maxTerms),
			tells:    make(map[uint32]telling, 256),
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
	ix.score(s, q, sc)
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	cands := ix.rank(s, q, sc)
	ranked := ix.pick(cands, q, k)
	for _, p := range ranked {
		h, err := ix.hit(p, query.Explain)
		if err != nil {
			return nil, fmt.Errorf("search: %w", err)
		}
		res.Hits = append(res.Hits, h)
	}
	ix.judge(s, q, sc, ranked, res)
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
	clear(s.weight)
	clear(s.tells)
	s.scope = sc
	for _, t := range q.terms {
		s.weight[t.id] = t.text
	}
	q.measure()
	norm := q.norm
	doc, title := -1, float32(0)
	// Candidates of one document stand together: its title is looked at once.
	slices.SortFunc(s.cands, func(a, b candidate) int { return cmp.Compare(a.passage, b.passage) })
	for i := range s.cands {
		c := &s.cands[i]
		if c.doc != doc {
			doc, title = c.doc, 0
			for a := ix.docAliases[doc]; a < ix.docAliases[doc+1]; a++ {
				title = max(title, ix.similarity(s, a, q))
			}
		}
		c.title = weights.title * power(title, weights.titlePower) * norm
		c.head = weights.heading * power(ix.similarity(s, ix.passageAliases[c.passage], q), weights.headPower) * norm
		sum := c.words + c.text + c.title + c.head
		switch runbooks.PassageKind(ix.passageKind[c.passage]) {
		case runbooks.Links:
			c.prior = sum * (weights.links - 1)
		case runbooks.Boilerplate:
			c.prior = sum * (weights.boilerplate - 1)
		}
		c.score = sum + c.prior
	}
	slices.SortFunc(s.cands, byScore)
	return s.cands
}

func byScore(a, b candidate) int {
	return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.passage, b.passage))
}

func power(x, p float32) float32 {
	if x <= 0 {
		return 0
	}
	return float32(math.Pow(float64(x), float64(p)))
}

// similarity is the cosine between the question and an alias. Between two
// languages only what both can hold counts: concepts and, of the Chinese one,
// the Latin names; the words of the English one count less.
func (ix *Index) similarity(s *search, alias uint32, q *question) float32 {
	var dot float32
	var own [kinds]float32 // squared weights by kind of term
	matchedWords := float32(0)
	ids := ix.alias(alias)
	for _, id := range ids {
		t, ok := s.tells[id]
		if !ok {
			w, _ := idf(ix.texts, id, &s.scope.docs, &s.scope.docCount)
			t.kind = kindOf(ix.dict.Term(id))
			t.weight = w * kindWeight[t.kind]
			s.tells[id] = t
		}
		w := t.weight
		own[t.kind] += w * w
		if qw := s.weight[id]; qw > 0 {
			dot += w * qw
			if t.kind == lexical.Word || t.kind == lexical.Ident || t.kind == lexical.Number {
				matchedWords += w * w
			}
		}
	}
	if dot == 0 {
		return 0
	}
	latin := own[lexical.Word] + own[lexical.Ident] + own[lexical.Number]
	han := own[lexical.Bigram] + own[lexical.Unigram]
	mine := q.norm
	switch {
	case q.han == 0 && han > 0: // English question, Chinese alias
		han = 0
		mine = q.foreign
	case q.han > 0 && han == 0: // Chinese question, English alias
		latin = matchedWords + weights.foreign*(latin-matchedWords)
		mine = q.foreign
	}
	return dot / (mine * float32(math.Sqrt(float64(own[lexical.Concept]+latin+han))))
}

// kindOf tells a term's kind from its form.
func kindOf(term string) lexical.Kind {
	switch {
	case term == "":
		return lexical.Word
	case term[0] == 1:
		return lexical.Concept
	case term[0] >= '0' && term[0] <= '9':
		return lexical.Number
	case term[0] >= 0xe3 && len(term) <= 4:
		return lexical.Unigram
	case term[0] >= 0xe3 && len(term) <= 8:
		return lexical.Bigram
	}
	return lexical.Word
}

// candidates selects the best passages by first-stage score.
func (ix *Index) candidates(s *search, out []candidate) []candidate {
	floor := float32(0)
	for d, text := range s.texts {
		text *= weights.document
		for p := ix.docPassages[d]; p < ix.docPassages[d+1]; p++ {
			words := s.passages[p]
			score := words + text
			if score <= floor {
				continue
			}
			out = append(out, candidate{passage: int(p), doc: d, words: words, text: text, score: score})
			if len(out) == 4*maxCandidates {
				slices.SortFunc(out, byScore)
				out = out[:maxCandidates]
				floor = out[maxCandidates-1].score
			}
		}
	}
	slices.SortFunc(out, byScore)
	return out[:min(len(out), maxCandidates)]
}

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
		best, bestScore := -1, float32(0)
		for i := range cands {
			if used[i] {
				continue
			}
			c := &cands[i]
			if c.score <= bestScore {
				break // sorted: nothing better follows
			}
			score := c.score
			if n := count[c.doc]; n > 0 && ix.docPassages[c.doc+1]-ix.docPassages[c.doc] <= 40 {
				score *= float32(math.Pow(float64(weights.again), float64(n)))
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
		out = append(out, picked{candidate: c, again: bestScore - c.score})
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
	parts := []Part{
		{Name: "passage", Value: float64(p.words)},
		{Name: "document", Value: float64(p.text)},
		{Name: "title", Value: float64(p.title)},
		{Name: "heading", Value: float64(p.head)},
		{Name: "kind", Value: float64(p.prior)},
		{Name: "repeated", Value: float64(p.again)},
	}
	return parts
}
