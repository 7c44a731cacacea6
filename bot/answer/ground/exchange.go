package ground

import "slices"

// exchanged looks for two names, or two words with opposites, each of which is
// followed in the sentence by what follows the other in the evidence.
func (c *comparison) exchanged() {
	var anchors []int
	for i := range c.s {
		t := &c.s[i]
		if t.weight >= 0.45 && c.found(i) >= 0.6 && (namely(t) || bare(t) || c.hasOpposite(t) || len(t.sides()) > 0) && len(anchors) < maxAnchors {
			anchors = append(anchors, i)
		}
	}
	for x, a := range anchors {
		for _, b := range anchors[x+1:] {
			s, t := &c.s[a], &c.s[b]
			if s.text != t.text && s.group == t.group && (namely(s) && namely(t) || bare(s) && bare(t) || c.against(s, t)) {
				c.f[fExchange] = max(c.f[fExchange], c.exchange(a, b))
			}
		}
	}
}

// namely reports whether a token is a name or code.
func namely(t *token) bool { return t.kind == kindLiteral || t.proper && t.kind != kindNumber }

// bare reports whether a token is a figure without a unit, as codes are.
func bare(t *token) bool { return t.kind == kindNumber && t.weight >= 1 && t.read[0].dim == dimNone }

const (
	maxAnchors = 10
	exReach    = 14 // tokens behind an anchor
)

// exchange is by how much the words behind two anchors fit the other's better.
func (c *comparison) exchange(a, b int) float64 {
	sa, sb := c.behind(a, b), c.behind(b, a)
	if len(sa) == 0 || len(sb) == 0 {
		return 0
	}
	straight, cross, least := 0., 0., 0.
	for _, pa := range c.at[a] {
		for _, pb := range c.at[b] {
			if pa.strength < 0.6 || pb.strength < 0.6 || pa.tok == pb.tok || c.p.toks[pa.tok].unit != c.p.toks[pb.tok].unit || c.p.toks[pa.tok].fenced {
				continue
			}
			ea, eb := c.segmentOf(int(pa.tok), int(pb.tok)), c.segmentOf(int(pb.tok), int(pa.tok))
			aa, bb, ab, ba := c.share(sa, ea, eb), c.share(sb, eb, ea), c.share(sa, eb, ea), c.share(sb, ea, eb)
			straight = max(straight, aa+bb)
			if ab+ba > cross {
				cross, least = ab+ba, min(ab, ba)
			}
		}
	}
	if least < 0.45 {
		return 0
	}
	return max(0, cross-straight)
}

// behind are the words of the sentence behind an anchor, up to the other.
func (c *comparison) behind(a, other int) []int {
	var out []int
	for i := a + 1; i < len(c.s) && i != other && c.s[i].group == c.s[a].group && i-a <= exReach; i++ {
		if c.s[i].weight >= 0.3 && c.found(i) >= 0.55 {
			out = append(out, i)
		}
	}
	return out
}

// segmentOf is what stands behind an anchor of the evidence, up to the other or
// the end of its item.
func (c *comparison) segmentOf(a, other int) span {
	n := a + 1
	for n < len(c.p.toks) && n != other && n-a <= exReach && c.p.toks[n].unit == c.p.toks[a].unit && !c.p.toks[n].fenced {
		n++
	}
	return span{a + 1, n}
}

// share is the weight of some words of the sentence that stand in one run of
// the evidence and not in another.
func (c *comparison) share(words []int, in, out span) float64 {
	v := 0.
	for _, i := range words {
		if s := c.strengthIn(i, in); s >= 0.55 && c.strengthIn(i, out) < 0.55 {
			v += float64(s) * float64(c.s[i].weight)
		}
	}
	return v
}

var (
	autoWords    = wordsOf("automatic", "automat", "by itself", "by themselv", "on its own", "on their own", "of its own accord", "itself", "自动", "自行", "会自己", "自己会", "自己", "自动地", "自动会")
	allowedWords = wordsOf("enough", "suffic", "is enough", "够", "够了", "足够", "就行", "即可", "就够", "就够了", "只需", "随便", "any", "随时", "都可以", "都行", "safe", "without", "even", "无需", "不必", "不用", "need not", "even if", "哪怕", "即使")
)

// widened looks for what makes a statement wider or easier than the evidence
// has it: only, by itself, enough.
func (c *comparison) widened() {
	var only, auto, easy bool
	for pc, g := range c.placed() {
		in, unit := c.groupSpan(g), c.unitOf(g)
		for i := pc.from; i < pc.to; i++ {
			t := &c.s[i]
			if t.marks()&markOnly != 0 && c.marksIn(unit)&markOnly == 0 && t.text != "才" && !slices.Contains([]string{"alon", "until"}, t.text) {
				only = true
			}
			if autoWords[t.text] && c.strengthIn(i, unit) < 0.6 && !c.hasWord(unit, autoWords) {
				auto = true
			}
			if allowedWords[t.text] && c.strengthIn(i, in) < 0.6 && !c.hasWord(in, allowedWords) {
				easy = true
			}
		}
	}
	for f, on := range map[int]bool{fOnlyAdded: only, fAutoAdded: auto, fEasyAdded: easy} {
		if on {
			c.f[f] = 1
		}
	}
}
