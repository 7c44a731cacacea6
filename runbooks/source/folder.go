package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Options bound what a Folder takes in. The zero value means the defaults.
type Options struct {
	// MaxFileSize is the largest file that is read, in bytes. Defaults to
	// 16 MiB.
	MaxFileSize int64
	// MaxFiles is the largest number of documents of a library; what comes
	// after them in the order of paths is skipped. Defaults to 50,000.
	MaxFiles int
	// MaxDepth is the deepest nesting of folders. Defaults to 64.
	MaxDepth int
	// FollowOutside follows links that lead out of the library. Defaults to
	// false.
	FollowOutside bool
}

func (o *Options) withDefaults() Options {
	var v Options
	if o != nil {
		v = *o
	}
	if v.MaxFileSize <= 0 {
		v.MaxFileSize = 16 << 20
	}
	if v.MaxFiles <= 0 {
		v.MaxFiles = 50_000
	}
	if v.MaxDepth <= 0 {
		v.MaxDepth = 64
	}
	return v
}

var _ Source = (*Folder)(nil)

// A Folder is a library in a directory.
type Folder struct {
	dir  string
	opts Options
}

// NewFolder returns the library in dir. Nothing is read before List, so a
// folder may appear later.
func NewFolder(dir string, opts *Options) *Folder {
	return &Folder{dir: dir, opts: opts.withDefaults()}
}

// root returns the real path of the library.
func (f *Folder) root() (string, error) {
	fail := func(kind error, hint string, cause error) error {
		return &LibraryError{Path: f.dir, Err: kind, Hint: hint, Cause: cause}
	}
	if f.dir == "" {
		return "", fail(ErrMissing, "give the folder that holds the documents", nil)
	}
	abs, err := filepath.Abs(f.dir)
	if err != nil {
		return "", fail(ErrUnreadable, "", err)
	}
	real, err := filepath.EvalSymlinks(abs)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", fail(ErrMissing, "check the path", nil)
	case err != nil:
		return "", fail(ErrUnreadable, "check the permissions of the folder and of those above it", err)
	}
	info, err := os.Stat(real)
	switch {
	case err != nil:
		return "", fail(ErrUnreadable, "check the permissions of the folder and of those above it", err)
	case !info.IsDir():
		return "", fail(ErrNotFolder, "give the folder it stands in", nil)
	}
	return real, nil
}

// List implements [Source].
func (f *Folder) List(ctx context.Context) (Listing, error) {
	root, err := f.root()
	if err != nil {
		return Listing{}, err
	}
	if _, err := os.ReadDir(root); err != nil {
		return Listing{}, &LibraryError{Path: f.dir, Err: ErrUnreadable, Hint: "check the permissions of the folder", Cause: err}
	}
	w := &walk{folder: f, root: root, dirs: map[string]bool{}, files: map[string]bool{}, types: map[string]int{}}
	if err := w.dir(ctx, root, "", 0); err != nil {
		return Listing{}, err
	}
	for len(w.links) > 0 {
		links := w.links
		w.links = nil
		for _, l := range links {
			if err := w.link(ctx, l); err != nil {
				return Listing{}, err
			}
		}
	}
	out := w.finish()
	if len(out.Files) == 0 {
		e := &LibraryError{Path: f.dir, Err: ErrEmpty, Hint: emptyHint(out.Skipped)}
		if len(out.Skipped) > 0 {
			e.First = out.Skipped[0]
		}
		return out, e
	}
	return out, nil
}

func emptyHint(skipped []Skip) string {
	if len(skipped) == 0 {
		return "put Markdown, HTML or text files into it"
	}
	return fmt.Sprintf("everything in it was skipped, such as %s: %s", skipped[0].Path, skipped[0].Reason)
}

// A walk is one listing in the making. Real files and folders come first;
// links wait, so that what they lead to is known to be listed or not.
type walk struct {
	folder *Folder
	root   string
	out    Listing
	links  []linkEntry
	dirs   map[string]bool // real paths of listed folders
	files  map[string]bool // real paths of listed files
	types  map[string]int  // skipped files by extension
}

type linkEntry struct {
	rel, full string
	depth     int
}

