package glossary

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDefaultIsClean(t *testing.T) {
	t.Parallel()
	for _, p := range Default().Lint() {
		t.Error(p)
	}
}

func TestDefaultIsComplete(t *testing.T) {
	t.Parallel()
	g, size := Default(), 0
	files, err := data.ReadDir("data")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		size += int(info.Size())
	}
	if n := len(g.Concepts()); n < 1500 {
		t.Errorf("got %d concepts, want at least 1500", n)
	}
	if size += len(traditional) + len(syllables); size > 300<<10 {
		t.Errorf("the embedded data has %d bytes, want at most 300 KiB", size)
	}
}

func TestLint(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, text, want string }{
		{"shared form", "节点 = node\n结点 = worker, Nodes", "is a form of"},
		{"shared form with contexts", "节点 = node, host{a}\n主机 = machine, host{b}", ""},
		{"one context is not enough", "节点 = node, host{a}\n主机 = machine, host", "is a form of"},
		{"two letters", "持久卷 = persistent volume, pv", "needs a context"},
		{"one Han character", "卷 = volume", "needs a context"},
		{"unknown area", "持久卷 = persistent volume, pv{@nowhere}", "no area"},
		{"traditional", "節點 = node", "节点"},
		{"nothing to match", "节点 = node, --", "holds no letter"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, p := range load(t, tc.text).Lint() {
				got = append(got, p.String())
			}
			if all := strings.Join(got, "\n"); (tc.want == "") != (all == "") || !strings.Contains(all, tc.want) {
				t.Errorf("got %q, want one with %q", all, tc.want)
			}
		})
	}
}

func TestLoadErrors(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ text, want string }{
		{"节点", "line 1: no equals sign"},
		{"\n节点 = ", "line 2: English side: no form"},
		{"= node", "Chinese side: no form"},
		{"node = node", "no Han character"},
		{"节点 = node, 结点", "has Han characters"},
		{"节点,, = node", "an empty form"},
		{"节点 = node, node", "stands twice"},
		{"节点 = node^2", "weight"},
		{"节点 = node^NaN", "weight"},
		{"节点 = node{}", "empty context"},
		{"节点 = node}", "does not begin"},
		{"节点 = no{de", "holds one of"},
		{"[A b] 节点 = node", "lower case"},
		{"节点 = --", "gives no id"},
		{"\xff", "not UTF-8"},
		{strings.Repeat("x\n", 100), "line 20: "},
		{"节点 = " + strings.Repeat("x", 200), "longer than"},
	} {
		_, err := Load(strings.NewReader(tc.text))
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("Load(%.40q): got error %v, want one with %q", tc.text, err, tc.want)
		}
	}
}

func TestMerge(t *testing.T) {
	t.Parallel()
	base := load(t, "节点 = node, box^0.5\n卷轴 = scroll")
	more := load(t, "结点 = node, box\n数据湖 = data lake")
	got := base.Merge(more)
	want := []Concept{
		{ID: "node", Area: UserArea, ZH: []Form{{Text: "节点", Weight: 1}, {Text: "结点", Weight: 1}}, EN: []Form{{Text: "node", Weight: 1}, {Text: "box", Weight: 1}}},
		{ID: "scroll", Area: UserArea, ZH: []Form{{Text: "卷轴", Weight: 1}}, EN: []Form{{Text: "scroll", Weight: 1}}},
		{ID: "data-lake", Area: UserArea, ZH: []Form{{Text: "数据湖", Weight: 1}}, EN: []Form{{Text: "data lake", Weight: 1}}},
	}
	if d := cmp.Diff(want, got.Concepts()); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	if c, _ := base.Lookup("node"); len(c.ZH) != 1 || c.EN[1].Weight != 0.5 {
		t.Error("Merge changed its receiver")
	}
	if base.Hash() == got.Hash() || got.Hash() != base.Merge(more).Hash() {
		t.Error("Hash does not follow the content")
	}
}

func TestPinyin(t *testing.T) {
	t.Parallel()
	for form, want := range map[string]string{
		"节点": "jie dian", "節點": "jie dian", "重启": "chong qi", "严重": "yan zhong", "调度": "diao du",
		"调试": "tiao shi", "命令行": "ming ling hang", "运行": "yun xing", "增长": "zeng zhang", "策略": "ce lue", "利用率": "li yong lv",
	} {
		if got, ok := Pinyin(form); !ok || got != want {
			t.Errorf("Pinyin(%q) = %q, %v, want %q", form, got, ok, want)
		}
	}
	if got, ok := Pinyin("Pod 卡住"); ok {
		t.Errorf("Pinyin of mixed script = %q, want none", got)
	}
}

// A character without a reading would silently drop its forms from pinyin.
func TestEveryHanFormHasPinyin(t *testing.T) {
	t.Parallel()
	for _, c := range Default().Concepts() {
		for _, f := range c.ZH {
			for _, r := range f.Text {
				if isHan(r) && pinyins().char[r] == "" {
					t.Errorf("%s: no reading for %c of %q; add it to folding/pinyin.txt", c.ID, r, f.Text)
				}
			}
		}
	}
}

func TestSimplify(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "plain 节点": "plain 节点", "節點無法調度，記憶體不足": "节点无法调度，记忆体不足", "資料庫複製延遲": "资料库复制延迟", "x後\xff": "x后\xff",
	} {
		if got := Simplify(text); got != want {
			t.Errorf("Simplify(%q) = %q, want %q", text, got, want)
		}
	}
}

// No simplified character may be folded on to another one: that would change
// simplified text.
func TestTraditionalTableHasNoChains(t *testing.T) {
	t.Parallel()
	table := simplified()
	n := 0
	for i, to := range table {
		if to == 0 {
			continue
		}
		n++
		if to >= hanFirst && table[to-hanFirst] != 0 {
			t.Errorf("%c folds to %c, which folds on", hanFirst+i, to)
		}
	}
	if n < 1000 {
		t.Errorf("got %d pairs, want at least 1000", n)
	}
}
