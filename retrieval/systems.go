package retrieval

import "cairn/retrieval/lexical"

// systemTable numbers the products and services that the index's terms name.
func (ix *Index) systemTable() map[uint32]int {
	out := make(map[uint32]int)
	var sc lexical.Scratch
	for n, names := range lexical.Systems() {
		for _, name := range names {
			ix.analyzer.Each(&sc, name, func(t *lexical.Token) {
				if t.Kind == lexical.Word && t.Start == 0 && t.End == len(name) {
					if id, ok := ix.dict.Find(string(t.Term)); ok {
						out[id] = n
					}
				}
			})
		}
	}
	return out
}

// about is 1 where the document's title names a product or service that the
// question names, -1 where it names other ones only, and 0 where either names
// none.
func (ix *Index) about(doc int, q *question) float32 {
	if len(q.systems) == 0 {
		return 0
	}
	named := float32(0)
	for _, id := range ix.alias(ix.docAliases[doc]) {
		n, ok := ix.systems[id]
		if !ok {
			continue
		}
		if q.systems[n] {
			return 1
		}
		named = -1
	}
	return named
}
