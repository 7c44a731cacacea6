package retrieval

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"cairn/retrieval/lexical"
	"cairn/runbooks"
)

// The bounds of one query.
const (
	// maxQuery is how many bytes of a question are looked at: half from its
	// beginning, half from its end.
	maxQuery = 8 << 10
	// maxTerms is how many terms are searched for, the most telling ones.
	maxTerms = 72
	maxK     = 100
)

// A qterm is a term of the question that the index knows.
type qterm struct {
	id   uint32
	kind lexical.Kind
	// weight is what the question gives it; passage and text are that times
	// how telling it is among passages and among documents.
	weight, passage, text float32
	// atoms are the atoms that it speaks for.
	atoms []int
	// learn says that it only tells that somebody wants to learn.
	learn bool
}

// An atom is a piece of the question that an answer should account for: a
// word, an identifier, a pair of Han characters.
type atom struct {
	start, end int
	term       string
	id         uint32
	// known says that the index holds the atom, told that it or a concept that
	// covers it is known.
	known, told bool
	kind        lexical.Kind
	// name says that it looks like the name of a product or a thing; noise, that
	// a machine made it up; part, that it lies inside an identifier.
	name, noise, part bool
	// camel says that it is a whole name whose parts follow as atoms.
	camel bool
	// absent says that it belongs to a concept that nothing in the library
	// mentions, and that the library does not know it either.
	absent bool
	// strange says that neither the library nor operations texts in general use
	// it; foreign, that only a text in the question's language could.
	strange, foreign bool
	// mass is how much it matters.
	mass float32
}

// A question is a query, analysed within a scope.
type question struct {
	text  string
	lang  runbooks.Lang
	terms []qterm
	atoms []atom
	// pairs counts the pairs of words.
	pairs int
	// capitals says that most words begin with one, as in a title.
	capitals bool
	// talk says that it is a greeting, thanks or the like.
	talk bool
	// learn says that it asks how to learn about a thing: a list of links is an
	// answer to that.
	learn bool
	// subject is the thing whose meaning is asked; "" where it is not that.
	subject string
	// aim is what it is after.
	aim lexical.Aim
	// systems are the products and services that it names.
	systems map[int]bool
	// mass sums the atoms'.
	mass float32
	// norm is the length of the question as a vector of terms, foreign what is
	// left of it against an alias in the other language; han is the part of
	// its square that Han characters make.
	norm, foreign, han float32
	// long grows with the number of telling terms, about 1 for ten.
	long float32
	// reachPassage and reachText are the most that a passage and a document
	// could score, sum is that of the terms' weights among documents.
	reachPassage, reachText, sum float32
	// fixed are the misspelt words, as read.
	fixed map[string]string
}

// A span is a range of documents or passages, the latter exclusive.
type span struct{ first, last int }

// A scope is what may be searched: ranges per language.
type scope struct {
	docs, passages [langCount][]span
	docCount       [langCount]int
	passageCount   [langCount]int
	all            bool
}

func (t *tables) scope(names []string) *scope {
	s := &scope{all: names == nil}
	for i := range t.libraries {
		l := &t.libraries[i]
		if names != nil && !slices.Contains(names, l.name) {
			continue
		}
		for lang := range langCount {
			d := span{int(l.docs[lang]), int(l.docs[lang+1])}
			if d.first == d.last {
				continue
			}
			p := span{int(t.docPassages[d.first]), int(t.docPassages[d.last])}
			s.docs[lang] = append(s.docs[lang], d)
			s.passages[lang] = append(s.passages[lang], p)
			s.docCount[lang] += d.last - d.first
			s.passageCount[lang] += p.last - p.first
		}
	}
	return s
}

// idf says how telling a term is: from the share of units that hold it in the
// language where it is most common, so that documents in one language leave
// the other's terms alone. Small languages lean on the whole.
func idf(p *lexical.Postings, id uint32, spans *[langCount][]span, counts *[langCount]int) (float32, int) {
	const lean = 200
	var df [langCount]int
	all, total := 0, 0
	for lang := range langCount {
		for _, s := range spans[lang] {
			df[lang] += p.Frequency(id, s.first, s.last)
		}
		all += df[lang]
		total += counts[lang]
	}
	if all == 0 {
		return 0, 0
	}
	share := float64(all) / float64(total)
	most := 0.0
	for lang := range langCount {
		if counts[lang] > 0 {
			most = max(most, (float64(df[lang])+lean*share)/(float64(counts[lang])+lean))
		}
	}
	// As in BM25, for a collection of the size of the whole.
	n := float64(total)
	f := most * n
	return float32(math.Log(1 + (n-f+0.5)/(f+0.5))), all
}

