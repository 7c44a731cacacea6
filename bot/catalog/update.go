package catalog

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"runtime"
	"slices"
	"sort"
	"sync"
	"time"

	"cairn/retrieval"
	"cairn/runbooks"
	"cairn/runbooks/source"
)

// racy is how close to the listing a file's time may lie for its size and time
// to prove nothing: file systems keep times at up to two seconds' grain.
const racy = 2 * time.Second

// A Report says what an update found and did.
type Report struct {
	// Documents and Passages are what the index now holds.
	Documents, Passages int
	// Indexed counts the documents that were read and analysed again, Removed
	// those that are gone.
	Indexed, Removed int
	// Skipped are the files that are not in the index.
	Skipped []Skipped
	// Stale are the files whose last good version is kept.
	Stale []Skipped
	// Saved reports that the index lies on disk.
	Saved bool
	Took  time.Duration
}

// Unchanged reports that there was nothing to do.
func (r Report) Unchanged() bool { return r.Indexed == 0 && r.Removed == 0 }

// A Skipped is a file and why it is not indexed as it stands.
type Skipped struct {
	Library, Path, Reason string
}

// An update is one comparison of the files with the serving generation.
type update struct {
	catalog *Catalog
	old     *state // nil when nothing is served
	next    *manifest
	libs    []retrieval.Library
	indexed int
	removed int
	// touched reports that the manifest differs from the old one although no
	// document does.
	touched bool
}

// A change is a file that must be read.
type change struct {
	lib  *retrieval.Library
	file source.File
	old  fileState
	// known reports that the old index holds a version of it.
	known bool
}

// scan lists all libraries, reads what changed, and fills libs and next.
func (u *update) scan(ctx context.Context) error {
	u.libs = make([]retrieval.Library, len(u.catalog.libs))
	var changes []change
	folders := map[string]*source.Folder{}
	for i, l := range u.catalog.libs {
		lib := &u.libs[i]
		lib.Name = l.Name
		u.next.Files[l.Name] = map[string]fileState{}
		if l.Path == Builtin {
			if err := u.builtin(lib); err != nil {
				return err
			}
			continue
		}
		folder := source.NewFolder(l.Path, u.catalog.opts.Source)
		folders[l.Name] = folder
		listing, err := folder.List(ctx)
		if err != nil {
			if ctx.Err() != nil || !u.catalog.opts.KeepMissing || len(u.oldFiles(l.Name)) == 0 {
				return fmt.Errorf("list library %s: %w", l.Name, err)
			}
			u.keepAll(lib, err)
			continue
		}
		for _, s := range listing.Skipped {
			u.next.Files[l.Name][s.Path] = fileState{Skipped: s.Reason}
		}
		for _, f := range listing.Files {
			if ch, ok := u.compare(lib, f); ok {
				changes = append(changes, ch)
			}
		}
	}
	if err := u.read(ctx, folders, changes); err != nil {
		return err
	}
	u.countRemoved()
	return nil
}

func (u *update) oldFiles(library string) map[string]fileState {
	if u.old == nil {
		return nil
	}
	return u.old.manifest.Files[library]
}

// holds reports whether the old index has the document: index and manifest of
// a generation say the same.
func (u *update) holds(library, path string) bool {
	f, ok := u.oldFiles(library)[path]
	return ok && f.Skipped == ""
}

// keepAll keeps a library that cannot be listed.
func (u *update) keepAll(lib *retrieval.Library, reason error) {
	u.catalog.lg.Warn("library cannot be listed, keeping what is served", "library", lib.Name, "err", reason)
	for path, f := range u.oldFiles(lib.Name) {
		if u.holds(lib.Name, path) {
			lib.Keep = append(lib.Keep, path)
			u.touched = u.touched || f.Stale == ""
			f.Stale = "its library cannot be listed"
		}
		u.next.Files[lib.Name][path] = f
	}
	slices.Sort(lib.Keep)
}

