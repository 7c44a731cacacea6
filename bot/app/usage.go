package app

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"cairn/adapters"
)

// A usageError is the user's mistake in arguments or configuration.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

// wrongUse makes an error of the text that is the user's mistake.
func wrongUse(t adapters.Text, args ...any) error { return usageError{t.Err(args...)} }

// seeHelp ends an error about how a command was called.
func seeHelp(cmd *cobra.Command, err error) error {
	return wrongUse(both("%v; see '%s --help'", "%v；用法见 '%s --help'"), err, cmd.CommandPath())
}

// noArgs wants no arguments.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return seeHelp(cmd, both("%s takes no argument, got %q", "%s 不接受参数：%q").Err(cmd.CommandPath(), args[0]))
	}
	return nil
}

// oneFile wants one argument, the name of a file.
func oneFile(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return seeHelp(cmd, both("%s takes one FILE, got %d arguments", "%s 需要一个 FILE 参数，实际给了 %d 个").Err(cmd.CommandPath(), len(args)))
	}
	return nil
}

// noSuchCommand is for arguments of a command that has only commands below it.
func noSuchCommand(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return wrongUse(both("there is no command %q; '%s --help' lists them", "没有 %q 这个命令；'%s --help' 列出全部命令"), args[0], cmd.CommandPath())
	}
	return nil
}

// flagError says what is wrong with a flag.
func flagError(cmd *cobra.Command, err error) error {
	var (
		unknown *pflag.NotExistError
		missing *pflag.ValueRequiredError
		invalid *pflag.InvalidValueError
	)
	switch {
	case errors.As(err, &unknown):
		name := "--" + unknown.GetSpecifiedName()
		if unknown.GetSpecifiedShortnames() != "" {
			name = "-" + unknown.GetSpecifiedName()
		}
		err = both("unknown flag: %s", "未知选项：%s").Err(name)
	case errors.As(err, &missing):
		err = both("flag needs a value: --%s", "选项缺少取值：--%s").Err(missing.GetFlag().Name)
	case errors.As(err, &invalid):
		err = both("--%s: got %q, %v", "--%s：%q 无效，%v").Err(invalid.GetFlag().Name, invalid.GetValue(), wanted(invalid))
	default:
		err = both("%s is no flag", "%s 不是有效的选项").Err(strings.TrimPrefix(err.Error(), "bad flag syntax: "))
	}
	return seeHelp(cmd, err)
}

// wanted says what a flag's value must be.
func wanted(e *pflag.InvalidValueError) error {
	switch e.GetFlag().Value.Type() {
	case "int":
		return both("want a whole number", "需要整数").Err()
	case "bool":
		return both("want true or false", "只能是 true 或 false").Err()
	}
	return errors.Unwrap(e)
}
