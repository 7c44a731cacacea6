package runbooks

import (
	"slices"
	"strings"
	"testing"
)

// The same instructions give the same steps from Markdown and from HTML: prose
// with its inline code, and as commands the blocks and what of the inline code
// is a whole command. Marks around code stand only where the document has them.
func TestInlineCodeInMarkdownAndHTML(t *testing.T) {
	t.Parallel()
	type step struct {
		text     string
		commands []string
	}
	for name, tc := range map[string]struct {
		md, html string
		want     []step
	}{
		"in a sentence": {
			"1. Check it with `systemctl status gateway` first.\n",
			"<ol><li>Check it with <code>systemctl status gateway</code> first.</li></ol>",
			[]step{{"Check it with systemctl status gateway first.", []string{"systemctl status gateway"}}},
		},
		"at the end": {
			"1. Restart it: `systemctl restart gateway`\n",
			"<ol><li>Restart it: <code>systemctl restart gateway</code></li></ol>",
			[]step{{"Restart it: systemctl restart gateway", []string{"systemctl restart gateway"}}},
		},
		"alone": {
			"1. `kubectl get pods -n pay`\n",
			"<ol><li><code>kubectl get pods -n pay</code></li></ol>",
			[]step{{"kubectl get pods -n pay", []string{"kubectl get pods -n pay"}}},
		},
		"no command": {
			"1. Set `max_connections` to `200` in `/etc/pg.conf`.\n",
			"<ol><li>Set <code>max_connections</code> to <code>200</code> in <code>/etc/pg.conf</code>.</li></ol>",
			[]step{{"Set max_connections to 200 in /etc/pg.conf.", nil}},
		},
		"two": {
			"1. Run `df -h` and then `du -sh /var/log`.\n",
			"<ol><li>Run <code>df -h</code> and then <code>du -sh /var/log</code>.</li></ol>",
			[]step{{"Run df -h and then du -sh /var/log.", []string{"df -h", "du -sh /var/log"}}},
		},
		"with entities": {
			"1. Run `mysql -e \"SELECT 1\" > /tmp/out && cat /tmp/out`.\n",
			"<ol><li>Run <code>mysql -e &quot;SELECT 1&quot; &gt; /tmp/out &amp;&amp; cat /tmp/out</code>.</li></ol>",
			[]step{{"Run mysql -e \"SELECT 1\" > /tmp/out && cat /tmp/out.", []string{"mysql -e \"SELECT 1\" > /tmp/out && cat /tmp/out"}}},
		},
		"wrapped": {
			"1. Run `journalctl -u gateway\n   -n 50` now.\n",
			"<ol><li>Run <code>journalctl -u gateway\n   -n 50</code> now.</li></ol>",
			[]step{{"Run journalctl -u gateway -n 50 now.", []string{"journalctl -u gateway -n 50"}}},
		},
		"beside a block": {
			"1. Look at `journalctl -u gateway` for a while:\n\n   ```bash\n   journalctl -fu gateway\n   ```\n",
			"<ol><li>Look at <code>journalctl -u gateway</code> for a while:<pre><code class=\"language-bash\">journalctl -fu gateway</code></pre></li></ol>",
			[]step{{"Look at journalctl -u gateway for a while:", []string{"journalctl -u gateway", "journalctl -fu gateway"}}},
		},
		"a block alone": {
			"1. Follow the log:\n\n   ```bash\n   journalctl -fu gateway\n   ```\n",
			"<ol><li>Follow the log:<pre>journalctl -fu gateway</pre></li></ol>",
			[]step{{"Follow the log:", []string{"journalctl -fu gateway"}}},
		},
		"a sentence above a block": {
			"Look at `journalctl -u gateway` for a while:\n\n```bash\njournalctl -fu gateway\n```\n",
			"<p>Look at <code>journalctl -u gateway</code> for a while:</p><pre><code class=\"language-bash\">journalctl -fu gateway</code></pre>",
			[]step{{"Look at journalctl -u gateway for a while:", []string{"journalctl -fu gateway"}}},
		},
		"a second paragraph": {
			"1. Look at the log.\n\n   Then run `systemctl restart gateway`.\n",
			"<ol><li><p>Look at the log.</p><p>Then run <code>systemctl restart gateway</code>.</p></li></ol>",
			[]step{{"Look at the log.\nThen run systemctl restart gateway.", []string{"systemctl restart gateway"}}},
		},
		"a nested list": {
			"1. Look at it:\n   - Run `df -h` first.\n   - Run `free -m` next.\n",
			"<ol><li>Look at it:<ul><li>Run <code>df -h</code> first.</li><li>Run <code>free -m</code> next.</li></ul></li></ol>",
			[]step{{"Look at it:\nRun df -h first.\nRun free -m next.", []string{"df -h", "free -m"}}},
		},
		"bold": {
			"1. **Run `df -h`** now.\n",
			"<ol><li><b>Run <code>df -h</code></b> now.</li></ol>",
			[]step{{"Run df -h now.", []string{"df -h"}}},
		},
		"keys": {
			"1. Run <kbd>df -h</kbd>.\n",
			"<ol><li>Run <kbd>df -h</kbd>.</li></ol>",
			[]step{{"Run df -h.", nil}},
		},
	} {
		for path, text := range map[string]string{
			"a.md":   "# The gateway times out\n\n" + tc.md,
			"a.html": "<html><body><h1>The gateway times out</h1>" + tc.html + "</body></html>",
		} {
			doc, err := Parse(path, []byte(text), nil)
			if err != nil {
				t.Fatal(err)
			}
			var got []step
			for _, s := range doc.Sections {
				for _, st := range s.Steps {
					if path == "a.html" && strings.Contains(st.Text, "`") {
						t.Errorf("%s, %s: %q has marks that do not stand in the document", name, path, st.Text)
					}
					g := step{text: strings.ReplaceAll(st.Text, "`", "")}
					for _, c := range st.Commands {
						g.commands = append(g.commands, c.Text)
					}
					got = append(got, g)
				}
			}
			if !slices.EqualFunc(got, tc.want, func(a, b step) bool { return a.text == b.text && slices.Equal(a.commands, b.commands) }) {
				t.Errorf("%s, %s: got %q, want %q", name, path, got, tc.want)
			}
		}
	}
}
