package ground

// A gate fails sentences that are put together in another way than the
// evidence, however many of its words are there.
type gate struct {
	name   string
	reason Reason
	fails  func(*comparison) bool
	detail func(*comparison) string // nil for none
}

// gates are asked in this order; the first that fails gives the reason.
var gates = []gate{
	{"order", ReasonOrder, func(c *comparison) bool {
		return c.f[fOrderHeld] == 0 && (c.f[fOrder] > 0 || c.f[fTurned] >= 0.75) || c.f[fTurned] == 1 || c.listed()
	}, func(c *comparison) string { return c.order }},
	{"opposite", ReasonPolarity, func(c *comparison) bool { return c.f[fAnti] > 0 }, func(c *comparison) string { return c.anti }},
	{"denied", ReasonPolarity, func(c *comparison) bool { return c.f[fFlip] > 0 }, func(c *comparison) string { return c.flip }},
	{"denial left out", ReasonPolarity, func(c *comparison) bool { return c.f[fNegDropped] > 0 }, nil},
	{"all added", ReasonScope, func(c *comparison) bool { return c.f[fAllAdded] > 0 }, nil},
	{"only, some for all", ReasonScope, func(c *comparison) bool { return c.f[fQuant] > 0 }, nil},
	{"must for can", ReasonScope, func(c *comparison) bool { return c.f[fModal] > 0 }, nil},
	{"subjects exchanged", ReasonBinding, func(c *comparison) bool { return c.f[fCrossed] > 0 }, nil},
	{"predicates exchanged", ReasonBinding, func(c *comparison) bool { return c.f[fExchange] > 0.3 || c.f[fThan] > 0.3 }, nil},
	{"doer and object exchanged", ReasonBinding, func(c *comparison) bool { return c.f[fRole] > 0 }, nil},
	{"expected with unexpected", ReasonBinding, func(c *comparison) bool { return c.f[fBranch] > 0 }, nil},
	{"reason from elsewhere", ReasonBinding, func(c *comparison) bool { return c.f[fLink] > 0 }, nil},
	{"another label", ReasonBinding, func(c *comparison) bool { return c.f[fLabel] > 0 }, nil},
	{"figure of another", ReasonBinding, func(c *comparison) bool { return c.f[fStolen] > 0 }, nil},
	{"a mistake as advice", ReasonBinding, func(c *comparison) bool { return c.f[fMistake] >= 1 }, nil},
	{"at once, directly added", ReasonScope, func(c *comparison) bool { return c.f[fStressed] > 0 }, nil},
	{"as long as for only", ReasonScope, func(c *comparison) bool { return c.f[fSuffices] > 0 }, nil},
	{"another figure", ReasonNumber, func(c *comparison) bool { return c.f[fFigure] > 0 }, nil},
	{"a count from nowhere", ReasonNumber, (*comparison).countless, nil},
	{"before for after", ReasonOrder, func(c *comparison) bool { return c.f[fSide] > 0 }, nil},
	{"beside another label", ReasonBinding, func(c *comparison) bool { return c.f[fSegment] > 0 }, nil},
	{"a denied name", ReasonPolarity, func(c *comparison) bool { return c.f[fDeniedName] > 0 }, nil},
	{"a clause uncarried", ReasonCoverage, func(c *comparison) bool { return c.f[fClauseMin] < 0.4 }, func(c *comparison) string { return c.worst }},
}

// gated asks the gates but for the one of the name without.
func (c *comparison) gated(without string) Verdict {
	for _, g := range gates {
		if g.name == without || !g.fails(c) {
			continue
		}
		v := Verdict{Reason: g.reason, Detail: g.name}
		if g.detail != nil && g.detail(c) != "" {
			v.Detail += ": " + g.detail(c)
		}
		return v
	}
	return Verdict{}
}
