package retrieval

// judge fills confidence, coverage and verdict.
func (ix *Index) judge(s *search, q *question, sc *scope, ranked []picked, res *Result) {
	if len(ranked) == 0 {
		return
	}
	top := ranked[0]
	matched := float32(0)
	for i := range q.atoms {
		a := &q.atoms[i]
		if a.known && (ix.passages.Impact(a.id, uint32(top.passage)) > 0 || ix.texts.Impact(a.id, uint32(top.doc)) > 0) {
			matched += a.mass
			continue
		}
		for _, t := range q.terms {
			for _, j := range t.atoms {
				if j == i && ix.texts.Impact(t.id, uint32(top.doc)) > 0 {
					matched += a.mass
					goto next
				}
			}
		}
	next:
	}
	c := 0.0
	if q.mass > 0 {
		c = float64(matched / q.mass)
	}
	res.Coverage, res.Confidence = c, c
	switch {
	case c >= 0.7:
		res.Verdict = Sure
	case c >= 0.4:
		res.Verdict = Unsure
	}
}
