package retrieval

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"cairn/retrieval/lexical"
	"cairn/runbooks"
)

// BuildStats says what a build did.
type BuildStats struct {
	Documents, Passages int
	// Analyzed and Kept count the documents that were analysed and those taken
	// over.
	Analyzed, Kept int
	// Embedded counts the passages that the embedder was asked for.
	Embedded int
	Took     time.Duration
}

// Build makes an index of the libraries. Documents named in Keep are taken over
// from prev; where prev was made with another analysis, they are analysed
// again from the text it holds. Equal input gives equal bytes. The error wraps
// ctx.Err() when ctx ends.
func Build(ctx context.Context, lg *slog.Logger, libs []Library, prev *Index, opts *Options) (*Index, BuildStats, error) {
	start := time.Now()
	lg = lg.With("component", "retrieval")
	o, err := opts.withDefaults()
	if err != nil {
		return nil, BuildStats{}, err
	}
	b := &build{ctx: ctx, lg: lg, opts: o, prev: prev, analyzer: lexical.NewAnalyzer(o.Glossary)}
	if err := b.collect(libs); err != nil {
		return nil, BuildStats{}, err
	}
	if err := b.analyze(); err != nil {
		return nil, BuildStats{}, fmt.Errorf("analyse documents: %w", err)
	}
	b.keep()
	if o.Embedder != nil {
		if err := b.embed(); err != nil {
			return nil, BuildStats{}, err
		}
	}
	ix := newIndex(o, b.analyzer)
	if err := b.assemble(&ix.tables, libs); err != nil {
		return nil, BuildStats{}, err
	}
	ix.prepare()
	b.stats.Documents, b.stats.Passages, b.stats.Took = ix.docCount(), ix.passageCount(), time.Since(start)
	lg.Info("index built", "documents", b.stats.Documents, "passages", b.stats.Passages,
		"analyzed", b.stats.Analyzed, "kept", b.stats.Kept, "took", b.stats.Took)
	return ix, b.stats, nil
}

func newIndex(o Options, a *lexical.Analyzer) *Index {
	return &Index{opts: o, analyzer: a, fingerprint: o.fingerprint()}
}

// A build is the work of one Build.
type build struct {
	ctx      context.Context
	lg       *slog.Logger
	opts     Options
	prev     *Index
	analyzer *lexical.Analyzer
	stats    BuildStats

	fresh   []source // to analyse
	kept    []source // to take over from prev
	done    []analyzed
	vocabs  []*lexical.Vocab
	numbers [][]uint32 // per vocabulary: dictionary number by its own
}

// A source is a document on its way into the index.
type source struct {
	library string
	doc     *runbooks.Document // nil: taken from prev
	prev    int
}

// collect sorts out what is new and what is kept.
func (b *build) collect(libs []Library) error {
	names := make(map[string]bool, len(libs))
	reuse := b.prev != nil && b.prev.fingerprint == b.opts.fingerprint()
	for i := range libs {
		l := &libs[i]
		if l.Name == "" || names[l.Name] {
			return fmt.Errorf("build index: library name %q: want one that is not empty and not used twice", l.Name)
		}
		names[l.Name] = true
		seen := make(map[string]bool, len(l.Documents)+len(l.Keep))
		for _, d := range l.Documents {
			if seen[d.Path] {
				return fmt.Errorf("build index: library %s: document %s is given twice", l.Name, d.Path)
			}
			seen[d.Path] = true
			b.fresh = append(b.fresh, source{library: l.Name, doc: d})
		}
		if len(l.Keep) == 0 {
			continue
		}
		if b.prev == nil {
			return fmt.Errorf("build index: library %s: %d documents to keep without a previous index", l.Name, len(l.Keep))
		}
		old := b.prev.docsOf(l.Name)
		for _, p := range l.Keep {
			d, ok := old[p]
			if !ok || seen[p] {
				return fmt.Errorf("build index: library %s: document %s to keep is not in the previous index or given twice", l.Name, p)
			}
			seen[p] = true
			if reuse {
				b.kept = append(b.kept, source{library: l.Name, prev: d})
				continue
			}
			doc, err := runbooks.Parse(p, []byte(b.prev.docText(d)), again)
			if err != nil {
				return fmt.Errorf("build index: parse kept document %s again: %w", p, err)
			}
			b.fresh = append(b.fresh, source{library: l.Name, doc: doc})
		}
	}
	return nil
}

func (ix *Index) docsOf(lib string) map[string]int {
	out := make(map[string]int)
	for i := range ix.libraries {
		if l := &ix.libraries[i]; l.name == lib {
			for d := l.docs[0]; d < l.docs[3]; d++ {
				out[ix.docPath(int(d))] = int(d)
			}
		}
	}
	return out
}

