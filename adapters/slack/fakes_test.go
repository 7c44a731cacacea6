package slack

import (
	"context"
	"fmt"

	"cairn/adapters"
)

type fakeTitles struct{ adapters.Titles }

func (fakeTitles) Complete(_ context.Context, _ adapters.Viewer, _, lang string, n int) (out []adapters.TitleEntry) {
	for i := range n + 2 {
		out = append(out, adapters.TitleEntry{Title: fmt.Sprintf("%s %d", lang, i)})
	}
	return out
}
