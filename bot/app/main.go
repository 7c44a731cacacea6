package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"cairn/adapters"
)

// Exit codes; a contract that scripts rely on.
const (
	exitDone      = 0
	exitFailed    = 1
	exitUsage     = 2
	exitAbstained = 3
)

// errAbstained ends a command with exit code 3 after it has printed its
// result.
var errAbstained = errors.New("no answer good enough")

// Main runs the program and returns its exit code. It installs handlers for
// SIGINT and SIGTERM: the first asks to stop, the second ends the process.
func Main(args []string, in io.Reader, out, errOut io.Writer) int {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	go func() {
		select {
		case s := <-signals:
			cancel(fmt.Errorf("%w by %v", errStopped, s))
		case <-ctx.Done():
			return
		}
		<-signals
		os.Exit(exitFailed)
	}()
	return run(context.WithValue(ctx, ownProcess{}, true), args, in, out, errOut)
}

// ownProcess marks the context of a command that has the process to itself.
type ownProcess struct{}

// run is Main without the process's signals.
func run(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	lang := language(args, os.Getenv)
	root := newRoot(lang)
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errOut)
	err := root.ExecuteContext(ctx)
	var usage usageError
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errAbstained):
		return exitAbstained
	}
	fmt.Fprintln(errOut, "cairn:", adapters.Explain(lang, err))
	if errors.As(err, &usage) {
		return exitUsage
	}
	return exitFailed
}

func newRoot(lang string) *cobra.Command {
	root := &cobra.Command{
		Use:   "cairn",
		Short: both("Answers incident questions with the steps of your own runbooks, cited to the line", "用你们自己的运维手册回答故障问题，步骤引自原文并附行号").In(lang),
		Long: both(`Cairn answers incident questions with the steps of your own runbooks, quoted
word for word and cited to their lines. It needs no network and no model.`, `Cairn 用你们自己的运维手册回答故障问题：步骤逐字引自原文，附出处行号。
不需要网络，也不需要模型。`).In(lang),
		Example: both(`  cairn ask "502 troubleshooting"
  cairn ask --library ~/wiki "k8s node NotReady"
  cairn serve`, `  cairn ask "502 怎么排查"
  cairn ask --library ~/wiki "k8s node NotReady 怎么排查"
  cairn serve`).In(lang),
		Version:       versionString(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noSuchCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetVersionTemplate(versionLine())
	root.SetFlagErrorFunc(flagError)
	root.Flags().BoolP("version", "v", false, both("print the version", "输出版本号").In(lang))
	root.PersistentFlags().Var(&langFlag{}, "lang", both("language, en or zh (default: CAIRN_LANG, else the locale)", "语言，en 或 zh（默认取 CAIRN_LANG，其次取系统 locale）").In(lang))
	setHelp(root, lang)
	root.AddCommand(
		newAsk(lang), newSearch(lang), newServe(lang), newIndex(lang), newGaps(lang), newEval(lang), newLint(lang),
		newDraft(lang), newTip(lang), newDoctor(lang), newData(lang), newCompletion(lang), newVersion(lang),
	)
	return root
}
