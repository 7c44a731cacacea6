package terminal_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode"

	"cairn/adapters"
	"cairn/adapters/terminal"
)

// An answer that grows is written once: what stands is not repeated and not
// taken back, also when the model fails in the end.
func TestPrinter(t *testing.T) {
	t.Parallel()
	step := func(n int, text string, before ...string) adapters.Step {
		return adapters.Step{N: n, Text: text, Before: before, Citation: n, Commands: []adapters.Command{{Text: "run " + text}}}
	}
	source := func(n int) adapters.Citation { return adapters.Citation{N: n, Label: "doc.md:1"} }
	first := adapters.Message{
		Lang: "en", Text: "Gateway", Title: "Gateway", Confidence: "Likely", Steps: []adapters.Step{step(1, "first"), step(2, "second")},
		Citations: []adapters.Citation{source(1), source(2)}, Warnings: []string{"The file has changed."},
		Related: []adapters.Link{{Title: "Elsewhere"}}, RelatedTitle: "See also",
	}
	added := first
	added.Steps = append(slices.Clip(first.Steps), step(3, "third"))
	added.Citations = append(slices.Clip(first.Citations), source(3))
	explained := added
	explained.Steps = slices.Clone(added.Steps)
	explained.Steps[2].Before = []string{"The third one helps. [3]"}
	explained.Notes = []string{"All is well. [1]"}
	whole := explained
	whole.Mark = "By a model."
	failed := first
	failed.Mark = "Without the model."

	for name, tc := range map[string]struct {
		messages []adapters.Message
		once     []string
		never    []string
	}{
		"grows": {[]adapters.Message{first, first, added, explained, explained, whole, whole},
			[]string{"Likely", "run first", "run second", "run third", "The third one helps. [3]", "All is well. [1]", "By a model.", "The file has changed.", "Elsewhere"}, nil},
		"at once": {[]adapters.Message{whole}, []string{"run first", "run third", "The third one helps. [3]", "By a model."}, nil},
		"fails":   {[]adapters.Message{first, failed}, []string{"run first", "run second", "Without the model."}, []string{"run third"}},
		"fails late": {[]adapters.Message{first, added, explained, failed},
			[]string{"run first", "run third", "All is well. [1]", "Without the model."}, []string{"By a model."}},
	} {
		var out strings.Builder
		p := terminal.NewPrinter(&out, &terminal.Options{Width: 72})
		for i, m := range tc.messages {
			before := out.String()
			if err := p.Print(m); err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(out.String(), before) {
				t.Errorf("%s: message %d changes what stood", name, i)
			}
		}
		for _, s := range tc.once {
			if n := strings.Count(out.String(), s); n != 1 {
				t.Errorf("%s: %q stands there %d times:\n%s", name, s, n, &out)
			}
		}
		for _, s := range tc.never {
			if strings.Contains(out.String(), s) {
				t.Errorf("%s: %q stands there:\n%s", name, s, &out)
			}
		}
	}
}

// No growth writes a control character or turns the text around.
func TestPrinterWritesNoControls(t *testing.T) {
	t.Parallel()
	const evil = "x\x1b[2J\x1b]0;owned\x07\r\u202ey\u2066\u009b31m"
	m := adapters.Message{Lang: "en", Text: "t", Title: "t", Steps: []adapters.Step{{N: 1, Text: "a"}}}
	grown := m
	grown.Steps = []adapters.Step{{N: 1, Text: "a", Before: []string{evil}}, {N: 2, Text: evil, Before: []string{evil}, Section: evil, Expect: evil, IfNot: evil, Commands: []adapters.Command{{Text: evil}}}}
	grown.Notes, grown.Mark, grown.Warnings = []string{evil}, evil, []string{evil}
	grown.Quotes = []adapters.Quote{{Text: evil, Citation: 1}}
	grown.Citations = []adapters.Citation{{N: 1, Label: evil, Heading: []string{evil}}}
	var out strings.Builder
	p := terminal.NewPrinter(&out, &terminal.Options{Width: 72})
	if err := errors.Join(p.Print(m), p.Print(grown)); err != nil {
		t.Fatal(err)
	}
	if i := strings.IndexFunc(out.String(), func(r rune) bool {
		return r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r))
	}); i >= 0 {
		t.Errorf("control character %q at %d of %q", out.String()[i:i+1], i, out.String())
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestPrinterTellsOfErrors(t *testing.T) {
	t.Parallel()
	err := terminal.NewPrinter(brokenPipe{}, nil).Print(adapters.Message{Lang: "en", Text: "t", Title: "t"})
	if err == nil || !strings.Contains(err.Error(), "broken pipe") {
		t.Errorf("got %v", err)
	}
}
