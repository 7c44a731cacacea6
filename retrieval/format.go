package retrieval

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"os"
	"unsafe"

	"cairn/retrieval/lexical"
)

// A saved index is a header and sections, all little-endian:
//
//	magic      8 bytes
//	crc        4 bytes, CRC-32C of everything after it
//	count      4 bytes, number of sections
//	sections   16 bytes each: offset and length
//	the sections, each at a multiple of 8
//
// The first section is JSON (head), the others are tables as they lie in
// memory, so that opening costs no decoding where the bytes are aligned.
const magic = "cairnix\x01"

const (
	fixedHeader  = 16
	sectionEntry = 16
)

// head is the first section.
type head struct {
	Fingerprint string    `json:"fingerprint"`
	Libraries   []headLib `json:"libraries"`
	Dimensions  int       `json:"dimensions"`
	Documents   int       `json:"documents"`
	Passages    int       `json:"passages"`
}

type headLib struct {
	Name string    `json:"name"`
	Docs [4]uint32 `json:"docs"`
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// sections lists the tables in file order; visit is called with a pointer to
// each slice.
func (t *tables) sections(visit func(any)) {
	for _, s := range []any{
		&t.dict.Blob, &t.dict.Offsets, &t.dict.Slots,
		&t.passages.Offsets, &t.passages.Units, &t.passages.Impacts,
		&t.texts.Offsets, &t.texts.Units, &t.texts.Impacts,
		&t.strings, &t.stringOffsets, &t.docLang, &t.docSteps, &t.docPassages,
		&t.passageDoc, &t.passageKind, &t.passageLines, &t.passageHash,
		&t.aliasTerms, &t.aliasOffsets, &t.docAliases, &t.passageAliases,
		&t.vectors,
	} {
		visit(s)
	}
}

// WriteTo writes the index in the form that [Load] reads.
func (ix *Index) WriteTo(w io.Writer) (int64, error) {
	h := head{Fingerprint: ix.fingerprint, Dimensions: ix.dimensions, Documents: ix.docCount(), Passages: ix.passageCount()}
	for _, l := range ix.libraries {
		h.Libraries = append(h.Libraries, headLib{l.name, l.docs})
	}
	first, err := json.Marshal(h)
	if err != nil {
		return 0, fmt.Errorf("write the index's head: %w", err)
	}
	parts := [][]byte{first}
	ix.sections(func(s any) { parts = append(parts, raw(s)) })

	header := make([]byte, fixedHeader+sectionEntry*len(parts))
	copy(header, magic)
	binary.LittleEndian.PutUint32(header[12:], uint32(len(parts)))
	at := align(len(header))
	for i, p := range parts {
		binary.LittleEndian.PutUint64(header[fixedHeader+sectionEntry*i:], uint64(at))
		binary.LittleEndian.PutUint64(header[fixedHeader+sectionEntry*i+8:], uint64(len(p)))
		at = align(at + len(p))
	}
	header = append(header, make([]byte, align(len(header))-len(header))...)
	var pad [8]byte
	crc := crc32.Update(0, castagnoli, header[12:])
	for _, p := range parts {
		crc = crc32.Update(crc, castagnoli, p)
		crc = crc32.Update(crc, castagnoli, pad[:align(len(p))-len(p)])
	}
	binary.LittleEndian.PutUint32(header[8:], crc)

	n, err := w.Write(header)
	total := int64(n)
	for _, p := range parts {
		if err != nil {
			break
		}
		n, err = w.Write(p)
		total += int64(n)
		if err == nil {
			n, err = w.Write(pad[:align(len(p))-len(p)])
			total += int64(n)
		}
	}
	if err != nil {
		return total, fmt.Errorf("write the index: %w", err)
	}
	return total, nil
}

func align(n int) int { return (n + 7) &^ 7 }

// Load reads an index that [Index.WriteTo] wrote. The index refers to data,
// which must not change afterwards. The error wraps [ErrCorrupt] when data is
// not such an index and [ErrFingerprint] when it was made with other options.
func Load(data []byte, opts *Options) (*Index, error) { return load(data, opts, false) }

// LoadTrusted is [Load] without looking for damage in the tables, for bytes
// that something else vouches for: those that are a part of the program.
// Damaged ones can make a search panic.
func LoadTrusted(data []byte, opts *Options) (*Index, error) { return load(data, opts, true) }

func load(data []byte, opts *Options, trusted bool) (*Index, error) {
	o, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	ix := newIndex(o, lexical.NewAnalyzer(o.Glossary))
	ix.dict, ix.passages, ix.texts = &lexical.Dict{}, &lexical.Postings{}, &lexical.Postings{}
	h, err := ix.read(data, trusted)
	if err != nil {
		return nil, fmt.Errorf("load the index: %w", err)
	}
	if h.Fingerprint != ix.fingerprint {
		return nil, fmt.Errorf("load the index: %w: it has %q, wanted is %q; rebuild it", ErrFingerprint, h.Fingerprint, ix.fingerprint)
	}
	if err := ix.check(h, trusted); err != nil {
		if errors.Is(err, lexical.ErrInvalid) {
			err = fmt.Errorf("%w: %w", ErrCorrupt, err)
		}
		return nil, fmt.Errorf("load the index: %w", err)
	}
	ix.prepare()
	return ix, nil
}

// OpenFile reads an index from a file.
func OpenFile(path string, opts *Options) (*Index, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the index: %w", err)
	}
	return Load(data, opts)
}

