package app

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"cairn/bot/store"
)

func newData(lang string) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "data",
		Short: both("Export, import, delete and back up what is stored", "导出、导入、删除和备份存储的数据").In(lang),
		Args:  noSuchCommand,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newDataExport(lang), newDataImport(lang), newDataPurge(lang), newDataBackup(lang))
	return cmd
}

// withState runs do on the store that serve uses.
func withState(cmd *cobra.Command, f *common, do func(*session, stateStore) error) (err error) {
	s, err := f.openFor(cmd, purposeTools)
	if err != nil {
		return err
	}
	st, where, err := s.openState(cmd.Context())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	fmt.Fprintln(s.errOut, both("using %s", "使用 %s").In(s.lang, where))
	if f.ignoreDatabaseURL {
		s.explainDatabaseURL(cmd.CommandPath(), where)
	}
	return do(s, st)
}

// person splits "slack:U123".
func person(text string) (adapter, user string, err error) {
	if text == "" {
		return "", "", nil
	}
	adapter, user, ok := strings.Cut(text, ":")
	if !ok || adapter == "" || user == "" {
		return "", "", wrongUse(both("--user: got %q, want ADAPTER:ID such as slack:U123", "--user：%q 无效，应为 ADAPTER:ID，如 slack:U123"), text)
	}
	return adapter, user, nil
}

func newDataExport(lang string) *cobra.Command {
	var (
		f         common
		user, out string
	)
	cmd := &cobra.Command{
		Use:   "export",
		Short: both("Write everything, or one person's data, as JSON lines", "把全部数据或某个人的数据导出为 JSON Lines").In(lang),
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			adapter, id, err := person(user)
			if err != nil {
				return err
			}
			return withState(cmd, &f, func(s *session, st stateStore) (err error) {
				w := s.out
				if out != "-" {
					file, err := os.OpenFile(out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
					if err != nil {
						return both("create the export: %v", "创建导出文件失败：%v").Err(err)
					}
					defer func() { err = errors.Join(err, file.Close()) }()
					w = file
				}
				n, err := st.Export(cmd.Context(), w, store.DataFilter{Adapter: adapter, User: id})
				if err != nil {
					return both("export: %v", "导出失败：%v").Err(err)
				}
				fmt.Fprintln(s.errOut, both("%d records", "%d 条记录").In(s.lang, n))
				return nil
			})
		},
	}
	f.register(cmd, lang)
	cmd.Flags().StringVar(&user, "user", "", both("only this person, as `ADAPTER:ID`", "只导出这个人，写作 `ADAPTER:ID`").In(lang))
	cmd.Flags().StringVar(&out, "out", "-", both("`FILE` to create; - is stdout", "写入新文件 `FILE`，- 为标准输出").In(lang))
	return cmd
}

func newDataImport(lang string) *cobra.Command {
	var f common
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: both("Add the records of an export; what exists is left alone", "导入导出的记录，已有的不动").In(lang),
		Args:  oneFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			var in io.Reader = cmd.InOrStdin()
			if args[0] != "-" {
				file, err := os.Open(args[0])
				if err != nil {
					return wrongUse(both("open the export: %v", "打开导出文件失败：%v"), err)
				}
				defer file.Close()
				in = file
			}
			return withState(cmd, &f, func(s *session, st stateStore) error {
				n, err := st.Import(cmd.Context(), in)
				if err != nil {
					return both("import: %v", "导入失败：%v").Err(err)
				}
				fmt.Fprintln(s.errOut, both("%d records added", "新增 %d 条记录").In(s.lang, n))
				return nil
			})
		},
	}
	f.register(cmd, lang)
	return cmd
}

func newDataPurge(lang string) *cobra.Command {
	var (
		f    common
		user string
	)
	cmd := &cobra.Command{
		Use:   "purge",
		Short: both("Delete what is older than the configured retention, or all of one person's data", "删除超过保留期限的数据，或某个人的全部数据").In(lang),
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			adapter, id, err := person(user)
			if err != nil {
				return err
			}
			return withState(cmd, &f, func(s *session, st stateStore) error {
				var counts map[string]int
				if id != "" {
					counts, err = st.Forget(cmd.Context(), adapter, id)
				} else {
					counts, err = st.Purge(cmd.Context(), s.retentionPeriods(), time.Now())
				}
				if err != nil {
					return both("purge: %v", "删除失败：%v").Err(err)
				}
				return printCounts(s.out, s.lang, counts)
			})
		},
	}
	f.register(cmd, lang)
	cmd.Flags().StringVar(&user, "user", "", both("delete everything about this person, as `ADAPTER:ID`", "删除这个人的全部数据，写作 `ADAPTER:ID`").In(lang))
	return cmd
}

func printCounts(w io.Writer, lang string, counts map[string]int) error {
	topics := make([]string, 0, len(counts))
	for t := range counts {
		topics = append(topics, t)
	}
	slices.Sort(topics)
	for _, t := range topics {
		if _, err := fmt.Fprintf(w, "%-16s %s\n", t, both("%d deleted", "已删除 %d 条").In(lang, counts[t])); err != nil {
			return err
		}
	}
	return nil
}

func newDataBackup(lang string) *cobra.Command {
	var f common
	cmd := &cobra.Command{
		Use:   "backup FILE",
		Short: both("Copy the running SQLite database into a new file", "把运行中的 SQLite 数据库备份到新文件").In(lang),
		Args:  oneFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			return withState(cmd, &f, func(s *session, st stateStore) error {
				b, ok := st.(store.Backuper)
				if !ok {
					return wrongUse(both("PostgreSQL is backed up with its own tools, such as pg_dump --schema=cairn", "PostgreSQL 请用自带工具备份，例如 pg_dump --schema=cairn"))
				}
				if _, err := os.Lstat(args[0]); err == nil {
					return both("back up: %s exists already; give a new file", "备份失败：%s 已存在，请换一个文件名").Err(args[0])
				}
				if err := b.Backup(cmd.Context(), args[0]); err != nil {
					return both("back up: %v", "备份失败：%v").Err(err)
				}
				fmt.Fprintln(s.errOut, both("backup written to %s", "备份已写入 %s").In(s.lang, args[0]))
				return nil
			})
		},
	}
	f.register(cmd, lang)
	return cmd
}
