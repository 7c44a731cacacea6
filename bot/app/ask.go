package app

import (
	"errors"
	"fmt"
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

func newAsk() *cobra.Command {
	var (
		f    common
		asJS bool
	)
	cmd := &cobra.Command{
		Use:   `ask "question"`,
		Short: "Answer a question with a runbook's steps, cited to the line",
		Long: `Ask answers with the steps of the best passage, word for word, each with the
lines it stands on. With - as the question it reads stdin, such as a pasted log.

Exit codes: 0 answered, 1 failed, 2 wrong usage, 3 no answer good enough.`,
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case len(args) == 0:
				return errors.New(`give a question, such as cairn ask "502 troubleshooting", or - to read it from stdin`)
			case args[0] == "-" && len(args) > 1:
				return errors.New("- reads the question from stdin and goes with no further words")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			question := strings.Join(args, " ")
			if question == "-" {
				raw, err := io.ReadAll(io.LimitReader(cmd.InOrStdin(), maxStdin))
				if err != nil {
					return fmt.Errorf("read the question from stdin: %w", err)
				}
				question = string(raw)
			}
			return ask(cmd, &f, question, asJS)
		},
	}
	f.register(cmd)
	cmd.Flags().BoolVar(&asJS, "json", false, "print one JSON object")
	return cmd
}

func ask(cmd *cobra.Command, f *common, question string, asJS bool) error {
	p := newProgress(cmd.ErrOrStderr())
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
		fmt.Fprintf(s.errOut, "cairn: the index could not be kept in %s and was made in memory\n", s.cfg.Data)
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
		Text: question, Lang: localeLang(os.Getenv), Viewer: adapters.Viewer{Adapter: "terminal"}, Record: true,
	}, show)
	switch {
	case errors.Is(err, adapters.ErrEmptyQuestion):
		return usagef(`the question is empty; ask such as cairn ask "502 troubleshooting", or give - to read it from stdin`)
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

// localeLang is the language of the user's locale, for questions that have
// none of their own.
func localeLang(getenv func(string) string) string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := getenv(name); v != "" {
			if strings.HasPrefix(v, "zh") {
				return "zh"
			}
			return "en"
		}
	}
	return ""
}