func (w *walk) skip(rel, reason string) {
	w.out.Skipped = append(w.out.Skipped, Skip{Path: rel, Reason: reason})
}

// dir lists a real folder.
func (w *walk) dir(ctx context.Context, full, rel string, depth int) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("list %s: %w", w.folder.dir, context.Cause(ctx))
	}
	if depth > w.folder.opts.MaxDepth {
		w.skip(rel, fmt.Sprintf("more than %d folders deep", w.folder.opts.MaxDepth))
		return nil
	}
	w.dirs[full] = true
	entries, err := os.ReadDir(full) // sorted by name
	if err != nil {
		w.skip(rel, "folder cannot be read: "+cause(err))
		if len(entries) == 0 {
			return nil
		}
	}
	for _, e := range entries {
		name := e.Name()
		if strings.HasPrefix(name, ".") {
			continue
		}
		sub := path.Join(rel, name)
		if !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
			w.skip(strings.ToValidUTF8(sub, "\uFFFD"), "file name holds bytes that are no text")
			continue
		}
		p := filepath.Join(full, name)
		switch {
		case e.Type()&fs.ModeSymlink != 0:
			w.links = append(w.links, linkEntry{rel: sub, full: p, depth: depth})
		case e.IsDir():
			if err := w.dir(ctx, p, sub, depth+1); err != nil {
				return err
			}
		default:
			w.file(p, sub)
		}
	}
	return nil
}

// link follows a symbolic link.
func (w *walk) link(ctx context.Context, l linkEntry) error {
	real, err := filepath.EvalSymlinks(l.full)
	if err != nil {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			w.skip(l.rel, "link leads nowhere")
		case errors.Is(err, fs.ErrPermission):
			w.skip(l.rel, "link cannot be followed: permission denied")
		default:
			w.skip(l.rel, "link cannot be followed: it is a loop or too long a chain")
		}
		return nil
	}
	if !w.folder.opts.FollowOutside && !inside(w.root, real) {
		w.skip(l.rel, "link leads outside the library")
		return nil
	}
	info, err := os.Stat(real)
	if err != nil {
		w.skip(l.rel, "link cannot be followed: "+cause(err))
		return nil
	}
	if !info.IsDir() {
		if w.files[real] {
			w.skip(l.rel, "link to a file that is listed already")
			return nil
		}
		w.file(real, l.rel)
		return nil
	}
	if inside(real, l.full) {
		w.skip(l.rel, "link to a folder that it stands in")
		return nil
	}
	if w.dirs[real] {
		w.skip(l.rel, "link to a folder that is listed already")
		return nil
	}
	return w.dir(ctx, real, l.rel, l.depth+1)
}

// file lists a file that is no link.
func (w *walk) file(full, rel string) {
	ext := strings.ToLower(path.Ext(rel))
	if ext != "" && !readable(ext) {
		w.types[ext]++
		return
	}
	info, err := os.Stat(full)
	switch {
	case err != nil:
		w.skip(rel, "file cannot be read: "+cause(err))
		return
	case !info.Mode().IsRegular():
		w.skip(rel, "not a regular file")
		return
	case info.Size() > w.folder.opts.MaxFileSize:
		w.skip(rel, tooLarge(info.Size(), w.folder.opts.MaxFileSize))
		return
	}
	if ext == "" {
		if ok, err := looksLikeText(full); err != nil {
			w.skip(rel, "file cannot be read: "+cause(err))
			return
		} else if !ok {
			w.skip(rel, "no extension and no text")
			return
		}
	}
	w.files[full] = true
	w.out.Files = append(w.out.Files, File{Path: rel, Size: info.Size(), ModTime: info.ModTime()})
}

