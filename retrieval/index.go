package retrieval

import (
	"encoding/json"
	"fmt"
	"iter"
	"math"
	"slices"
	"sort"
	"sync"
	"sync/atomic"

	"cairn/retrieval/lexical"
	"cairn/retrieval/vector"
	"cairn/runbooks"
)

// An Index is one generation of a searchable set of libraries. It is immutable
// and safe for concurrent use.
type Index struct {
	opts        Options
	analyzer    *lexical.Analyzer
	fingerprint string
	tables
	twins []int32 // by document, -1 for none
	// systems numbers the products and services that terms name.
	systems map[uint32]int
	store   *vector.Store // nil without vectors

	paths  sync.Once // guards byPath
	byPath map[string]int

	docs    cache
	scratch sync.Pool // of *search
	speller sync.Once // guards spell
	spell   *speller
}

// tables are the flat tables of an index, as they lie in a file. Documents are
// sorted by library, language and path, passages by document: every library
// and every language of one is a range.
type tables struct {
	libraries []library

	dict     *lexical.Dict
	passages *lexical.Postings
	texts    *lexical.Postings // by document

	// Documents. Strings holds path, title, hash, front matter and text of each
	// in turn, strings begin at StringOffsets.
	strings       string
	stringOffsets []uint32
	docLang       []uint8
	docSteps      []uint32
	docPassages   []uint32 // where each document's passages begin, and the end

	// Passages.
	passageDoc   []uint32
	passageKind  []uint8
	passageLines []uint32 // first and last in turn
	passageHash  []uint64 // similar texts have similar ones

	// Aliases are short texts as sorted term numbers: a document's title,
	// questions and alerts; a passage's heading and then its sentences.
	aliasTerms     []uint32
	aliasOffsets   []uint32 // by alias
	docAliases     []uint32 // where each document's aliases begin, and the end
	passageAliases []uint32 // where each passage's begin, and the end

	vectors    []float32
	dimensions int
}

// A library is a range of documents: English ones, Chinese ones, others.
type library struct {
	name string
	// docs are the borders: [0] to [1] English, to [2] Chinese, to [3] neither.
	docs [4]uint32
}

const stringsPerDoc = 5

func (t *tables) docString(doc, n int) string {
	i := doc*stringsPerDoc + n
	return t.strings[t.stringOffsets[i]:t.stringOffsets[i+1]]
}

func (t *tables) docPath(doc int) string  { return t.docString(doc, 0) }
func (t *tables) docTitle(doc int) string { return t.docString(doc, 1) }
func (t *tables) docHash(doc int) string  { return t.docString(doc, 2) }
func (t *tables) docMeta(doc int) string  { return t.docString(doc, 3) }
func (t *tables) docText(doc int) string  { return t.docString(doc, 4) }

func (t *tables) docCount() int     { return len(t.docLang) }
func (t *tables) passageCount() int { return len(t.passageDoc) }

func (t *tables) libraryOf(doc int) int {
	return sort.Search(len(t.libraries), func(i int) bool { return int(t.libraries[i].docs[3]) > doc })
}

// Languages as the tables write them.
const (
	langEN = iota
	langZH
	langNone
	langCount
)

func langCode(l runbooks.Lang) uint8 {
	switch l {
	case runbooks.English:
		return langEN
	case runbooks.Chinese:
		return langZH
	}
	return langNone
}

func langOf(code uint8) runbooks.Lang {
	switch code {
	case langEN:
		return runbooks.English
	case langZH:
		return runbooks.Chinese
	}
	return ""
}

// Fingerprint names the analysis that the index was made with.
func (ix *Index) Fingerprint() string { return ix.fingerprint }

// Libraries returns the names of the libraries, in the order they were given.
func (ix *Index) Libraries() []string {
	out := make([]string, len(ix.libraries))
	for i, l := range ix.libraries {
		out[i] = l.name
	}
	return out
}

// Stats counts what an index holds.
type Stats struct {
	Documents, Passages, Terms, Postings int
	// Dimensions is the length of the vectors, 0 without any.
	Dimensions int
}

// Stats counts what the index holds.
func (ix *Index) Stats() Stats {
	return Stats{
		Documents: ix.docCount(), Passages: ix.passageCount(), Terms: ix.dict.Len(),
		Postings: len(ix.passages.Units) + len(ix.texts.Units), Dimensions: ix.dimensions,
	}
}

