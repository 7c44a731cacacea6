package ground

import (
	"math"
)

// neighbours looks at how the words that stand together in the sentence stand
// in the evidence: near each other, in the same order, in the same statement.
func (c *comparison) neighbours() {
	prev := -1
	pairs, near, swaps, exact := 0., 0., 0., 0.
	for i := range c.s {
		if c.s[i].weight < 0.3 || len(c.at[i]) == 0 {
			continue
		}
		if prev >= 0 && c.s[prev].group == c.s[i].group {
			pairs++
			dist, forward := math.MaxInt, true
			for _, a := range c.at[prev] {
				for _, b := range c.at[i] {
					if a.tok == b.tok || a.strength < 0.6 || b.strength < 0.6 {
						continue
					}
					d, fw := int(b.tok-a.tok), true
					if d < 0 {
						d, fw = -d, false
					}
					if d < dist || d == dist && fw {
						dist, forward = d, fw
					}
				}
			}
			if dist < math.MaxInt {
				near += 1 / (1 + float64(max(dist-1, 0))/3)
				if !forward {
					swaps++
				}
				if dist <= 2 && forward {
					exact++
				}
			}
		}
		prev = i
	}
	c.together()
	if pairs > 0 {
		c.f[fNear], c.f[fSwap], c.f[fExact] = near/pairs, swaps/pairs, exact/pairs
	}
}

// together is the share of the neighbouring words that stand in one clause of
// the evidence too.
func (c *comparison) together() {
	pairs, same := 0., 0.
	for _, pc := range c.pieces {
		prev := -1
		for i := pc.from; i < pc.to; i++ {
			if c.s[i].weight < 0.3 || c.found(i) < 0.5 {
				continue
			}
			if prev >= 0 {
				pairs++
				if c.shareClause(prev, i) {
					same++
				}
			}
			prev = i
		}
	}
	if pairs > 0 {
		c.f[fTogether] = same / pairs
	}
}

func (c *comparison) shareClause(i, j int) bool {
	for _, a := range c.at[i] {
		for _, b := range c.at[j] {
			if a.strength >= 0.5 && b.strength >= 0.5 && c.p.inClause[a.tok] == c.p.inClause[b.tok] {
				return true
			}
		}
	}
	return false
}
