package runbooks

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// BenchmarkParse parses one large page, as is done when a hit is shown.
func BenchmarkParse(b *testing.B) {
	for _, name := range []string{"documents", "eval/k8s-en/docs"} {
		b.Run(name, func(b *testing.B) {
			type file struct {
				rel string
				raw []byte
			}
			var all []file
			size := int64(0)
			files(b, shared(b, strings.Split(name, "/")...), func(rel string, raw []byte) {
				all = append(all, file{rel, raw})
				size += int64(len(raw))
			})
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				for _, f := range all {
					d, err := Parse(f.rel, f.raw, nil)
					if err != nil {
						b.Fatal(err)
					}
					Passages(d)
				}
			}
		})
	}
}

func BenchmarkParseOne(b *testing.B) {
	dir := shared(b, "documents")
	entries, err := os.ReadDir(dir)
	if err != nil {
		b.Fatal(err)
	}
	for _, e := range entries {
		raw, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			b.Fatal(err)
		}
		b.Run(e.Name()[:3], func(b *testing.B) {
			b.SetBytes(int64(len(raw)))
			for b.Loop() {
				if _, err := Parse("a", raw, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
