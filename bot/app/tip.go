package app

import (
	"errors"
	"io"

	"github.com/spf13/cobra"

	"cairn/adapters"
	"cairn/adapters/terminal"
	"cairn/bot/tips"
)

// dryRunStream remembers what `cairn tip --dry-run` has shown.
const dryRunStream = "dry-run"

func newTip(lang string) *cobra.Command {
	var (
		f      common
		dryRun bool
		asJS   bool
		topics []string
	)
	cmd := &cobra.Command{
		Use:     "tip --dry-run",
		Short:   both("Show what the next tip would be; each call shows the next one", "预览下一条知识点，每次调用显示下一条").In(lang),
		Example: "  cairn tip --dry-run --topic kafka",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !dryRun {
				return wrongUse(both("only --dry-run is possible here: tips are sent by the schedules of `cairn serve`", "这里只能用 --dry-run：知识点由 `cairn serve` 的定时任务发送"))
			}
			return withState(cmd, f.withoutDatabaseURL(), func(s *session, st stateStore) error {
				if _, _, err := s.current(cmd.Context()); err != nil {
					return err
				}
				y := &study{s: s, shelf: &shelf{s: s}}
				service, err := y.newTips(st)
				if err != nil {
					return err
				}
				t, m, chosen, err := service.Next(cmd.Context(), tips.Request{
					Stream: dryRunStream, Lang: langGiven(cmd), Topics: topics, Viewer: adapters.Viewer{Adapter: "terminal"},
				})
				if errors.Is(err, tips.ErrNone) {
					s.tell(both("no document holds a tip that fits", "没有合适的知识点"))
					return errAbstained
				}
				if err != nil {
					return both("choose a tip: %v", "选取知识点失败：%v").Err(err)
				}
				if asJS {
					err = printJSON(s.out, t)
				} else {
					_, err = io.WriteString(s.out, terminal.Render(m, terminalOptions(s.out)))
				}
				if err != nil {
					return both("print the tip: %v", "输出知识点失败：%v").Err(err)
				}
				return chosen(cmd.Context())
			})
		},
	}
	f.register(cmd, lang)
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, both("show the tip here, send nothing", "只在这里显示，不发送").In(lang))
	jsonFlag(cmd, &asJS, both("print one JSON object", "输出一个 JSON 对象").In(lang))
	cmd.Flags().StringArrayVar(&topics, "topic", nil, both("`TOPIC`: a service, a tag or a library; may be repeated", "主题 `TOPIC`：服务、标签或文档库，可重复").In(lang))
	return cmd
}
