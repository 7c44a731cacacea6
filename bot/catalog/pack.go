package catalog

import (
	"encoding/binary"
	"fmt"

	"github.com/klauspost/compress/zstd"
)

// The embedded generation is Zstandard over blocks, since gzip would take half
// of a cold start:
//
//	length  8 bytes, little-endian, of what was packed
//	forms   1 byte per block: how it is written
//	blocks  of packBlock bytes, the last one may be shorter
//
// Most of a generation are tables of 32-bit numbers. Written with the first
// bytes of all numbers of a block first, then the second bytes and so on, and
// rising ones as differences, they pack to a third less.
const packBlock = 16 << 10

// maxUnpacked bounds what a corrupt length can make us allocate.
const maxUnpacked = 256 << 20

// How a block is written.
const (
	formRaw    = iota // as it is
	formPlanes        // bytes of 32-bit numbers by place
	formDelta         // the same of the differences, sign in the lowest bit
	forms
)

// pack makes of raw what unpack reads, trying every form for each block.
func pack(raw []byte) ([]byte, error) {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(8<<20))
	if err != nil {
		return nil, fmt.Errorf("pack built-in library: %w", err)
	}
	defer e.Close()
	chosen := binary.LittleEndian.AppendUint64(nil, uint64(len(raw)))
	blocks := make([]byte, 0, len(raw))
	var trial []byte
	for at := 0; at < len(raw); at += packBlock {
		b := raw[at:min(len(raw), at+packBlock)]
		var best []byte
		var form byte
		least := 0
		for f := range byte(forms) {
			w := writeBlock(b, f)
			trial = e.EncodeAll(w, trial[:0])
			if best == nil || len(trial) < least {
				best, form, least = w, f, len(trial)
			}
		}
		chosen = append(chosen, form)
		blocks = append(blocks, best...)
	}
	return e.EncodeAll(append(chosen, blocks...), nil), nil
}

// unpack is the reverse of pack.
func unpack(packed []byte) ([]byte, error) {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxUnpacked))
	if err != nil {
		return nil, fmt.Errorf("unpack built-in library: %w", err)
	}
	defer d.Close()
	whole, err := d.DecodeAll(packed, nil)
	if err != nil {
		return nil, fmt.Errorf("unpack built-in library: %w", err)
	}
	if len(whole) < 8 {
		return nil, fmt.Errorf("unpack built-in library: %w: no length", errCorrupt)
	}
	size, rest := binary.LittleEndian.Uint64(whole), whole[8:]
	count := (size + packBlock - 1) / packBlock
	if size > maxUnpacked || uint64(len(rest)) != count+size {
		return nil, fmt.Errorf("unpack built-in library: %w: %d bytes for a length of %d", errCorrupt, len(rest), size)
	}
	chosen, blocks := rest[:count], rest[count:]
	raw := make([]byte, size)
	for i, form := range chosen {
		at := i * packBlock
		end := min(len(raw), at+packBlock)
		if form >= forms {
			return nil, fmt.Errorf("unpack built-in library: %w: block %d has form %d", errCorrupt, i, form)
		}
		readBlock(raw[at:end], blocks[at:end], form)
	}
	return raw, nil
}

// writeBlock returns b in a form.
func writeBlock(b []byte, form byte) []byte {
	if form == formRaw {
		return b
	}
	out := make([]byte, len(b))
	n := len(b) / 4
	before := uint32(0)
	for i := range n {
		v := binary.LittleEndian.Uint32(b[4*i:])
		if form == formDelta {
			d := int32(v - before)
			v, before = uint32(d<<1)^uint32(d>>31), v
		}
		out[i], out[n+i], out[2*n+i], out[3*n+i] = byte(v), byte(v>>8), byte(v>>16), byte(v>>24)
	}
	copy(out[4*n:], b[4*n:])
	return out
}

// readBlock fills to with what writeBlock wrote.
func readBlock(to, from []byte, form byte) {
	if form == formRaw {
		copy(to, from)
		return
	}
	n := len(from) / 4
	p0, p1, p2, p3 := from[:n], from[n:2*n], from[2*n:3*n], from[3*n:4*n]
	before := uint32(0)
	for i := range p0 {
		v := uint32(p0[i]) | uint32(p1[i])<<8 | uint32(p2[i])<<16 | uint32(p3[i])<<24
		if form == formDelta {
			v = before + (v>>1 ^ -(v & 1))
			before = v
		}
		binary.LittleEndian.PutUint32(to[4*i:], v)
	}
	copy(to[4*n:], from[4*n:])
}
