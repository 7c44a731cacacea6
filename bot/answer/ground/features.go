package ground

// Features of a sentence against its evidence; docs/benchmarks.md says what
// each is worth.
const (
	fAll      = iota // share of the words found anywhere
	fGroup           // … in and around the statement that carries each clause
	fGroupMin        // … of the clause least carried
	fClause          // … in and around the clause that carries each clause
	fClauseMin
	fUnit        // … in the list item or paragraph
	fMissThing   // weight of missing words that name things of the trade
	fMissOther   // … of missing words nobody knows
	fMissGeneral // … of missing general words
	fMissStrong  // … of missing words that say how, how much or for how long
	fFlip        // words denied on one side only
	fFlipped     // … while others may be denied in the clause
	fAnti        // weight of words whose opposite stands in the evidence
	fNegAdded
	fNegDropped
	fOnlyAdded
	fOnlyDropped
	fAllAdded
	fAllDropped
	fSomeDropped
	fMustAdded
	fCanAdded
	fCanDropped
	fIfAdded
	fIfDropped
	fUnlessAdded
	fUnlessDropped
	fBecauseAdded
	fSeqAdded
	fOrder   // how much better the evidence carries the other order
	fSpread  // how far apart the statements stand
	fSwap    // neighbours that stand the other way round
	fNear    // how near neighbours stand
	fExact   // neighbours that stand side by side
	fBind    // the literal or number worst bound to its clause
	fBindAll // names, figures and things of the trade in their clause
	fLitNear
	fSwitch    // weight of words that took the place of others in their clause
	fSwitchMax // … in the clause with most of it
	fAlien     // names from elsewhere in a clause that has names of its own
	fLeft      // share of the clauses used that the sentence leaves out
	fCrossed   // clauses that hold each other's words
	fBranch    // clauses from what is expected and from what is not
	fQuant     // only or some for all, or the reverse
	fStolen    // names and figures whose neighbour has another one nearer
	fRole      // names and things in one clause the other way round
	fModal     // must for can
	fMistake   // says what the evidence calls a mistake
	fCross     // evidence in the other language
	fFocus
	numFeatures
)

var featureNames = [numFeatures]string{"all", "group", "group_min", "clause", "clause_min", "unit", "miss_thing", "miss_other", "miss_general", "miss_strong", "flip", "flipped", "anti",
	"neg_added", "neg_dropped", "only_added", "only_dropped", "all_added", "all_dropped", "some_dropped", "must_added", "can_added", "can_dropped", "if_added", "if_dropped",
	"unless_added", "unless_dropped", "because_added", "seq_added", "order", "spread", "swap", "near", "exact", "bind", "bind_all", "lit_near", "switch", "switch_max", "alien", "left", "crossed", "branch", "quant", "stolen", "role", "modal", "mistake", "cross", "focus"}

type features [numFeatures]float64

// A comparison is a sentence laid beside its evidence.
type comparison struct {
	p      *passage
	s      []token
	at     [][]place // by token of the sentence
	pieces []span    // clauses of the sentence
	best   []int     // the clause that carries each piece, -1 for none
	f      features
	worst  string // the part least supported
	anti   string
	flip   string
	order  string
}

func (p *passage) compare(s []token) *comparison {
	c := &comparison{p: p, s: s, at: make([][]place, len(s))}
	for i := range s {
		if s[i].weight > 0 || s[i].kind == kindNumber {
			c.at[i] = p.places(s, i)
		}
	}
	c.cut()
	c.coverage()
	c.missing()
	c.polarity()
	c.markers()
	c.focus()
	c.sequences()
	c.neighbours()
	c.bound()
	c.switched()
	c.crossed()
	c.branches()
	c.stolen()
	c.roles()
	return c
}

// joints are words at which a clause of a sentence is cut in two.
var joints = map[string]bool{"and": true, "but": true, "wherea": true, "whereas": true, "whil": true, "while": true, "becaus": true, "so that": true, "or": true, "befor": true, "before": true, "after": true,
	"而": true, "但": true, "并": true, "再": true, "后": true, "则": true, "就": true, "才": true}

