package catalog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"cairn/retrieval"
	"cairn/runbooks/source"
)

// Builtin is the path, and the name, of the library that is part of the
// binary.
const Builtin = "builtin"

// A Library is a folder of documents, or the built-in library.
type Library struct {
	// Name names it in answers and URLs; unique within a catalog.
	Name string
	// Path is an absolute folder, or [Builtin].
	Path string
}

// Options tune a catalog; nil and zero fields mean the defaults.
type Options struct {
	// DataDir is where generations are kept. Empty keeps the index in memory.
	DataDir string
	// Build goes to retrieval for every generation.
	Build *retrieval.Options
	// Source limits what is read from folders.
	Source *source.Options
	// Progress is called from one goroutine while documents are read and
	// indexed; nil is not called.
	Progress func(Progress)
	// KeepMissing keeps serving a library whose folder is missing, unreadable
	// or empty, as a lost mount leaves it, where that would otherwise be an
	// error.
	KeepMissing bool
	// Updated is called by Run after every update, from its goroutine; nil is
	// not called.
	Updated func(Report, error)
	// Rescan is how often Run looks at all files without a hint from the
	// watcher. Defaults to five minutes.
	Rescan time.Duration
	// Settle is how long Run waits after a change for the next one, so that a
	// checkout becomes one generation. Defaults to 300 ms.
	Settle time.Duration
}

func (o *Options) withDefaults() Options {
	var opts Options
	if o != nil {
		opts = *o
	}
	if opts.Rescan == 0 {
		opts.Rescan = 5 * time.Minute
	}
	if opts.Settle == 0 {
		opts.Settle = 300 * time.Millisecond
	}
	if opts.Progress == nil {
		opts.Progress = func(Progress) {}
	}
	if opts.Updated == nil {
		opts.Updated = func(Report, error) {}
	}
	return opts
}

// Progress says how far an update is.
type Progress struct {
	// Phase is "read" or "index".
	Phase string
	// Done and Total count files.
	Done, Total int
}

// A state is one generation: an index with the manifest it was made from.
type state struct {
	index    *retrieval.Index
	manifest *manifest
	// partial reports that the index lacks the vectors it should have.
	partial bool
}

// A Catalog is a set of libraries with their serving index.
type Catalog struct {
	lg   *slog.Logger
	libs []Library
	opts Options
	path string // of the generation file; "" keeps it in memory

	serving atomic.Pointer[state]
	rescan  chan struct{} // one pending request at most

	mu sync.Mutex // held by the one update that runs
	// saved reports that the file at path holds the serving generation.
	saved bool
	// warned remembers that the data directory could not be written, so that
	// the log says so once.
	warned bool
}

// Open returns a catalog that serves the last complete generation of the
// libraries, if there is one. It reads no document: call [Catalog.Update]. A
// corrupt generation, or one made by another version of the analysis, is
// logged and left for Update to replace.
func Open(lg *slog.Logger, libs []Library, o *Options) (*Catalog, error) {
	c := &Catalog{
		lg:     lg.With("component", "catalog"),
		libs:   libs,
		opts:   o.withDefaults(),
		rescan: make(chan struct{}, 1),
	}
	if len(libs) == 0 {
		return nil, errors.New("open catalog: no library is configured")
	}
	seen := map[string]bool{}
	for _, l := range libs {
		if l.Name == "" || l.Path == "" {
			return nil, fmt.Errorf("open catalog: a library needs a name and a path, got %q and %q", l.Name, l.Path)
		}
		if seen[l.Name] {
			return nil, fmt.Errorf("open catalog: two libraries are named %q; give each its own name", l.Name)
		}
		seen[l.Name] = true
	}
	go c.opts.Build.Warm()
	if OnlyBuiltin(c.libs) {
		st, err := loadBuiltin(c.opts.Build)
		if err == nil {
			c.serving.Store(st)
			return c, nil
		}
		if !errors.Is(err, retrieval.ErrFingerprint) {
			return nil, fmt.Errorf("open built-in library: %w", err)
		}
	}
	if c.opts.DataDir != "" {
		c.path = generationPath(c.opts.DataDir, libs)
		c.load()
	}
	return c, nil
}

