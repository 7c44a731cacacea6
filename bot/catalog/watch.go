package catalog

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// pollEvery is how often files are compared where the system gives no
// notifications.
const pollEvery = 5 * time.Second

// Rescan asks Run to compare all files soon, as SIGHUP does. It never blocks.
func (c *Catalog) Rescan() {
	select {
	case c.rescan <- struct{}{}:
	default: // one is already waiting
	}
}

// Run keeps the index current until ctx ends and returns ctx.Err(). Failed
// updates are logged and tried again at the next change or rescan. To be
// called once.
func (c *Catalog) Run(ctx context.Context) error {
	w := c.watch()
	defer w.close()
	every := c.opts.Rescan
	if w.partial {
		every = min(every, pollEvery)
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	settle := time.NewTimer(0)
	if !settle.Stop() {
		<-settle.C
	}
	var waiting bool
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-w.events():
			if !waiting { // a steady stream of changes must not starve the update
				waiting = true
				settle.Reset(c.opts.Settle)
			}
			continue
		case <-settle.C:
			waiting = false
		case <-c.rescan:
		case <-tick.C:
		}
		// Watching before listing: what appears in between is in the listing.
		w.addAll(c.libs)
		if w.partial {
			tick.Reset(min(c.opts.Rescan, pollEvery))
		}
		c.runUpdate(ctx)
	}
}

// runUpdate updates once and logs what happened.
func (c *Catalog) runUpdate(ctx context.Context) {
	r, err := c.Update(ctx)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		c.lg.Error("index was not updated, the previous one keeps serving", "err", err)
	case !r.Unchanged():
		c.lg.Info("index updated", "documents", r.Documents, "passages", r.Passages,
			"indexed", r.Indexed, "removed", r.Removed, "skipped", len(r.Skipped),
			"stale", len(r.Stale), "seconds", r.Took.Seconds())
	}
	c.opts.Updated(r, err)
}

// A watcher tells of changes in all folders of all libraries.
type watcher struct {
	fs  *fsnotify.Watcher // nil where the system gives no notifications
	out chan struct{}
	// partial reports that not every folder is watched.
	partial bool
	watched map[string]bool
	done    chan struct{}
}

// watch starts watching. Without notifications from the system the watcher is
// partial and Run polls.
func (c *Catalog) watch() *watcher {
	w := &watcher{out: make(chan struct{}, 1), watched: map[string]bool{}, done: make(chan struct{})}
	fw, err := fsnotify.NewWatcher()
	if err != nil {
		c.lg.Warn("file changes cannot be watched, comparing files every few seconds", "err", err)
		w.partial = true
		close(w.done)
		return w
	}
	w.fs = fw
	w.addAll(c.libs)
	if w.partial {
		c.lg.Warn("some folders cannot be watched, comparing files every few seconds")
	}
	go func() {
		defer close(w.done)
		for {
			select {
			case _, ok := <-fw.Events:
				if !ok {
					return
				}
			case err, ok := <-fw.Errors:
				if !ok {
					return
				}
				c.lg.Warn("file watcher lost events, comparing all files", "err", err)
			}
			select {
			case w.out <- struct{}{}:
			default:
			}
		}
	}()
	return w
}

func (w *watcher) events() <-chan struct{} { return w.out }

// addAll watches every folder of the libraries that is not yet watched.
func (w *watcher) addAll(libs []Library) {
	if w.fs == nil {
		return
	}
	clear(w.watched)
	for _, name := range w.fs.WatchList() {
		w.watched[name] = true
	}
	for _, l := range libs {
		if l.Path == Builtin {
			continue
		}
		root := l.Path
		if real, err := filepath.EvalSymlinks(root); err == nil {
			root = real
		}
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			switch {
			case errors.Is(err, fs.ErrNotExist):
				return nil
			case err != nil:
				w.partial = true
				return nil
			case d.IsDir() && path != root && hidden(d.Name()):
				return fs.SkipDir
			case d.Type()&fs.ModeSymlink != 0:
				w.addLinked(path)
			case d.IsDir():
				w.add(path)
			}
			return nil
		})
		if err != nil {
			w.partial = true
		}
	}
}

// addLinked watches the folder a link points to; what lies deeper is found by
// the rescan.
func (w *watcher) addLinked(path string) {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return
	}
	if fi, err := os.Stat(real); err == nil && fi.IsDir() {
		w.add(real)
	}
}

func (w *watcher) add(dir string) {
	if w.watched[dir] {
		return
	}
	w.watched[dir] = true
	if err := w.fs.Add(dir); err != nil {
		w.partial = true
	}
}

// hidden reports a folder that no document is read from. The double dot is
// Kubernetes' own link in mounted ConfigMaps.
func hidden(name string) bool {
	return strings.HasPrefix(name, ".") && !strings.HasPrefix(name, "..")
}

func (w *watcher) close() {
	if w.fs != nil {
		w.fs.Close()
	}
	<-w.done
}
