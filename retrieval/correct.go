package retrieval

import "cairn/retrieval/lexical"

// correct returns the question with misspelt names put right, "" when there is
// nothing to put right.
func (ix *Index) correct(sc *lexical.Scratch, q *question, s *scope) string { return "" }
