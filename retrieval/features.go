package retrieval

import (
	"math"

	"cairn/retrieval/lexical"
	"cairn/runbooks"
)

// What speaks for a passage, each between 0 and about 1.
const (
	fWords       = iota // BM25 of the passage, of what the question could reach
	fText               // the same of the whole document
	fTitle              // likeness of title, alert or question
	fTitleSame          // its fourth power: counts an almost equal one
	fTitleCover         // share of the question that the title holds
	fHeading            // likeness of the section's heading
	fHeadSame           //
	fSentence           // likeness of the passage's best sentence
	fSentSame           //
	fCover              // share of the question that the passage holds
	fLead               // title, for a document's first passage
	fLongWords          // words, the more the longer the question
	fLongTitle          // title, the same
	fLongSent           // sentence, the same
	fLongCover          // cover, the same
	fBoth               // title times words
	fLinks              // a list of links
	fBoilerplate        // navigation
	fSteps              // instructions
	fLang               // in the asker's language
	fLearn              // a list of links on what somebody wants to learn
	fAim                // explains or tells what to do, as asked
	fSystem             // about the product that is asked about, or about another
	fDefine             // the beginning of what explains the thing that is asked about
	features
)

var featureNames = [features]string{
	"words", "document", "title", "same title", "title cover", "heading", "same heading",
	"sentence", "same sentence", "cover", "lead", "long words", "long title", "long sentence", "long cover", "title and words", "links", "boilerplate", "steps", "language", "learning", "aim", "system", "definition",
}

// otherTitle is what the likeness of a title counts that names another product
// than the question: what the two share is then said of something else.
const otherTitle = 0.5

// look fills the features and scores of candidates of one document.
func (ix *Index) look(s *search, q *question, cs []candidate) {
	doc := cs[0].doc
	var title, titleCover, held float32
	for a := ix.docAliases[doc]; a < ix.docAliases[doc+1]; a++ {
		s.round++
		sim, cover, all := ix.similarity(s, a, q)
		if sim > title {
			title, titleCover = sim, cover
		}
		held = max(held, all)
	}
	aim, system, defines := ix.suits(doc, q), ix.about(doc, q), ix.defines(doc, q)
	if system < 0 {
		title *= otherTitle
		titleCover *= otherTitle
	}
	for i := range cs {
		c := &cs[i]
		f := &c.features
		f[fWords] = c.words / q.reachPassage
		f[fText] = c.text / q.reachText
		f[fTitle], f[fTitleSame], f[fTitleCover] = title, fourth(title), titleCover
		s.round++
		first, end := ix.passageAliases[c.passage], ix.passageAliases[c.passage+1]
		head, cover, _ := ix.similarity(s, first, q)
		sentence := float32(0)
		for a := first + 1; a < end; a++ {
			sim, more, _ := ix.similarity(s, a, q)
			cover += more
			sentence = max(sentence, sim)
		}
		c.held = held
		f[fHeading], f[fHeadSame] = head, fourth(head)
		f[fSentence], f[fSentSame] = sentence, fourth(sentence)
		f[fCover] = cover
		if c.passage == int(ix.docPassages[doc]) {
			f[fLead] = title
			if defines {
				f[fDefine] = 1
			}
		}
		long := q.long
		f[fLongWords], f[fLongTitle], f[fLongSent], f[fLongCover] = f[fWords]*long, title*long, sentence*long, cover*long
		f[fBoth] = title * f[fWords]
		switch runbooks.PassageKind(ix.passageKind[c.passage]) {
		case runbooks.Links:
			f[fLinks] = 1
			if q.learn {
				f[fLearn] = fourth(ix.topicCover(s, c.passage, q))
			}
		case runbooks.Boilerplate:
			f[fBoilerplate] = 1
		case runbooks.Steps:
			f[fSteps] = 1
		}
		if langCode(q.lang) == ix.docLang[doc] {
			f[fLang] = 1
		}
		f[fSystem] = system
		f[fAim] = aim
		if q.aim != lexical.AnyAim {
			// What lists nearly this question is what it is after.
			f[fAim] = max(aim, fourth(title))
		}
		c.score = 0
		for j, v := range f {
			c.score += v * rankWeights[j]
		}
	}
}

