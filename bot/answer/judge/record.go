package judge

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// recordDir holds the exams in the data directory, one file for each model and
// server.
const recordDir = "judge"

// maxRecord bounds what is read of a file, in bytes.
const maxRecord = 64 << 10

// recordName is the file of a model and server.
func recordName(dir, model, server string) string {
	h := sha256.Sum256([]byte(model + "\x00" + server))
	return filepath.Join(dir, recordDir, hex.EncodeToString(h[:8])+".json")
}

// Find returns the last exam of a model at a server with the present prompt
// and questions; ok is false when there is none. A file that cannot be read is
// an error that names it.
func Find(dir, model, server string) (r Record, ok bool, err error) {
	name := recordName(dir, model, server)
	fi, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return Record{}, false, nil
	}
	if err != nil {
		return Record{}, false, fmt.Errorf("read the exam of %s: %w", model, err)
	}
	if fi.Size() > maxRecord {
		return Record{}, false, fmt.Errorf("read the exam of %s: %s has %d bytes, want at most %d", model, name, fi.Size(), maxRecord)
	}
	raw, err := os.ReadFile(name)
	if err != nil {
		return Record{}, false, fmt.Errorf("read the exam of %s: %w", model, err)
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return Record{}, false, fmt.Errorf("read the exam of %s: %s: %w", model, name, err)
	}
	return r, r.Model == model && r.Server == server && r.Version == version(), nil
}

// CanKeep reports why an exam could not be kept in a data directory, before
// anybody pays for it.
func CanKeep(dir string) error {
	f, err := create(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

func create(dir string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Join(dir, recordDir), 0o700); err != nil {
		return nil, fmt.Errorf("keep the exam: %w", err)
	}
	f, err := os.CreateTemp(filepath.Join(dir, recordDir), "new-*")
	if err != nil {
		return nil, fmt.Errorf("keep the exam: %w", err)
	}
	return f, nil
}

// Keep writes an exam to the data directory, in the place of an earlier one of
// the same model and server.
func Keep(dir string, r Record) (err error) {
	raw, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("keep the exam: %w", err) // unreachable: names, counts and a time marshal
	}
	f, err := create(dir)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if _, err := f.Write(append(raw, '\n')); err != nil {
		return fmt.Errorf("keep the exam: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("keep the exam: %w", err)
	}
	if err := os.Rename(f.Name(), recordName(dir, r.Model, r.Server)); err != nil {
		return fmt.Errorf("keep the exam: %w", err)
	}
	return nil
}
