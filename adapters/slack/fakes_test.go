package slack

import (
	"context"
	"fmt"
	"strings"

	"cairn/adapters"
)

// fakePrompts suggests more and longer questions than Slack takes.
type fakePrompts struct{}

func (fakePrompts) Prompts(_ context.Context, _ adapters.Viewer, lang string, n int) (out []adapters.Prompt) {
	for i := range n + 2 {
		out = append(out, adapters.Prompt{Title: fmt.Sprintf("%s %d", lang, i), Question: fmt.Sprintf("question %d %s", i, strings.Repeat("长", 300))})
	}
	return out
}
