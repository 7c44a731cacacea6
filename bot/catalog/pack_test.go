package catalog

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// table returns n rising numbers, as offsets in an index are.
func table(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	var b []byte
	v := uint32(0)
	for range n {
		v += r.Uint32N(40)
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return b
}

func TestPack(t *testing.T) {
	t.Parallel()
	text := bytes.Repeat([]byte("Restart the service and watch its log. 重启服务并观察日志。\n"), 700)
	for name, raw := range map[string][]byte{
		"nothing":               {},
		"shorter than a number": []byte("abc"),
		"text":                  text,
		"one whole block":       table(packBlock / 4),
		"table and text":        append(table(30_000), text...),
		"odd end":               append(table(5_000), 1, 2, 3),
		"one whole frame":       table(packFrame / 4),
		"more than a frame":     table(packFrame/4 + 1),
		"falling and largest":   binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(table(4_096), 0), 1<<32-1),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			packed, err := pack(raw)
			if err != nil {
				t.Fatal(err)
			}
			got, err := unpack(packed)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, raw) {
				t.Errorf("%d bytes came back as %d others", len(raw), len(got))
			}
		})
	}
}

// Every form gives back what was written, also where another one was smaller.
func TestForms(t *testing.T) {
	t.Parallel()
	for form := range byte(formCount) {
		for _, n := range []int{0, 1, 4, 1001, packBlock} {
			raw := table(n/4 + 1)[:n]
			got := make([]byte, n)
			readBlock(got, writeBlock(raw, form), form)
			if !bytes.Equal(got, raw) {
				t.Errorf("form %d of %d bytes comes back changed", form, n)
			}
		}
	}
}

// A table packs to well under what Zstandard makes of it as it lies.
func TestPackIsSmaller(t *testing.T) {
	t.Parallel()
	raw := table(100_000)
	packed, err := pack(raw)
	if err != nil {
		t.Fatal(err)
	}
	e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if plain := len(e.EncodeAll(raw, nil)); 2*len(packed) > plain {
		t.Errorf("packed to %d bytes, as it lies to %d", len(packed), plain)
	}
}

func TestUnpackCorrupt(t *testing.T) {
	t.Parallel()
	e, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	type frame struct {
		forms []byte
		text  string
	}
	file := func(n uint64, frames ...frame) []byte {
		b := binary.LittleEndian.AppendUint64(nil, n)
		for _, f := range frames {
			packed := e.EncodeAll([]byte(f.text), f.forms)
			b = append(binary.LittleEndian.AppendUint32(b, uint32(len(packed))), packed...)
		}
		return b
	}
	one := frame{[]byte{formRaw}, "a"}
	if raw, err := unpack(file(1, one)); err != nil || string(raw) != "a" {
		t.Fatalf("a whole file gives %q, %v", raw, err)
	}
	for name, packed := range map[string][]byte{
		"empty":          {},
		"no length":      {1, 2, 3},
		"frame too long": file(3, frame{[]byte{formRaw}, "ab"}),
		"too short":      file(1, frame{[]byte{formRaw}, "ab"}),
		"huge":           file(1<<63, one),
		"unknown form":   file(1, frame{[]byte{formCount}, "a"}),
		"no forms":       file(packBlock+1, frame{[]byte{formRaw}, ""}),
		"no frame":       file(1),
		"frame too many": file(1, one, one),
		"cut":            file(1, one)[:len(file(1, one))-1],
		"no Zstandard":   append(file(1), 5, 0, 0, 0, 'h', 'e', 'l', 'l', 'o'),
	} {
		if _, err := unpack(packed); !errors.Is(err, errCorrupt) {
			t.Errorf("%s: error %v, want a corrupt file", name, err)
		}
	}
}

// Nothing that a frame holds changes unnoticed: the embedded index is not
// looked through again. How its blocks are written stands before it, unchecked.
func TestUnpackChecksum(t *testing.T) {
	t.Parallel()
	packed, err := pack(table(50_000))
	if err != nil {
		t.Fatal(err)
	}
	blocks := (4*50_000 + packBlock - 1) / packBlock
	for at := 8 + 4 + blocks; at < len(packed); at += 1 + len(packed)/200 {
		damaged := bytes.Clone(packed)
		damaged[at] ^= 1
		if raw, err := unpack(damaged); !errors.Is(err, errCorrupt) {
			t.Errorf("byte %d of %d damaged: %d bytes, error %v", at, len(packed), len(raw), err)
		}
	}
}

func FuzzUnpack(f *testing.F) {
	packed, err := pack(table(9_000))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(packed)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		if raw, err := unpack(data); err == nil {
			again, err := pack(raw)
			if err != nil {
				t.Fatal(err)
			}
			if back, err := unpack(again); err != nil || !bytes.Equal(back, raw) {
				t.Errorf("packing again changes %d bytes: %v", len(raw), err)
			}
		}
	})
}
