package ground

import (
	"slices"
	"testing"

	"cairn/retrieval/glossary"
)

// TestGates holds each gate with a pair of sentences on one passage: the one
// that follows passes all gates, its twin is failed by the gate named.
func TestGates(t *testing.T) {
	t.Parallel()
	c := New(glossary.Default())
	for _, tc := range []struct {
		gate, evidence, holds, fails string
	}{
		{"order", "1. Export the settings before the upgrade.\n2. Upgrade the broker.", "Export the settings before you upgrade the broker.", "Upgrade the broker before you export the settings."},
		{"order", "1. 先导出配置，再升级 broker。", "先导出配置，再升级 broker。", "先升级 broker，再导出配置。"},
		{"opposite", "Raise the memory limit of the worker.", "Raise the memory limit of the worker.", "Lower the memory limit of the worker."},
		{"opposite", "把 worker 的内存上限调大。", "把 worker 的内存上限调大。", "把 worker 的内存上限调小。"},
		{"denied", "Delete the index in the morning.", "Delete the index in the morning.", "Do not delete the index in the morning."},
		{"denied", "早上可以重建索引。", "早上可以重建索引。", "早上不要重建索引。"},
		{"denial left out", "The exporter does not write to disk.", "The exporter does not write to disk.", "The exporter writes to disk."},
		{"all added", "Restart the broker after the upgrade.", "Restart the broker after the upgrade.", "Restart all brokers after the upgrade."},
		{"only, some for all", "Run it on every broker.", "Run it on every broker.", "Run it only on one broker."},
		{"must for can", "It may be a firewall or the proxy.", "It may be a firewall or the proxy.", "It must be a firewall."},
		{"subjects exchanged", "Alpha keeps metrics for a week, Beta deletes logs at night.", "Alpha keeps metrics for a week, Beta deletes logs at night.", "Beta keeps metrics for a week, Alpha deletes logs at night."},
		{"subjects exchanged", "内部表会连文件一起删，外部表只删元数据。", "内部表会连文件一起删，外部表只删元数据。", "外部表会连文件一起删，内部表只删元数据。"},
		{"expected with unexpected", "1. Ask the exporter.\n   Expect: `up` is 1, metrics arrive.\n   If not: `up` is 0, the port is closed.", "If `up` is 0, the port is closed.", "If `up` is 1, the port is closed."},
		{"another label", "- Exit 7: the lease is stale; exit 8: the disk was swapped.", "Exit 8 means that the disk was swapped.", "Exit 7 means that the disk was swapped."},
		{"figure of another", "Under 5 ms on SSD and under 20 ms on HDD.", "SSD stays under 5 ms.", "HDD stays under 5 ms."},
		{"at once, directly added", "The broker sees new members after a minute.", "After a minute the broker sees new members.", "The broker sees new members at once."},
		{"at once, directly added", "配额改大后要等下一个周期生效。", "配额改大后，下一个周期生效。", "配额改大后立刻生效。"},
		{"as long as for only", "Only when a majority is gone use the spare key.", "Use the spare key only when a majority is gone.", "Use the spare key as long as a majority is gone."},
		{"another figure", "A reply of 404 says that no rule matched; 502 says that the pod refused.", "A reply of 404 says that no rule matched.", "A reply of 502 says that no rule matched."},
		{"a count from nowhere", "一个 watch 只触发一次。", "一个 watch 只触发一次。", "一个 watch 只触发三次。"},
		{"before for after", "数据是升级之前写进去的。", "数据是升级之前写进去的。", "数据是升级之后写进去的。"},
		{"beside another label", "- `alpha` (fewer copies), `beta` (the disk was swapped).", "`beta` means that the disk was swapped.", "`alpha` means that the disk was swapped."},
		{"predicates exchanged", "`alpha-x` drops the packet; `beta-x` answers the client.", "`alpha-x` drops the packet and `beta-x` answers the client.", "`alpha-x` answers the client and `beta-x` drops the packet."},
		{"predicates exchanged", "Readers wait longer than writers sleep.", "Readers wait longer than writers sleep.", "Writers sleep longer than readers wait."},
		{"order", "- Deploy: refresh -> warm the cache -> open the gate.", "First warm the cache, then open the gate.", "First open the gate, then warm the cache."},
		{"another figure", "至少四个副本才能写。", "至少四个副本才能写。", "至少两个副本才能写。"},
		{"another figure", "Keys are rotated daily.", "Keys are rotated daily.", "Keys are rotated weekly."},
	} {
		i := slices.IndexFunc(gates, func(g gate) bool { return g.name == tc.gate })
		if i < 0 {
			t.Errorf("no gate %q", tc.gate)
			continue
		}
		evidence := []Evidence{{Text: tc.evidence}}
		if cmp, v := c.compare(tc.holds, evidence); cmp == nil {
			t.Errorf("%s: %q on %q: got %q (%s), want it to pass the gates", tc.gate, tc.holds, tc.evidence, v.Reason, v.Detail)
		}
		// Asked by itself: another gate, which comes before it, may fail the twin too.
		lex := c.lexicon()
		cmp := lex.read(evidence).compare(lex.scan(fold(tc.fails, maxSentence), false), lowerASCII(tc.fails))
		if !gates[i].fails(cmp) {
			t.Errorf("%s: %q on %q passes it", tc.gate, tc.fails, tc.evidence)
		}
		if cmp, _ := c.compare(tc.fails, evidence); cmp != nil {
			t.Errorf("%s: %q on %q passes all gates", tc.gate, tc.fails, tc.evidence)
		}
	}
}
