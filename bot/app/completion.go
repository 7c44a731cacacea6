package app

import (
	"github.com/spf13/cobra"
)

func newCompletion(lang string) *cobra.Command {
	var bare bool
	cmd := &cobra.Command{
		Use:   "completion bash|zsh|fish|powershell",
		Short: both("Print a script that lets a shell complete cairn's commands", "输出 shell 自动补全脚本").In(lang),
		Example: `  source <(cairn completion bash)
  cairn completion zsh > "${fpath[1]}/_cairn"
  cairn completion fish > ~/.config/fish/completions/cairn.fish`,
		ValidArgs: []string{"bash", "zsh", "fish", "powershell"},
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return seeHelp(cmd, both("name a shell: bash, zsh, fish or powershell", "请指定 shell：bash、zsh、fish 或 powershell").Err())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			root, out := cmd.Root(), cmd.OutOrStdout()
			var err error
			switch args[0] {
			case "bash":
				err = root.GenBashCompletionV2(out, !bare)
			case "zsh":
				if bare {
					err = root.GenZshCompletionNoDesc(out)
				} else {
					err = root.GenZshCompletion(out)
				}
			case "fish":
				err = root.GenFishCompletion(out, !bare)
			case "powershell":
				if bare {
					err = root.GenPowerShellCompletion(out)
				} else {
					err = root.GenPowerShellCompletionWithDesc(out)
				}
			default:
				return seeHelp(cmd, both("cairn knows no shell %q: name bash, zsh, fish or powershell", "不支持 shell %q，可选 bash、zsh、fish、powershell").Err(args[0]))
			}
			if err != nil {
				return both("print the script: %v", "输出脚本失败：%v").Err(err)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&bare, "no-descriptions", false, both("leave descriptions out", "不带说明文字").In(lang))
	return cmd
}
