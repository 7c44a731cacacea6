package runbooks

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/tools/txtar"
)

func FuzzParse(f *testing.F) {
	archives, err := filepath.Glob(filepath.Join("testdata", "*.txtar"))
	if err != nil {
		f.Fatal(err)
	}
	for _, a := range archives {
		raw, err := os.ReadFile(a)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range txtar.Parse(raw).Files {
			if file.Name != "want" {
				f.Add(file.Data)
			}
		}
	}
	for _, s := range []string{
		"", "\n", "# a\n\n1. b\n   ```sh\n   df -h\n   ```\n   Expect: c\n", "---\ntitle: [\n---\n# x\n", "| a | b |\n|---|---|\n| `c|d` | e | f |\n",
		"- a\n\n    - b\n\n          code\n", "> 1. a\n> > b\n", "{{< note text=\"x\" >}}\ny\n{{< /note >}}\n", "* q？\n```\n这里是答案，不是代码。\n502 状态码：坏网关\n处理：重启\n503 状态码：不可用\n处理：扩容\n```\n",
		"<table><tr><td>a</td></tr></table>\n", "<!doctype html><html><body><h1>T</h1><ol><li>Do <code>df -h</code><pre>x</pre></ol></body></html>",
		"### 标题 内容在这里，很长的一句话。 - **甲**：一 - **乙**：二 #### 下一节 1. 做这个 2. 做那个 ```bash ls -l ``` 完。", "[a](b\nc) **d `e` f** &amp; <kbd>g</kbd> \\* h\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		d, err := Parse("a/b.md", raw, nil)
		if err != nil {
			var pe *ParseError
			if !errors.As(err, &pe) || pe.Reason() == "" {
				t.Fatalf("error without a reason: %v", err)
			}
			return
		}
		check(t, d)
		checkFolds(t, d)
	})
}

func FuzzFolds(f *testing.F) {
	f.Add("1. **a** `b`", "a b")
	f.Add("> [x](y) &lt;", "x <")
	f.Add("```sh\n$ ls\n```\ntext", "ls")
	f.Fuzz(func(t *testing.T, quote, derived string) {
		Folds(quote, derived)
		if !Folds(derived, derived) {
			t.Errorf("%q does not follow from itself", derived)
		}
	})
}
