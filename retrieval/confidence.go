package retrieval

import (
	"math"
	"slices"

	"cairn/retrieval/lexical"
)

// What the verdict rests on.
const (
	eCover        = iota // share of the question, unknown words included, that the first hit accounts for
	eDocument            // the same of the hit's whole document
	eAny                 // the same of whichever of the best documents accounts for most
	eScore               // the first hit's score
	eMargin              // how far the next document is behind
	eLike                // likeness of title, heading or sentence, whichever is most alike
	eTitle               // likeness of the document's title
	eSentence            // likeness of the passage's best sentence
	ePhrase              // share of the pairs of words that stand side by side in the passage
	eWords               // BM25 of the passage, of what was possible
	eUnknown             // share of the question that nothing in the library knows
	eHome                // the same where question and document are in one language
	eNames               // unknown names
	eAbsent              // share of concepts that the library never mentions
	eTelling             // share of the three most telling pieces that matched
	eMatched             // how much was matched
	eBoth                // matched times cover
	eLong                // the document is long, so that its title says little
	eForeign             // question and document are in different languages
	eLatin               // cover of Latin words and numbers alone
	eReach               // cover of what a text in the other language could hold
	eMissed              // the most telling piece that the document lacks
	eStrange             // words that neither the library nor operations texts in general use
	eStrangeShare        // their share of the question
	eTitleCover          // share of the question that the title holds
	ePieces              // how many pieces the question has
	eStrong              // cover, each piece by how much the passage is about it
	eTie                 // how close the next document is, 1 when level
	eHeld                // how far the question holds one of the document's titles, questions or alerts
	eRivals              // how many documents have the whole question in a title, beside the first
	eSystem              // it is about the product that is asked about, or about another
	evidences
)

var evidenceNames = [evidences]string{
	"cover", "document cover", "any cover", "score", "margin", "like", "title", "sentence", "phrase", "words",
	"unknown", "unknown at home", "unknown names", "absent concepts", "telling", "matched", "matched cover", "long document", "foreign", "latin cover",
	"reachable cover", "missed", "strange words", "strange share", "title cover", "pieces", "strong cover", "tie", "held", "rivals", "system",
}

// maxLooked is how many documents are looked at for the verdict.
const maxLooked = 5

// evidence fills what the verdict rests on.
func (ix *Index) evidence(q *question, sc *scope, cands []candidate) [evidences]float64 {
	var e [evidences]float64
	if len(cands) == 0 {
		return e
	}
	top := cands[0]
	e[eScore] = float64(top.score - rankWeights[fAim]*top.features[fAim])
	e[eMargin] = 1.5 * float64(top.score)
	for _, c := range cands[1:] {
		if c.doc != top.doc && int(ix.twins[c.doc]) != top.doc {
			e[eMargin] = float64(top.score - c.score)
			break
		}
	}
	e[eTie] = 1 / (1 + max(0, e[eMargin]))
	e[eHeld] = float64(top.held)
	e[eSystem] = float64(top.features[fSystem])
	e[eRivals] = ix.rivals(cands)
	f := &top.features

	var looked []int
	for _, c := range cands {
		if len(looked) == maxLooked {
			break
		}
		if !slices.Contains(looked, c.doc) {
			looked = append(looked, c.doc)
			if x := ix.account(q, &c); len(looked) > 1 {
				e[eAny] = max(e[eAny], x.passage)
			} else {
				e[eCover], e[eDocument], e[eLatin], e[eAny] = x.passage, x.text, x.latin, x.passage
				full := float64(unknownMass(&sc.passageCount))
				e[eReach], e[eMissed], e[eStrong] = x.reach, x.missed/full, x.strong
				e[eTelling] = x.telling
				e[eMatched] = min(1.5, math.Log1p(x.matched/full))
			}
		}
	}
	var mass, unknown, names, absent, strange, strangeMass float32
	pieces := 0
	for i := range q.atoms {
		a := &q.atoms[i]
		mass += a.mass
		if !a.part && !a.camel && !a.noise {
			pieces++
		}
		if a.strange {
			strangeMass += a.mass
			if a.kind == lexical.Bigram {
				strange += 0.4
			} else {
				strange++
			}
		}
		if a.absent {
			absent += a.mass
		}
		if a.told {
			continue
		}
		unknown += a.mass
		switch {
		case a.name && !a.part:
			names++
		case a.name:
			names += 0.3
		}
	}
	if mass > 0 {
		e[eUnknown], e[eAbsent] = float64(unknown/mass), float64(absent/mass)
		e[eStrangeShare] = float64(strangeMass / mass)
	}
	e[eStrange] = math.Min(3, float64(strange))
	e[ePieces] = math.Min(2, math.Log1p(float64(pieces))/2)
	known := 1 - e[eUnknown] // likeness leaves out what nobody knows
	e[eTitle], e[eWords] = known*float64(f[fTitle]), known*float64(f[fWords])
	e[eLike] = known * float64(max(f[fTitle], f[fHeading], f[fSentence]))
	e[eLong] = min(1, float64(ix.docPassages[top.doc+1]-ix.docPassages[top.doc])/longDocument)
	e[eTitle] = max(e[eTitle], 0.4*e[eLong])
	e[eSentence] = known * float64(f[fSentence])
	if q.pairs > 0 {
		n := 0
		for i := range q.terms {
			if t := &q.terms[i]; t.kind == lexical.Pair && ix.passages.Impact(t.id, uint32(top.passage)) > 0 {
				n++
			}
		}
		e[ePhrase] = float64(n) / float64(q.pairs)
	}
	e[eTitleCover] = known * float64(f[fTitleCover])
	e[eBoth] = e[eCover] * e[eMatched]
	e[eNames] = math.Min(2, float64(names))
	if q.lang != "" && langCode(q.lang) != ix.docLang[top.doc] {
		e[eForeign] = 1
	} else {
		// A small library knows few words.
		e[eHome] = e[eUnknown] * min(1, float64(ix.dict.Len())/50000)
	}
	return e
}

