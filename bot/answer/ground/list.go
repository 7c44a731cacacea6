package ground

// once returns where a token stands in the evidence, headings aside, -1 unless
// at one place.
func (c *comparison) once(i int) int32 {
	at := int32(-1)
	for _, pl := range c.at[i] {
		if pl.strength < 0.6 || c.p.groups[c.p.inGroup[pl.tok]].heading {
			continue
		}
		if at >= 0 {
			return -1
		}
		at = pl.tok
	}
	return at
}

var listWords = map[string]bool{"依次": true, "顺序": true, "order": true, "sequenc": true, "先后": true, "in turn": true}

// listed reports a list of three names or more that is said to be in order and
// stands in another one in the evidence.
func (c *comparison) listed() bool {
	said := false
	prev, n := int32(-1), 0
	inverted := false
	for i := range c.s {
		said = said || listWords[c.s[i].text]
		if !c.isName(&c.s[i]) {
			continue
		}
		if at := c.once(i); at >= 0 {
			inverted = inverted || at < prev
			prev = at
			n++
		}
	}
	return said && inverted && n >= 3
}