// finish orders the listing and applies the limit on files.
func (w *walk) finish() Listing {
	slices.SortFunc(w.out.Files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	if limit := w.folder.opts.MaxFiles; len(w.out.Files) > limit {
		w.skip(w.out.Files[limit].Path, fmt.Sprintf("more than %d files: this one and %d after it are left out; raise the limit or name a smaller folder",
			limit, len(w.out.Files)-limit-1))
		w.out.Files = w.out.Files[:limit:limit]
	}
	for ext, n := range w.types {
		w.skip("*"+ext, fmt.Sprintf("%d of a type that is not read", n))
	}
	slices.SortFunc(w.out.Skipped, func(a, b Skip) int { return strings.Compare(a.Path, b.Path) })
	return w.out
}

// readable reports the extensions of files that are documents.
func readable(ext string) bool {
	switch ext {
	case ".md", ".markdown", ".mdown", ".mkd", ".mdx", ".txt", ".text", ".html", ".htm", ".xhtml", ".rst", ".adoc", ".asciidoc", ".org", ".wiki":
		return true
	}
	return false
}

// inside reports whether p is dir or lies in it; both are absolute.
func inside(dir, p string) bool {
	rel, err := filepath.Rel(dir, p)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// looksLikeText looks at the head of a file.
func looksLikeText(full string) (bool, error) {
	f, err := os.Open(full)
	if err != nil {
		return false, err
	}
	defer f.Close()
	head := make([]byte, 1024)
	n, err := io.ReadFull(f, head)
	if err != nil && err != io.EOF && !errors.Is(err, io.ErrUnexpectedEOF) {
		return false, err
	}
	head = head[:n]
	control := 0
	for _, c := range head {
		if c == 0 {
			return false, nil
		}
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != '\f' && c != 0x1b {
			control++
		}
	}
	return n > 0 && control*20 <= n, nil
}

// Read implements [Source]. The path must be one that List would name: a path
// that leaves the library is refused, also where a link was put in its way
// since.
func (f *Folder) Read(ctx context.Context, name string) ([]byte, error) {
	fail := func(reason string, err error) ([]byte, error) {
		return nil, &FileError{Path: name, reason: reason, Err: err}
	}
	if err := ctx.Err(); err != nil {
		return fail("reading was stopped", context.Cause(ctx))
	}
	if name == "" || !fs.ValidPath(name) {
		return fail("not a path inside the library", nil)
	}
	root, err := f.root()
	if err != nil {
		return fail("library cannot be read", err)
	}
	file, err := f.open(root, filepath.FromSlash(name))
	if err != nil {
		var fe *FileError
		if errors.As(err, &fe) {
			return fail(fe.reason, fe.Err)
		}
		return fail("file cannot be read: "+cause(err), err)
	}
	defer file.Close()
	info, err := file.Stat()
	switch {
	case err != nil:
		return fail("file cannot be read: "+cause(err), err)
	case !info.Mode().IsRegular():
		return fail("not a regular file", nil)
	case info.Size() > f.opts.MaxFileSize:
		return fail(tooLarge(info.Size(), f.opts.MaxFileSize), nil)
	}
	// One byte more than allowed tells a file that grows while it is read.
	raw, err := io.ReadAll(io.LimitReader(file, f.opts.MaxFileSize+1))
	switch {
	case err != nil:
		return fail("file cannot be read: "+cause(err), err)
	case int64(len(raw)) > f.opts.MaxFileSize:
		return fail(tooLarge(int64(len(raw)), f.opts.MaxFileSize), nil)
	}
	return raw, nil
}

// open opens a file of the library without leaving it.
func (f *Folder) open(root, name string) (*os.File, error) {
	real, err := filepath.EvalSymlinks(filepath.Join(root, name))
	if err != nil {
		return nil, err
	}
	// A pipe would block in open.
	if info, err := os.Stat(real); err != nil {
		return nil, err
	} else if !info.Mode().IsRegular() {
		return nil, &FileError{reason: "not a regular file"}
	}
	if f.opts.FollowOutside {
		return os.Open(real)
	}
	if !inside(root, real) {
		return nil, &FileError{reason: "link leads outside the library"}
	}
	rel, err := filepath.Rel(root, real)
	if err != nil {
		return nil, err
	}
	return os.OpenInRoot(root, rel)
}

// cause is the system's reason without the path, which may be long and private.
func cause(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}

func tooLarge(size, limit int64) string {
	return fmt.Sprintf("file too large: %.1f MiB, the limit is %.1f MiB", float64(size)/(1<<20), float64(limit)/(1<<20))
}
