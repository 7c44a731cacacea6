package runbooks

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// hostile inputs are n bytes of what has made parsers slow.
var hostileInputs = map[string]func(n int) string{
	"open brackets":   func(n int) string { return strings.Repeat("[", n) },
	"brackets lines":  func(n int) string { return strings.Repeat(strings.Repeat("[", 100)+"\n", n/101) },
	"links":           func(n int) string { return strings.Repeat("[a](", n/4) },
	"link lines":      func(n int) string { return strings.Repeat("[a]( [b\n", n/8) },
	"quotations":      func(n int) string { return strings.Repeat(">", n) },
	"quotation lines": func(n int) string { return strings.Repeat("> > > > > > > a\n", n/16) },
	"stars":           func(n int) string { return strings.Repeat("*", n) },
	"emphasis":        func(n int) string { return strings.Repeat("*a **b ", n/7) },
	"emphasis lines":  func(n int) string { return strings.Repeat("*a **b _c\n", n/10) },
	"back quotes":     func(n int) string { return strings.Repeat("`", n) },
	"back quote runs": func(n int) string {
		s := ""
		for i := 1; len(s) < min(n, 60000); i++ {
			s += strings.Repeat("`", i) + "a "
		}
		return strings.Repeat(s+"\n\n", n/len(s)+1)
	},
	"open fences":      func(n int) string { return strings.Repeat("```a\n", n/5) },
	"mixed fences":     func(n int) string { return strings.Repeat("```a\n~~~b\n", n/10) },
	"angles":           func(n int) string { return strings.Repeat("<", n) },
	"tags":             func(n int) string { return "<!doctype html>" + strings.Repeat("<div>", n/5) },
	"lists in html":    func(n int) string { return "<html>" + strings.Repeat("<ul><li>a", n/9) },
	"comments":         func(n int) string { return strings.Repeat("<!-- ", n/5) },
	"entities":         func(n int) string { return strings.Repeat("&", n) },
	"one long line":    func(n int) string { return strings.Repeat("word ", n/5) },
	"one long Chinese": func(n int) string { return strings.Repeat("节点故障排查，", n/21) },
	"mashed": func(n int) string {
		return strings.Repeat("### 标题 1. 一 2. 二 - **甲**：乙。 ```a b``` ", n/50)
	},
	"mashed lines": func(n int) string {
		return strings.Repeat(strings.Repeat("### 标题 1. 一 2. 二 - **甲**：乙。 ", 100)+"\n", n/4500+1)
	},
	"numbers":      func(n int) string { return strings.Repeat("1. ", n/3) },
	"number lines": func(n int) string { return strings.Repeat("1. a\n", n/5) },
	"numbered": func(n int) string {
		var sb strings.Builder
		for i := 1; sb.Len() < n; i++ {
			fmt.Fprintf(&sb, "%d、步骤\n", i)
		}
		return sb.String()
	},
	"short lines": func(n int) string { return strings.Repeat("标题\n", n/7) },
	"nested lists": func(n int) string {
		var sb strings.Builder
		for i := 0; sb.Len() < n; i++ {
			sb.WriteString(strings.Repeat(" ", 2*(i%700)) + "- a\n")
		}
		return sb.String()
	},
	"pipes":          func(n int) string { return strings.Repeat("|", n) },
	"pipe lines":     func(n int) string { return strings.Repeat("a|b|c\n", n/6) },
	"table":          func(n int) string { return "|a|b|\n|---|---|\n" + strings.Repeat("|c|d|\n", n/6) },
	"heads":          func(n int) string { return strings.Repeat("# a\n", n/4) },
	"code lines":     func(n int) string { return strings.Repeat("docker ps -a (\n", n/15) },
	"here documents": func(n int) string { return strings.Repeat("cat <<EOF >/x\n", n/14) },
	"error codes": func(n int) string {
		var sb strings.Builder
		for i := 100; sb.Len() < n; i++ {
			fmt.Fprintf(&sb, "错误 %d：坏\n处理：重启\n\n", i%900+100)
		}
		return sb.String()
	},
	"shortcodes":  func(n int) string { return strings.Repeat("{{< a ", n/6) },
	"prompts":     func(n int) string { return "```\n" + strings.Repeat("$ ls\n", n/5) + "```\n" },
	"blank":       func(n int) string { return strings.Repeat("\n", n) },
	"references":  func(n int) string { return strings.Repeat("[a]: b\n", n/7) },
	"backslashes": func(n int) string { return strings.Repeat("\\", n) },
	"wrapped": func(n int) string {
		return strings.Repeat("这是一行很长的文字它在中间被强行折断了没有句号也没有标题只有连续的内容和更多内容\n\n", n/120)
	},
	"front matter": func(n int) string { return "---\n" + strings.Repeat("a: [", n/4) },
	"titles": func(n int) string {
		var sb strings.Builder
		for i := 0; sb.Len() < n; i++ {
			fmt.Fprintf(&sb, "如何排查节点%d  \n\n这是一行很长的文字它在中间被强行折断了没有句号也没有标题只有连续的内容节点%d\n\n", i, i)
		}
		return sb.String()
	},
}

// Every input must be parsed in about the time its size needs: one that costs
// quadratic time makes this test run into go test's own limit.
func TestHostileInput(t *testing.T) {
	t.Parallel()
	for name, make := range hostileInputs {
		start := time.Now()
		d, err := Parse("hostile.md", []byte(make(1<<18)), nil)
		if err == nil {
			Passages(d)
		}
		t.Logf("%-18s %8v", name, time.Since(start).Round(time.Millisecond))
		d, err = Parse("hostile.md", []byte(make(2000)), nil)
		if err == nil {
			check(t, d)
			checkFolds(t, d)
		}
	}
}
