package catalog

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/sync/errgroup"
)

// The embedded generation is Zstandard over blocks, since gzip would take half
// of a cold start:
//
//	length  8 bytes, little-endian, of what was packed
//	frames  of packFrame bytes of what was packed, the last one may hold less:
//	        4 bytes, little-endian, of how many bytes follow
//	        1 byte per block of packBlock bytes: how it is written
//	        a Zstandard frame of the blocks, the last one may be shorter
//
// Most of a generation are tables of 32-bit numbers. Written with the first
// bytes of all numbers of a block first, then the second bytes and so on, and
// rising ones as differences, they pack to a third less. Frames pack a little
// worse than the whole would and unpack side by side. A frame is unpacked where
// its bytes belong and its blocks are rewritten there: at a cold start memory
// that was never touched costs most.
const (
	packBlock = 16 << 10
	packFrame = 4 << 20
)

// maxUnpackers bounds how many frames are unpacked at a time; each takes a
// buffer of a frame.
const maxUnpackers = 4

// maxUnpacked bounds what a corrupt length can make us allocate.
const maxUnpacked = 256 << 20

// How a block is written.
const (
	formRaw    = iota // as it is
	formPlanes        // bytes of 32-bit numbers by place
	formDelta         // the same of the differences, sign in the lowest bit
	formCount
)

// packTail is how much of what was chosen before stands in front of a block
// when its forms are tried: what a form costs depends on what it can refer to.
const packTail = 2 * packBlock

// pack makes of raw what unpack reads, trying every form for each block.
func pack(raw []byte) ([]byte, error) {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(packFrame))
	if err != nil {
		return nil, fmt.Errorf("pack built-in library: %w", err)
	}
	defer e.Close()
	out := binary.LittleEndian.AppendUint64(nil, uint64(len(raw)))
	var trial []byte
	for frame := range slices.Chunk(raw, packFrame) {
		var chosen, blocks []byte
		for b := range slices.Chunk(frame, packBlock) {
			var best []byte
			var form byte
			least := 0
			tail := blocks[max(0, len(blocks)-packTail):]
			for f := range byte(formCount) {
				w := writeBlock(b, f)
				trial = e.EncodeAll(slices.Concat(tail, w), trial[:0])
				if best == nil || len(trial) < least {
					best, form, least = w, f, len(trial)
				}
			}
			chosen = append(chosen, form)
			blocks = append(blocks, best...)
		}
		packed := e.EncodeAll(blocks, chosen)
		out = binary.LittleEndian.AppendUint32(out, uint32(len(packed)))
		out = append(out, packed...)
	}
	return out, nil
}

// unpack is the reverse of pack. Frames are unpacked side by side.
func unpack(packed []byte) ([]byte, error) {
	if len(packed) < 8 {
		return nil, fmt.Errorf("unpack built-in library: %w: no length", errCorrupt)
	}
	size, rest := binary.LittleEndian.Uint64(packed), packed[8:]
	if size > maxUnpacked {
		return nil, fmt.Errorf("unpack built-in library: %w: a length of %d", errCorrupt, size)
	}
	raw := hugePages(int(size))
	type frame struct{ to, from []byte }
	var todo []frame
	for to := range slices.Chunk(raw, packFrame) {
		if len(rest) < 4 || uint64(len(rest)-4) < uint64(binary.LittleEndian.Uint32(rest)) {
			return nil, fmt.Errorf("unpack built-in library: %w: it ends early", errCorrupt)
		}
		n := 4 + int(binary.LittleEndian.Uint32(rest))
		todo = append(todo, frame{to, rest[4:n]})
		rest = rest[n:]
	}
	if len(rest) > 0 {
		return nil, fmt.Errorf("unpack built-in library: %w: %d bytes after the last frame", errCorrupt, len(rest))
	}
	var next atomic.Int32
	var workers errgroup.Group
	for range min(runtime.GOMAXPROCS(0), maxUnpackers, len(todo)) {
		workers.Go(func() error {
			d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(2*packFrame), zstd.WithDecodeAllCapLimit(true))
			if err != nil {
				return err
			}
			defer d.Close()
			for i := int(next.Add(1)); i <= len(todo); i = int(next.Add(1)) {
				if err := readFrame(d, todo[i-1].to, todo[i-1].from); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := workers.Wait(); err != nil {
		return nil, fmt.Errorf("unpack built-in library: %w", err)
	}
	return raw, nil
}

// readFrame fills to with what a frame holds.
func readFrame(d *zstd.Decoder, to, from []byte) error {
	count := (len(to) + packBlock - 1) / packBlock
	if len(from) < count {
		return fmt.Errorf("%w: a frame of %d bytes for %d blocks", errCorrupt, len(from), count)
	}
	forms, packed := from[:count], from[count:]
	got, err := d.DecodeAll(packed, to[:0:len(to)])
	if err != nil {
		return fmt.Errorf("%w: %w", errCorrupt, err)
	}
	if len(got) != len(to) {
		return fmt.Errorf("%w: a frame of %d bytes, want %d", errCorrupt, len(got), len(to))
	}
	copy(to, got) // where they are the same already this costs nothing
	var scratch [packBlock]byte
	i := 0
	for block := range slices.Chunk(to, packBlock) {
		if forms[i] >= formCount {
			return fmt.Errorf("%w: block %d has form %d", errCorrupt, i, forms[i])
		}
		if forms[i] != formRaw {
			readBlock(block, scratch[:copy(scratch[:], block)], forms[i])
		}
		i++
	}
	return nil
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
