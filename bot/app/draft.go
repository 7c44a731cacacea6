package app

import (
	"errors"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"cairn/bot/answer"
	"cairn/retrieval"
	"cairn/retrieval/llm"
	"cairn/runbooks"
)

func newDraft(lang string) *cobra.Command {
	var (
		f   common
		out string
	)
	cmd := &cobra.Command{
		Use:   both(`draft "question"`, `draft "问题"`).In(lang),
		Short: both("Let the model draft a runbook for a question without an answer", "让模型为没有答案的问题起草一份手册").In(lang),
		Long: both(`Draft asks the configured model (llm.model) for a runbook in Cairn's format, from
the passages that come closest to the question. The result is a draft for a
person to check: its front matter says draft, and no index takes it in before
that mark is gone. Sentences that follow from no source are marked UNCITED,
commands that stand in none are commented out as UNVERIFIED. It is written in
the language of --lang, and without that in the question's.

'cairn gaps' lists the questions that found no answer.`, `draft 让配置好的模型（llm.model）根据与问题最接近的段落，按 Cairn 的格式起草
一份手册。结果是草稿，需要人工核实：front matter 里标有 draft，去掉之前任何索引
都不会收录。没有出处的句子标为 UNCITED，所引资料中没有的命令注释为 UNVERIFIED。
语言由 --lang 指定，否则与问题相同。

'cairn gaps' 列出没有答案的问题。`).In(lang),
		Example: both(`  cairn draft --out kafka-rebalance.md "kafka consumers rebalance all the time"`, `  cairn draft --out kafka-rebalance.md "kafka 消费者一直在 rebalance"`).In(lang),
		Args: func(cmd *cobra.Command, args []string) error {
			if strings.TrimSpace(strings.Join(args, " ")) == "" {
				return seeHelp(cmd, both("the question is empty; give the one to draft a runbook for", "问题是空的；请给出要起草手册的问题").Err())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return draft(cmd, &f, strings.Join(args, " "), runbooks.Lang(langGiven(cmd)), out)
		},
	}
	f.register(cmd, lang)
	cmd.Flags().StringVar(&out, "out", "", both("write the draft to this `FILE`, which must not exist (default: stdout)", "把草稿写入新文件 `FILE`（默认写到标准输出）").In(lang))
	return cmd
}

func draft(cmd *cobra.Command, f *common, question string, lang runbooks.Lang, out string) error {
	s, err := f.open(cmd, nil)
	if err != nil {
		return err
	}
	if s.drafter == nil {
		return wrongUse(both("draft a runbook: no model is configured; set llm.model (CAIRN_LLM_MODEL) and llm.base_url, and llm.send to passages or titles",
			"起草手册：没有配置模型；请设置 llm.model（CAIRN_LLM_MODEL）和 llm.base_url，并把 llm.send 设为 passages 或 titles"))
	}
	if out != "" {
		if _, err := os.Stat(out); err == nil {
			return wrongUse(both("draft a runbook: %s exists already; give another --out", "起草手册：%s 已存在，请用 --out 换一个文件名"), out)
		}
	}
	ix, _, err := s.current(cmd.Context())
	if err != nil {
		return err
	}
	found, err := ix.Search(cmd.Context(), retrieval.Query{Text: question, K: 8})
	if err != nil {
		return both("search for what comes closest: %v", "查找最接近的段落失败：%v").Err(err)
	}
	if lang == "" {
		if lang = found.Lang; lang == "" {
			lang = runbooks.English
		}
	}
	d, err := s.drafter.Draft(cmd.Context(), answer.DraftRequest{Question: question, Lang: lang, Hits: found.Hits, Now: time.Now(), Person: "terminal"})
	if err != nil {
		return draftError(err)
	}
	if err := writeDraft(s.out, out, d.Markdown); err != nil {
		return err
	}
	s.tell(both("a draft from %d sources; %d sentences follow from no source, %d command lines are unverified. Check it before you publish it.",
		"草稿引用了 %d 处资料；%d 个句子没有依据，%d 行命令未经核实。发布前请先核实。"), len(d.Sources), d.Uncited, d.Unverified)
	return nil
}

// draftError says what to do where the model made no draft.
func draftError(err error) error {
	var e *llm.Error
	switch {
	case !errors.As(err, &e):
		return both("the model made no draft: %v", "模型没有写出草稿：%v").Err(err)
	case e.Reason == llm.ReasonFormat:
		return both("the model made no draft: %v; try again, or take a model that follows instructions better", "模型没有写出草稿：%v；请重试，或换用更能遵循指令的模型").Err(e)
	default:
		return both("the model made no draft: %v; %s", "模型没有写出草稿：%v；%s").Err(e, fixModel(e, "llm.model"))
	}
}

// writeDraft writes to a file that is not there yet, or to w.
func writeDraft(w io.Writer, name, text string) (err error) {
	if name != "" {
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return both("write the draft: %v", "写入草稿失败：%v").Err(err)
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		w = f
	}
	if _, err := io.WriteString(w, text); err != nil {
		return both("write the draft: %v", "写入草稿失败：%v").Err(err)
	}
	return nil
}
