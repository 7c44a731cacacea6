package glossary

import (
	"strings"
	"testing"
)

func BenchmarkMatch(b *testing.B) {
	text := strings.Repeat("The kubelet evicts pods when node_memory_MemAvailable falls; 节点内存压力导致 Pod 被驱逐，检查持久卷声明和存储类。CrashLoopBackOff in jiedian paicha of the kube-system namespace. ", 100)
	g := Default()
	g.Match(text)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		g.Match(text)
	}
}