// compare decides whether a listed file must be read.
func (u *update) compare(lib *retrieval.Library, f source.File) (change, bool) {
	old, seen := u.oldFiles(lib.Name)[f.Path]
	known := u.holds(lib.Name, f.Path)
	same := seen && old.Stale == "" && old.Size == f.Size && old.ModTime.Equal(f.ModTime) &&
		u.old.manifest.Made.Sub(f.ModTime) > racy && (known || old.Skipped != "")
	if !same {
		return change{lib: lib, file: f, old: old, known: known}, true
	}
	u.next.Files[lib.Name][f.Path] = old
	if known {
		lib.Keep = append(lib.Keep, f.Path)
	}
	return change{}, false
}

// read reads and parses the changed files on all processors.
func (u *update) read(ctx context.Context, folders map[string]*source.Folder, changes []change) error {
	var (
		mu   sync.Mutex
		done int
		wg   sync.WaitGroup
		next = make(chan change)
	)
	for range min(runtime.GOMAXPROCS(0), max(len(changes), 1)) {
		wg.Go(func() {
			for ch := range next {
				doc, st := u.readOne(ctx, folders[ch.lib.Name], ch)
				mu.Lock()
				u.take(ch, doc, st)
				done++
				u.catalog.opts.Progress(Progress{Phase: "read", Done: done, Total: len(changes)})
				mu.Unlock()
			}
		})
	}
	for _, ch := range changes {
		if ctx.Err() != nil {
			break
		}
		next <- ch
	}
	close(next)
	wg.Wait()
	if ctx.Err() != nil {
		return fmt.Errorf("read documents: %w", context.Cause(ctx))
	}
	for i := range u.libs {
		slices.Sort(u.libs[i].Keep)
		sort.Slice(u.libs[i].Documents, func(a, b int) bool {
			return u.libs[i].Documents[a].Path < u.libs[i].Documents[b].Path
		})
	}
	return nil
}

// wholeFile lets the source alone say which file is too large.
var wholeFile = &runbooks.Options{MaxBytes: math.MaxInt}

// readOne reads one file. A nil document with an empty Skipped means that the
// old version is to be kept.
func (u *update) readOne(ctx context.Context, folder *source.Folder, ch change) (*runbooks.Document, fileState) {
	st := fileState{Size: ch.file.Size, ModTime: ch.file.ModTime}
	raw, err := folder.Read(ctx, ch.file.Path)
	if err == nil {
		st.Hash = hash(raw)
		if st.Hash == ch.old.Hash && (ch.known || ch.old.Skipped != "") {
			st.Skipped = ch.old.Skipped
			return nil, st
		}
		var doc *runbooks.Document
		if doc, err = runbooks.Parse(ch.file.Path, raw, wholeFile); err == nil {
			if doc.Meta.Draft {
				st.Skipped = "marked as a draft"
				return nil, st
			}
			return doc, st
		}
	}
	if ch.known {
		st.Hash, st.Stale = ch.old.Hash, reason(err)
	} else {
		st.Skipped = reason(err)
	}
	return nil, st
}

// reason is what a list of skipped files says of an error.
func reason(err error) string {
	var r interface{ Reason() string }
	if errors.As(err, &r) {
		return r.Reason()
	}
	return err.Error()
}

// take records what became of a changed file. Callers hold read's lock.
func (u *update) take(ch change, doc *runbooks.Document, st fileState) {
	u.next.Files[ch.lib.Name][ch.file.Path] = st
	u.touched = true
	switch {
	case doc != nil:
		ch.lib.Documents = append(ch.lib.Documents, doc)
		u.indexed++
	case st.Skipped == "":
		ch.lib.Keep = append(ch.lib.Keep, ch.file.Path)
	}
}