// The bounds of what counts as a rival.
const (
	maxRivals  = 16
	rivalCover = 0.9
)

// rivals grows with the number of documents whose titles hold nearly all of the
// question as the first one's do: a bare name is answered by many.
func (ix *Index) rivals(cands []candidate) float64 {
	top := &cands[0]
	wanted := max(rivalCover, rivalCover*top.features[fTitleCover])
	seen := []int{top.doc}
	n := 0
	for i := range cands {
		c := &cands[i]
		if len(seen) > maxRivals {
			break
		}
		if slices.Contains(seen, c.doc) || slices.Contains(seen, int(ix.twins[c.doc])) {
			continue
		}
		seen = append(seen, c.doc)
		if c.features[fTitleCover] >= wanted {
			n++
		}
	}
	return math.Log1p(float64(n)) / 2
}

// An account says how much of a question a candidate accounts for.
type account struct {
	// passage, text and latin are shares of the question: by the passage (its
	// document counting half), by the document, and that of Latin words.
	passage, text, latin float64
	// matched is what was accounted for, telling the share of the most telling
	// pieces.
	matched, telling float64
	// reach is the share of what a text in either language could hold, missed
	// the mass of the most telling piece that is not accounted for, strong the
	// passage's share, each piece by its impact.
	reach, missed, strong float64
}

func (ix *Index) account(q *question, c *candidate) account {
	inPassage := make([]float32, len(q.atoms))
	inText := make([]float32, len(q.atoms))
	strong := make([]float32, len(q.atoms))
	explain := func(id uint32, j int) {
		if d := ix.passages.Impact(id, uint32(c.passage)); d > 0 {
			inPassage[j] = 1
			strong[j] = max(strong[j], min(1, float32(d)/150))
		}
		// In a long document every word stands somewhere: it counts less.
		if d := ix.texts.Impact(id, uint32(c.doc)); d > 0 {
			inText[j] = max(inText[j], min(1, float32(d)/90))
		}
	}
	for j := range q.atoms {
		if a := &q.atoms[j]; a.known {
			explain(a.id, j)
		}
	}
	for i := range q.terms {
		if t := &q.terms[i]; t.kind == lexical.Concept || t.kind == lexical.Ident {
			for _, j := range t.atoms {
				explain(t.id, j)
			}
		}
	}
	var out account
	var mass, latin, reach float64
	var top tellingest
	for j := range q.atoms {
		a := &q.atoms[j]
		m := float64(a.mass)
		in := float64(max(inPassage[j], 0.5*inText[j]))
		mass += m
		out.passage += m * in
		out.text += m * float64(max(inPassage[j], inText[j]))
		out.strong += m * float64(strong[j])
		if !a.foreign {
			reach += m
			out.reach += m * in
			if !a.noise && !a.part && !a.camel {
				out.missed = max(out.missed, m*(1-float64(max(inPassage[j], inText[j]))))
			}
		}
		if a.kind != lexical.Bigram {
			latin += m
			out.latin += m * in
		}
		top.add(m, in)
	}
	out.matched, out.telling = out.passage, top.share()
	if mass > 0 {
		out.passage /= mass
		out.text /= mass
		out.strong /= mass
	}
	if reach > 0 {
		out.reach /= reach
	}
	if latin > 0 {
		out.latin /= latin
	} else {
		out.latin = out.passage
	}
	return out
}

// tellingest keeps the three pieces of most mass.
type tellingest struct {
	mass, in [3]float64
}

func (t *tellingest) add(mass, in float64) {
	for i := range t.mass {
		if mass > t.mass[i] {
			t.mass[i], mass = mass, t.mass[i]
			t.in[i], in = in, t.in[i]
		}
	}
}

func (t *tellingest) share() float64 {
	all, in := 0.0, 0.0
	for i, m := range t.mass {
		all += m
		in += m * t.in[i]
	}
	if all == 0 {
		return 0
	}
	return in / all
}

// A logistic model of the evidence.
type logistic struct {
	bias    float64
	weights [evidences]float64
}

func (m *logistic) at(e *[evidences]float64) float64 {
	s := m.bias
	for i, x := range e {
		s += x * m.weights[i]
	}
	return 1 / (1 + math.Exp(-s))
}

// Whoever asks how to learn about a thing is answered by a list of links on
// just that. No development set asks for lists, so both numbers are set by
// hand: nearly all of the topic, and a cautious "sure".
const (
	listHolds      = 0.8
	listConfidence = 0.75
)

// judge fills confidence, coverage and verdict.
func (ix *Index) judge(q *question, sc *scope, cands []candidate, res *Result) {
	e := ix.evidence(q, sc, cands)
	res.Coverage = coverage.at(&e)
	res.Confidence = firstRight.at(&e)
	if q.learn && len(cands) > 0 && cands[0].features[fLearn] >= listHolds {
		res.Coverage, res.Confidence = max(res.Coverage, listConfidence), max(res.Confidence, listConfidence)
	}
	if len(cands) > 0 && cands[0].features[fDefine] > 0 {
		res.Coverage, res.Confidence = max(res.Coverage, listConfidence), max(res.Confidence, listConfidence)
	}
	if q.talk {
		res.Coverage, res.Confidence = 0, 0
	}
	switch {
	case res.Coverage < abstainBelow:
		res.Verdict = Abstain
	case res.Confidence >= sureFrom && res.Coverage >= sureCover:
		res.Verdict = Sure
	default:
		res.Verdict = Unsure
	}
}
