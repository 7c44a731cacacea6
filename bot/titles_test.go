package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairn/adapters"
)

func TestTwinPath(t *testing.T) {
	t.Parallel()
	for _, same := range [][]string{
		{"en/linux/disk.md", "zh/linux/disk.md", "linux/disk.md", "zh-CN/linux/disk.md", "linux/zh_Hans/disk.md", "linux/disk.zh.md", "linux/disk_en.md", "linux/disk.zh-cn.md", "chinese/linux/disk.md"},
		{"runbooks-en/a.txt", "runbooks-zh/a.txt"},
	} {
		for _, p := range same[1:] {
			if got, want := twinPath(p), twinPath(same[0]); got != want {
				t.Errorf("twinPath(%q) = %q, that of %q is %q", p, got, same[0], want)
			}
		}
	}
	for _, p := range []string{"linux/token.md", "linux/zhparser.md", "kitchen/open.md", "web/cn.example.com/a.md", "golden", "a/screen.md"} {
		if got := twinPath(p); got != p {
			t.Errorf("twinPath(%q) = %q, want no language found", p, got)
		}
	}
}

// A runbook and its translation are one runbook, in the reader's language.
func TestBilingualRunbooksCountOnce(t *testing.T) {
	t.Parallel()
	doc := func(title, service string) string {
		return fmt.Sprintf("---\ntitle: %s\nservice: %s\n---\n# %s\n\n1. %s\n", title, service, title, title)
	}
	f := setup(t, &Options{Allows: func(library string, _ adapters.Viewer) bool { return library != "closed" }})
	f.index = newFakeIndex(t, map[string]string{
		"team/en/disk.md": doc("The disk is full", "linux"), "team/zh/disk.md": doc("磁盘写满了怎么处理", "Linux"),
		"team/en/load.md":    doc("The load is high", "linux"),
		"team/zh/memory.md":  doc("内存不足怎么处理", "linux"),
		"other/zh/load.md":   doc("系统负载很高怎么处理", "linux"),
		"closed/zh/cache.md": doc("缓存写满了怎么处理", "linux"), "team/en/cache.md": doc("The cache is full", "linux"),
		"team/zh/ports.md": doc("端口耗尽怎么处理", "network"), "team/en/ports.md": doc("No port is left", "linux"),
	})
	ctx, v := context.Background(), adapters.Viewer{}
	if diff := cmp.Diff([]adapters.ServiceEntry{{Name: "linux", Count: 6}, {Name: "network", Count: 1}}, f.bot.Services(ctx, v)); diff != "" {
		t.Errorf("services (-want +got):\n%s", diff)
	}
	for lang, want := range map[string][]string{
		"en": {"No port is left", "The cache is full", "The disk is full = 磁盘写满了怎么处理", "The load is high", "内存不足怎么处理", "系统负载很高怎么处理"},
		"zh": {"内存不足怎么处理", "磁盘写满了怎么处理 = The disk is full", "系统负载很高怎么处理", "No port is left", "The cache is full", "The load is high"},
		"":   {"No port is left", "The cache is full", "The disk is full = 磁盘写满了怎么处理", "The load is high", "内存不足怎么处理", "系统负载很高怎么处理"},
	} {
		var got []string
		for _, e := range f.bot.ByService(ctx, v, "linux", lang) {
			s := e.Title
			if e.Twin != nil {
				s += " = " + e.Twin.Title
			}
			got = append(got, s)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", lang, diff)
		}
	}
}

// Three documents at one path have no twins: none is left out.
func TestThreeOfAPathAreNoTwins(t *testing.T) {
	t.Parallel()
	f := setup(t, nil)
	f.index = newFakeIndex(t, map[string]string{
		"team/en/a.md": "---\ntitle: One\nservice: x\n---\nThe first text.\n", "team/a.md": "---\ntitle: Two\nservice: x\n---\nThe second text.\n",
		"team/zh/a.md": "---\ntitle: 三\nservice: x\n---\n这是第三篇文档的内容。\n",
	})
	got := f.bot.ByService(context.Background(), adapters.Viewer{}, "x", "zh")
	if len(got) != 3 || slices.ContainsFunc(got, func(e adapters.TitleEntry) bool { return e.Twin != nil }) || !strings.HasPrefix(got[0].Document, "zh/") {
		t.Errorf("listed %+v", got)
	}
}
