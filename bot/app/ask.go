package app

import (
	"errors"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"cairn/adapters"
	"cairn/adapters/terminal"
	"cairn/bot"
)

// maxStdin is more than any question may have, so that what is too long is
// told apart from what is cut.
const maxStdin = 1 << 20

func newAsk(lang string) *cobra.Command {
	var (
		f    common
		asJS bool
	)
	cmd := &cobra.Command{
		Use:   both(`ask "question"`, `ask "问题"`).In(lang),
		Short: both("Answer a question with a runbook's steps, cited to the line", "回答问题：给出手册里的步骤，附出处行号").In(lang),
		Long: both(`Ask answers with the steps of the best passage, word for word, each with the
lines it stands on. With - as the question it reads stdin, such as a pasted log.

Exit codes: 0 answered, 1 failed, 2 wrong usage, 3 no answer good enough.`, `ask 逐字给出最匹配段落里的步骤，每一步都附出处行号。
问题写成 - 时从标准输入读取，例如粘贴一段日志。

退出码：0 已回答，1 失败，2 用法或配置有误，3 没有足够可靠的答案。`).In(lang),
		Example: both(`  cairn ask "502 troubleshooting"
  cairn ask --library ~/wiki "k8s node NotReady"
  kubectl logs web-0 | tail -5 | cairn ask -`, `  cairn ask "502 怎么排查"
  cairn ask --library ~/wiki "k8s node NotReady 怎么排查"
  kubectl logs web-0 | tail -5 | cairn ask -`).In(lang),
		Args: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) == 0:
				return seeHelp(cmd, both(`give a question, such as cairn ask "502 troubleshooting", or - to read it from stdin`, `请给出问题，例如 cairn ask "502 怎么排查"；写 - 则从标准输入读取`).Err())
			case args[0] == "-" && len(args) > 1:
				return seeHelp(cmd, both("- reads the question from stdin and goes with no further words", "- 表示从标准输入读取问题，后面不能再有其他内容").Err())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			question := strings.Join(args, " ")
			if question == "-" {
				raw, err := io.ReadAll(io.LimitReader(cmd.InOrStdin(), maxStdin))
				if err != nil {
					return both("read the question from stdin: %v", "从标准输入读取问题失败：%v").Err(err)
				}
				question = string(raw)
			}
			return ask(cmd, &f, question, asJS)
		},
	}
	f.register(cmd, lang)
	jsonFlag(cmd, &asJS, both("print one JSON object", "输出一个 JSON 对象").In(lang))
	return cmd
}

func ask(cmd *cobra.Command, f *common, question string, asJS bool) error {
	p := newProgress(cmd.ErrOrStderr(), f.lang)
	s, err := f.withoutDatabaseURL().open(cmd, p.show)
	if err != nil {
		return err
	}
	_, report, err := s.current(cmd.Context())
	p.clear()
	if err != nil {
		return err
	}
	if !report.Saved {
		s.tell(both("the index could not be kept in %s and was made in memory", "索引无法写入 %s，本次只在内存中使用"), s.cfg.Data)
	}
	state := s.askState()
	defer state.Close()
	b, err := bot.New(s.lg, s.index, state, s.botOptions())
	if err != nil {
		return err
	}
	printer := terminal.NewPrinter(s.out, terminalOptions(s.out))
	var unprinted error
	show := func(r adapters.Reply) {
		if r.Message.Feedback = nil; !asJS && unprinted == nil { // there is nothing to press
			unprinted = printer.Print(r.Message)
		}
	}
	reply, err := b.AskGrowing(cmd.Context(), adapters.Question{
		Text: question, Lang: s.lang, Viewer: adapters.Viewer{Adapter: "terminal"}, Record: true,
	}, show)
	switch {
	case errors.Is(err, adapters.ErrEmptyQuestion):
		return wrongUse(both(`the question is empty; ask such as cairn ask "502 troubleshooting", or give - to read it from stdin`, `问题是空的；请给出问题，例如 cairn ask "502 怎么排查"；写 - 则从标准输入读取`))
	case err != nil:
		return errors.Join(errors.New(reply.Message.Text), err)
	}
	if asJS {
		if err := printJSON(s.out, reply.Object); err != nil {
			return err
		}
	} else if show(reply); unprinted != nil {
		return unprinted
	}
	if reply.Abstained {
		return errAbstained
	}
	return nil
}

// terminalOptions are colours and width where the output is a terminal.
func terminalOptions(w io.Writer) *terminal.Options {
	f, ok := w.(*os.File)
	if !ok {
		return &terminal.Options{}
	}
	o := terminal.Detect(f, os.Getenv)
	return &o
}
