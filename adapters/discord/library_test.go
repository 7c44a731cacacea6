package discord

import (
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"

	"cairn/adapters"
	"cairn/runbooks"
)

// TestEveryRunbookAndPassage renders every section with steps and every
// passage of the built-in library, as an answer would hold them: all within
// the limits, none pings, no link but those of links.
func TestEveryRunbookAndPassage(t *testing.T) {
	t.Parallel()
	library := os.DirFS("../../runbooks/library")
	messages := 0
	err := fs.WalkDir(library, ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, ".md") {
			return err
		}
		raw, err := fs.ReadFile(library, path)
		if err != nil {
			return err
		}
		d, err := runbooks.Parse(path, raw, nil)
		if err != nil {
			return err
		}
		whole := adapters.Message{Lang: "zh", Text: d.Title, Title: d.Title, Citations: []adapters.Citation{{N: 1, Label: path + ":1", URL: "https://docs.example.com/" + path}}}
		for _, s := range d.Sections {
			for _, st := range s.Steps {
				step := adapters.Step{N: len(whole.Steps) + 1, Text: st.Text, Expect: st.Expect, IfNot: st.IfNot, Risk: adapters.Caution, RiskLabel: "谨慎", Citation: 1}
				for _, c := range st.Commands {
					step.Commands = append(step.Commands, adapters.Command{Text: c.Text, Lang: c.Lang})
				}
				whole.Steps = append(whole.Steps, step)
			}
		}
		checkInert(t, whole)
		paged := whole
		paged.AnswerID = "a1"
		checkInert(t, paged)
		messages += 2
		for i, p := range runbooks.Passages(d) {
			m := adapters.Message{Lang: "en", Text: d.Slice(p.Span), Title: d.Title, Citations: whole.Citations, Quotes: []adapters.Quote{{Text: d.Slice(p.Span), Citation: 1}}}
			checkInert(t, m)
			messages++
			if t.Failed() {
				return fmt.Errorf("%s, passage %d", path, i)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if messages < 500 {
		t.Errorf("only %d messages were made", messages)
	}
	t.Logf("%d messages", messages)
}
