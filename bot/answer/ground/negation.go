package ground

// negReach is how many words a negation covers to its right.
const negReach = 1

// scopeEnds are words behind which a negation no longer holds.
var scopeEnds = map[string]bool{"and": true, "but": true, "becaus": true, "so": true, "that": true, "which": true, "when": true, "if": true, "while": true,

	"wherea": true, "whereas": true, "befor": true, "before": true, "after": true, "until": true, "then": true, "since": true, "unles": true, "as": true, "only": true,
	"而": true, "但": true, "就": true, "再": true, "才": true, "并": true, "后": true, "时": true, "则": true, "会": true, "也": true}

// keptFrom reports whether a from ends keep … from, prevent … from.
func keptFrom(toks []token, i int) bool {
	for j := i - 1; j >= 0 && j > i-5 && toks[j].clause == toks[i].clause; j-- {
		switch toks[j].text {
		case "keep", "prevent", "stop", "protect":
			return true
		}
	}
	return false
}

// scopes marks the words that a negation covers: those after it in its clause.
func scopes(toks []token) {
	left, clause := 0, -1
	for i := range toks {
		t := &toks[i]
		if t.clause != clause {
			left, clause = 0, t.clause
		}
		if t.text == "from" && keptFrom(toks, i) {
			t.form = &form{marks: markNeg | markNone}
		}
		if t.marks()&markAll != 0 && i+1 < len(toks) && toks[i+1].kind == kindNumber { // every 15 seconds
			t.form = &form{marks: markNone}
		}
		if t.text == "不" && i > 0 && i+1 < len(toks) && toks[i-1].text == toks[i+1].text { // whether, not that not
			t.form = &form{marks: markNone}
		}
		if t.marks()&(markNeg|markNever) != 0 {
			left = negReach
			continue
		}
		if left > 0 && t.marks()&markAll != 0 && t.form != nil { // not any: no more than not
			f := *t.form
			f.marks &^= markAll
			t.form = &f
		}
		if scopeEnds[t.text] && i > 0 && toks[i-1].marks()&(markNeg|markNever) == 0 {
			left = 0
		}
		if left > 0 {
			t.neg = true
			if t.weight > 0.2 {
				left--
			}
		}
	}
}
