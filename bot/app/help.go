package app

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"cairn/adapters"
)

// setHelp lets the program explain itself in the language.
func setHelp(root *cobra.Command, lang string) {
	root.PersistentFlags().BoolP("help", "h", false, both("show this help", "显示帮助").In(lang))
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { writeHelp(cmd.OutOrStdout(), cmd, lang) })
	root.SetUsageFunc(func(cmd *cobra.Command) error { writeUsage(cmd.OutOrStderr(), cmd, lang); return nil })
	root.SetHelpCommand(newHelp(lang))
}

func newHelp(lang string) *cobra.Command {
	return &cobra.Command{
		Use:   both("help [COMMAND]...", "help [命令]...").In(lang),
		Short: both("Show the help of a command", "显示命令的帮助").In(lang),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 && c.HasSubCommands() {
				return noSuchCommand(cmd.Root(), args)
			}
			return c.Help()
		},
	}
}

func writeHelp(w io.Writer, cmd *cobra.Command, lang string) {
	about := cmd.Long
	if about == "" {
		about = cmd.Short
	}
	fmt.Fprintf(w, "%s\n\n", about)
	writeUsage(w, cmd, lang)
}

func writeUsage(w io.Writer, cmd *cobra.Command, lang string) {
	head := func(t adapters.Text) { fmt.Fprintln(w, t.In(lang)) }
	head(both("Usage:", "用法："))
	if cmd.Runnable() {
		line := strings.TrimSuffix(cmd.UseLine(), " [flags]")
		if cmd.HasAvailableFlags() {
			line += both(" [flags]", " [选项]").In(lang)
		}
		fmt.Fprintf(w, "  %s\n", line)
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(w, "  %s%s\n", cmd.CommandPath(), both(" COMMAND", " 命令").In(lang))
	}
	if cmd.HasExample() {
		head(both("\nExamples:", "\n示例："))
		fmt.Fprintln(w, cmd.Example)
	}
	if cmd.HasAvailableSubCommands() {
		head(both("\nCommands:", "\n命令："))
		for _, c := range cmd.Commands() {
			if c.IsAvailableCommand() || c.Name() == "help" {
				fmt.Fprintf(w, "  %-12s %s\n", c.Name(), c.Short)
			}
		}
	}
	if cmd.HasAvailableLocalFlags() {
		local := pflag.NewFlagSet("", pflag.ContinueOnError)
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if f != cmd.Root().PersistentFlags().Lookup(f.Name) {
				local.AddFlag(f)
			}
		})
		if local.HasAvailableFlags() {
			head(both("\nFlags:", "\n选项："))
			writeFlags(w, local, lang)
		}
	}
	head(both("\nFlags of every command:", "\n通用选项："))
	writeFlags(w, cmd.Root().PersistentFlags(), lang)
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(w, both("\n'%s COMMAND --help' says more about a command.\n", "\n'%s 命令 --help' 查看某个命令的详细说明。\n").In(lang), cmd.CommandPath())
	}
}

// writeFlags lists flags as "-k, --k N   how many passages (default 10)". The
// placeholder is what stands between backticks in the flag's usage.
func writeFlags(w io.Writer, flags *pflag.FlagSet, lang string) {
	type row struct{ left, right string }
	var rows []row
	width := 0
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		value, usage := pflag.UnquoteUsage(f)
		left := "      --" + f.Name
		if f.Shorthand != "" {
			left = "  -" + f.Shorthand + ", --" + f.Name
		}
		if f.Value.Type() != "bool" {
			left += " " + value
		}
		switch {
		case f.Value.Type() == "bool" || f.DefValue == "" || f.DefValue == "[]":
		default:
			usage += fmt.Sprintf(both(" (default %s)", "（默认 %s）").In(lang), f.DefValue)
		}
		rows, width = append(rows, row{left, usage}), max(width, len(left))
	})
	for _, r := range rows {
		fmt.Fprintf(w, "%-*s   %s\n", width, r.left, r.right)
	}
}
