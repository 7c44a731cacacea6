package answer

import (
	"strings"

	"cairn/bot/answer/ground"
)

// dropSecret is the reason of a sentence that would show what was hidden from
// the model and does not stand in what the sentence cites.
const dropSecret ground.Reason = "secret"

// restore puts back what was hidden from the model, as far as it stands in the
// evidence that is shown with it: a secret must not move from the question or
// from another source into an answer. It is not ok when something of the text
// cannot be put back.
func restore(m masker, text string, evidence []ground.Evidence) (string, bool) {
	if v, ok := m.(interface{ Values(text string) []string }); ok {
		for _, hidden := range v.Values(text) {
			if !stands(evidence, hidden) {
				return "", false
			}
		}
	}
	out := m.Restore(text)
	if strings.Contains(out, "MASKED_") && !stands(evidence, "MASKED_") {
		return "", false // a placeholder that nobody made
	}
	return out, true
}

func stands(evidence []ground.Evidence, s string) bool {
	for _, e := range evidence {
		if strings.Contains(e.Text, s) || strings.Contains(strings.Join(e.Heading, "\n"), s) {
			return true
		}
	}
	return false
}
