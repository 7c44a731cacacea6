package runbooks

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"strings"
)

// Options bound what Parse accepts. The zero value means the defaults.
type Options struct {
	// MaxBytes is the largest file that is read. Defaults to 16 MiB.
	MaxBytes int
	// MaxLine is the longest line, in bytes, whose inner structure is looked
	// for; a longer one stays plain text. Defaults to 64 KiB.
	MaxLine int
	// MaxDepth is the deepest nesting of lists, quotations and elements that is
	// told apart; what lies deeper is plain text. Defaults to 32.
	MaxDepth int
}

// withDefaults returns the options with every zero field filled.
func (o *Options) withDefaults() Options {
	var v Options
	if o != nil {
		v = *o
	}
	if v.MaxBytes == 0 {
		v.MaxBytes = 16 << 20
	}
	if v.MaxLine == 0 {
		v.MaxLine = 64 << 10
	}
	if v.MaxDepth == 0 {
		v.MaxDepth = 32
	}
	return v
}

// Parse turns the bytes of one file into a document. Path is the file's path
// relative to its library; it gives a name to a text without a title and is
// not interpreted otherwise. The error is a [*ParseError]: whatever is text is
// a document, if need be one of plain paragraphs. Parse does not keep raw.
func Parse(path string, raw []byte, opts *Options) (*Document, error) {
	o := opts.withDefaults()
	if len(raw) > o.MaxBytes {
		return nil, &ParseError{Path: path, Err: ErrTooLarge,
			Detail: fmt.Sprintf("%s, the limit is %s; split it or raise the limit", size(len(raw)), size(o.MaxBytes))}
	}
	text, encoding, perr := decode(raw)
	if perr != nil {
		perr.Path = path
		return nil, perr
	}
	sum := sha256.Sum256([]byte(text))
	d := &Document{Path: path, Text: text, Encoding: encoding, Hash: hex.EncodeToString(sum[:])}
	d.indexLines()
	d.Meta = frontMatter(text)
	b := &builder{doc: d, opts: o}
	b.parse(Span{Start: d.Meta.Span.End, End: len(text)})
	b.finish()
	return d, nil
}

func size(n int) string {
	if n < 1<<20 {
		return fmt.Sprintf("%d KiB", (n+1<<10-1)>>10)
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
}

// nameOf makes a title from a path: the file's name without extension, or its
// folder's where the file is an index.
func nameOf(p string) string {
	base := path.Base(p)
	name := strings.TrimSuffix(base, path.Ext(base))
	switch strings.ToLower(name) {
	case "index", "_index", "readme", "":
		if dir := path.Base(path.Dir(p)); dir != "." && dir != "/" {
			name = dir
		}
	}
	name = strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == '_' {
			return ' '
		}
		return r
	}, name))
	if name == "" {
		return p
	}
	return name
}
