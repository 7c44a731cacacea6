package retrieval

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairn/runbooks"
)

// A document and its translation know each other by their paths; where three
// could be meant, only two that name each other are twins.
func TestDocumentsNameTheirTwins(t *testing.T) {
	t.Parallel()
	english, chinese := "# Disk\n\nThe disk is full, look at what fills it.\n", "# 磁盘\n\n磁盘写满了，先看是什么占用的空间。\n"
	var docs []*runbooks.Document
	for path, text := range map[string]string{
		"en/linux/disk.md": english, "zh/linux/disk.md": chinese,
		"load.en.md": english, "load.zh-cn.md": chinese,
		"en/alone.md": english, "zh/other.md": chinese,
		"en/both.md": english, "zh/both.md": english, // the second one is not in Chinese
		"plain.md": english,
		"en/x.md":  english, "zh/x.md": chinese, "zh-CN/x.md": chinese,
	} {
		docs = append(docs, parse(t, path, text))
	}
	ix := mustBuild(t, nil, nil, Library{Name: "a", Documents: docs})
	got := map[string]string{}
	for info := range ix.Documents() {
		if info.Twin != "" {
			got[info.Path] = info.Twin
		}
	}
	if twin := got["en/x.md"]; (twin != "zh/x.md" && twin != "zh-CN/x.md") || got[twin] != "en/x.md" {
		t.Errorf("of three, en/x.md names %q, which names %q; want each other", twin, got[twin])
	}
	for _, p := range []string{"en/x.md", "zh/x.md", "zh-CN/x.md"} {
		delete(got, p)
	}
	want := map[string]string{
		"en/linux/disk.md": "zh/linux/disk.md", "zh/linux/disk.md": "en/linux/disk.md",
		"load.en.md": "load.zh-cn.md", "load.zh-cn.md": "load.en.md",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("twins (-want +got):\n%s", diff)
	}
}
