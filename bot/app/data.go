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

func newData() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "data",
		Short: "Export, import, delete and back up what is stored",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newDataExport(), newDataImport(), newDataPurge(), newDataBackup())
	for _, c := range cmd.Commands() {
		c.Args = usageArgs(c.Args)
	}
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
		return fmt.Errorf("open the store: %w", err)
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	fmt.Fprintf(s.errOut, "using %s\n", where)
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
		return "", "", usagef("--user: got %q, want ADAPTER:ID such as slack:U123", text)
	}
	return adapter, user, nil
}

func newDataExport() *cobra.Command {
	var (
		f         common
		user, out string
	)
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write everything, or one person's data, as JSON lines",
		Args:  cobra.NoArgs,
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
						return fmt.Errorf("create the export: %w", err)
					}
					defer func() { err = errors.Join(err, file.Close()) }()
					w = file
				}
				n, err := st.Export(cmd.Context(), w, store.DataFilter{Adapter: adapter, User: id})
				if err != nil {
					return fmt.Errorf("export: %w", err)
				}
				fmt.Fprintf(s.errOut, "%d records\n", n)
				return nil
			})
		},
	}
	f.register(cmd)
	cmd.Flags().StringVar(&user, "user", "", "only this person, as ADAPTER:ID")
	cmd.Flags().StringVar(&out, "out", "-", "file to create")
	return cmd
}

func newDataImport() *cobra.Command {
	var f common
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Add the records of an export; what exists is left alone",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var in io.Reader = cmd.InOrStdin()
			if args[0] != "-" {
				file, err := os.Open(args[0])
				if err != nil {
					return usagef("open the export: %w", err)
				}
				defer file.Close()
				in = file
			}
			return withState(cmd, &f, func(s *session, st stateStore) error {
				n, err := st.Import(cmd.Context(), in)
				if err != nil {
					return fmt.Errorf("import: %w", err)
				}
				fmt.Fprintf(s.errOut, "%d records added\n", n)
				return nil
			})
		},
	}
	f.register(cmd)
	return cmd
}

func newDataPurge() *cobra.Command {
	var (
		f    common
		user string
	)
	cmd := &cobra.Command{
		Use:   "purge",
		Short: "Delete what is older than the configured retention, or all of one person's data",
		Args:  cobra.NoArgs,
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
					return fmt.Errorf("purge: %w", err)
				}
				return printCounts(s.out, counts)
			})
		},
	}
	f.register(cmd)
	cmd.Flags().StringVar(&user, "user", "", "delete everything about this person, as ADAPTER:ID")
	return cmd
}

func printCounts(w io.Writer, counts map[string]int) error {
	topics := make([]string, 0, len(counts))
	for t := range counts {
		topics = append(topics, t)
	}
	slices.Sort(topics)
	for _, t := range topics {
		if _, err := fmt.Fprintf(w, "%-16s %d deleted\n", t, counts[t]); err != nil {
			return err
		}
	}
	return nil
}

func newDataBackup() *cobra.Command {
	var f common
	cmd := &cobra.Command{
		Use:   "backup FILE",
		Short: "Copy the running SQLite database into a new file",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withState(cmd, &f, func(s *session, st stateStore) error {
				b, ok := st.(store.Backuper)
				if !ok {
					return usagef("PostgreSQL is backed up with its own tools, such as pg_dump --schema=cairn")
				}
				if err := b.Backup(cmd.Context(), args[0]); err != nil {
					return fmt.Errorf("back up: %w", err)
				}
				fmt.Fprintf(s.errOut, "backup written to %s\n", args[0])
				return nil
			})
		},
	}
	f.register(cmd)
	return cmd
}
