package ground

import "strings"

// A span is a run of tokens [from, to).
type span struct{ from, to int }

// A sequence says that one part of a text comes before another.
type sequence struct {
	earlier, later span
	sure           float32 // 1 when the text says so, less when only its layout does
	steps          bool    // first this, then that
}

var beforeWords = map[string]bool{"befor": true, "before": true, "prior to": true, "ahead of": true, "之前": true, "以前": true, "前": true}
var afterWords = map[string]bool{"after": true, "onc": true, "once": true, "as soon as": true, "之后": true, "以后": true, "后": true, "完": true}
var thenWords = map[string]bool{"then": true, "afterward": true, "afterwards": true, "later": true, "after that": true, "subsequent": true, "finally": true, "final": true, "再": true, "然后": true, "随后": true, "接着": true, "才": true, "最后": true, "之后": true, "后": true, "最终": true, "last": true}

// nextWords say that their clause comes after the one before.
var nextWords = map[string]bool{"再": true, "然后": true, "随后": true, "接着": true, "最后": true, "最终": true, "其次": true}

// said finds what a stretch of tokens [from, to) says about what comes first.
func said(toks []token, from, to int) []sequence {
	var out []sequence
	steps := false
	add := func(a, b span) {
		if len(out) < maxSaid && hasContent(toks, a) && hasContent(toks, b) {
			out = append(out, sequence{earlier: a, later: b, sure: 1, steps: steps})
		}
	}
	end := func(i int) int { // of the clause of token i
		j := i
		for j < to && toks[j].clause == toks[i].clause {
			j++
		}
		return j
	}
	begin := func(i int) int {
		j := i
		for j > from && toks[j-1].clause == toks[i].clause {
			j--
		}
		return j
	}
	for i := from; i < to && len(out) < maxSaid; i++ {
		t := &toks[i]
		han := t.kind == kindHan
		steps = t.text == "先" || t.text == "首先" || t.text == "first" || nextWords[t.text] || t.text == "then" || strings.HasPrefix(t.text, "afterward")
		switch {
		case han && t.text == "先" || han && t.text == "首先":
			for j := i + 1; j < to; j++ {
				if toks[j].kind == kindHan && thenWords[toks[j].text] {
					add(span{begin(i), j}, span{j + 1, end(j)})
					break
				}
			}
		case han && (t.text == "还没" || t.text == "尚未" || t.text == "还未"): // not yet A, already B
			if e := end(i); e < to {
				add(span{e, end(e)}, span{i + 1, e})
			}
		case han && beforeWords[t.text]:
			b := span{begin(i), i}
			add(span{i + 1, end(i)}, b)
			if e := end(i); e < to {
				add(span{e, end(e)}, b)
			}
		case han && afterWords[t.text]:
			a := span{begin(i), i}
			add(a, span{i + 1, end(i)})
			if e := end(i); e < to && !hasContent(toks, span{i + 1, e}) {
				add(a, span{e, end(e)})
			}
		case han && nextWords[t.text]:
			if b := begin(i); b > from && toks[b].group == toks[b-1].group && (i-b <= 1 || t.text == "最后" || t.text == "最终") {
				add(span{begin(b - 1), b}, span{b, end(i)})
			}
		case han:
		case beforeWords[t.text] || afterWords[t.text]:
			e := end(i)
			sub := span{i + 1, e}
			var main span
			if hasContent(toks, span{begin(i), i}) {
				main = span{begin(i), i}
			} else if b := begin(i); b > from && toks[b].group == toks[b-1].group {
				main = span{begin(b - 1), b}
			} else if e < to {
				main = span{e, end(e)}
			} else {
				continue
			}
			if beforeWords[t.text] {
				add(main, sub)
			} else {
				add(sub, main)
			}
		case thenWords[t.text]:
			b, e := begin(i), end(i)
			// The later part: from the last and or comma before the word.
			cut := b
			for j := i - 1; j > b; j-- {
				if toks[j].text == "and" {
					cut = j
					break
				}
			}
			if cut > b {
				add(span{b, cut}, span{cut + 1, e})
			} else if b > from && toks[b].group == toks[b-1].group {
				add(span{begin(b - 1), b}, span{b, e})
			}
		case t.text == "first":
			e := end(i)
			for j := i + 1; j < e; j++ {
				if toks[j].text == "and" {
					add(span{begin(i), j}, span{j + 1, e})
					break
				}
			}
		}
	}
	return out
}

func hasContent(toks []token, s span) bool {
	for i := s.from; i < s.to; i++ {
		if toks[i].weight > 0 {
			return true
		}
	}
	return false
}

const (
	maxSteps     = 12  // how far apart list items are compared
	maxSequences = 400 // of one evidence
	maxSaid      = 8   // of one statement
)

// sequences finds what the evidence says about order, then what its layout
// says: list items, and the statements of an item, follow each other.
func (p *passage) sequences() []sequence {
	var out []sequence
	var units []span // token runs
	var parts []int
	for i := range p.groups {
		g := &p.groups[i]
		var explicit []sequence
		from := g.first
		for g.mistake && from < g.last && p.toks[from].clause == p.toks[g.first].clause {
			from++ // what is called a mistake; what follows from it is told as it is
		}
		explicit = said(p.toks, from, g.last)
		out = append(out, explicit...)
		if g.heading {
			continue
		}
		if n := len(units); n > 0 && p.groups[i-1].unit == g.unit && parts[n-1] == g.part && !p.groups[i-1].heading {
			units[n-1].to = g.last
		} else {
			units = append(units, span{g.first, g.last})
			parts = append(parts, g.part)
		}
		if i > 0 && p.groups[i-1].unit == g.unit && !p.groups[i-1].heading {
			out = append(out, sequence{earlier: span{p.groups[i-1].first, p.groups[i-1].last}, later: span{g.first, g.last}, sure: 0.8})
		}
		for c := g.first; c < g.last && len(explicit) == 0; { // clauses of a statement
			e := c
			for e < g.last && p.toks[e].clause == p.toks[c].clause {
				e++
			}
			if e < g.last {
				out = append(out, sequence{earlier: span{c, e}, later: span{e, g.last}, sure: 0.8})
			}
			c = e
		}
	}
	for i := range p.groups { // check the offset first: before all else
		g := &p.groups[i]
		if g.heading || g.mistake {
			continue
		}
		for k := g.first; k < g.last; k++ {
			t := &p.toks[k]
			if t.text != "first" && t.text != "先" || t.code {
				continue
			}
			own := span{k, k + 1}
			for own.from > g.first && p.toks[own.from-1].clause == t.clause {
				own.from--
			}
			for own.to < g.last && p.toks[own.to].clause == t.clause {
				own.to++
			}
			for j := range p.groups {
				if o := &p.groups[j]; j != i && !o.heading && !o.mistake && o.part == g.part && j < i+maxSteps && j > i-maxSteps {
					out = append(out, sequence{earlier: own, later: span{o.first, o.last}, sure: 0.95})
				}
			}
		}
	}
	for i := range units {
		for j := i + 1; j < len(units) && j < i+maxSteps; j++ {
			if parts[i] == parts[j] {
				out = append(out, sequence{earlier: units[i], later: units[j], sure: 0.9})
			}
		}
	}
	return out[:min(len(out), maxSequences)]
}
