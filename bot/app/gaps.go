package app

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"cairn/bot"
	"cairn/bot/config"
)

func newGaps() *cobra.Command {
	var (
		f         common
		since     string
		asJS      bool
		asQueries bool
	)
	cmd := &cobra.Command{
		Use:   "gaps",
		Short: "List the questions that found no good answer, grouped by similarity",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if asJS && asQueries {
				return usagef("give either --json or --as-queries")
			}
			back, err := config.ParseDuration(since)
			if err != nil || back <= 0 {
				return usagef("--since: got %q, want a duration such as 30d or 12h", since)
			}
			return withState(cmd, f.withoutDatabaseURL(), func(s *session, st stateStore) error {
				gaps, err := bot.ListGaps(cmd.Context(), st, time.Now().Add(-back))
				if err != nil {
					return err
				}
				switch {
				case asQueries:
					return bot.WriteQueries(s.out, gaps)
				case asJS:
					return printJSON(s.out, gaps)
				}
				return printGaps(s.out, gaps, since)
			})
		},
	}
	f.register(cmd)
	cmd.Flags().StringVar(&since, "since", "30d", "how far back")
	cmd.Flags().BoolVar(&asJS, "json", false, "print a JSON array")
	cmd.Flags().BoolVar(&asQueries, "as-queries", false, "print an evaluation file for `cairn eval`")
	return cmd
}

// withoutDatabaseURL ignores DATABASE_URL, which belongs to serve and data
// alone: another program's database may stand in the environment.
func (f *common) withoutDatabaseURL() *common {
	f.ignoreDatabaseURL = true
	return f
}

// isDatabaseURL reports whether an environment entry is one of those.
func isDatabaseURL(kv string) bool {
	return strings.HasPrefix(kv, "DATABASE_URL=") || strings.HasPrefix(kv, "DATABASE_URL_FILE=")
}

// explainDatabaseURL tells somebody whose environment names a database that
// this command has not looked there.
func (s *session) explainDatabaseURL(command, where string) {
	if s.cfg.Store.URL.IsZero() && slices.ContainsFunc(os.Environ(), func(kv string) bool {
		_, value, _ := strings.Cut(kv, "=")
		return isDatabaseURL(kv) && value != ""
	}) {
		fmt.Fprintf(s.errOut, "cairn: DATABASE_URL is set, but only `cairn serve` and `cairn data` read it; `%s` looks into %s.\n"+
			"cairn: to look into the database of serve, set CAIRN_STORE_URL, or store.url in the configuration: CAIRN_STORE_URL=\"$DATABASE_URL\" %s\n", command, where, command)
	}
}

func printGaps(w io.Writer, gaps []bot.Gap, since string) error {
	if len(gaps) == 0 {
		_, err := fmt.Fprintf(w, "no unanswered question in the last %s\n", since)
		return err
	}
	for _, g := range gaps {
		var why []string
		for _, r := range []struct {
			n    int
			what string
		}{{g.Abstained, "no answer"}, {g.Unsure, "unsure"}, {g.Wrong, "marked wrong"}} {
			if r.n > 0 {
				why = append(why, fmt.Sprintf("%d %s", r.n, r.what))
			}
		}
		fmt.Fprintf(w, "%4d  %s  (%s; last %s)\n", g.Count, excerpt(g.Question, 120), strings.Join(why, ", "), g.Last.Local().Format("2006-01-02 15:04"))
		for _, title := range g.Closest {
			fmt.Fprintf(w, "        closest: %s\n", printable(title))
		}
	}
	return nil
}