func (t *tables) read(data []byte, trusted bool) (head, error) {
	var h head
	if len(data) < fixedHeader || string(data[:8]) != magic {
		return h, fmt.Errorf("%w: no index", ErrCorrupt)
	}
	if !trusted {
		if got, want := crc32.Checksum(data[12:], castagnoli), binary.LittleEndian.Uint32(data[8:]); got != want {
			return h, fmt.Errorf("%w: checksum %08x, want %08x", ErrCorrupt, got, want)
		}
	}
	count := binary.LittleEndian.Uint32(data[12:])
	if uint64(fixedHeader)+sectionEntry*uint64(count) > uint64(len(data)) {
		return h, fmt.Errorf("%w: %d sections", ErrCorrupt, count)
	}
	next := uint32(0)
	section := func() ([]byte, error) {
		if next >= count {
			return nil, fmt.Errorf("%w: %d sections", ErrCorrupt, count)
		}
		e := data[fixedHeader+sectionEntry*next:]
		off, n := binary.LittleEndian.Uint64(e), binary.LittleEndian.Uint64(e[8:])
		if off > uint64(len(data)) || n > uint64(len(data))-off {
			return nil, fmt.Errorf("%w: section %d lies outside", ErrCorrupt, next)
		}
		next++
		return data[off : off+n : off+n], nil
	}
	first, err := section()
	if err != nil {
		return h, err
	}
	if err := json.Unmarshal(first, &h); err != nil {
		return h, fmt.Errorf("%w: head: %w", ErrCorrupt, err)
	}
	t.sections(func(s any) {
		if err != nil {
			return
		}
		var b []byte
		if b, err = section(); err == nil {
			err = view(s, b)
		}
	})
	return h, err
}

// raw returns the bytes of a table as they lie in memory.
func raw(s any) []byte {
	switch s := s.(type) {
	case *string:
		return unsafe.Slice(unsafe.StringData(*s), len(*s))
	case *[]uint8:
		return *s
	case *[]uint32:
		return bytesOf(*s, func(b []byte, v uint32) []byte { return binary.LittleEndian.AppendUint32(b, v) })
	case *[]uint64:
		return bytesOf(*s, func(b []byte, v uint64) []byte { return binary.LittleEndian.AppendUint64(b, v) })
	case *[]float32:
		return bytesOf(*s, func(b []byte, v float32) []byte {
			return binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
		})
	}
	panic(fmt.Sprintf("retrieval: table of type %T", s))
}

// littleEndian reports the machine's byte order.
var littleEndian = func() bool {
	n := uint16(1)
	return *(*byte)(unsafe.Pointer(&n)) == 1
}()

func bytesOf[T any](s []T, put func([]byte, T) []byte) []byte {
	if len(s) == 0 {
		return nil
	}
	size := int(unsafe.Sizeof(s[0]))
	if littleEndian {
		return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), len(s)*size)
	}
	b := make([]byte, 0, len(s)*size)
	for _, v := range s {
		b = put(b, v)
	}
	return b
}

// view lets a table refer to b, or to a copy where b is not aligned.
func view(s any, b []byte) error {
	switch s := s.(type) {
	case *string:
		*s = unsafe.String(unsafe.SliceData(b), len(b))
		return nil
	case *[]uint8:
		*s = b
		return nil
	case *[]uint32:
		return slice(s, b, binary.LittleEndian.Uint32)
	case *[]uint64:
		return slice(s, b, binary.LittleEndian.Uint64)
	case *[]float32:
		return slice(s, b, func(b []byte) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(b)) })
	}
	panic(fmt.Sprintf("retrieval: table of type %T", s))
}

