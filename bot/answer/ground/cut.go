package ground

// joints are words at which a clause of a sentence is cut in two.
var joints = map[string]bool{"and": true, "but": true, "wherea": true, "whereas": true, "whil": true, "while": true, "becaus": true, "so that": true, "or": true, "befor": true, "before": true, "after": true,

	"而": true, "但": true, "并": true, "再": true, "后": true, "则": true, "就": true, "才": true, "因为": true, "所以": true, "说明": true, "是因为": true, "由于": true, "因此": true}

const (
	minPiece  = 0.9 // weight below which a clause joins the one before
	minCut    = 1.9 // weight on both sides of a cut at a joint
	maxPieces = 12  // the last takes the rest
)

// cut divides the sentence into clauses.
func (c *comparison) cut() {
	s := c.s
	for i := 0; i < len(s); {
		j := i
		for j < len(s) && s[j].clause == s[i].clause {
			j++
		}
		from := i
		for k := i + 1; k < j; k++ {
			if joints[s[k].text] && c.weight(span{from, k}) >= minCut && c.weight(span{k, j}) >= minCut {
				c.piece(span{from, k})
				from = k
			}
		}
		c.piece(span{from, j})
		i = j
	}
	if len(c.pieces) == 0 && len(s) > 0 {
		c.pieces = append(c.pieces, span{0, len(s)})
	}
}

func (c *comparison) piece(sp span) {
	n := len(c.pieces)
	if n > 0 && (c.weight(sp) < minPiece || n > maxPieces) {
		c.pieces[n-1].to = sp.to
	} else if c.weight(sp) >= minPiece {
		c.pieces = append(c.pieces, sp)
	}
}

func (c *comparison) weight(s span) float64 {
	w := 0.
	for i := s.from; i < s.to; i++ {
		w += float64(c.s[i].weight)
	}
	return w
}