func (b *build) analyze() error {
	n := max(1, min(runtime.GOMAXPROCS(0), len(b.fresh)/8+1))
	b.done = make([]analyzed, len(b.fresh), len(b.fresh)+len(b.kept))
	b.vocabs = make([]*lexical.Vocab, n)
	var next atomic.Int64
	g, ctx := errgroup.WithContext(b.ctx)
	for i := range n {
		w := newWorker(b.analyzer, b.opts.Embedder != nil)
		b.vocabs[i] = w.vocab
		g.Go(func() error {
			for {
				k := int(next.Add(1)) - 1
				if k >= len(b.fresh) {
					return nil
				}
				if err := ctx.Err(); err != nil {
					return err
				}
				a, err := w.analyze(b.fresh[k].library, b.fresh[k].doc)
				if err != nil {
					return err
				}
				a.worker = i
				b.done[k] = a
			}
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	b.stats.Analyzed, b.stats.Kept = len(b.fresh), len(b.kept)
	return nil
}

// keep takes documents over from the previous index. Their terms are numbered
// by its dictionary, which becomes one more vocabulary.
func (b *build) keep() {
	if len(b.kept) == 0 {
		return
	}
	p := b.prev
	docs, passages := make([]bool, p.docCount()), make([]bool, p.passageCount())
	for _, s := range b.kept {
		docs[s.prev] = true
		for i := p.docPassages[s.prev]; i < p.docPassages[s.prev+1]; i++ {
			passages[i] = true
		}
	}
	texts, lists := p.texts.Revert(docs), p.passages.Revert(passages)
	for _, s := range b.kept {
		d := s.prev
		a := analyzed{
			library: s.library, path: p.docPath(d), title: p.docTitle(d), hash: p.docHash(d), meta: p.docMeta(d), text: p.docText(d),
			lang: langOf(p.docLang[d]), steps: p.docSteps[d], postings: texts[d], worker: len(b.vocabs),
		}
		for i := p.docAliases[d]; i < p.docAliases[d+1]; i++ {
			a.aliases = append(a.aliases, p.alias(i))
		}
		for i := p.docPassages[d]; i < p.docPassages[d+1]; i++ {
			ap := analyzedPassage{
				postings: lists[i], heading: p.alias(p.passageAliases[i]), kind: runbooks.PassageKind(p.passageKind[i]),
				start: p.passageLines[2*i], end: p.passageLines[2*i+1], hash: p.passageHash[i],
			}
			for j := p.passageAliases[i] + 1; j < p.passageAliases[i+1]; j++ {
				ap.sentences = append(ap.sentences, p.alias(j))
			}
			if p.dimensions > 0 {
				ap.vector = p.vector(int(i))
			}
			a.passages = append(a.passages, ap)
		}
		b.done = append(b.done, a)
	}
}

func (t *tables) alias(i uint32) []uint32 {
	return t.aliasTerms[t.aliasOffsets[i]:t.aliasOffsets[i+1]]
}

func (t *tables) vector(passage int) []float32 {
	return t.vectors[passage*t.dimensions : (passage+1)*t.dimensions]
}

// number makes the dictionary of all terms in use and the tables from each
// vocabulary's numbers to the dictionary's.
func (b *build) number() *lexical.Dict {
	sources := make([][]string, len(b.vocabs))
	for i, v := range b.vocabs {
		sources[i] = v.Terms()
	}
	if len(b.kept) > 0 {
		sources = append(sources, b.keptTerms())
	}
	var d *lexical.Dict
	d, b.numbers = lexical.Merge(sources)
	return d
}

// keptTerms lists the previous dictionary's terms, "" for those that no kept
// document uses.
func (b *build) keptTerms() []string {
	out := make([]string, b.prev.dict.Len())
	mark := func(id uint32) {
		if out[id] == "" {
			out[id] = strings.Clone(b.prev.dict.Term(id))
		}
	}
	for i := range b.done {
		a := &b.done[i]
		if a.worker != len(b.vocabs) {
			continue
		}
		for _, p := range a.postings {
			mark(p.ID)
		}
		for _, al := range a.aliases {
			for _, id := range al {
				mark(id)
			}
		}
		for j := range a.passages {
			for _, p := range a.passages[j].postings {
				mark(p.ID)
			}
			for _, id := range a.passages[j].heading {
				mark(id)
			}
			for _, s := range a.passages[j].sentences {
				for _, id := range s {
					mark(id)
				}
			}
		}
	}
	return out
}
