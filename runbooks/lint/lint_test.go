package lint

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairn/runbooks"
)

func parse(t *testing.T, files map[string]string) []*runbooks.Document {
	t.Helper()
	var out []*runbooks.Document
	for p, text := range files {
		d, err := runbooks.Parse(p, []byte(text), nil)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, d)
	}
	return out
}

func day(s string) func() time.Time {
	return func() time.Time {
		t, err := time.Parse("2006-01-02", s)
		if err != nil {
			panic(err)
		}
		return t
	}
}

const head = `---
title: Cache refuses writes
service: cache
tags: [cache]
severity: high
reviewed: 2026-10-01
questions: [a question, another question, a third question]
---

# Cache refuses writes

Writes fail.

`

const good = head + `## Symptoms

- Clients see errors.

## First look

1. Read the memory.
   ` + "```bash\n   redis-cli -h <host> info memory\n   ```" + `
   Expect: below the limit.

## Diagnose

1. Read the log.

## Fix

### The limit is too low

1. **Destructive:** Empty the cache; all keys are lost.
   ` + "```bash\n   redis-cli -h <host> FLUSHALL\n   ```" + `

#### Rollback

Nothing to undo.

## Verify

1. Write a key.

## Prevent

- Alert early.
`

func TestRules(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		files map[string]string
		opts  Options
		want  []string // "line rule severity"
	}{
		{"a good document", map[string]string{"a.md": good}, Options{}, nil},
		{"an old review", map[string]string{"a.md": good}, Options{Now: day("2028-01-01")}, []string{"1 review-age warning"}},
		{"no mark", map[string]string{"a.md": strings.Replace(good, "**Destructive:** ", "", 1)}, Options{}, []string{"35 destructive error"}},
		{"broken shell", map[string]string{"a.md": strings.Replace(good, "info memory", "info 'memory", 1)}, Options{}, []string{"21 fence-syntax error"}},
		{"no instruction", map[string]string{"a.md": strings.Replace(good, "1. Read the memory.\n   ", "1. ", 1)}, Options{}, []string{"20 step-instruction error"}},
		{"heading missing", map[string]string{"a.md": strings.Replace(good, "## Verify\n", "### Verify\n", 1)}, Options{}, []string{"47 headings error"}},
		{"wrong number", map[string]string{"a.md": strings.Replace(good, "1. Write a key.", "2. Write a key.", 1)}, Options{}, []string{"45 numbering error"}},
		{"front matter", map[string]string{"a.md": strings.NewReplacer("severity: high\n", "severity: bad\n", "tags: [cache]\n", "", "reviewed: 2026-10-01", "reviewed: soon").Replace(good)}, Options{},
			[]string{"1 front-matter error", "1 front-matter error", "1 front-matter error"}},
		{"related", map[string]string{"a.md": strings.Replace(good, "severity:", "related: [a, nothing, other/b]\nseverity:", 1), "b.md": "# B\n"}, Options{},
			[]string{"1 related error", "1 related error"}},
		{"links", map[string]string{"a.md": strings.Replace(good, "Writes fail.", "See [x](), [y](javascript:alert(1)), [z](gone.md), [w](https://example.org/a).", 1)}, Options{},
			[]string{"12 link error", "12 link error", "12 link error"}},
		{"no twin", map[string]string{"en/a.md": good}, Options{Bilingual: true}, []string{"1 twin error"}},
		{"no service, no rules", map[string]string{"a.md": "# A\n\n### Deep\n\n```yaml\na: [\n```\n"}, Options{}, []string{"3 heading-order warning", "5 fence-syntax warning"}},
		{"yaml, json and sql", map[string]string{"a.md": "# A\n\n```json\n{\"a\": 1}\n```\n\n```sql\nSELECT (1;\n```\n\n```sql\n-- all\nSELECT 'a;b' FROM t; SHOW STATUS\\G\n```\n\n```sql\nhello\n```\n"}, Options{},
			[]string{"7 fence-syntax warning", "16 fence-syntax warning"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.opts.Now == nil {
				tt.opts.Now = day("2026-11-21")
			}
			var got []string
			for _, f := range Run(parse(t, tt.files), &tt.opts) {
				got = append(got, fmt.Sprintf("%d %s %s", f.Line, f.Rule, f.Severity))
				if f.Message == "" || f.Chinese == "" || strings.Contains(f.Message+f.Chinese, "%!") {
					t.Errorf("message %q, %q", f.Message, f.Chinese)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTwinsAgree(t *testing.T) {
	t.Parallel()
	zh := strings.NewReplacer("Cache refuses writes", "缓存拒绝写入", "Writes fail.", "写入失败，读取正常。", "Symptoms", "症状", "First look", "快速检查", "Diagnose", "诊断", "## Fix", "## 处理", "Verify", "验证", "Prevent", "预防",
		"Rollback", "回滚", "Read the memory.", "查看内存使用情况。", "Read the log.", "查看日志里的报错。", "Destructive:", "高危:", "Empty the cache; all keys are lost.", "清空缓存，所有键都会丢失。", "Write a key.", "写一个键试试。",
		"Alert early.", "尽早告警，不要等到写满。", "Clients see errors.", "客户端报错。", "The limit is too low", "上限太低", "Expect: below the limit.", "预期：低于上限。", "Nothing to undo.", "无需回滚。").Replace(good)
	opts := &Options{Bilingual: true, Now: day("2026-11-21")}
	if fs := Run(parse(t, map[string]string{"en/a.md": good, "zh/a.md": zh}), opts); len(fs) > 0 {
		t.Errorf("findings about good twins: %+v", fs)
	}
	other := strings.Replace(zh, "info memory", "info stats", 1)
	fs := Run(parse(t, map[string]string{"en/a.md": good, "zh/a.md": other}), opts)
	if len(fs) != 1 || fs[0].Rule != "twin" || fs[0].Line != 20 {
		t.Errorf("other commands: %+v", fs)
	}
}

func TestDuplicates(t *testing.T) {
	t.Parallel()
	var a, b strings.Builder
	for i := range 10 {
		fmt.Fprintf(&a, "This is sentence number %d of the first document.\n\n", i)
		if i < 5 {
			fmt.Fprintf(&b, "This is sentence number %d of the first document.\n\n", i)
		} else {
			fmt.Fprintf(&b, "Something else is said here as number %d of all.\n\n", i)
		}
	}
	fs := Run(parse(t, map[string]string{"a.md": a.String(), "b.md": b.String()}), nil)
	if len(fs) != 1 || fs[0].Rule != "duplicate" || !strings.Contains(fs[0].Message, "50%") {
		t.Errorf("findings: %+v", fs)
	}
	if fs := Run(parse(t, map[string]string{"a.md": a.String(), "b.md": b.String()}), &Options{MaxShared: 0.6}); len(fs) != 0 {
		t.Errorf("below the limit: %+v", fs)
	}
}

func TestWrite(t *testing.T) {
	t.Parallel()
	fs := []Finding{{Path: "a,b.md", Line: 3, Rule: "link", Severity: Error, Message: "bad\nlink 100%", Chinese: "链接有误"}}
	for _, tt := range []struct {
		format Format
		lang   string
		want   string
	}{
		{Text, "en", "a,b.md:3: error: bad link 100% [link]\n7 documents checked: 1 error, 0 warnings\n"},
		{Text, "zh", "a,b.md:3: 错误: 链接有误 [link]\n检查了 7 篇文档：1 个错误，0 个警告\n"},
		{GitHub, "en", "::error file=a%2Cb.md,line=3,title=link::bad%0Alink 100%25\n"},
	} {
		var buf bytes.Buffer
		if err := Write(&buf, tt.format, tt.lang, 7, fs); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, buf.String()); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", tt.format, tt.lang, diff)
		}
	}
	var buf bytes.Buffer
	if err := Write(&buf, JSON, "en", 0, nil); err != nil {
		t.Fatal(err)
	}
	var r Report
	if err := json.Unmarshal(buf.Bytes(), &r); err != nil || !strings.Contains(buf.String(), `"findings":[]`) {
		t.Errorf("json: %v in %s", err, buf.String())
	}
	if err := Write(&buf, "xml", "en", 0, nil); err == nil {
		t.Error("an unknown format was accepted")
	}
}

func FuzzParseSQL(f *testing.F) {
	f.Add("SELECT 1; -- x\nSHOW 'a\\'b' \\G")
	f.Fuzz(func(t *testing.T, s string) {
		_ = parseSQL(s)
		_ = fillIn(s)
	})
}
