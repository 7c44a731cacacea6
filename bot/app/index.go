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

func newIndex(lang string) *cobra.Command {
	var f common
	cmd := &cobra.Command{
		Use:   "index",
		Short: both("Build or update the index of a library, with progress", "建立或更新文档库的索引，并显示进度").In(lang),
		Long: both(`Index compares the library's files with the index on disk and re-does what
changed. It may be killed at any moment: the previous index stays, and the next
run completes.`, `index 把文档库里的文件与磁盘上的索引比对，只重做有变化的部分。
随时可以中断：原有索引保持不变，下次运行会接着完成。`).In(lang),
		Example: "  cairn index --library ~/wiki",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p := newProgress(cmd.ErrOrStderr(), lang)
			s, err := f.open(cmd, p.show)
			if err != nil {
				return err
			}
			report, err := s.update(cmd.Context())
			p.clear()
			if err != nil {
				return err
			}
			if err := printReport(s.out, lang, report); err != nil {
				return err
			}
			if !report.Saved {
				return both("the index was not kept in %s (the log says why); free some space, or choose another directory with --data",
					"索引没有写入 %s（原因见日志）；请腾出空间，或用 --data 换一个目录").Err(s.cfg.Data)
			}
			return nil
		},
	}
	f.register(cmd, lang)
	return cmd
}

// printReport says what an index run did.
func printReport(w io.Writer, lang string, r catalog.Report) error {
	if r.Unchanged() {
		fmt.Fprintln(w, both("nothing changed: %d documents, %d passages, %d files skipped, %.2f s", "没有变化：%d 份文档，%d 个段落，跳过 %d 个文件，用时 %.2f 秒").
			In(lang, r.Documents, r.Passages, len(r.Skipped), r.Took.Seconds()))
	} else {
		fmt.Fprintln(w, both("%d documents, %d passages (%d indexed now, %d removed), %d files skipped, %.2f s", "%d 份文档，%d 个段落（本次索引 %d 份，移除 %d 份），跳过 %d 个文件，用时 %.2f 秒").
			In(lang, r.Documents, r.Passages, r.Indexed, r.Removed, len(r.Skipped), r.Took.Seconds()))
	}
	for _, s := range r.Skipped {
		fmt.Fprintln(w, both("  skipped %s/%s: %s", "  跳过 %s/%s：%s").In(lang, s.Library, s.Path, skipReason(s.Reason)))
	}
	for _, s := range r.Stale {
		fmt.Fprintln(w, both("  kept the last good version of %s/%s: %s", "  沿用上一次可用的版本 %s/%s：%s").In(lang, s.Library, s.Path, skipReason(s.Reason)))
	}
	return nil
}

// A progress shows how far a long update is: one line that is rewritten on a
// terminal, a line every few seconds elsewhere. What is over quickly shows
// nothing.
type progress struct {
	w     io.Writer
	lang  string
	tty   bool
	start time.Time
	last  time.Time
	shown bool
}

func newProgress(w io.Writer, lang string) *progress {
	f, ok := w.(*os.File)
	return &progress{w: w, lang: lang, tty: ok && term.IsTerminal(int(f.Fd())), start: time.Now()}
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
	step := both("reading %d of %d files", "正在读取文件：%d / %d")
	if pr.Phase == "index" {
		step = both("indexing %d of %d files", "正在建立索引：%d / %d")
	}
	if p.tty {
		fmt.Fprint(p.w, "\r\x1b[K", step.In(p.lang, pr.Done, pr.Total))
		p.shown = true
		return
	}
	fmt.Fprintln(p.w, step.In(p.lang, pr.Done, pr.Total))
}

func (p *progress) clear() {
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
