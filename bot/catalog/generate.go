package catalog

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path"

	"cairn/retrieval"
	"cairn/runbooks"
)

// GenerateBuiltin indexes the documents of fsys and writes the generation that
// is embedded in the binary. Equal documents give equal bytes.
func GenerateBuiltin(ctx context.Context, lg *slog.Logger, fsys fs.FS, out string) error {
	lib := retrieval.Library{Name: Builtin}
	m := &manifest{Files: map[string]map[string]fileState{Builtin: {}}}
	err := fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(p) != ".md" {
			return err
		}
		raw, err := fs.ReadFile(fsys, p)
		if err != nil {
			return err
		}
		doc, err := runbooks.Parse(p, raw, nil)
		if err != nil {
			return fmt.Errorf("parse %s: %w", p, err)
		}
		lib.Documents = append(lib.Documents, doc)
		m.Files[Builtin][p] = fileState{Hash: hash(raw)}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read built-in library: %w", err)
	}
	ix, _, err := retrieval.Build(ctx, lg, []retrieval.Library{lib}, nil, nil)
	if err != nil {
		return fmt.Errorf("index built-in library: %w", err)
	}
	m.Fingerprint = ix.Fingerprint()
	var buf bytes.Buffer
	if err := encodeGeneration(&buf, m, ix); err != nil {
		return err
	}
	packed, err := pack(buf.Bytes())
	if err != nil {
		return err
	}
	if err := os.WriteFile(out, packed, 0o644); err != nil {
		return fmt.Errorf("write built-in index: %w", err)
	}
	return nil
}

func hash(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}
