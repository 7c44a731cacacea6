package app

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

var update = flag.Bool("update", false, "rewrite the expectations in testdata")

func TestLanguage(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		args string
		env  map[string]string
		want string
	}{
		{"ask x", nil, english},
		{"ask x", map[string]string{"LANG": "zh_CN.UTF-8"}, chinese},
		{"ask x", map[string]string{"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "de_DE.UTF-8"}, english},
		{"ask x", map[string]string{"LANG": "en_US.UTF-8", "LC_ALL": "zh_TW"}, chinese},
		{"ask x", map[string]string{"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, english},
		{"ask x", map[string]string{"LANG": "zh_CN.UTF-8", "LC_ALL": ""}, chinese},
		{"ask x", map[string]string{"LC_ALL": "zh_CN.UTF-8", "CAIRN_LANG": "en"}, english},
		{"ask x", map[string]string{"LC_ALL": "C", "CAIRN_LANG": "ZH"}, chinese},
		{"--lang zh ask x", map[string]string{"CAIRN_LANG": "en"}, chinese},
		{"ask x --lang=en", map[string]string{"CAIRN_LANG": "zh"}, english},
		{"ask -- --lang zh", nil, english},
		{"--lang zh ask x --lang en", nil, english},
		{"ask x --lang=zh -- --lang en", nil, chinese},
		{"ask x --lang", nil, english},
		{"ask x --lang fr", map[string]string{"CAIRN_LANG": "zh"}, chinese},
	} {
		if got := language(strings.Fields(tc.args), func(name string) string { return tc.env[name] }); got != tc.want {
			t.Errorf("cairn %s with %v speaks %s, want %s", tc.args, tc.env, got, tc.want)
		}
	}
}

// everyCommand visits the commands of the program, from the root down.
func everyCommand(lang string, visit func(*cobra.Command)) {
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		c.InitDefaultHelpFlag()
		c.InitDefaultVersionFlag()
		visit(c)
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	root := newRoot(lang)
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	walk(root)
}

func hasHan(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

// Every command and every flag explains itself in both languages; what only an
// English speaker could read is found here.
func TestHelpIsInBothLanguages(t *testing.T) {
	t.Parallel()
	said := map[string]map[string]string{}
	for _, lang := range []string{english, chinese} {
		said[lang] = map[string]string{}
		everyCommand(lang, func(c *cobra.Command) {
			put := func(what, text string) { said[lang][c.CommandPath()+" "+what] = text }
			put("Short", c.Short)
			if c.Long != "" {
				put("Long", c.Long)
			}
			c.Flags().VisitAll(func(f *pflag.Flag) { put("--"+f.Name, f.Usage) })
			c.PersistentFlags().VisitAll(func(f *pflag.Flag) { put("--"+f.Name, f.Usage) })
		})
	}
	if len(said[english]) < 80 {
		t.Errorf("%d texts, want those of all commands and flags", len(said[english]))
	}
	for what, en := range said[english] {
		zh, ok := said[chinese][what]
		if !ok || !hasHan(zh) || hasHan(en) || en == "" {
			t.Errorf("%s: %q in English and %q in Chinese", what, en, zh)
		}
	}
	if len(said[chinese]) != len(said[english]) {
		t.Errorf("%d texts in Chinese, %d in English", len(said[chinese]), len(said[english]))
	}
	every := func(lang string) (out []string) {
		everyCommand(lang, func(c *cobra.Command) { out = append(out, c.CommandPath()+fmt.Sprint(c.HasExample())) })
		return out
	}
	if diff := cmp.Diff(every(english), every(chinese)); diff != "" {
		t.Errorf("commands with and without examples differ (-en +zh):\n%s", diff)
	}
}

// speak runs the program in this process.
func speak(args ...string) (code int, out, errOut string) {
	var o, e bytes.Buffer
	code = run(context.Background(), args, strings.NewReader(""), &o, &e)
	return code, o.String(), e.String()
}

// The whole help, as it is printed.
func TestHelpGolden(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{english, chinese} {
		var b strings.Builder
		everyCommand(lang, func(c *cobra.Command) {
			args := append(strings.Fields(c.CommandPath())[1:], "--help", "--lang", lang)
			code, out, errOut := speak(args...)
			if code != exitDone || errOut != "" {
				t.Errorf("cairn %v: exit %d, %q", args, code, errOut)
			}
			fmt.Fprintf(&b, "-- %s --\n%s", c.CommandPath(), out)
		})
		got, file := b.String(), filepath.Join("testdata", "help."+lang+".txt")
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got; -update rewrites it):\n%s", file, diff)
		}
		for _, foreign := range []string{"Usage:", "Flags:", "Commands:", "Examples:", "[flags]", "default", "for more information", "help for"} {
			if lang == chinese && strings.Contains(got, foreign) {
				t.Errorf("the Chinese help holds %q", foreign)
			}
		}
	}
}

// What is wrong with a call is said in the language, and it stays wrong usage.
func TestUsageErrorsInBothLanguages(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ args, en, zh string }{
		{"aks", `there is no command "aks"; 'cairn --help' lists them`, `没有 "aks" 这个命令；'cairn --help' 列出全部命令`},
		{"help aks", `there is no command "aks"; 'cairn --help' lists them`, `没有 "aks" 这个命令；'cairn --help' 列出全部命令`},
		{"data aks", `there is no command "aks"; 'cairn data --help' lists them`, `没有 "aks" 这个命令；'cairn data --help' 列出全部命令`},
		{"ask --nope x", `unknown flag: --nope; see 'cairn ask --help'`, `未知选项：--nope；用法见 'cairn ask --help'`},
		{"ask -z x", `unknown flag: -z; see 'cairn ask --help'`, `未知选项：-z；用法见 'cairn ask --help'`},
		{"ask --data", `flag needs a value: --data; see 'cairn ask --help'`, `选项缺少取值：--data；用法见 'cairn ask --help'`},
		{"search -k many x", `--k: got "many", want a whole number; see 'cairn search --help'`, `--k："many" 无效，需要整数；用法见 'cairn search --help'`},
		{"tip --dry-run=maybe", `--dry-run: got "maybe", want true or false; see 'cairn tip --help'`, `--dry-run："maybe" 无效，只能是 true 或 false；用法见 'cairn tip --help'`},
		{"ask --lang=fr x", `--lang: got "fr", want en or zh; see 'cairn ask --help'`, `--lang："fr" 无效，只能是 en 或 zh；用法见 'cairn ask --help'`},
		{"ask --=x", `--=x is no flag; see 'cairn ask --help'`, `--=x 不是有效的选项；用法见 'cairn ask --help'`},
		{"version x", `cairn version takes no argument, got "x"; see 'cairn version --help'`, `cairn version 不接受参数："x"；用法见 'cairn version --help'`},
		{"data import", `cairn data import takes one FILE, got 0 arguments; see 'cairn data import --help'`, `cairn data import 需要一个 FILE 参数，实际给了 0 个；用法见 'cairn data import --help'`},
		{"ask", `give a question, such as cairn ask "502 troubleshooting", or - to read it from stdin; see 'cairn ask --help'`, `请给出问题，例如 cairn ask "502 怎么排查"；写 - 则从标准输入读取；用法见 'cairn ask --help'`},
		{"eval", `give at least one --queries FILE`, `请至少给出一个 --queries FILE`},
		{"lint /nowhere", `there is no folder /nowhere; give the folder that holds the runbooks`, `目录 /nowhere 不存在；请给出存放手册的目录`},
	} {
		for lang, want := range map[string]string{english: tc.en, chinese: tc.zh} {
			code, out, errOut := speak(append([]string{"--lang", lang}, strings.Fields(tc.args)...)...)
			if code != exitUsage || out != "" || errOut != "cairn: "+want+"\n" {
				t.Errorf("cairn %s in %s: exit %d, %q, %q; want exit 2 and %q", tc.args, lang, code, out, errOut, want)
			}
		}
	}
}

// A whole session in Chinese: what people read is Chinese, what machines read
// stays as it is.
func TestChineseSession(t *testing.T) {
	t.Parallel()
	dir, wiki := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(wiki, "a.md"), []byte("---\nservice: pay\n---\n# Gateway times out\n\n1. Restart it.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	queries := filepath.Join(dir, "queries.jsonl")
	if err := os.WriteFile(queries, []byte(`{"id": 1, "query": "x"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	env := []string{"LANG=zh_CN.UTF-8", "CAIRN_DATA=" + dir, "CAIRN_LISTEN=127.0.0.1:0"}
	for _, tc := range []struct {
		args []string
		code int
		want []string
	}{
		{[]string{"index", "--library", wiki}, exitDone, []string{"1 份文档", "用时"}},
		{[]string{"index", "--library", wiki}, exitDone, []string{"没有变化：1 份文档"}},
		{[]string{"search", "--library", wiki, "gateway times out"}, exitDone, []string{"置信度", "命中"}},
		{[]string{"ask", "--library", wiki, "--library", wiki + "/none", "x"}, exitUsage, []string{"目录", "不存在"}},
		{[]string{"ask", ""}, exitUsage, []string{"问题是空的"}},
		{[]string{"ask", "--library", t.TempDir(), "x"}, exitFailed, []string{"里没有文档；请放入"}},
		{[]string{"ask", "how to boil eggs"}, exitAbstained, []string{"no runbook"}},
		{[]string{"gaps"}, exitDone, []string{"使用 SQLite", "1 次没有答案；最近"}},
		{[]string{"tip", "--dry-run", "--topic", "nothing-of-this"}, exitAbstained, []string{"没有合适的知识点"}},
		{[]string{"doctor", "--library", wiki}, exitDone, []string{"正常  配置           1 个文档库", "正常  文档库         1 份文档", "未配置；回答只用文档原文", "设置 SLACK_BOT_TOKEN 即可连接"}},
		{[]string{"lint", wiki}, exitFailed, []string{"手册存在错误"}},
		{[]string{"data", "purge"}, exitDone, []string{"已删除"}},
		{[]string{"draft", "x"}, exitUsage, []string{"没有配置模型"}},
		{[]string{"serve", "--listen", "0.0.0.0:0"}, exitUsage, []string{"没有访问令牌"}},
		{[]string{"data", "backup", wiki}, exitFailed, []string{"备份失败", "已存在，请换"}},
		{[]string{"search", "--library", wiki, "--queries", queries, "--out", "-"}, exitFailed, []string{"每行形如"}},
		// The flag beats the locale, and machines read English.
		{[]string{"doctor", "--library", wiki, "--lang", "en"}, exitDone, []string{"ok    configuration  1 library"}},
		{[]string{"doctor", "--library", wiki, "--json"}, exitDone, []string{`"name":"data directory"`, `"detail":"1 documents, 1 passages`}},
		{[]string{"lint", "--format", "github", wiki}, exitFailed, []string{"::error file="}},
	} {
		r := cairnWith(t, env, "", tc.args...)
		if r.code != tc.code {
			t.Errorf("cairn %v: exit %d, want %d", tc.args, r.code, tc.code)
		}
		for _, w := range tc.want {
			if !strings.Contains(strings.ToLower(r.out+r.err), strings.ToLower(w)) {
				t.Errorf("cairn %v says nothing of %q:\n%s%s", tc.args, w, r.out, r.err)
			}
		}
		if machine := slices.Contains(tc.args, "--json") || slices.Contains(tc.args, "github"); machine && hasHan(r.out) {
			t.Errorf("cairn %v gives machines Chinese:\n%s", tc.args, r.out)
		}
	}
	// With --lang a tip is in that language; without, in any.
	for lang, want := range map[string]bool{english: false, chinese: true} {
		if r := cairnWith(t, env, "", "tip", "--dry-run", "--lang", lang); r.code != exitDone || hasHan(r.out) != want {
			t.Errorf("tip --lang %s: exit %d\n%s%s", lang, r.code, r.out, r.err)
		}
	}
}
