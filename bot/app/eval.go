package app

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"cairn/adapters"
	"cairn/adapters/terminal"
	"cairn/retrieval/eval"
)

// An evaluation is the figures of one query file.
type evaluation struct {
	Queries string `json:"queries"`
	eval.Figures
}

func newEval(lang string) *cobra.Command {
	var (
		f       common
		queries []string
		asJS    bool
	)
	cmd := &cobra.Command{
		Use:   "eval --library DIR --queries FILE.jsonl",
		Short: both("Measure quality and latency on questions with known answers", "用已知答案的问题衡量检索质量和延迟").In(lang),
		Long: both(`Eval asks every question of the files and reports how high the right document
and passage stand, when it abstained, how well confidence is calibrated, and how
long it took. Lines: {"id","query","gold":[{"doc","contains"}]}; a line without
gold has no answer in the library.`, `eval 逐个提问文件里的问题，统计正确的文档和段落排在第几位、何时不作答、
置信度是否校准，以及耗时。每行格式：{"id","query","gold":[{"doc","contains"}]}；
没有 gold 的行表示文档库里没有答案。`).In(lang),
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if len(queries) == 0 {
				return wrongUse(both("give at least one --queries FILE", "请至少给出一个 --queries FILE"))
			}
			s, err := f.open(cmd, newProgress(cmd.ErrOrStderr(), lang).show)
			if err != nil {
				return err
			}
			ix, _, err := s.current(cmd.Context())
			if err != nil {
				return err
			}
			var results []evaluation
			for _, name := range queries {
				questions, err := eval.ReadFile(name)
				if err != nil {
					return wrongUse(both("read the questions: %v", "读取评测问题失败：%v"), err)
				}
				outcomes, err := eval.Run(cmd.Context(), ix, questions)
				if err != nil {
					return both("evaluate %s: %v", "评测 %s 失败：%v").Err(name, err)
				}
				results = append(results, evaluation{name, eval.Measure(outcomes)})
			}
			if asJS {
				return printJSON(s.out, results)
			}
			for _, r := range results {
				printEvaluation(s.out, lang, r)
			}
			return nil
		},
	}
	f.register(cmd, lang)
	cmd.Flags().StringArrayVar(&queries, "queries", nil, both("`FILE` of questions; may be repeated", "评测问题文件 `FILE`，可重复").In(lang))
	jsonFlag(cmd, &asJS, both("print a JSON array with one object per file", "输出一个 JSON 数组，每个文件一个对象").In(lang))
	return cmd
}

func printEvaluation(w io.Writer, lang string, e evaluation) {
	row := func(name adapters.Text, figures adapters.Text, args ...any) {
		fmt.Fprintf(w, "  %s %s\n", terminal.Pad(name.In(lang), 12), figures.In(lang, args...))
	}
	fmt.Fprintln(w, both("%s: %d questions, %d answerable", "%s：%d 个问题，其中 %d 个有答案").In(lang, e.Queries, e.Questions, e.Answerable))
	for _, r := range []struct {
		name adapters.Text
		eval.Ranking
	}{{both("by document", "按文档"), e.Document}, {both("by passage", "按段落"), e.Passage}} {
		if r.Questions > 0 {
			row(r.name, both("success@1 %.3f  @3 %.3f  @5 %.3f  MRR@10 %.3f  nDCG@10 %.3f", "命中@1 %.3f  @3 %.3f  @5 %.3f  MRR@10 %.3f  nDCG@10 %.3f"),
				r.Success1, r.Success3, r.Success5, r.MRR10, r.NDCG10)
		}
	}
	for _, b := range e.Bands {
		row(verdictName(b.Verdict), both("%4d questions (%.0f%%), first hit right in %.3f", "%4d 个问题（%.0f%%），首条正确率 %.3f"), b.Count, 100*b.Share, b.Precision)
	}
	a := e.Abstain
	row(both("abstaining", "不作答"), both("precision %.3f  recall %.3f  answerable refused %.3f  unanswerable answered %.3f (sure %.3f)",
		"准确率 %.3f  召回率 %.3f  误拒 %.3f  误答 %.3f（有把握的 %.3f）"), a.Precision, a.Recall, a.RefusedAnswerable, a.AnsweredUnanswerable, a.SureUnanswerable)
	fmt.Fprintln(w, both("  calibration error %.3f  p50 %.0f us  p99 %.0f us", "  校准误差 %.3f  p50 %.0f us  p99 %.0f us").In(lang, e.CalibrationError, e.P50, e.P99))
}
