package app

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"cairn/adapters"
	"cairn/bot"
	"cairn/bot/config"
)

func newGaps(lang string) *cobra.Command {
	var (
		f         common
		since     string
		asJS      bool
		asQueries bool
	)
	cmd := &cobra.Command{
		Use:   "gaps",
		Short: both("List the questions that found no good answer, grouped by similarity", "列出没有得到好答案的问题，按相似度归组").In(lang),
		Example: `  cairn gaps --since 7d
  cairn gaps --as-queries > queries.jsonl`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if asJS && asQueries {
				return wrongUse(both("give either --json or --as-queries", "--json 和 --as-queries 请二选一"))
			}
			back, err := config.ParseDuration(since)
			if err != nil || back <= 0 {
				return wrongUse(both("--since: got %q, want a duration such as 30d or 12h", "--since：%q 无效，应为时长，如 30d 或 12h"), since)
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
				return printGaps(s.out, lang, gaps, since)
			})
		},
	}
	f.register(cmd, lang)
	cmd.Flags().StringVar(&since, "since", "30d", both("how far back, a `DURATION`", "往前看多久，时长 `DURATION`").In(lang))
	jsonFlag(cmd, &asJS, both("print a JSON array", "输出一个 JSON 数组").In(lang))
	cmd.Flags().BoolVar(&asQueries, "as-queries", false, both("print an evaluation file for 'cairn eval'", "输出供 'cairn eval' 使用的评测文件").In(lang))
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
		s.tell(both("DATABASE_URL is set, but only `cairn serve` and `cairn data` read it; `%s` looks into %s.",
			"设置了 DATABASE_URL，但只有 `cairn serve` 和 `cairn data` 会读取它；`%s` 读取的是 %s。"), command, where)
		s.tell(both("to look into the database of serve, set CAIRN_STORE_URL, or store.url in the configuration: CAIRN_STORE_URL=\"$DATABASE_URL\" %s",
			"要读取 serve 的数据库，请设置 CAIRN_STORE_URL，或配置里的 store.url：CAIRN_STORE_URL=\"$DATABASE_URL\" %s"), command)
	}
}

func printGaps(w io.Writer, lang string, gaps []bot.Gap, since string) error {
	if len(gaps) == 0 {
		_, err := fmt.Fprintln(w, both("no unanswered question in the last %s", "最近 %s 内没有未答的问题").In(lang, since))
		return err
	}
	for _, g := range gaps {
		var why []string
		for _, r := range []struct {
			n    int
			what adapters.Text
		}{{g.Abstained, both("%d no answer", "%d 次没有答案")}, {g.Unsure, both("%d unsure", "%d 次没有把握")}, {g.Wrong, both("%d marked wrong", "%d 次被标为不对")}} {
			if r.n > 0 {
				why = append(why, r.what.In(lang, r.n))
			}
		}
		fmt.Fprintf(w, "%4d  %s  %s\n", g.Count, excerpt(g.Question, 120),
			both("(%s; last %s)", "（%s；最近 %s）").In(lang, strings.Join(why, both(", ", "，").In(lang)), g.Last.Local().Format("2006-01-02 15:04")))
		for _, title := range g.Closest {
			fmt.Fprintf(w, "        %s\n", both("closest: %s", "最接近：%s").In(lang, printable(title)))
		}
	}
	return nil
}
