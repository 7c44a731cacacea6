package ground

import (
	"testing"

	"cairn/retrieval/glossary"
)

// TestMatching holds what counts as the same word and what does not, by the
// last word of each sentence.
func TestMatching(t *testing.T) {
	t.Parallel()
	c := New(glossary.Default())
	for _, tc := range []struct {
		sentence, evidence string
		found              bool
	}{
		{"wait for the renewal", "Renew it at night.", true},
		{"the service is running", "The service runs.", true},
		{"it exceeds", "Never exceed this.", true},
		{"above", "Alert at >95% of the disk.", true},
		{"look at the snapshot", "先看快照。", true},
		{"看快照", "Keep the newest snapshot.", true},
		{"密码不可用", "密码可用。", false},
		{"写到从节点", "写到主节点。", false},
		{"look at the firewall", "先看快照。", false},
	} {
		cmp := func() *comparison {
			lex := c.lexicon()
			folded := fold(tc.sentence, maxSentence)
			return lex.read([]Evidence{{Text: tc.evidence}}).compare(lex.scan(folded, false), folded)
		}()
		last := len(cmp.s) - 1
		if got := cmp.found(last) >= 0.55 && !cmp.s[last].neg; got != tc.found {
			t.Errorf("%q in %q: %q found with strength %.2f, want it found: %v", tc.sentence, tc.evidence, cmp.s[last].text, cmp.found(last), tc.found)
		}
	}
}

// TestAskedNotDenied holds that a question whether something is so denies
// nothing.
func TestAskedNotDenied(t *testing.T) {
	t.Parallel()
	lex := newLexicon(nil)
	for text, want := range map[string]bool{"先问删不删": false, "是不是幂等": false, "不幂等": true, "不删": true} {
		denied := false
		for _, tok := range lex.scan(text, false) {
			denied = denied || tok.neg
		}
		if denied != want {
			t.Errorf("%q: got denied %v, want %v", text, denied, want)
		}
	}
}
