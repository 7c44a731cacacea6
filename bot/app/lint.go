package app

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"cairn/runbooks"
	"cairn/runbooks/lint"
	"cairn/runbooks/source"
)

func newLint(lang string) *cobra.Command {
	var (
		bilingual bool
		format    string
		asJS      bool
	)
	cmd := &cobra.Command{
		Use:   "lint [DIR]...",
		Short: both("Check runbooks; exit 1 on errors", "检查手册，有错误时退出码为 1").In(lang),
		Long: both(`Lint checks documents of the runbook format (docs/runbook_format.md): those
whose front matter names a service. Other documents get warnings only.`, `lint 检查符合手册格式（docs/runbook_format.md）的文档，即 front matter 里写了
service 的文档。其他文档只给出警告。`).In(lang),
		Example: "  cairn lint ~/wiki/runbooks\n  cairn lint --bilingual --format github runbooks/library",
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, dirs []string) error {
			if asJS {
				format = string(lint.JSON)
			}
			switch lint.Format(format) {
			case lint.Text, lint.JSON, lint.GitHub:
			default:
				return wrongUse(both("--format: got %q, want text, json or github", "--format：%q 无效，应为 text、json 或 github"), format)
			}
			if len(dirs) == 0 {
				dirs = []string{"."}
			}
			var (
				all       []lint.Finding
				documents int
			)
			for _, dir := range dirs {
				fs, n, err := lintFolder(cmd, lang, dir, bilingual)
				if err != nil {
					return err
				}
				all, documents = append(all, fs...), documents+n
			}
			say := lang
			if lint.Format(format) == lint.GitHub {
				say = english // for a machine
			}
			if err := lint.Write(cmd.OutOrStdout(), lint.Format(format), say, documents, all); err != nil {
				return both("print the findings: %v", "输出检查结果失败：%v").Err(err)
			}
			if lint.Failed(all) {
				return both("the runbooks have errors", "手册存在错误").Err()
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&bilingual, "bilingual", false, both("want every runbook in both languages, as en/PATH and zh/PATH", "要求每份手册都有中英文两份，即 en/PATH 和 zh/PATH").In(lang))
	cmd.Flags().StringVar(&format, "format", string(lint.Text), both("`FORMAT`: text, json or github", "输出格式 `FORMAT`：text、json 或 github").In(lang))
	jsonFlag(cmd, &asJS, both("the same as --format json", "等同于 --format json").In(lang))
	return cmd
}

// lintFolder checks one folder; findings name files as the user would open
// them.
func lintFolder(cmd *cobra.Command, lang, dir string, bilingual bool) ([]lint.Finding, int, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, 0, wrongUse(both("lint %s: %v", "检查 %s：%v"), dir, err)
	}
	folder := source.NewFolder(abs, nil)
	listing, err := folder.List(cmd.Context())
	switch {
	case errors.Is(err, source.ErrMissing):
		return nil, 0, wrongUse(both("there is no folder %s; give the folder that holds the runbooks", "目录 %s 不存在；请给出存放手册的目录"), dir)
	case errors.Is(err, source.ErrNotFolder):
		return nil, 0, wrongUse(both("%s is a file; give the folder it stands in", "%s 是文件，请给出它所在的目录"), dir)
	case err != nil:
		return nil, 0, both("lint %s: %v", "检查 %s 失败：%v").Err(dir, err)
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
			fmt.Fprintln(cmd.ErrOrStderr(), both("skipped %s: %s", "跳过 %s：%s").In(lang, filepath.Join(dir, f.Path), skipReason(withoutPath(err, f.Path))))
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