// unknownMass is what an unknown term would have weighed.
func unknownMass(counts *[langCount]int) float32 {
	n := 0
	for _, c := range counts {
		n += c
	}
	return float32(math.Log(1 + (float64(n)+0.5)/0.5))
}

// ask analyses the question.
func (ix *Index) ask(sc *lexical.Scratch, text string, s *scope) *question {
	q := &question{text: cutQuery(text)}
	q.lang = runbooks.DetectLang(q.text)
	q.capitals = mostlyCapitals(q.text)
	q.talk = lexical.SmallTalk(q.text)
	q.aim, q.subject = lexical.AimOf(q.text), lexical.Definition(q.text)
	read := q.text
	if fixed := ix.correct(sc, q, s); fixed != "" {
		read = fixed
	}
	ix.collect(sc, q, read, s)
	return q
}

// cutQuery keeps the beginning and the end of a long question.
func cutQuery(text string) string {
	if len(text) <= maxQuery {
		return text
	}
	head, tail := maxQuery/2, len(text)-maxQuery/2
	for head > 0 && !utf8.RuneStart(text[head]) {
		head--
	}
	for tail < len(text) && !utf8.RuneStart(text[tail]) {
		tail++
	}
	return text[:head] + "\n" + text[tail:]
}

// A raw term, before it is known how telling it is.
type rawTerm struct {
	term   string
	kind   lexical.Kind
	weight float32
	spans  [][2]int
	count  int
}

func (ix *Index) collect(sc *lexical.Scratch, q *question, text string, s *scope) {
	byTerm := make(map[string]int)
	var raws []rawTerm
	seenAtom := make(map[string]bool)
	text = without(text, ix.filler(sc, text))
	machine := lexical.MachineSpans(text)
	ix.analyzer.Each(sc, text, func(t *lexical.Token) {
		if touches(machine, t.Start, t.End) && !(t.Kind == lexical.Number && t.End-t.Start >= minCode && ix.knows(string(t.Term), s)) {
			t.Noise = true
		}
		w := kindWeight[t.Kind] * t.Weight
		if t.Inner {
			w *= weights.inner
		}
		if t.Noise {
			w *= weights.noise
		}
		if t.Part {
			w *= weights.part
		}
		i, ok := byTerm[string(t.Term)]
		if !ok {
			i = len(raws)
			raws = append(raws, rawTerm{term: string(t.Term), kind: t.Kind})
			byTerm[raws[i].term] = i
		}
		r := &raws[i]
		r.weight = max(r.weight, w)
		r.count++
		if len(r.spans) < 8 {
			r.spans = append(r.spans, [2]int{t.Start, t.End})
		}
		if t.Kind == lexical.Ident && t.Camel && !seenAtom[r.term] {
			seenAtom[r.term] = true
			q.atoms = append(q.atoms, atom{start: t.Start, end: t.End, term: r.term, kind: t.Kind, name: true, camel: true})
		}
		if (t.Kind == lexical.Word || t.Kind == lexical.Number || t.Kind == lexical.Bigram) && !seenAtom[r.term] {
			seenAtom[r.term] = true
			q.atoms = append(q.atoms, atom{
				start: t.Start, end: t.End, term: r.term, kind: t.Kind,
				name: !q.capitals && looksLikeName(text, t, q.lang), noise: t.Noise, part: t.Part,
			})
		}
	})
	learn := lexical.LearnSpans(text)
	q.learn = learn != nil
	unknown := unknownMass(&s.passageCount)
	crossing := crossings(raws)
	for i := range q.atoms {
		a := &q.atoms[i]
		m := unknown
		if id, ok := ix.dict.Find(a.term); ok {
			if f, df := idf(ix.passages, id, &s.passages, &s.passageCount); df > 0 {
				a.id, a.known, m = id, true, f
			}
		}
		a.mass = m * kindWeight[a.kind]
		if a.noise {
			a.mass *= weights.noise
		}
		if a.camel && len(a.term) > 0 && !a.known {
			a.mass *= 0.5
		}
		if a.kind == lexical.Bigram && crossing(a.start, a.end) {
			a.mass *= weights.crossing
			a.told = true
		}
		a.told = a.told || a.known
	}
	for i := range raws {
		r := &raws[i]
		if r.kind == lexical.Pair {
			q.pairs++
		}
		id, ok := ix.dict.Find(r.term)
		if !ok {
			q.miss(r)
			continue
		}
		pf, pn := idf(ix.passages, id, &s.passages, &s.passageCount)
		df, dn := idf(ix.texts, id, &s.docs, &s.docCount)
		if pn+dn == 0 {
			q.miss(r)
			continue
		}
		if n, ok := ix.systems[id]; ok && r.kind == lexical.Word {
			if q.systems == nil {
				q.systems = make(map[int]bool)
			}
			q.systems[n] = true
		}
		w := r.weight * float32(1+0.5*math.Log(float64(r.count)))
		t := qterm{id: id, kind: r.kind, weight: w, passage: w * pf, text: w * df, learn: inside(r.spans, learn)}
		for j, a := range q.atoms {
			for _, sp := range r.spans {
				if sp[0] <= a.start && a.end <= sp[1] && r.kind != lexical.Unigram && r.kind != lexical.Pair {
					t.atoms = append(t.atoms, j)
					break
				}
			}
		}
		if r.kind == lexical.Concept {
			if len(t.atoms) == 0 {
				continue // how, what, when: the glossary knows them, but they tell nothing
			}
			for _, j := range t.atoms {
				q.atoms[j].told = true
			}
		}
		q.terms = append(q.terms, t)
	}
	for i := range q.atoms {
		a := &q.atoms[i]
		q.mass += a.mass
		if a.told || a.noise || a.camel || a.kind == lexical.Number {
			continue
		}
		ordinary := lexical.Ordinary(a.term)
		a.strange = !ordinary && !a.part // a part of a name may be anything
		a.foreign = ordinary && !a.absent
	}
	slices.SortFunc(q.terms, func(a, b qterm) int {
		return cmp.Or(cmp.Compare(b.passage+b.text, a.passage+a.text), cmp.Compare(a.id, b.id))
	})
	if len(q.terms) > maxTerms {
		q.terms = q.terms[:maxTerms]
	}
}

