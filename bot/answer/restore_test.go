package answer

import (
	"testing"

	"cairn/bot/answer/ground"
	"cairn/retrieval/llm/mask"
)

// A value comes back only where the cited lines hold it; a placeholder that
// nobody made never passes.
func TestRestoreOnlyWhatIsCited(t *testing.T) {
	t.Parallel()
	m := mask.New()
	inQuestion, inSource := m.Mask("password=Qu3stion!"), m.Mask("send it to 47.98.33.21")
	evidence := []ground.Evidence{{Heading: []string{"Gateway"}, Text: "Then send it to 47.98.33.21 and wait."}}
	for _, tc := range []struct {
		text, want string
		ok         bool
	}{
		{"nothing hidden here", "nothing hidden here", true},
		{inSource, "send it to 47.98.33.21", true},
		{inQuestion, "", false},
		{inSource + " with " + inQuestion, "", false},
		{"MASKED_PASSWORD_9_abcdefgh", "", false},
	} {
		if got, ok := restore(m, tc.text, evidence); got != tc.want || ok != tc.ok {
			t.Errorf("restore(%q) = %q, %v; want %q, %v", tc.text, got, ok, tc.want, tc.ok)
		}
	}
	if got, ok := restore(m, inQuestion, []ground.Evidence{{Heading: []string{"password=Qu3stion!"}}}); !ok || got != "password=Qu3stion!" {
		t.Errorf("what a heading holds: %q, %v", got, ok)
	}
}
