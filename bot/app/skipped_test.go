package app

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// reasonsOf returns what a file of the source says of files that are left out,
// verbs of formats replaced by a number.
func reasonsOf(t *testing.T, name string) (out []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]string{"ErrBinary": "binary file: ", "ErrEncoding": "unknown text encoding: ", "ErrTooLarge": "file too large: "}
	add := func(kind string, e ast.Expr) {
		tail := ""
		switch x := e.(type) {
		case *ast.CallExpr: // fmt.Sprintf
			e = x.Args[0]
		case *ast.BinaryExpr: // with a cause, or with what magicOf says
			if e = x.X; kind != "" {
				return
			}
			tail = "input/output error"
		}
		if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			s, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, kind+verb.ReplaceAllString(s, "7")+tail)
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Name.Name == "tooLarge" {
				add("", n.Body.List[0].(*ast.ReturnStmt).Results[0])
			}
		case *ast.CallExpr:
			switch called := nameOf(n.Fun); {
			case called == "w.skip":
				if call, ok := n.Args[1].(*ast.CallExpr); !ok || nameOf(call.Fun) == "fmt.Sprintf" {
					add("", n.Args[1])
				}
			case called == "fail":
				if _, ok := n.Args[0].(*ast.CallExpr); !ok {
					add("", n.Args[0])
				}
			}
		case *ast.AssignStmt:
			if x, ok := n.Lhs[0].(*ast.SelectorExpr); ok && x.Sel.Name == "Skipped" {
				if _, ok := n.Rhs[0].(*ast.BasicLit); ok {
					add("", n.Rhs[0])
				}
			}
		case *ast.CompositeLit:
			var kind string
			if len(n.Elts) == 2 && n.Type == nil { // of magicOf
				add(kinds["ErrBinary"]+"looks like ", n.Elts[1])
			}
			for _, el := range n.Elts {
				kv, ok := el.(*ast.KeyValueExpr)
				if !ok {
					continue
				}
				switch fmt.Sprint(kv.Key) {
				case "Err":
					kind = kinds[fmt.Sprint(kv.Value)]
				case "Detail":
					add(kind, kv.Value)
				case "reason":
					add("", kv.Value)
				}
			}
		}
		return true
	})
	return out
}

// Every reason for which a file is left out has its Chinese.
func TestSkipReasonsAreInBothLanguages(t *testing.T) {
	t.Parallel()
	found := 0
	for _, name := range []string{"../../runbooks/source/folder.go", "../../runbooks/decode.go", "../../runbooks/parse.go", "../catalog/update.go"} {
		for _, reason := range reasonsOf(t, name) {
			found++
			text := skipReason(reason)
			if zh := text.In(chinese); !hasHan(zh) {
				t.Errorf("%s: %q has no Chinese", name, reason)
			}
			if en := text.In(english); en != reason {
				t.Errorf("%s: %q became %q", name, reason, en)
			}
		}
	}
	if found < 25 {
		t.Errorf("found %d reasons, want at least 25", found)
	}
}

// The lists of what was left out are in the reader's language.
func TestSkippedFilesInChinese(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"ok.md": "# VPN\n\n1. Restart it.\n", "junk.md": "a\x00b", "report.pdf": "x", "scan.txt": "%PDF-1.4",
		"draft.md": "---\ndraft: true\n---\n# x\n\ny\n", "half.txt": "\xff\xfea",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"index", "--data", t.TempDir(), "--library", dir}, {"lint", dir}} {
		r := cairnWith(t, nil, "", append([]string{"--lang", "zh"}, args...)...)
		skipped := 0
		for line := range strings.Lines(r.out + r.err) {
			if !strings.Contains(line, "跳过 ") || !strings.Contains(line, dir) && !strings.Contains(line, filepath.Base(dir)+"/") {
				continue
			}
			skipped++
			if _, why, ok := strings.Cut(line, "："); !ok || !hasHan(why) {
				t.Errorf("%s: %s", args[0], line)
			}
		}
		if skipped < 3 {
			t.Errorf("%s: %d files skipped:\n%s%s", args[0], skipped, r.out, r.err)
		}
	}
}
