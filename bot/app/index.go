package app

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"cairn/bot/catalog"
)

func newIndex() *cobra.Command {
	var f common
	cmd := &cobra.Command{
		Use:   "index",
		Short: "Build or update the index of a library, with progress",
		Long: `Index compares the library's files with the index on disk and re-does what
changed. It may be killed at any moment: the previous index stays, and the next
run completes.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p := newProgress(cmd.ErrOrStderr())
			s, err := f.open(cmd, p.show)
			if err != nil {
				return err
			}
			report, err := s.update(cmd.Context())
			p.clear()
			if err != nil {
				return err
			}
			if err := printReport(s.out, report); err != nil {
				return err
			}
			if !report.Saved {
				return fmt.Errorf("the index was not kept in %s (the log says why); free some space, or choose another directory with --data", s.cfg.Data)
			}
			return nil
		},
	}
	f.register(cmd)
	return cmd
}

// printReport says what an index run did.
func printReport(w io.Writer, r catalog.Report) error {
	if r.Unchanged() {
		fmt.Fprintf(w, "nothing changed: %d documents, %d passages, %d files skipped, %.2f s\n",
			r.Documents, r.Passages, len(r.Skipped), r.Took.Seconds())
	} else {
		fmt.Fprintf(w, "%d documents, %d passages (%d indexed now, %d removed), %d files skipped, %.2f s\n",
			r.Documents, r.Passages, r.Indexed, r.Removed, len(r.Skipped), r.Took.Seconds())
	}
	for _, s := range r.Skipped {
		fmt.Fprintf(w, "  skipped %s/%s: %s\n", s.Library, s.Path, s.Reason)
	}
	for _, s := range r.Stale {
		fmt.Fprintf(w, "  kept the last good version of %s/%s: %s\n", s.Library, s.Path, s.Reason)
	}
	return nil
}

// A progress shows how far a long update is: one line that is rewritten on a
// terminal, a line every few seconds elsewhere. What is over quickly shows
// nothing.
type progress struct {
	w     io.Writer
	tty   bool
	start time.Time
	last  time.Time
	shown bool
}

func newProgress(w io.Writer) *progress {
	f, ok := w.(*os.File)
	return &progress{w: w, tty: ok && term.IsTerminal(int(f.Fd())), start: time.Now()}
}

func (p *progress) show(pr catalog.Progress) {
	every := 5 * time.Second
	if p.tty {
		every = 100 * time.Millisecond
	}
	now := time.Now()
	if now.Sub(p.start) < 500*time.Millisecond || now.Sub(p.last) < every {
		return
	}
	p.last = now
	word := "reading"
	if pr.Phase == "index" {
		word = "indexing"
	}
	if p.tty {
		fmt.Fprintf(p.w, "\r\x1b[K%s %d of %d files", word, pr.Done, pr.Total)
		p.shown = true
		return
	}
	fmt.Fprintf(p.w, "%s %d of %d files\n", word, pr.Done, pr.Total)
}

func (p *progress) clear() {
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