// filler returns the ranges of the text that tell nothing of the matter, but
// those that lie in a longer concept, and none where nothing else is said.
func (ix *Index) filler(sc *lexical.Scratch, text string) [][2]int {
	spans := lexical.FillerSpans(text)
	if len(spans) == 0 {
		return nil
	}
	held, rest := make([]bool, len(spans)), false
	ix.analyzer.Each(sc, text, func(t *lexical.Token) {
		switch t.Kind {
		case lexical.Concept:
			for i, f := range spans {
				if t.Start < f[1] && f[0] < t.End && (t.Start < f[0] || f[1] < t.End) {
					held[i] = true
				}
			}
		case lexical.Word, lexical.Bigram, lexical.Number:
			rest = rest || !touches(spans, t.Start, t.End)
		}
	})
	if !rest {
		return nil
	}
	out := spans[:0]
	for i, f := range spans {
		if !held[i] {
			out = append(out, f)
		}
	}
	return out
}

// without drops ranges of a text, so that what stands on both sides stands
// together: in 磁盘突然满了 the disk is full. Latin words are kept apart.
func without(text string, spans [][2]int) string {
	if len(spans) == 0 {
		return text
	}
	var b strings.Builder
	at := 0
	for _, s := range spans {
		b.WriteString(text[at:s[0]])
		if text[s[0]] < utf8.RuneSelf {
			b.WriteByte(' ')
		}
		at = s[1]
	}
	b.WriteString(text[at:])
	return b.String()
}

// minCode is how many digits a number has that is noise unless the library
// knows it: a port, an error's number.
const minCode = 5

// knows reports whether a passage holds the term.
func (ix *Index) knows(term string, s *scope) bool {
	id, ok := ix.dict.Find(term)
	if !ok {
		return false
	}
	_, df := idf(ix.passages, id, &s.passages, &s.passageCount)
	return df > 0
}

