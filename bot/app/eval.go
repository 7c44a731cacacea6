package app

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"cairn/retrieval/eval"
)

// An evaluation is the figures of one query file.
type evaluation struct {
	Queries string `json:"queries"`
	eval.Figures
}

func newEval() *cobra.Command {
	var (
		f       common
		queries []string
		asJS    bool
	)
	cmd := &cobra.Command{
		Use:   "eval --library DIR --queries FILE.jsonl",
		Short: "Measure quality and latency on questions with known answers",
		Long: `Eval asks every question of the files and reports how high the right document
and passage stand, when it abstained, how well confidence is calibrated, and how
long it took. Lines: {"id","query","gold":[{"doc","contains"}]}; a line without
gold has no answer in the library.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if len(queries) == 0 {
				return usagef("give at least one --queries FILE")
			}
			s, err := f.open(cmd, newProgress(cmd.ErrOrStderr()).show)
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
					return usageError{err}
				}
				outcomes, err := eval.Run(cmd.Context(), ix, questions)
				if err != nil {
					return fmt.Errorf("evaluate %s: %w", name, err)
				}
				results = append(results, evaluation{name, eval.Measure(outcomes)})
			}
			if asJS {
				return printJSON(s.out, results)
			}
			for _, r := range results {
				printEvaluation(s.out, r)
			}
			return nil
		},
	}
	f.register(cmd)
	cmd.Flags().StringArrayVar(&queries, "queries", nil, "file of questions; may be repeated")
	cmd.Flags().BoolVar(&asJS, "json", false, "print a JSON array with one object per file")
	return cmd
}

func printEvaluation(w io.Writer, e evaluation) {
	fmt.Fprintf(w, "%s: %d questions, %d answerable\n", e.Queries, e.Questions, e.Answerable)
	for _, r := range []struct {
		name string
		eval.Ranking
	}{{"by document", e.Document}, {"by passage", e.Passage}} {
		if r.Questions > 0 {
			fmt.Fprintf(w, "  %-12s success@1 %.3f  @3 %.3f  @5 %.3f  MRR@10 %.3f  nDCG@10 %.3f\n",
				r.name, r.Success1, r.Success3, r.Success5, r.MRR10, r.NDCG10)
		}
	}
	for _, b := range e.Bands {
		fmt.Fprintf(w, "  %-12s %4d questions (%.0f%%), first hit right in %.3f\n", b.Verdict, b.Count, 100*b.Share, b.Precision)
	}
	a := e.Abstain
	fmt.Fprintf(w, "  abstaining   precision %.3f  recall %.3f  answerable refused %.3f  unanswerable answered %.3f (sure %.3f)\n",
		a.Precision, a.Recall, a.RefusedAnswerable, a.AnsweredUnanswerable, a.SureUnanswerable)
	fmt.Fprintf(w, "  calibration error %.3f  p50 %.0f us  p99 %.0f us\n", e.CalibrationError, e.P50, e.P99)
}