// countRemoved counts the documents of the old index that are in no list.
func (u *update) countRemoved() {
	if u.old == nil {
		return
	}
	stays := map[[2]string]bool{}
	for _, lib := range u.libs {
		for _, p := range lib.Keep {
			stays[[2]string{lib.Name, p}] = true
		}
		for _, d := range lib.Documents {
			stays[[2]string{lib.Name, d.Path}] = true
		}
	}
	for lib, files := range u.old.manifest.Files {
		for path, f := range files {
			if f.Skipped == "" && !stays[[2]string{lib, path}] {
				u.removed++
			}
		}
	}
}

// finish builds, saves and swaps the new generation where there is something
// new.
func (u *update) finish(ctx context.Context) error {
	c := u.catalog
	st := u.old
	switch {
	case u.old == nil || u.indexed > 0 || u.removed > 0 || u.old.partial:
		c.opts.Progress(Progress{Phase: "index", Total: u.indexed})
		ix, partial, err := u.build(ctx)
		if err != nil {
			return fmt.Errorf("build index: %w", err)
		}
		c.opts.Progress(Progress{Phase: "index", Done: u.indexed, Total: u.indexed})
		st = &state{index: ix, manifest: u.next, partial: partial}
		c.saved = false
	case u.touched || len(u.next.Files) != len(u.old.manifest.Files):
		st = &state{index: u.old.index, manifest: u.next, partial: u.old.partial}
		c.saved = false
	}
	if st != u.old {
		st.manifest.Fingerprint = st.index.Fingerprint()
	}
	if c.path != "" && !c.saved && !st.partial {
		if err := writeGeneration(c.path, st.manifest, st.index); err != nil {
			if u.old == nil && !c.warned || u.indexed > 0 {
				c.lg.Warn("index cannot be kept on disk, serving it from memory", "path", filepath.Dir(c.path), "err", err)
			}
			c.warned = true
		} else {
			c.saved = true
		}
	}
	c.serving.Store(st)
	return nil
}

// build makes the new index. Where the model that makes its vectors fails, the
// index is made without and marked partial, so that the next update tries
// again.
func (u *update) build(ctx context.Context) (ix *retrieval.Index, partial bool, err error) {
	c := u.catalog
	var prev *retrieval.Index
	if u.old != nil {
		prev = u.old.index
	}
	ix, _, err = retrieval.Build(ctx, c.lg, u.libs, prev, c.opts.Build)
	if err == nil || ctx.Err() != nil || c.opts.Build == nil || c.opts.Build.Embedder == nil {
		return ix, false, err
	}
	c.lg.Warn("index made without the model's vectors, trying again later", "err", err)
	without := *c.opts.Build
	without.Embedder, without.VectorCache = nil, nil
	ix, _, err = retrieval.Build(ctx, c.lg, u.libs, prev, &without)
	return ix, true, err
}

// report describes the serving generation after u, which is nil when nothing
// was compared.
func (c *Catalog) report(u *update, start time.Time) Report {
	st := c.serving.Load()
	stats := st.index.Stats()
	r := Report{Documents: stats.Documents, Passages: stats.Passages, Saved: c.saved || OnlyBuiltin(c.libs), Took: time.Since(start)}
	if u != nil {
		r.Indexed, r.Removed = u.indexed, u.removed
	}
	for lib, files := range st.manifest.Files {
		for path, f := range files {
			if f.Skipped != "" {
				r.Skipped = append(r.Skipped, Skipped{lib, path, f.Skipped})
			}
			if f.Stale != "" {
				r.Stale = append(r.Stale, Skipped{lib, path, f.Stale})
			}
		}
	}
	for _, list := range [][]Skipped{r.Skipped, r.Stale} {
		sort.Slice(list, func(a, b int) bool {
			return list[a].Library+"\x00"+list[a].Path < list[b].Library+"\x00"+list[b].Path
		})
	}
	return r
}

// joinPath joins a library's folder and a document's slash path.
func joinPath(root, path string) string { return filepath.Join(root, filepath.FromSlash(path)) }
