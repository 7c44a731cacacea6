package bot

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairn/adapters"
)

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
