package source

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A Source is where a library's documents come from.
type Source interface {
	// List names the files of the library in a fixed order. An error means
	// that the library as a whole cannot be used and is one of this package's
	// sentinels or ctx's; the listing says what was skipped even then.
	List(ctx context.Context) (Listing, error)
	// Read returns the bytes of a listed file. The error is a [*FileError].
	Read(ctx context.Context, path string) ([]byte, error)
}

// A Listing is what a library consists of.
type Listing struct {
	// Files are to be read, ordered by path.
	Files []File
	// Skipped are the files that are left out, ordered by path.
	Skipped []Skip
}

// A File is a document of a library before it is read.
type File struct {
	// Path is relative to the library, with forward slashes.
	Path    string
	Size    int64
	ModTime time.Time
}

// A Skip is a file, or all files of one type ("*.png"), that are left out.
type Skip struct {
	Path   string
	Reason string
}

// The errors of a library that cannot be used.
var (
	// ErrMissing: there is nothing at the library's path.
	ErrMissing = errors.New("library does not exist")
	// ErrNotFolder: the library's path is a file.
	ErrNotFolder = errors.New("library is a file, not a folder")
	// ErrUnreadable: the folder may not be read.
	ErrUnreadable = errors.New("library cannot be read")
	// ErrEmpty: the folder holds no document that could be read.
	ErrEmpty = errors.New("library holds no documents")
)

// A LibraryError says which library cannot be used, why, and what to do.
type LibraryError struct {
	Path string
	// Err is one of the sentinels above.
	Err error
	// Hint says what to do.
	Hint string
	// Cause is the system's error; may be nil.
	Cause error
	// First is the first file left out, where all were.
	First Skip
}

// Error returns reason, path, hint and cause.
func (e *LibraryError) Error() string {
	s := fmt.Sprintf("%v: %s", e.Err, e.Path)
	if e.Hint != "" {
		s += "; " + e.Hint
	}
	if e.Cause != nil {
		s += fmt.Sprintf(" (%v)", e.Cause)
	}
	return s
}

// Unwrap returns the sentinel and the cause.
func (e *LibraryError) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Err}
	}
	return []error{e.Err, e.Cause}
}

// A FileError says why a file could not be read.
type FileError struct {
	Path   string
	reason string
	Err    error // may be nil
}

// Error returns path and reason.
func (e *FileError) Error() string { return e.Path + ": " + e.reason }

// Unwrap returns the system's error.
func (e *FileError) Unwrap() error { return e.Err }

// Reason returns why, without the path, for a list of skipped files.
func (e *FileError) Reason() string { return e.reason }