// touches reports whether start to end reaches into one of the ranges, which
// are in order.
func touches(ranges [][2]int, start, end int) bool {
	i, _ := slices.BinarySearchFunc(ranges, start, func(r [2]int, at int) int {
		if r[1] <= at {
			return -1
		}
		return 1
	})
	return i < len(ranges) && ranges[i][0] < end
}

// inside reports whether every span touches one of the ranges.
func inside(spans, ranges [][2]int) bool {
	for _, sp := range spans {
		if !slices.ContainsFunc(ranges, func(r [2]int) bool { return sp[0] < r[1] && r[0] < sp[1] }) {
			return false
		}
	}
	return len(ranges) > 0
}

// looksLikeName reports whether a token is written as names are: Latin within
// Chinese, or with capitals or digits where English has none.
func looksLikeName(text string, t *lexical.Token, lang runbooks.Lang) bool {
	if t.Kind != lexical.Word || t.Noise {
		return false
	}
	if lang == runbooks.Chinese {
		return true
	}
	word := text[t.Start:t.End]
	upper, digits := 0, 0
	for i := range len(word) {
		switch c := word[i]; {
		case c >= 'A' && c <= 'Z':
			upper++
		case c >= '0' && c <= '9':
			digits++
		}
	}
	switch {
	case upper > 1 || upper == 1 && digits > 0:
		return true
	case upper == 0:
		return digits > 0
	}
	// One capital: a name unless a sentence begins with it.
	before := strings.TrimRight(text[:t.Start], " \t\r\n\"'(")
	return before != "" && !strings.ContainsAny(before[len(before)-1:], ".!?:")
}

// mostlyCapitals reports whether capitals say nothing about words.
func mostlyCapitals(text string) bool {
	words, capitals := 0, 0
	for w := range strings.FieldsSeq(text) {
		if len(w) < 4 {
			continue
		}
		words++
		if w[0] >= 'A' && w[0] <= 'Z' {
			capitals++
		}
	}
	return words > 2 && capitals*10 >= words*6
}

// measure fills the norms.
func (q *question) measure() {
	var concepts, latin, han float32
	q.reachPassage, q.reachText, q.sum = 1e-6, 1e-6, 1e-6
	for _, t := range q.terms {
		q.reachPassage += t.passage * (lexical.K1 + 1)
		q.reachText += t.text * (lexical.K1 + 1) * weights.document
		q.sum += t.text
		w := t.text * t.text
		switch t.kind {
		case lexical.Concept:
			concepts += w
		case lexical.Bigram, lexical.Unigram:
			han += w
		default:
			latin += w
		}
	}
	root := func(x float32) float32 { return float32(math.Sqrt(float64(max(x, 1e-6)))) }
	q.long = q.sum / root(concepts+latin+han) / 3
	q.norm, q.han = root(concepts+latin+han), han
	if han > 0 {
		q.foreign = root(concepts + latin)
	} else {
		q.foreign = root(concepts + weights.foreign*latin)
	}
}

// miss notes that a concept is not in the library.
func (q *question) miss(r *rawTerm) {
	if r.kind != lexical.Concept {
		return
	}
	for i := range q.atoms {
		a := &q.atoms[i]
		for _, sp := range r.spans {
			if sp[0] <= a.start && a.end <= sp[1] && !a.known {
				a.absent = true
			}
		}
	}
}

// crossings returns a function that reports whether a pair of Han characters
// reaches across the border of a concept: the glossary then knows better where
// words end.
func crossings(raws []rawTerm) func(start, end int) bool {
	border := make(map[int]bool)
	var spans [][2]int
	for i := range raws {
		if raws[i].kind != lexical.Concept {
			continue
		}
		for _, sp := range raws[i].spans {
			border[sp[0]], border[sp[1]] = true, true
			spans = append(spans, sp)
		}
	}
	return func(start, end int) bool {
		for at := start + 1; at < end; at++ {
			if !border[at] {
				continue
			}
			for _, sp := range spans {
				if sp[0] <= start && end <= sp[1] {
					return false
				}
			}
			return true
		}
		return false
	}
}

// shown returns the informative terms for people.
func (q *question) shown(t *tables) []string {
	var out []string
	for _, x := range q.terms {
		if x.kind == lexical.Unigram || x.kind == lexical.Pair || len(out) == 12 {
			continue
		}
		out = append(out, strings.TrimPrefix(t.dict.Term(x.id), "\x01"))
	}
	return out
}
