package catalog

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A generation's file begins with this, then the manifest's length as a
// big-endian uint32, the manifest as JSON, the SHA-256 of the manifest, and
// the index in retrieval's own format, which carries its own checksum.
const magic = "cairn-generation-1\n"

// maxManifest bounds what a corrupt length can make us allocate.
const maxManifest = 256 << 20

var errCorrupt = errors.New("corrupt index file")

// A manifest says which files a generation was made from.
type manifest struct {
	// Made is when the generation was listed, by this machine's clock.
	Made time.Time `json:"made"`
	// Builtin is the hash of the embedded index that the built-in documents
	// came from; "" where the built-in library is not part of it.
	Builtin string `json:"builtin,omitempty"`
	// Fingerprint is the index's own.
	Fingerprint string `json:"fingerprint"`
	// Files maps library name to path to what was seen.
	Files map[string]map[string]fileState `json:"files"`
}

// A fileState is what was seen of one file.
type fileState struct {
	Size    int64     `json:"size"`
	ModTime time.Time `json:"mod_time"`
	// Hash is the hex SHA-256 of the file's bytes.
	Hash string `json:"hash"`
	// Skipped says why the file is not in the index; "" when it is.
	Skipped string `json:"skipped,omitempty"`
	// Stale says why the indexed text is an older version of the file.
	Stale string `json:"stale,omitempty"`
}

// generationPath returns where the generation of the libraries lies: a folder
// per set of absolute paths.
func generationPath(dataDir string, libs []Library) string {
	var key strings.Builder
	for _, l := range libs {
		fmt.Fprintf(&key, "%s\x00%s\x00", l.Name, l.Path)
	}
	sum := sha256.Sum256([]byte(key.String()))
	return filepath.Join(dataDir, "index", hex.EncodeToString(sum[:12]), "generation")
}

// readGeneration reads a generation file. The index's bytes are a part of the
// returned buffer. A missing file is fs.ErrNotExist; anything malformed is
// errCorrupt.
func readGeneration(path string) (*manifest, []byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, fmt.Errorf("read index: %w", err)
	}
	return parseGeneration(data, path)
}

// parseGeneration takes a generation apart; name is for errors.
func parseGeneration(data []byte, name string) (*manifest, []byte, error) {
	rest, ok := bytes.CutPrefix(data, []byte(magic))
	if !ok || len(rest) < 4 {
		return nil, nil, fmt.Errorf("%w: %s: no header", errCorrupt, name)
	}
	n := int64(binary.BigEndian.Uint32(rest))
	rest = rest[4:]
	if n > maxManifest || int64(len(rest)) < n+sha256.Size {
		return nil, nil, fmt.Errorf("%w: %s: truncated manifest", errCorrupt, name)
	}
	raw, sum, index := rest[:n], rest[n:n+sha256.Size], rest[n+sha256.Size:]
	if want := sha256.Sum256(raw); !bytes.Equal(sum, want[:]) {
		return nil, nil, fmt.Errorf("%w: %s: manifest checksum", errCorrupt, name)
	}
	m := new(manifest)
	if err := json.Unmarshal(raw, m); err != nil {
		return nil, nil, fmt.Errorf("%w: %s: manifest: %v", errCorrupt, name, err)
	}
	return m, index, nil
}

// writeGeneration writes a generation beside the old one and renames it into
// place once it is on disk.
func writeGeneration(path string, m *manifest, index io.WriterTo) (err error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("create index folder: %w", err)
	}
	removeLeftovers(dir)
	f, err := os.CreateTemp(dir, tempPattern)
	if err != nil {
		return fmt.Errorf("write index: %w", err)
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if err := encodeGeneration(f, m, index); err != nil {
		return fmt.Errorf("write index %s: %w", f.Name(), err)
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("flush index %s: %w", f.Name(), err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("close index %s: %w", f.Name(), err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("put index in place: %w", err)
	}
	if d, err := os.Open(dir); err == nil {
		d.Sync() // makes the rename itself durable; not every file system can
		d.Close()
	}
	return nil
}

// encodeGeneration writes the parts of a generation.
func encodeGeneration(w io.Writer, m *manifest, index io.WriterTo) error {
	raw, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encode manifest: %w", err)
	}
	// Spaces after the JSON put the index at a multiple of 8, so that its tables
	// can be used where they lie.
	for (len(magic)+4+len(raw)+sha256.Size)%8 != 0 {
		raw = append(raw, ' ')
	}
	sum := sha256.Sum256(raw)
	head := append([]byte(magic), binary.BigEndian.AppendUint32(nil, uint32(len(raw)))...)
	head = append(append(head, raw...), sum[:]...)
	if _, err := w.Write(head); err != nil {
		return err
	}
	_, err = index.WriteTo(w)
	return err
}

const tempPattern = "generation-*.tmp"

// removeLeftovers deletes temporary files of processes that were killed. A
// file younger than an hour may belong to a running one.
func removeLeftovers(dir string) {
	names, _ := filepath.Glob(filepath.Join(dir, tempPattern))
	for _, name := range names {
		if fi, err := os.Stat(name); err == nil && time.Since(fi.ModTime()) > time.Hour {
			os.Remove(name)
		}
	}
}
