package runbooks

import (
	"strings"
	"testing"
)

func TestFolds(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, quote, derived string
		want                 bool
	}{
		{"same", "restart it", "restart it", true},
		{"marker", "1. restart it", "restart it", true},
		{"wide marker", "（2）重启服务", "重启服务", true},
		{"step word", "第3步：重启", "重启", true},
		{"emphasis", "**Stop** the *old* node", "Stop the old node", true},
		{"code marks", "run `df -h` first", "run df -h first", true},
		{"command in the line", "run `df -h` first", "df -h", true},
		{"link", "see [the page](https://x.example/a_(b)) now", "see the page now", true},
		{"picture", "before ![shot](a.png) after", "before after", true},
		{"entity", "a &lt;b&gt; &amp; c", "a <b> & c", true},
		{"tags", "a <b>bold</b> word", "a bold word", true},
		{"wrapped", "one line\n  goes on", "one line goes on", true},
		{"wrapped Chinese", "需要先停\n止服务", "需要先停止服务", true},
		{"prompt", "$ kubectl get pods\nNAME", "kubectl get pods", true},
		{"root prompt", "[root@web1 ~]# systemctl stop nginx", "systemctl stop nginx", true},
		{"quotation", "> stop\n> it", "stop it", true},
		{"fence left out", "1. Look.\n   ```bash\n   df -h\n   ```\n   Then act.", "Look.\nThen act.", true},
		{"command of a fence", "1. Look.\n   ```bash\n   df -h\n   du -s\n   ```", "df -h\ndu -s", true},
		{"expectation", "1. Look.\n   Expect: under 80%.\n   If not: go on.", "under 80%.", true},
		{"mark", "1. **Destructive:** delete it.", "delete it.", true},
		{"mark in Chinese", "1. **高危：** 删除它。", "删除它。", true},
		{"table", "| a | b |\n|---|---|\n| c | d |", "a b\nc d", true},
		{"escape", `pg\_rewind`, "pg_rewind", true},

		{"added word", "restart it", "restart it now", false},
		{"changed word", "restart nginx", "restart mysql", false},
		{"word missing inside", "do not delete the data", "do delete the data", false},
		{"head of a sentence missing", "never run rm -rf /data", "run rm -rf /data", false},
		{"tail of a sentence missing", "delete it only when empty", "delete it", false},
		{"reordered", "first a\nthen b", "then b\nfirst a", false},
		{"line missing inside", "stop the node\nunless it is the leader\nand delete it", "stop the node\nand delete it", false},
		{"star of a command", "rm -rf /tmp/x/*", "rm -rf /tmp/x/", false},
		{"placeholder", "kubectl -n <namespace> get pods", "kubectl -n get pods", false},
		{"option", "rm --dry-run file", "rm file", false},
		{"underscore inside a word", "max_connections", "maxconnections", false},
		{"comment is no prompt", "text # kubectl delete pod x", "kubectl delete pod x", false},
	}
	for _, tt := range tests {
		if got := Folds(tt.quote, tt.derived); got != tt.want {
			t.Errorf("%s: Folds(%q, %q) = %v, want %v", tt.name, tt.quote, tt.derived, got, tt.want)
		}
	}
}

// checkFolds reports derived text that is more than its quote.
func checkFolds(t testing.TB, d *Document) {
	t.Helper()
	bad := 0
	want := func(what, quote, derived string) {
		t.Helper()
		if bad > 5 || Folds(quote, derived) {
			return
		}
		bad++
		t.Errorf("%s: %s does not follow from its quote\nquote:   %q\nderived: %q", d.Path, what, quote, derived)
	}
	for i := range d.Sections {
		s := &d.Sections[i]
		if s.Heading != "" && s.Body.Start > s.Span.Start {
			if line := strings.TrimSpace(d.Text[s.Span.Start:s.Body.Start]); line != "" {
				want("heading", line, s.Heading)
			}
		}
		for j := range s.Blocks {
			b := &s.Blocks[j]
			want("block", d.Slice(b.Span), b.Text)
		}
		for j := range s.Steps {
			st := &s.Steps[j]
			q := d.Slice(st.Span)
			want("step", q, st.Text)
			want("expectation", q, st.Expect)
			want("alternative", q, st.IfNot)
			for _, c := range st.Commands {
				want("command", d.Slice(c.Span), c.Text)
				want("command of its step", q, c.Text)
			}
		}
	}
}

func TestFoldsSharedDocuments(t *testing.T) {
	t.Parallel()
	for _, set := range []string{"documents", "eval/prometheus/docs", "eval/k8s-en/docs", "eval/k8s-zh/docs"} {
		n := 0
		files(t, shared(t, strings.Split(set, "/")...), func(rel string, raw []byte) {
			if n++; testing.Short() && n%8 != 1 {
				return
			}
			d, err := Parse(rel, raw, nil)
			if err != nil {
				t.Error(err)
				return
			}
			checkFolds(t, d)
		})
	}
}
