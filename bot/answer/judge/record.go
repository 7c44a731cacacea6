package judge

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// recordFile holds the exams in the data directory.
const recordFile = "judge.json"

// maxRecords bounds how many exams are kept, the newest first.
const maxRecords = 20

// maxRecordFile bounds what is read of the file, in bytes.
const maxRecordFile = 1 << 20

// Find returns the last exam of a model at a server with the present prompt
// and questions; ok is false when there is none. A file that cannot be read is
// an error that says what to do.
func Find(dir, model, server string) (r Record, ok bool, err error) {
	list, err := load(dir)
	if err != nil {
		return r, false, err
	}
	i := slices.IndexFunc(list, func(r Record) bool {
		return r.Model == model && r.Server == server && r.Version == version()
	})
	if i < 0 {
		return r, false, nil
	}
	return list[i], true, nil
}

// Keep writes an exam to the data directory, in the place of an earlier one of
// the same model and server.
func Keep(dir string, r Record) (err error) {
	list, err := load(dir)
	if err != nil {
		list = nil // damaged: what it said is worth no more than this exam
	}
	list = slices.DeleteFunc(list, func(o Record) bool { return o.Model == r.Model && o.Server == r.Server })
	list = append([]Record{r}, list...)
	raw, err := json.MarshalIndent(list[:min(len(list), maxRecords)], "", "  ")
	if err != nil {
		return fmt.Errorf("keep the exam: %w", err) // unreachable: names, counts and a time marshal
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("keep the exam: %w", err)
	}
	f, err := os.CreateTemp(dir, recordFile+".*")
	if err != nil {
		return fmt.Errorf("keep the exam: %w", err)
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
	if err := os.Rename(f.Name(), filepath.Join(dir, recordFile)); err != nil {
		return fmt.Errorf("keep the exam: %w", err)
	}
	return nil
}

func load(dir string) ([]Record, error) {
	name := filepath.Join(dir, recordFile)
	fi, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the exams of models: %w", err)
	}
	if fi.Size() > maxRecordFile {
		return nil, fmt.Errorf("read the exams of models: %s has %d bytes, want at most %d; delete it and examine the model again", name, fi.Size(), maxRecordFile)
	}
	raw, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read the exams of models: %w", err)
	}
	var list []Record
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, fmt.Errorf("read the exams of models: %s: %w; delete it and examine the model again", name, err)
	}
	return list, nil
}
