package app

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"cairn/adapters"
	"cairn/adapters/terminal"
	"cairn/bot/tips"
)

// dryRunStream remembers what `cairn tip --dry-run` has shown.
const dryRunStream = "dry-run"

func newTip() *cobra.Command {
	var (
		f      common
		dryRun bool
		asJS   bool
		lang   string
		topics []string
	)
	cmd := &cobra.Command{
		Use:   "tip --dry-run",
		Short: "Show what the next tip would be; each call shows the next one",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !dryRun {
				return usagef("only --dry-run is possible here: tips are sent by the schedules of `cairn serve`")
			}
			if lang != "" && lang != "en" && lang != "zh" {
				return usagef("--lang: got %q, want en or zh", lang)
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
					Stream: dryRunStream, Lang: lang, Topics: topics, Viewer: adapters.Viewer{Adapter: "terminal"},
				})
				if errors.Is(err, tips.ErrNone) {
					fmt.Fprintln(s.errOut, "cairn: no document holds a tip that fits")
					return errAbstained
				}
				if err != nil {
					return fmt.Errorf("choose a tip: %w", err)
				}
				if asJS {
					err = printJSON(s.out, t)
				} else {
					_, err = io.WriteString(s.out, terminal.Render(m, terminalOptions(s.out)))
				}
				if err != nil {
					return fmt.Errorf("print the tip: %w", err)
				}
				return chosen(cmd.Context())
			})
		},
	}
	f.register(cmd)
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "show the tip here, send nothing")
	cmd.Flags().BoolVar(&asJS, "json", false, "print one JSON object")
	cmd.Flags().StringVar(&lang, "lang", "", "en or zh (default: either)")
	cmd.Flags().StringArrayVar(&topics, "topic", nil, "a service, a tag or a library; may be repeated")
	return cmd
}