const (
	minPiece = 0.9 // weight below which a clause joins the one before
	minCut   = 1.9 // weight on both sides of a cut at a joint
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
	if n := len(c.pieces); c.weight(sp) < minPiece && n > 0 {
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

// in is how much of a run of the sentence lies in a run of the evidence, 0..1.
func (c *comparison) in(s, e span) float64 {
	w, got := 0., 0.
	for i := s.from; i < s.to; i++ {
		t := float64(c.s[i].weight)
		w += t
		best := float32(0)
		for _, pl := range c.at[i] {
			if int(pl.tok) >= e.from && int(pl.tok) < e.to {
				best = max(best, pl.strength)
			}
		}
		got += t * float64(best)
	}
	if w == 0 {
		return 0
	}
	return got / w
}

// How much a word counts that stands near the statement, not in it.
const (
	nearClause = 0.75
	nearGroup  = 0.55
	sameUnit   = 0.45
	underTitle = 0.7
	elsewhere  = 0.2
)

// strength of token i in and around a clause; group counts the whole
// statement as the clause.
func (c *comparison) strength(i, clause int, group bool) float64 {
	best := 0.
	g := c.p.clauses[clause].group
	gr := &c.p.groups[g]
	for _, pl := range c.at[i] {
		o := int(c.p.inGroup[pl.tok])
		k := elsewhere
		switch og := &c.p.groups[o]; {
		case o == g && (group || int(c.p.inClause[pl.tok]) == clause):
			k = 1
		case o == g:
			k = nearClause
		case og.heading && og.part == gr.part:
			k = underTitle
		case og.unit == gr.unit && (o == g-1 || o == g+1):
			k = nearGroup
			if group {
				k = 0.8
			}
		case og.unit == gr.unit:
			k = sameUnit
			if group {
				k = 0.65
			}
		}
		best = max(best, k*float64(pl.strength))
	}
	return best
}

func (c *comparison) coverage() {
	total, all, unit, byGroup, byClause := 0., 0., 0., 0., 0.
	c.f[fGroupMin], c.f[fClauseMin] = 1, 1
	for i := range c.s {
		w := float64(c.s[i].weight)
		total += w
		all += w * float64(c.found(i))
	}
	for _, pc := range c.pieces {
		best, bestV := -1, 0.
		pw := c.weight(pc)
		for cl := range c.p.clauses {
			if c.p.groups[c.p.clauses[cl].group].heading {
				continue
			}
			v := 0.
			for i := pc.from; i < pc.to; i++ {
				if c.s[i].weight > 0 {
					v += float64(c.s[i].weight) * c.strength(i, cl, false)
				}
			}
			if v > bestV {
				best, bestV = cl, v
			}
		}
		c.best = append(c.best, best)
		if best < 0 || pw == 0 {
			c.f[fGroupMin], c.f[fClauseMin] = 0, 0
			continue
		}
		v := 0.
		for i := pc.from; i < pc.to; i++ {
			v += float64(c.s[i].weight) * c.strength(i, best, true)
		}
		byClause += bestV
		byGroup += v
		c.f[fClauseMin] = min(c.f[fClauseMin], bestV/pw)
		c.f[fGroupMin] = min(c.f[fGroupMin], v/pw)
		unit += pw * c.in(pc, c.unitOf(c.p.clauses[best].group))
	}
	if total > 0 {
		c.f[fAll], c.f[fGroup], c.f[fClause], c.f[fUnit] = all/total, byGroup/total, byClause/total, unit/total
	}
	if c.p.chinese != mostlyHanTokens(c.s) {
		c.f[fCross] = 1
	}
}

// found is how surely a token stands anywhere in the evidence.
func (c *comparison) found(i int) float32 {
	best := float32(0)
	for _, pl := range c.at[i] {
		best = max(best, pl.strength)
	}
	return best
}

// missing weighs what the evidence does not hold at all.
func (c *comparison) missing() {
	most := 0.
	for i := range c.s {
		t := &c.s[i]
		miss := float64(t.weight * (1 - c.found(i)))
		if miss < 0.05 {
			continue
		}
		general, thing := false, false
		for _, cl := range t.classes() {
			if cl < c.p.lex.classes {
				general = true
			} else {
				thing = true
			}
		}
		if t.form != nil && c.p.lex.strong(t.form) {
			c.f[fMissStrong] += miss
		}
		switch {
		case general:
			c.f[fMissGeneral] += miss
		case thing:
			c.f[fMissThing] += miss
		default:
			c.f[fMissOther] += miss
		}
		if miss > most {
			most, c.worst = miss, t.text
		}
	}
}

func mostlyHanTokens(s []token) bool {
	han, latin := 0, 0
	for i := range s {
		switch s[i].kind {
		case kindHan:
			han++
		case kindWord:
			latin++
		}
	}
	return han > latin
}

// unitOf is the run of tokens of a group's unit.
func (c *comparison) unitOf(g int) span {
	a, b := g, g
	groups := c.p.groups
	for a > 0 && groups[a-1].unit == groups[g].unit && !groups[a-1].heading {
		a--
	}
	for b+1 < len(groups) && groups[b+1].unit == groups[g].unit && !groups[b+1].heading {
		b++
	}
	return span{groups[a].first, groups[b].last}
}
