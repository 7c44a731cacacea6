package prose

import (
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"cairn/runbooks"
)

func TestDangles(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		lang runbooks.Lang
		text string
		want bool
	}{
		{"en", "See which files those are.", true},
		{"en", "Find which files it touches.", true},
		{"en", "Look at the servers it uses.", true},
		{"en", "Check room, inodes and mount of that directory.", true},
		{"en", "Try the same from a second host.", true},
		{"en", "See whether the old one still serves.", true},
		{"en", "Find the services behind.", true},
		{"en", "Ask a CoreDNS pod by its own address, past the Service.", false},
		{"en", "See what kind of descriptors they are.", false},
		{"en", "Check that the process listens. It may do so on another port.", false},
		{"en", "Find the tasks of those who logged in.", false},
		{"zh", "看该目录的空间和挂载状态。", true},
		{"zh", "看它在读写哪些文件。", true},
		{"zh", "看这张表上的锁。", true},
		{"zh", "在可疑时间段内找到那条语句。", true},
		{"zh", "CLOSE-WAIT 属于哪个进程。", true},
		{"zh", "看 CLOSE-WAIT 属于哪个进程。", false},
		{"zh", "解析回放卡住的那个事件。", false},
		{"zh", "确认应该由谁处理。", false},
		{"zh", "找大 key；它基于 SCAN，不会阻塞。", false},
	} {
		if got := Dangles(tc.text, tc.lang); got != tc.want {
			t.Errorf("Dangles(%q) is %v, want %v", tc.text, got, tc.want)
		}
	}
}

func TestBoundaries(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		text string
		want []string
	}{
		{"One. Two, e.g. this. Three", []string{"One.", " Two, e.g. this."}},
		{"Version 1.2 is out. See `a. b` there!", []string{"Version 1.2 is out.", " See `a. b` there!"}},
		{"第一句。第二句（里面。还有）！", []string{"第一句。", "第二句（里面。还有）！"}},
		{"他说：“够了。”然后走了。", []string{"他说：“够了。”然后走了。"}},
		{"no end", nil},
	} {
		var got []string
		from := 0
		for _, n := range Boundaries(tc.text) {
			got = append(got, tc.text[from:n])
			from = n
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("Boundaries(%q) (-want +got):\n%s", tc.text, diff)
		}
	}
}

func TestBalanced(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"a (b) `c`": true, "a (b": false, "a `b": false, "“a”": true, "“a": false, "（a)": true, `say "x`: false,
	} {
		if got := Balanced(text); got != want {
			t.Errorf("Balanced(%q) is %v, want %v", text, got, want)
		}
	}
}

func TestLabel(t *testing.T) {
	t.Parallel()
	if one, more := Label("a/b.md", 3, 3), Label("a/b.md", 3, 9); one != "a/b.md:3" || more != "a/b.md:3-9" {
		t.Errorf("labels are %q and %q", one, more)
	}
}

func FuzzBoundaries(f *testing.F) {
	f.Add("One. Two (e.g. three). 第三句。")
	f.Fuzz(func(t *testing.T, text string) {
		last := 0
		for _, n := range Boundaries(text) {
			if n <= last || n > len(text) || utf8.ValidString(text) && !utf8.ValidString(text[:n]) {
				t.Fatalf("boundary %d after %d in %q", n, last, text)
			}
			last = n
		}
		Dangles(text, runbooks.English)
		Dangles(text, runbooks.Chinese)
	})
}

func TestSentences(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"":                                  nil,
		" \n ":                              nil,
		"Look. Then wait":                   {"Look.", "Then wait"},
		"Look at e.g. the log. Then wait.":  {"Look at e.g. the log.", "Then wait."},
		"See `a. b` (see c. d) first. Done": {"See `a. b` (see c. d) first.", "Done"},
		"先看日志。再重启！好了吗？": {"先看日志。", "再重启！", "好了吗？"},
	} {
		if diff := cmp.Diff(want, Sentences(text)); diff != "" {
			t.Errorf("Sentences(%q) (-want +got):\n%s", text, diff)
		}
	}
}
