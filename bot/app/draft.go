package app

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"cairn/bot/answer"
	"cairn/retrieval"
	"cairn/runbooks"
)

func newDraft() *cobra.Command {
	var (
		f         common
		out, lang string
	)
	cmd := &cobra.Command{
		Use:   `draft "question"`,
		Short: "Let the model draft a runbook for a question without an answer",
		Long: `Draft asks the configured model (llm.model) for a runbook in Cairn's format, from
the passages that come closest to the question. The result is a draft for a
person to check: its front matter says draft, and no index takes it in before
that mark is gone. Sentences that follow from no source are marked UNCITED,
commands that stand in none are commented out as UNVERIFIED.

'cairn gaps' lists the questions that found no answer.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if lang != "" && lang != "en" && lang != "zh" {
				return usagef("--lang: got %q, want en or zh", lang)
			}
			question := strings.Join(args, " ")
			if strings.TrimSpace(question) == "" {
				return usagef("the question is empty; give the one to draft a runbook for")
			}
			return draft(cmd, &f, question, runbooks.Lang(lang), out)
		},
	}
	f.register(cmd)
	cmd.Flags().StringVar(&out, "out", "", "write the draft to this file, which must not exist (default: stdout)")
	cmd.Flags().StringVar(&lang, "lang", "", "en or zh (default: the question's)")
	return cmd
}

func draft(cmd *cobra.Command, f *common, question string, lang runbooks.Lang, out string) error {
	s, err := f.open(cmd, nil)
	if err != nil {
		return err
	}
	if s.drafter == nil {
		return usagef("draft a runbook: no model is configured; set llm.model (CAIRN_LLM_MODEL) and llm.base_url, and llm.send to passages or titles")
	}
	if out != "" {
		if _, err := os.Stat(out); err == nil {
			return usagef("draft a runbook: %s exists already; give another --out", out)
		}
	}
	ix, _, err := s.current(cmd.Context())
	if err != nil {
		return err
	}
	found, err := ix.Search(cmd.Context(), retrieval.Query{Text: question, K: 8})
	if err != nil {
		return fmt.Errorf("search for what comes closest: %w", err)
	}
	if lang == "" {
		if lang = found.Lang; lang == "" {
			lang = runbooks.English
		}
	}
	d, err := s.drafter.Draft(cmd.Context(), answer.DraftRequest{Question: question, Lang: lang, Hits: found.Hits, Now: time.Now(), Person: "terminal"})
	if err != nil {
		return err
	}
	if err := writeDraft(s.out, out, d.Markdown); err != nil {
		return err
	}
	fmt.Fprintf(s.errOut, "cairn: a draft from %d sources; %d sentences without a source, %d command lines unverified. Check it before you publish it.\n",
		len(d.Sources), d.Uncited, d.Unverified)
	return nil
}

// writeDraft writes to a file that is not there yet, or to w.
func writeDraft(w io.Writer, name, text string) (err error) {
	if name != "" {
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return fmt.Errorf("write the draft: %w", err)
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		w = f
	}
	if _, err := io.WriteString(w, text); err != nil {
		return fmt.Errorf("write the draft: %w", err)
	}
	return nil
}