func slice[T any](s *[]T, b []byte, get func([]byte) T) error {
	var zero T
	size := int(unsafe.Sizeof(zero))
	if len(b)%size != 0 {
		return fmt.Errorf("%w: a table of %d bytes, want a multiple of %d", ErrCorrupt, len(b), size)
	}
	if len(b) == 0 {
		*s = nil
		return nil
	}
	p := unsafe.Pointer(unsafe.SliceData(b))
	if littleEndian && uintptr(p)%uintptr(size) == 0 {
		*s = unsafe.Slice((*T)(p), len(b)/size)
		return nil
	}
	out := make([]T, len(b)/size)
	for i := range out {
		out[i] = get(b[i*size:])
	}
	*s = out
	return nil
}

// check makes sure of everything that searching relies on, so that no bytes
// can make it read outside a table. Of trusted ones it reads the borders only.
func (ix *Index) check(h head, trusted bool) error {
	t := &ix.tables
	bad := func(what string, args ...any) error {
		return fmt.Errorf("%w: %s", ErrCorrupt, fmt.Sprintf(what, args...))
	}
	docs, passages := h.Documents, h.Passages
	if docs < 0 || passages < 0 || len(t.docLang) != docs || len(t.passageDoc) != passages {
		return bad("%d documents and %d passages, want %d and %d", len(t.docLang), len(t.passageDoc), docs, passages)
	}
	end := uint32(0)
	names := make(map[string]bool, len(h.Libraries))
	for _, l := range h.Libraries {
		if l.Docs[0] != end || l.Docs[1] < l.Docs[0] || l.Docs[2] < l.Docs[1] || l.Docs[3] < l.Docs[2] || names[l.Name] {
			return bad("library %q at %v", l.Name, l.Docs)
		}
		end, names[l.Name] = l.Docs[3], true
		t.libraries = append(t.libraries, library{l.Name, l.Docs})
	}
	if int(end) != docs {
		return bad("the libraries hold %d documents, want %d", end, docs)
	}
	t.passages.Count, t.texts.Count = passages, docs
	t.dimensions = h.Dimensions
	if trusted {
		return nil
	}
	if err := t.dict.Validate(); err != nil {
		return err
	}
	if err := t.passages.Validate(t.dict.Len()); err != nil {
		return fmt.Errorf("passages: %w", err)
	}
	if err := t.texts.Validate(t.dict.Len()); err != nil {
		return fmt.Errorf("documents: %w", err)
	}
	if len(t.stringOffsets) != docs*stringsPerDoc+1 || !rising(t.stringOffsets, len(t.strings)) {
		return bad("strings")
	}
	if len(t.docSteps) != docs || len(t.docPassages) != docs+1 || !rising(t.docPassages, passages) {
		return bad("documents")
	}
	if len(t.passageKind) != passages || len(t.passageLines) != 2*passages || len(t.passageHash) != passages {
		return bad("passages")
	}
	for d := range docs {
		if t.docLang[d] >= langCount {
			return bad("language %d", t.docLang[d])
		}
		for p := t.docPassages[d]; p < t.docPassages[d+1]; p++ {
			if int(t.passageDoc[p]) != d {
				return bad("passage %d belongs to document %d, want %d", p, t.passageDoc[p], d)
			}
		}
	}
	aliases := len(t.aliasOffsets) - 1
	if aliases < 0 || !rising(t.aliasOffsets, len(t.aliasTerms)) || len(t.docAliases) != docs+1 || len(t.passageAliases) != passages+1 {
		return bad("aliases")
	}
	prev := uint32(0)
	for _, a := range t.docAliases {
		if int(a) > aliases || a < prev {
			return bad("alias %d of %d", a, aliases)
		}
		prev = a
	}
	for i, a := range t.passageAliases {
		// Every passage has at least its heading.
		if int(a) > aliases || i > 0 && a <= prev || a < prev {
			return bad("alias %d of %d", a, aliases)
		}
		prev = a
	}
	for _, id := range t.aliasTerms {
		if int(id) >= t.dict.Len() {
			return bad("alias of term %d", id)
		}
	}
	if t.dimensions < 0 || t.dimensions > 1<<16 || t.dimensions*passages != len(t.vectors) {
		return bad("%d numbers in vectors of %d for %d passages", len(t.vectors), t.dimensions, passages)
	}
	return nil
}

// rising reports whether offsets rise from 0 to end.
func rising(off []uint32, end int) bool {
	if len(off) == 0 || off[0] != 0 || int(off[len(off)-1]) != end {
		return false
	}
	for i := 1; i < len(off); i++ {
		if off[i] < off[i-1] {
			return false
		}
	}
	return true
}
