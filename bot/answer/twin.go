package answer

import (
	"strings"

	"cairn/retrieval"
	"cairn/runbooks"
)

// inLanguage replaces a hit by the same place in the question's language, if
// there is one: a duplicate that the search collapsed, or the document's twin.
func (c *composer) inLanguage(h retrieval.Hit) retrieval.Hit {
	if h.Document.Lang == c.lang || c.idx == nil {
		return h
	}
	for _, ref := range h.Duplicates {
		d, ok := c.idx.Document(ref.Library, ref.Path)
		if !ok || d.Lang != c.lang {
			continue
		}
		for _, p := range runbooks.Passages(d) {
			if p.StartLine == ref.StartLine && p.EndLine == ref.EndLine {
				h.Library, h.Document, h.Passage = ref.Library, d, p
				return h
			}
		}
	}
	path, ok := twinPath(h.Document.Path)
	if !ok {
		return h
	}
	d, ok := c.idx.Document(h.Library, path)
	if !ok || d.Lang != c.lang || !sameShape(h.Document, d) {
		return h
	}
	for _, p := range runbooks.Passages(d) {
		if p.Section == h.Passage.Section {
			h.Document, h.Passage = d, p
			return h
		}
	}
	return h
}

// twinPath returns the path of the same document in the other language: the
// one with the folder of the other language in the place of the first folder
// that names one.
func twinPath(path string) (string, bool) {
	parts := strings.Split(path, "/")
	for i, p := range parts[:len(parts)-1] {
		switch p {
		case "en":
			parts[i] = "zh"
		case "zh":
			parts[i] = "en"
		default:
			continue
		}
		return strings.Join(parts, "/"), true
	}
	return "", false
}

// sameShape reports whether two documents have the same sections at the same
// depths, so that a section of one is that of the other.
func sameShape(a, b *runbooks.Document) bool {
	if len(a.Sections) != len(b.Sections) {
		return false
	}
	for i := range a.Sections {
		if a.Sections[i].Level != b.Sections[i].Level {
			return false
		}
	}
	return true
}
