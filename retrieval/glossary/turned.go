package glossary

import "strings"

// turned returns the other ways to say that something fails, where the form
// says so in one: a backup failure is a failed backup and a backup that failed.
// Nothing comes back for other forms.
func turned(form string) []string {
	if !strings.Contains(form, "fail") {
		return nil
	}
	words := strings.Fields(form)
	n := len(words)
	if n < 2 {
		return nil
	}
	var rest []string
	switch {
	case fails(words[n-1]):
		rest = words[:n-1]
	case (words[0] == "failed" || words[0] == "failing") && words[1] != "to":
		rest = words[1:]
	default:
		return nil
	}
	for _, w := range rest {
		if fails(w) || w == "to" {
			return nil
		}
	}
	thing := strings.Join(rest, " ")
	var out []string
	for _, text := range []string{thing + " failed", thing + " failure", "failed " + thing} {
		if text != form {
			out = append(out, text)
		}
	}
	return out
}

func fails(word string) bool {
	switch word {
	case "fail", "fails", "failed", "failing", "failure", "failures":
		return true
	}
	return false
}
