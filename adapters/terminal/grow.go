package terminal

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"cairn/adapters"
)

// A Printer writes an answer that grows: the first message whole, of every
// later one what is new, below what stands there. Nothing is ever taken back.
// It belongs to one goroutine at a time.
type Printer struct {
	w     io.Writer
	opts  *Options
	began bool
	shown adapters.Message
}

// NewPrinter returns a printer that has written nothing.
func NewPrinter(w io.Writer, opts *Options) *Printer { return &Printer{w: w, opts: opts} }

// Print writes what m has more than the messages before it.
func (p *Printer) Print(m adapters.Message) error {
	text := ""
	if p.began {
		text = p.more(m)
	} else {
		text = Render(m, p.opts)
	}
	p.began, p.shown = true, m
	if text == "" {
		return nil
	}
	if _, err := io.WriteString(p.w, text); err != nil {
		return fmt.Errorf("print the answer: %w", err)
	}
	return nil
}

// more renders the difference.
func (p *Printer) more(m adapters.Message) string {
	old := p.shown
	n := m
	n.Title, n.Confidence, n.UnderstoodAs, n.Lead, n.Text = "", "", "", "", ""
	n.Warnings = after(m.Warnings, len(old.Warnings))
	n.Steps = after(m.Steps, len(old.Steps))
	n.Quotes = after(m.Quotes, len(old.Quotes))
	n.Citations = after(m.Citations, len(old.Citations))
	n.Related, n.Choices, n.Notes = nil, nil, nil
	for i := range min(len(old.Steps), len(m.Steps)) { // said about a step that stands already
		n.Notes = append(n.Notes, unsaid(m.Steps[i].Before, old.Steps[i].Before)...)
	}
	n.Notes = append(n.Notes, unsaid(m.Notes, old.Notes)...)
	if m.Mark == old.Mark {
		n.Mark = ""
	}
	if len(n.Warnings)+len(n.Steps)+len(n.Quotes)+len(n.Citations)+len(n.Notes) == 0 && n.Mark == "" {
		return ""
	}
	n.Text = " "
	return "\n" + strings.TrimRight(Render(n, p.opts), " \n") + "\n"
}

func after[T any](list []T, n int) []T { return list[min(n, len(list)):] }

func unsaid(all, said []string) []string {
	var out []string
	for _, s := range all {
		if !slices.Contains(said, s) {
			out = append(out, s)
		}
	}
	return out
}