// Documents yields what is known of every document, by library and path,
// without parsing any.
func (ix *Index) Documents() iter.Seq[DocInfo] {
	return func(yield func(DocInfo) bool) {
		for i := range ix.libraries {
			l := &ix.libraries[i]
			order := make([]int, 0, l.docs[3]-l.docs[0])
			for d := l.docs[0]; d < l.docs[3]; d++ {
				order = append(order, int(d))
			}
			slices.SortFunc(order, func(a, b int) int {
				switch pa, pb := ix.docPath(a), ix.docPath(b); {
				case pa < pb:
					return -1
				case pa > pb:
					return 1
				}
				return 0
			})
			for _, d := range order {
				if !yield(ix.info(i, d)) {
					return
				}
			}
		}
	}
}

func (ix *Index) info(lib, d int) DocInfo {
	info := DocInfo{
		Library: ix.libraries[lib].name, Path: ix.docPath(d), Title: ix.docTitle(d), Hash: ix.docHash(d),
		Lang:     langOf(ix.docLang[d]),
		Passages: int(ix.docPassages[d+1] - ix.docPassages[d]), Steps: int(ix.docSteps[d]),
	}
	if twin := int(ix.twins[d]); twin >= 0 && int(ix.twins[twin]) == d {
		info.Twin = ix.docPath(twin)
	}
	if m := ix.docMeta(d); m != "" {
		// Written by Build; a damaged one is caught by the checksum.
		_ = json.Unmarshal([]byte(m), &info.Meta)
	}
	return info
}

// Document returns a document by library and path, parsed at the first call.
func (ix *Index) Document(library, path string) (*runbooks.Document, bool) {
	ix.paths.Do(func() {
		ix.byPath = make(map[string]int, ix.docCount())
		for i := range ix.libraries {
			l := &ix.libraries[i]
			for d := l.docs[0]; d < l.docs[3]; d++ {
				ix.byPath[l.name+"\x00"+ix.docPath(int(d))] = int(d)
			}
		}
	})
	d, ok := ix.byPath[library+"\x00"+path]
	if !ok {
		return nil, false
	}
	p, err := ix.parsed(d)
	if err != nil {
		return nil, false
	}
	return p.doc, true
}

// A parsed document with its passages.
type parsed struct {
	doc      *runbooks.Document
	passages []runbooks.Passage
	used     atomic.Uint64
}

// maxCached bounds the text of the parsed documents that are kept, in bytes.
const maxCached = 48 << 20

// A cache keeps parsed documents, the least recently used half goes when it is
// full.
type cache struct {
	mu    sync.Mutex
	docs  map[int]*parsed
	bytes int
	clock atomic.Uint64
}

// again parses a text that was taken in before, however long it is.
var again = &runbooks.Options{MaxBytes: math.MaxInt}

func (ix *Index) parsed(d int) (*parsed, error) {
	c := &ix.docs
	c.mu.Lock()
	p := c.docs[d]
	c.mu.Unlock()
	if p != nil {
		p.used.Store(c.clock.Add(1))
		return p, nil
	}
	doc, err := runbooks.Parse(ix.docPath(d), []byte(ix.docText(d)), again)
	if err != nil {
		return nil, fmt.Errorf("parse %s again: %w", ix.docPath(d), err)
	}
	p = &parsed{doc: doc, passages: runbooks.Passages(doc)}
	if want := int(ix.docPassages[d+1] - ix.docPassages[d]); len(p.passages) != want {
		return nil, fmt.Errorf("parse %s again: %d passages, the index holds %d: %w", ix.docPath(d), len(p.passages), want, ErrCorrupt)
	}
	p.used.Store(c.clock.Add(1))
	c.mu.Lock()
	defer c.mu.Unlock()
	if old := c.docs[d]; old != nil {
		return old, nil
	}
	if c.docs == nil {
		c.docs = make(map[int]*parsed)
	}
	c.docs[d] = p
	if c.bytes += len(doc.Text); c.bytes > maxCached {
		c.shrinkLocked()
	}
	return p, nil
}

// has reports whether the document lies there parsed.
func (c *cache) has(d int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.docs[d] != nil
}

func (c *cache) shrinkLocked() {
	ids := make([]int, 0, len(c.docs))
	for d := range c.docs {
		ids = append(ids, d)
	}
	used := func(d int) uint64 { return c.docs[d].used.Load() }
	slices.SortFunc(ids, func(a, b int) int {
		if used(a) < used(b) {
			return -1
		}
		return 1
	})
	for _, d := range ids[:(len(ids)+1)/2] {
		c.bytes -= len(c.docs[d].doc.Text)
		delete(c.docs, d)
	}
}
