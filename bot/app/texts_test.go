package app

import (
	"go/ast"
	"go/parser"
	"go/token"

	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// bilingual are the files whose words people read on the command line.
var bilingual = []string{"*.go", "../config/*.go", "../schedule/schedule.go", "../schedule/cron.go", "../server/server.go", "../../adapters/web/config.go", "../../adapters/slack/config.go", "../../adapters/discord/config.go", "../../adapters/slack/doctor.go", "../../adapters/discord/doctor.go"}

// monolingual may make errors of plain words: they end processes, go to the
// log, to /readyz, or to code that asks what they are.
var monolingual = []string{"lifecycle.go", "main.go", "serve.go", "study.go", "ask.go", "../server/server.go"}

var verb = regexp.MustCompile(`%(\[\d+\])?[-+# 0]*[\d*]*(\.\d+)?[a-zA-Z%]`)

// verbs are the verbs of a format by the argument that they take.
func verbs(format string) (out []string) {
	n := 0
	for _, m := range verb.FindAllStringSubmatch(format, -1) {
		if strings.HasSuffix(m[0], "%") {
			continue
		}
		n++
		if m[1] != "" {
			n, _ = strconv.Atoi(strings.Trim(m[1], "[]"))
		}
		out = append(out, strconv.Itoa(n)+m[0][len(m[0])-1:])
	}
	slices.Sort(out)
	return out
}

// Every text has its Chinese, with the same arguments, and no command makes an
// error of words in one language.
func TestTextsAreInBothLanguages(t *testing.T) {
	t.Parallel()
	texts := 0
	for _, pattern := range bilingual {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("no files match %s: %v", pattern, err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			fset := token.NewFileSet()
			file, err := parser.ParseFile(fset, name, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				at := fset.Position(call.Pos())
				switch callee := nameOf(call.Fun); callee {
				case "both", "adapters.Both":
					if first, ok := call.Args[0].(*ast.Ident); ok && first.Name == "en" {
						return true // in both itself
					}
					texts++
					checkText(t, at, call.Args)
				case "fmt.Errorf", "errors.New":
					if !strings.HasPrefix(name, "../../adapters") && !slices.Contains(monolingual, name) {
						t.Errorf("%v: %s makes an error in one language; use both(…).Err(…)", at, callee)
					}
				}
				return true
			})
		}
	}
	if texts < 300 {
		t.Errorf("found %d texts, want at least 300", texts)
	}
}

func nameOf(fun ast.Expr) string {
	switch f := fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		if x, ok := f.X.(*ast.Ident); ok {
			return x.Name + "." + f.Sel.Name
		}
	}
	return ""
}

func checkText(t *testing.T, at token.Position, args []ast.Expr) {
	t.Helper()
	var said []string
	for _, a := range args {
		lit, ok := a.(*ast.BasicLit)
		if !ok {
			t.Errorf("%v: a text is not written out", at)
			return
		}
		s, err := strconv.Unquote(lit.Value)
		if err != nil {
			t.Fatal(err)
		}
		said = append(said, s)
	}
	en, zh := said[0], said[1]
	words := verb.ReplaceAllString(en, "")
	bare := !strings.ContainsFunc(words, func(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' })
	switch {
	case hasHan(en):
		t.Errorf("%v: the English text is Chinese: %q", at, en)
	case !hasHan(zh) && !bare && strings.ContainsAny(strings.Trim(words, ": "), " "):
		t.Errorf("%v: the Chinese text is not: %q", at, zh)
	}
	if got, want := verbs(zh), verbs(en); !slices.Equal(got, want) && !strings.Contains(en, "%[") {
		t.Errorf("%v: the Chinese text takes %v, the English one %v", at, got, want)
	}
}
