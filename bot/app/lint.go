package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"cairn/runbooks"
	"cairn/runbooks/lint"
	"cairn/runbooks/source"
)

func newLint() *cobra.Command {
	var (
		bilingual bool
		format    string
		asJS      bool
	)
	cmd := &cobra.Command{
		Use:   "lint [DIR]...",
		Short: "Check runbooks; exit 1 on errors",
		Long: `Lint checks documents of the runbook format (docs/runbook_format.md): those
whose front matter names a service. Other documents get warnings only.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, dirs []string) error {
			if asJS {
				format = string(lint.JSON)
			}
			switch lint.Format(format) {
			case lint.Text, lint.JSON, lint.GitHub:
			default:
				return usagef("--format: got %q, want text, json or github", format)
			}
			if len(dirs) == 0 {
				dirs = []string{"."}
			}
			var (
				all       []lint.Finding
				documents int
			)
			for _, dir := range dirs {
				fs, n, err := lintFolder(cmd, dir, bilingual)
				if err != nil {
					return err
				}
				all, documents = append(all, fs...), documents+n
			}
			if err := lint.Write(cmd.OutOrStdout(), lint.Format(format), localeLang(os.Getenv), documents, all); err != nil {
				return fmt.Errorf("print the findings: %w", err)
			}
			if lint.Failed(all) {
				return errors.New("the runbooks have errors")
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&bilingual, "bilingual", false, "want every runbook in both languages, as en/PATH and zh/PATH")
	cmd.Flags().StringVar(&format, "format", string(lint.Text), "text, json or github")
	cmd.Flags().BoolVar(&asJS, "json", false, "the same as --format json")
	return cmd
}

// lintFolder checks one folder; findings name files as the user would open
// them.
func lintFolder(cmd *cobra.Command, dir string, bilingual bool) ([]lint.Finding, int, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, 0, usagef("lint %s: %w", dir, err)
	}
	folder := source.NewFolder(abs, nil)
	listing, err := folder.List(cmd.Context())
	switch {
	case errors.Is(err, source.ErrMissing):
		return nil, 0, usagef("there is no folder %s; give the folder that holds the runbooks", dir)
	case errors.Is(err, source.ErrNotFolder):
		return nil, 0, usagef("%s is a file; give the folder it stands in", dir)
	case err != nil:
		return nil, 0, fmt.Errorf("lint %s: %w", dir, err)
	}
	var (
		docs []*runbooks.Document
		all  []lint.Finding
	)
	for _, f := range listing.Files {
		raw, err := folder.Read(cmd.Context(), f.Path)
		var doc *runbooks.Document
		if err == nil {
			doc, err = runbooks.Parse(f.Path, raw, nil)
		}
		if err != nil {
			fmt.Fprintf(cmd.ErrOrStderr(), "skipped %s: %v\n", filepath.Join(dir, f.Path), withoutPath(err, f.Path))
			continue
		}
		docs = append(docs, doc)
	}
	for _, f := range lint.Run(docs, &lint.Options{Bilingual: bilingual}) {
		f.Path = filepath.ToSlash(filepath.Join(dir, f.Path))
		all = append(all, f)
	}
	return all, len(docs), nil
}

// withoutPath is an error without the path that it begins with, which stands
// before it already.
func withoutPath(err error, path string) string {
	return strings.TrimPrefix(err.Error(), path+": ")
}
