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

// A usageError is the user's mistake in arguments or configuration.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}

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
	return run(ctx, args, in, out, errOut)
}

// run is Main without the process's signals.
func run(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	root := newRoot()
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
	case errors.As(err, &usage):
		fmt.Fprintln(errOut, "cairn:", err)
		return exitUsage
	default:
		fmt.Fprintln(errOut, "cairn:", err)
		return exitFailed
	}
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "cairn",
		Short: "Answers incident questions with the steps of your own runbooks, cited to the line",
		Long: `Cairn answers incident questions with the steps of your own runbooks, quoted
word for word and cited to their lines. It needs no network and no model.

  cairn ask "502 troubleshooting"
  cairn ask --library ~/wiki "k8s node NotReady 怎么排查"
  cairn serve`,
		Version:       versionString(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetVersionTemplate(versionLine())
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usagef("%w; see '%s --help'", err, cmd.CommandPath())
	})
	root.AddCommand(
		newAsk(), newSearch(), newServe(), newIndex(), newGaps(), newEval(), newLint(),
		newDraft(), newTip(), newDoctor(), newData(), newVersion(),
	)
	for _, c := range root.Commands() {
		c.Args = usageArgs(c.Args)
	}
	root.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return usagef("there is no command %q; 'cairn --help' lists them", args[0])
		}
		return nil
	}
	return root
}

// usageArgs makes a wrong number of arguments a usage error.
func usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if check == nil {
			return nil
		}
		if err := check(cmd, args); err != nil {
			return usagef("%w; see '%s --help'", err, cmd.CommandPath())
		}
		return nil
	}
}
