package retrieval

import (
	"bytes"
	"context"
	"encoding/binary"
	"hash/crc32"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cairn/runbooks"
)

// FuzzSearch asks hostile questions: any bytes give a result in bounded time.
func FuzzSearch(f *testing.F) {
	ix := mustBuild(f, nil, nil, Library{Name: "a", Documents: corpus(f)})
	for _, s := range []string{
		"", " ", "502", "节点 NotReady 怎么排查", "k8s kuberntes reids", "\x00\xff\xfe", strings.Repeat("a", 9000), strings.Repeat("节", 4000),
		"java.lang.OutOfMemoryError: Java heap space\n\tat com.example.Foo.bar(Foo.java:42)", "\x01node \x02abc", "ｋ８ｓ", "a_b-c.d/e:f=g@h", "1.2.3.4:80 10.0.0.1/8",
		strings.Repeat("A1", 500), "😀 502 😀", "jiedian quzhu", "What’s a node?", "请问什么是 节点呢？", "what is \xff", "WHAT DOES İ MEAN",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, q string) {
		start := time.Now()
		r, err := ix.Search(context.Background(), Query{Text: q, K: 1000, Explain: true})
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Hits) > maxK {
			t.Errorf("%d hits", len(r.Hits))
		}
		if !(r.Confidence >= 0 && r.Confidence <= 1) || !(r.Coverage >= 0 && r.Coverage <= 1) {
			t.Errorf("confidence %g, coverage %g", r.Confidence, r.Coverage)
		}
		for i, h := range r.Hits {
			sum := 0.0
			for _, p := range h.Parts {
				sum += p.Value
			}
			if d := sum - h.Score; d > 1e-2 || d < -1e-2 {
				t.Errorf("hit %d: parts sum to %g, score is %g", i, sum, h.Score)
			}
			_ = h.Text()
		}
		if d := time.Since(start); d > 30*time.Second { // far above what a busy machine makes of milliseconds
			t.Errorf("took %s", d)
		}
	})
}

// FuzzLoad reads hostile bytes with a right checksum: they give an error or an
// index that can be searched, never a panic.
func FuzzLoad(f *testing.F) {
	data := save(f, mustBuild(f, nil, nil, Library{Name: "a", Documents: corpus(f)[:2]}))
	for i := 0; i < len(data); i += len(data)/48 + 1 {
		f.Add(uint32(i), uint64(0xffffffffffffffff))
		f.Add(uint32(i), uint64(1))
	}
	f.Fuzz(func(t *testing.T, at uint32, with uint64) {
		bad := bytes.Clone(data)
		i := int(at) % (len(bad) - 8)
		binary.LittleEndian.PutUint64(bad[i:], binary.LittleEndian.Uint64(bad[i:])^with)
		binary.LittleEndian.PutUint32(bad[8:], crc32.Checksum(bad[12:], castagnoli))
		ix, err := Load(bad, nil)
		if err != nil {
			return
		}
		for _, q := range []string{"502 bad gateway", "网关", "kubectl"} {
			// A damaged text may parse to other passages: an error is right.
			_, _ = ix.Search(context.Background(), Query{Text: q})
		}
		for range ix.Documents() {
			continue
		}
	})
}

// TestDamagedIndexesDoNotPanic flips every byte of a small index in turn.
func TestDamagedIndexesDoNotPanic(t *testing.T) {
	t.Parallel()
	data := save(t, mustBuild(t, nil, nil, Library{Name: "a", Documents: corpus(t)[:1]}))
	step := 1
	if testing.Short() {
		step = 17
	}
	for i := 0; i < len(data); i += step {
		bad := bytes.Clone(data)
		bad[i] ^= 0x81
		binary.LittleEndian.PutUint32(bad[8:], crc32.Checksum(bad[12:], castagnoli))
		if ix, err := Load(bad, nil); err == nil {
			_, _ = ix.Search(t.Context(), Query{Text: "502 bad gateway nginx"})
		}
	}
}

// TestSearchDuringRebuild searches while generations are built, saved, loaded
// and swapped.
func TestSearchDuringRebuild(t *testing.T) {
	t.Parallel()
	docs := corpus(t)
	var current atomic.Pointer[Index]
	current.Store(mustBuild(t, nil, nil, Library{Name: "a", Documents: docs}))
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for ctx.Err() == nil {
				for _, q := range []string{"502 bad gateway", "节点 NotReady", "reids evicts", "kubectl get nodes"} {
					r, err := current.Load().Search(context.Background(), Query{Text: q})
					if err != nil {
						t.Error(err)
						return
					}
					if len(r.Hits) == 0 {
						t.Errorf("%s: no hits", q)
						return
					}
				}
			}
		})
	}
	for i := range 20 {
		old := current.Load()
		var keep []string
		for _, d := range docs[1:] {
			keep = append(keep, d.Path)
		}
		changed := []*runbooks.Document{parse(t, docs[0].Path, strings.Repeat("again ", i+1)+docs[0].Text)}
		next := mustBuild(t, old, nil, Library{Name: "a", Documents: changed, Keep: keep})
		loaded, err := Load(save(t, next), nil)
		if err != nil {
			t.Fatal(err)
		}
		current.Store(loaded)
	}
	stop()
	wg.Wait()
}

func TestSearchHonoursItsContext(t *testing.T) {
	t.Parallel()
	ix := mustBuild(t, nil, nil, Library{Name: "a", Documents: corpus(t)})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := ix.Search(ctx, Query{Text: "502"}); err == nil {
		t.Error("an ended context gave no error")
	}
	if _, _, err := Build(ctx, quiet, []Library{{Name: "a", Documents: corpus(t)}}, nil, nil); err == nil {
		t.Error("a build with an ended context gave no error")
	}
}
