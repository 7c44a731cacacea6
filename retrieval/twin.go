package retrieval

import (
	"slices"
	"strings"
)

// twinTable finds for every document the one that says the same in the other
// language, by their paths: zh/web/http-502.md and en/web/http-502.md are
// twins, so are http-502.zh.md and http-502.en.md. It holds -1 for those
// without.
func (t *tables) twinTable() []int32 {
	out := make([]int32, t.docCount())
	for i := range out {
		out[i] = -1
	}
	for i := range t.libraries {
		l := &t.libraries[i]
		if l.docs[0] == l.docs[1] || l.docs[1] == l.docs[2] {
			continue // one language only
		}
		english := make(map[string]int32, l.docs[1]-l.docs[0])
		for d := l.docs[0]; d < l.docs[1]; d++ {
			if p := t.docPath(int(d)); neutral(p) != p {
				english[neutral(p)] = int32(d)
			}
		}
		for d := l.docs[1]; d < l.docs[2]; d++ {
			p := t.docPath(int(d))
			if e, ok := english[neutral(p)]; ok && neutral(p) != p {
				out[d], out[e] = e, int32(d)
			}
		}
	}
	return out
}

// preferOwn moves candidates of documents in the other language to their twins
// in the asker's, passage by passage where both have as many, else to the
// twin's best one.
func (ix *Index) preferOwn(cands []candidate, q *question) []candidate {
	if q.lang == "" {
		return cands
	}
	own := langCode(q.lang)
	best := make(map[int]int)
	for i := range cands {
		c := &cands[i]
		if ix.docLang[c.doc] == own && ix.twins[c.doc] >= 0 {
			if _, ok := best[c.doc]; !ok {
				best[c.doc] = c.passage
			}
		}
	}
	moved := false
	out := cands[:0]
	for i := range cands {
		c := cands[i]
		twin := int(ix.twins[c.doc])
		if twin < 0 || ix.docLang[c.doc] == own || ix.docLang[twin] != own {
			out = append(out, c)
			continue
		}
		moved = true
		mine, theirs := ix.docPassages[c.doc], ix.docPassages[twin]
		to := int(theirs)
		if ix.docPassages[c.doc+1]-mine == ix.docPassages[twin+1]-theirs {
			to += c.passage - int(mine)
		} else if b, ok := best[twin]; ok {
			to = b
		}
		c.twin = c.passage
		c.doc, c.passage = twin, to
		out = append(out, c)
	}
	if !moved {
		return out
	}
	slices.SortFunc(out, byScore)
	seen := make(map[int]int, len(out)) // by passage: where it stands
	kept := out[:0]
	for _, c := range out {
		if k, ok := seen[c.passage]; ok {
			if kept[k].twin < 0 {
				kept[k].twin = c.twin
			}
			continue
		}
		seen[c.passage] = len(kept)
		kept = append(kept, c)
	}
	return kept
}

// neutral takes the language out of a path.
func neutral(path string) string {
	if !strings.Contains(path, "zh") && !strings.Contains(path, "en") && !strings.Contains(path, "cn") {
		return path
	}
	parts := strings.FieldsFunc(path, func(r rune) bool { return r == '/' || r == '.' || r == '_' })
	out := parts[:0]
	for _, p := range parts {
		switch strings.ToLower(p) {
		case "zh", "en", "cn", "zh-cn", "en-us", "zh-hans", "us", "hans":
			continue
		}
		for _, suffix := range []string{"-zh-cn", "-zh", "-en", "-cn"} {
			if rest, ok := strings.CutSuffix(p, suffix); ok {
				p = rest
				break
			}
		}
		out = append(out, p)
	}
	return strings.Join(out, "/")
}
