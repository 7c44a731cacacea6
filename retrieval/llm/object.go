package llm

import "strings"

// ObjectStart finds where the JSON object in a model's answer begins: the first
// brace outside thoughts, which some servers leave in the answer between tags.
// whole says that no more of the answer will come.
func ObjectStart(b []byte, whole bool) (int, bool) {
	from := 0
	s := string(b)
	if head := strings.TrimLeft(s, " \t\r\n"); strings.HasPrefix(head, "<think") || !whole && strings.HasPrefix("<think", head) {
		end := strings.Index(s, "</think>")
		if end < 0 {
			return 0, false
		}
		from = end + len("</think>")
	}
	i := strings.IndexByte(s[from:], '{')
	return from + i, i >= 0
}