// manySteps is how many steps a document has at least that tells what to do.
const manySteps = 3

// suits is 1 where the document is of the kind that the question is after:
// steps for trouble, none for an explanation. A long document holds both.
func (ix *Index) suits(doc int, q *question) float32 {
	if ix.docPassages[doc+1]-ix.docPassages[doc] > longDocument {
		return 0
	}
	switch steps := ix.docSteps[doc]; {
	case q.aim == lexical.Understand && steps == 0, q.aim == lexical.Repair && steps >= manySteps:
		return 1
	}
	return 0
}

// defines reports whether a document explains the very thing whose meaning is
// asked: it has the thing's name for a title, and no steps.
func (ix *Index) defines(doc int, q *question) bool {
	return q.subject != "" && ix.docSteps[doc] == 0 && lexical.Subject(ix.docTitle(doc)) == q.subject
}

// tellingAlias is how long an alias is, as a vector of terms, that tells what a
// question holding it is about: two rare names, or four words.
const tellingAlias = 12

// topicCover is the share of the question's topic, which is what it says
// beside wanting to learn, that the passage holds.
func (ix *Index) topicCover(s *search, passage int, q *question) float32 {
	var held, all float32
	s.round++
	for a := ix.passageAliases[passage]; a < ix.passageAliases[passage+1]; a++ {
		for _, id := range ix.alias(a) {
			s.seen[id] = s.round
		}
	}
	for _, t := range q.terms {
		if t.learn || t.kind == lexical.Pair {
			continue
		}
		all += t.text
		if s.seen[t.id] == s.round {
			held += t.text
		}
	}
	if all == 0 {
		return 0
	}
	return held / all
}

func fourth(x float32) float32 { return x * x * x * x }

// similarity is the cosine between the question and an alias, the share of the
// question that the alias adds in this round, and how far the question holds
// the alias: 1 when it holds all of a telling one. Between two
// languages only what both can hold counts: concepts and, of the Chinese one,
// the Latin names; the words of the English one count less.
func (ix *Index) similarity(s *search, alias uint32, q *question) (sim, cover, held float32) {
	var dot float32
	var own [kinds]float32 // squared weights by kind of term
	matchedWords, matched := float32(0), float32(0)
	ids := ix.alias(alias)
	for _, id := range ids {
		t := s.tells[id]
		if !t.known {
			w, _ := idf(ix.texts, id, &s.scope.docs, &s.scope.docCount)
			t.kind, t.known = kindOf(ix.dict.Term(id)), true
			t.weight = w * kindWeight[t.kind]
			s.tells[id] = t
		}
		w := t.weight
		own[t.kind] += w * w
		if s.asked[id/64]>>(id%64)&1 != 0 {
			qw := s.weight[id]
			dot += w * qw
			matched += w * w
			if s.seen[id] != s.round {
				s.seen[id] = s.round
				cover += qw
			}
			if t.kind == lexical.Word || t.kind == lexical.Ident || t.kind == lexical.Number || t.kind == lexical.Pair {
				matchedWords += w * w
			}
		}
	}
	if dot == 0 {
		return 0, 0, 0
	}
	all := float32(0)
	for _, x := range own {
		all += x
	}
	held = fourth(matched/all) * min(1, float32(math.Sqrt(float64(all)))/tellingAlias)
	latin := own[lexical.Word] + own[lexical.Ident] + own[lexical.Number] + own[lexical.Pair]
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
	return min(1, dot/(mine*float32(math.Sqrt(float64(own[lexical.Concept]+latin+han))))), cover / q.sum, held
}
