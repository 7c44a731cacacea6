package ground

func wordsOf(list ...string) map[string]bool {
	m := map[string]bool{}
	for _, w := range list {
		m[w] = true
	}
	return m
}

var (
	sufficeWords = wordsOf("as long as", "so long as", "as soon as", "只要", "就行", "就够", "即可")
	enoughWords  = wordsOf("as long as", "so long as", "as soon as", "只要", "只需", "就行", "就够", "就够了", "即可", "足够", "enough", "suffic", "即便", "any")
	onceWords    = wordsOf("at onc", "immediate", "instant", "right away", "straight away", "立刻", "立即", "马上", "当即", "瞬间")
	directWords  = wordsOf("直接", "direct", "straight")
)

// stressed looks for what makes a statement stronger than the evidence has it:
// at once, directly, as long as.
func (c *comparison) stressed() {
	for pc, g := range c.placed() {
		item := c.unitOf(g)
		for i := pc.from; i < pc.to; i++ {
			t := &c.s[i]
			for _, m := range []map[string]bool{onceWords, directWords} {
				if m[t.text] && c.strengthIn(i, item) < 0.6 && !c.hasWord(item, m) {
					c.f[fStressed] = 1
				}
			}
			if sufficeWords[t.text] && !c.hasWord(c.groupSpan(g), enoughWords) && c.marksIn(item)&(markOnly|markMust|markAll|markUnless) != 0 {
				c.f[fSuffices] = 1
			}
		}
	}
}

func (c *comparison) marksIn(s span) mark {
	var m mark
	for n := s.from; n < s.to; n++ {
		m |= c.p.toks[n].marks()
	}
	return m
}

func (c *comparison) hasWord(s span, m map[string]bool) bool {
	for n := s.from; n < s.to; n++ {
		if m[c.p.toks[n].text] {
			return true
		}
	}
	return false
}
