package retrieval

import (
	"context"
	"strings"
	"unicode/utf8"
)

// The bounds of reading a question clause by clause.
const (
	maxClauses = 12
	// minClause is how many bytes a clause has at least.
	minClause = 9
	// clauseSure is the confidence that a clause must reach, and the one that
	// the whole question is given at most: the rest of it was not understood.
	clauseSure   = 0.8
	clauseAtMost = 0.78
)

// listen reads a question that as a whole says too much which nothing in the
// library knows, such as a line of a log or a story, clause by clause. Where
// one clause is surely answered by the document that comes first for the whole,
// that is the answer. Afterwards s holds what it held for the whole, but its
// candidates.
func (ix *Index) listen(ctx context.Context, s *search, whole *question, sc *scope, first int, res *Result) error {
	cs := clauses(whole.text)
	if len(cs) == 0 {
		return nil
	}
	defer func() {
		ix.score(s, whole, sc)
		s.weigh(whole)
	}()
	for _, clause := range cs {
		if err := ctx.Err(); err != nil {
			return err
		}
		q := ix.ask(&s.scratch, clause, sc)
		if q.talk || len(q.terms) == 0 {
			continue
		}
		ix.score(s, q, sc)
		cands := ix.preferOwn(ix.rank(s, q, sc), q)
		if len(cands) == 0 || cands[0].doc != first && int(ix.twins[cands[0].doc]) != first {
			continue
		}
		var heard Result
		ix.judge(q, sc, cands, &heard)
		if heard.Verdict == Sure && heard.Confidence >= clauseSure {
			res.Verdict, res.Coverage = Sure, heard.Coverage
			res.Confidence = min(heard.Confidence, clauseAtMost)
			return nil
		}
	}
	return nil
}

// clauses cuts a text at its punctuation and returns pieces of one clause and of
// two that follow each other, the longer ones first; none where there is but
// one clause.
func clauses(text string) []string {
	var cuts [][2]int
	start := 0
	end := func(at, next int) {
		if strings.TrimSpace(text[start:at]) != "" {
			cuts = append(cuts, [2]int{start, at})
		}
		start = next
	}
	for i, r := range text {
		switch r {
		case '\n', '，', '。', '；', '：', '！', '？', '、', '|':
			end(i, i+utf8.RuneLen(r))
		case ',', ';', ':', '!', '?', '.':
			// Within a name or a number it ends nothing.
			if i+1 == len(text) || text[i+1] == ' ' || text[i+1] == '\n' {
				end(i, i+1)
			}
		}
	}
	end(len(text), len(text))
	if len(cuts) < 2 {
		return nil
	}
	var out []string
	add := func(from, to int) {
		if c := strings.TrimSpace(text[from:to]); len(c) >= minClause && len(out) < maxClauses {
			out = append(out, c)
		}
	}
	if len(cuts) > 2 {
		for i := range cuts[1:] {
			add(cuts[i][0], cuts[i+1][1])
		}
	}
	for _, c := range cuts {
		add(c[0], c[1])
	}
	return out
}
