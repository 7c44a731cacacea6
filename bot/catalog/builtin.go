package catalog

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"

	"cairn/retrieval"
)

// builtinGeneration is the built-in library's generation, compressed, made by
// `make generate` from runbooks/library. A test fails when it is stale.
//
//go:embed builtin.generation.zst
var builtinGeneration []byte

// loadBuiltin returns the embedded generation. Its error wraps
// [retrieval.ErrFingerprint] when the options ask for another analysis than it
// was made with, such as a model's embeddings.
func loadBuiltin(o *retrieval.Options) (*state, error) {
	whole, err := unpack(builtinGeneration)
	if err != nil {
		return nil, err
	}
	m, raw, err := parseGeneration(whole, Builtin)
	if err != nil {
		return nil, err
	}
	// A part of the program and trusted as its code is. Most damage shows in the
	// frames' checksums; how their blocks are written stands before them.
	ix, err := retrieval.LoadTrusted(raw, o)
	if err != nil {
		return nil, fmt.Errorf("load embedded index: %w", err)
	}
	return &state{index: ix, manifest: m}, nil
}

// builtinHash identifies the embedded generation.
var builtinHash = sync.OnceValue(func() string { return hash(builtinGeneration) })

// builtin adds the built-in library's documents: those of the old index where
// they came from this very binary, else the embedded ones.
func (u *update) builtin(lib *retrieval.Library) error {
	u.next.Builtin = builtinHash()
	if u.old != nil && u.old.manifest.Builtin == u.next.Builtin {
		for path, f := range u.oldFiles(lib.Name) {
			u.next.Files[lib.Name][path] = f
			lib.Keep = append(lib.Keep, path)
		}
		return nil
	}
	st, err := loadBuiltin(nil)
	if err != nil {
		return fmt.Errorf("open built-in library: %w", err)
	}
	for d := range st.index.Documents() {
		// Copies: the manifest outlives the unpacked index.
		u.next.Files[lib.Name][strings.Clone(d.Path)] = fileState{Hash: strings.Clone(d.Hash)}
		doc, ok := st.index.Document(d.Library, d.Path)
		if !ok {
			return fmt.Errorf("open built-in library: document %s is listed and missing", d.Path)
		}
		lib.Documents = append(lib.Documents, doc)
		u.indexed++
	}
	return nil
}
