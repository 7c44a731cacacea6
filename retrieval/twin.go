package retrieval

import "strings"

// twin names a document across languages: zh/web/http-502.md and
// en/web/http-502.md have one name, so have http-502.zh.md and http-502.en.md,
// and the same text in another folder does not.
func (ix *Index) twin(doc int) string {
	return ix.libraries[ix.libraryOf(doc)].name + "\x00" + neutral(ix.docPath(doc))
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