// OnlyBuiltin reports whether the built-in library is all there is.
func OnlyBuiltin(libs []Library) bool { return len(libs) == 1 && libs[0].Path == Builtin }

// load reads the generation on disk, if it is any good.
func (c *Catalog) load() {
	m, raw, err := readGeneration(c.path)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			c.lg.Warn("index on disk cannot be used, rebuilding it", "err", err)
		}
		return
	}
	ix, err := retrieval.Load(raw, c.opts.Build)
	if err != nil {
		if errors.Is(err, retrieval.ErrFingerprint) {
			c.lg.Info("index on disk was made with another analysis, rebuilding it", "err", err)
		} else {
			c.lg.Warn("index on disk cannot be used, rebuilding it", "path", c.path, "err", err)
		}
		return
	}
	c.saved = true
	c.serving.Store(&state{index: ix, manifest: m})
}

// Index returns the serving generation, or nil before the first Update when
// there was none to load.
func (c *Catalog) Index() *retrieval.Index {
	if st := c.serving.Load(); st != nil {
		return st.index
	}
	return nil
}

// Made returns when the serving generation's files were listed; zero for the
// built-in library alone.
func (c *Catalog) Made() time.Time {
	if st := c.serving.Load(); st != nil {
		return st.manifest.Made
	}
	return time.Time{}
}

// Libraries returns the libraries in the order given to Open.
func (c *Catalog) Libraries() []Library { return c.libs }

// A Staleness says how an indexed document relates to its file.
type Staleness string

// The kinds of staleness.
const (
	Fresh      Staleness = ""
	Changed    Staleness = "changed"    // the file has changed since
	Unreadable Staleness = "unreadable" // the file cannot be read or decoded any more
	Gone       Staleness = "gone"       // the file is not there any more
)

// Staleness looks at the file behind an indexed document. It does at most one
// stat call.
func (c *Catalog) Staleness(library, path string) Staleness {
	st := c.serving.Load()
	if st == nil {
		return Fresh
	}
	for _, l := range c.libs {
		if l.Name != library || l.Path == Builtin {
			continue
		}
		seen, ok := st.manifest.Files[library][path]
		if !ok {
			return Gone
		}
		if seen.Stale != "" {
			return Unreadable
		}
		fi, err := os.Stat(joinPath(l.Path, path))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return Gone
		case err != nil:
			return Unreadable
		case fi.Size() != seen.Size || !fi.ModTime().Equal(seen.ModTime):
			return Changed
		}
	}
	return Fresh
}

// StaleCount returns how many documents serve an older version of their file
// because the file cannot be read.
func (c *Catalog) StaleCount() int {
	st := c.serving.Load()
	if st == nil {
		return 0
	}
	n := 0
	for _, files := range st.manifest.Files {
		for _, f := range files {
			if f.Stale != "" {
				n++
			}
		}
	}
	return n
}

// Update brings the index up to date with the files and reports what it did.
// With nothing changed it does no more than list them. On an error the serving
// generation stays as it was. A library that cannot be listed is an error,
// unless [Options].KeepMissing says otherwise.
func (c *Catalog) Update(ctx context.Context) (Report, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	start := time.Now()
	if OnlyBuiltin(c.libs) && c.serving.Load() != nil {
		return c.report(nil, start), nil
	}
	u := &update{catalog: c, old: c.serving.Load(), next: &manifest{Made: start.UTC(), Files: map[string]map[string]fileState{}}}
	if err := u.scan(ctx); err != nil {
		return Report{}, err
	}
	if err := u.finish(ctx); err != nil {
		return Report{}, err
	}
	return c.report(u, start), nil
}
