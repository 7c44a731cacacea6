package app

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Both READMEs list the same commands and settings, all of them there, and
// lead to files that exist.
func TestReadmesAgree(t *testing.T) {
	t.Parallel()
	var (
		row     = regexp.MustCompile("(?m)^\\| `cairn ([a-z]+)")
		setting = regexp.MustCompile("`([A-Z]+_[A-Z_]+)`")
		link    = regexp.MustCompile(`\]\(([^):]+)\)`)
	)
	found := func(re *regexp.Regexp, text string) (out []string) {
		for _, m := range re.FindAllStringSubmatch(text, -1) {
			out = append(out, m[1])
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	var texts []string
	for _, name := range []string{"README.md", "README.zh.md"} {
		raw, err := os.ReadFile(filepath.Join("../..", name))
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(raw))
		commands := found(row, string(raw))
		if len(commands) < 10 {
			t.Errorf("%s lists %d commands", name, len(commands))
		}
		for _, c := range commands {
			if cmd, _, err := newRoot(english).Find([]string{c}); err != nil || cmd.Name() != c {
				t.Errorf("%s: there is no command %s", name, c)
			}
		}
		for _, l := range found(link, string(raw)) {
			if _, err := os.Stat(filepath.Join("../..", l)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	for _, re := range []*regexp.Regexp{row, setting} {
		if diff := cmp.Diff(found(re, texts[0]), found(re, texts[1])); diff != "" {
			t.Errorf("(-README.md +README.zh.md):\n%s", diff)
		}
	}
}
