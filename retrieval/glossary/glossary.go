package glossary

import (
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unsafe"
)

// A Lang is the language of a form.
type Lang string

// The two languages.
const (
	ZH Lang = "zh"
	EN Lang = "en"
)

// A Form is one way of writing a concept in one language.
type Form struct {
	Text string
	// Context are words or, after @, areas one of which must occur elsewhere in
	// the text for the form to count. Nil means that it always counts.
	Context []string
	// Weight says how well the form stands for its concept, above 0 and at
	// most 1.
	Weight float64
}

// A Concept is one thing of the operations world and its names.
type Concept struct {
	// ID names the concept in its glossary: lower case, words joined by hyphens.
	ID string
	// Area is the name of the data file that brought the concept in.
	Area string
	// ZH and EN are the forms, the most usual first.
	ZH, EN []Form
}

// Forms returns the concept's forms in one language.
func (c *Concept) Forms(l Lang) []Form {
	if l == ZH {
		return c.ZH
	}
	return c.EN
}

// A Glossary is an immutable set of concepts. The zero value is empty and
// usable.
type Glossary struct {
	concepts []Concept
	byID     map[string]int

	once  sync.Once
	index *index

	pinyinOnce sync.Once
	pinyin     map[string][]entry

	hashOnce sync.Once
	hash     string
}

//go:embed data/*.txt
var data embed.FS

var loadDefault = sync.OnceValue(parseDefault)

// builtinConcepts is about how many the embedded data holds: room that is made
// at once.
const builtinConcepts = 2700

func parseDefault() *Glossary {
	files, err := data.ReadDir("data")
	if err != nil {
		panic(fmt.Sprintf("glossary: list the embedded data: %v", err))
	}
	b := newBuilder(builtinConcepts)
	for _, f := range files {
		text, err := data.ReadFile(path.Join("data", f.Name()))
		if err != nil {
			panic(fmt.Sprintf("glossary: read the embedded %s: %v", f.Name(), err))
		}
		// The copy is ours alone: no need for another.
		s := unsafe.String(unsafe.SliceData(text), len(text))
		if err := b.parse(strings.TrimSuffix(f.Name(), ".txt"), s); err != nil {
			panic(fmt.Sprintf("glossary: parse the embedded %s: %v", f.Name(), err))
		}
	}
	return b.glossary()
}

// Default returns the built-in glossary. It is parsed at the first call and
// shared by all.
func Default() *Glossary { return loadDefault() }

// Concepts returns all concepts in a stable order. The caller must not change
// them.
func (g *Glossary) Concepts() []Concept { return g.concepts }

// Lookup returns the concept with the id.
func (g *Glossary) Lookup(id string) (*Concept, bool) {
	i, ok := g.byID[id]
	if !ok {
		return nil, false
	}
	return &g.concepts[i], true
}

// Merge returns a glossary of both: concepts of equal id become one with the
// forms of g first, the others are appended. A form that both know in a
// concept keeps the context and weight that other gives it, so that a user's
// file can loosen or tighten a built-in form. Neither is changed.
func (g *Glossary) Merge(other *Glossary) *Glossary {
	b := newBuilder(len(g.concepts) + len(other.concepts))
	for _, c := range g.concepts {
		b.add(c)
	}
	for _, c := range other.concepts {
		b.add(c)
	}
	return b.glossary()
}

// Hash names the content: two glossaries with the same concepts and forms in
// the same order have the same hash. An index keeps it in its fingerprint.
func (g *Glossary) Hash() string {
	g.hashOnce.Do(func() {
		h := sha256.New()
		var line []byte
		for i := range g.concepts {
			c := &g.concepts[i]
			line = append(line[:0], c.Area...)
			line = append(append(line, 0), c.ID...)
			for _, l := range []Lang{ZH, EN} {
				line = append(append(line, 0), l...)
				for _, f := range c.Forms(l) {
					line = append(append(line, 0), f.Text...)
					line = strconv.AppendFloat(append(line, 0), f.Weight, 'g', -1, 64)
					for _, x := range f.Context {
						line = append(append(line, '|'), x...)
					}
				}
			}
			line = append(line, '\n')
			h.Write(line)
		}
		h.Write([]byte(foldingData()))
		g.hash = hex.EncodeToString(h.Sum(nil)[:16])
	})
	return g.hash
}

// A builder joins concepts by id.
type builder struct {
	concepts []Concept
	byID     map[string]int
}

func newBuilder(concepts int) *builder {
	return &builder{concepts: make([]Concept, 0, concepts), byID: make(map[string]int, concepts)}
}

func (b *builder) add(c Concept) {
	i, ok := b.byID[c.ID]
	if !ok {
		b.byID[c.ID] = len(b.concepts)
		b.concepts = append(b.concepts, c)
		return
	}
	old := &b.concepts[i]
	old.ZH = joinForms(old.ZH, c.ZH)
	old.EN = joinForms(old.EN, c.EN)
}

func joinForms(old, more []Form) []Form {
	out := slices.Clone(old)
	for _, f := range more {
		i := slices.IndexFunc(out, func(o Form) bool { return o.Text == f.Text })
		if i >= 0 {
			out[i] = f
		} else {
			out = append(out, f)
		}
	}
	return out
}

func (b *builder) glossary() *Glossary {
	return &Glossary{concepts: b.concepts, byID: b.byID}
}

// Areas returns the names of the areas, sorted.
func (g *Glossary) Areas() []string {
	seen := make(map[string]bool)
	var out []string
	for i := range g.concepts {
		if a := g.concepts[i].Area; !seen[a] {
			seen[a] = true
			out = append(out, a)
		}
	}
	slices.SortFunc(out, cmp.Compare[string])
	return out
}
