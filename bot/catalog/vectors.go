package catalog

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"os"
	"path/filepath"
	"sync"
)

// maxVector bounds what a damaged record can make us allocate.
const maxVector = 1 << 16

// Vectors keeps a model's vectors in a file, so that a rebuild asks the model
// only for what is new and a broken one goes on where it stopped. It
// implements retrieval.VectorCache. Make one with [OpenVectors].
//
// The file is a row of records: the SHA-256 of the key, the number of
// dimensions, the values, and a checksum of all three. A record that a killed
// process left unfinished is cut off when the file is opened.
type Vectors struct {
	mu   sync.Mutex
	file *os.File
	at   map[[sha256.Size]byte][]float32
}

// OpenVectors opens or makes the cache in the data directory.
func OpenVectors(dataDir string) (*Vectors, error) {
	if err := os.MkdirAll(dataDir, 0o700); err != nil {
		return nil, fmt.Errorf("create the data directory: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dataDir, "vectors.cache"), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the vector cache: %w", err)
	}
	v := &Vectors{file: f, at: map[[sha256.Size]byte][]float32{}}
	good, err := v.read(bufio.NewReaderSize(f, 1<<20))
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("read the vector cache %s: %w", f.Name(), err)
	}
	if err := f.Truncate(good); err != nil {
		f.Close()
		return nil, fmt.Errorf("cut the vector cache %s: %w", f.Name(), err)
	}
	return v, nil
}

// read takes in whole records and returns how many bytes they are.
func (v *Vectors) read(r io.Reader) (good int64, err error) {
	for {
		head := make([]byte, sha256.Size+4)
		if _, err := io.ReadFull(r, head); err != nil {
			return good, ended(err)
		}
		n := int(binary.LittleEndian.Uint32(head[sha256.Size:]))
		if n > maxVector {
			return good, nil
		}
		body := make([]byte, 4*n+4)
		if _, err := io.ReadFull(r, body); err != nil {
			return good, ended(err)
		}
		sum := crc32.Update(crc32.ChecksumIEEE(head), crc32.IEEETable, body[:4*n])
		if sum != binary.LittleEndian.Uint32(body[4*n:]) {
			return good, nil
		}
		vec := make([]float32, n)
		for i := range vec {
			vec[i] = math.Float32frombits(binary.LittleEndian.Uint32(body[4*i:]))
		}
		v.at[[sha256.Size]byte(head)] = vec
		good += int64(len(head) + len(body))
	}
}

// ended tells the end of the file from a failure.
func ended(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

// Get returns the vector with the key.
func (v *Vectors) Get(key string) ([]float32, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	vec, ok := v.at[sha256.Sum256([]byte(key))]
	return vec, ok
}

// Put keeps a vector.
func (v *Vectors) Put(key string, vector []float32) error {
	sum := sha256.Sum256([]byte(key))
	rec := binary.LittleEndian.AppendUint32(sum[:], uint32(len(vector)))
	for _, x := range vector {
		rec = binary.LittleEndian.AppendUint32(rec, math.Float32bits(x))
	}
	rec = binary.LittleEndian.AppendUint32(rec, crc32.ChecksumIEEE(rec))
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, known := v.at[sum]; known {
		return nil
	}
	if _, err := v.file.Write(rec); err != nil {
		return fmt.Errorf("write the vector cache: %w", err)
	}
	v.at[sum] = vector
	return nil
}

// Close closes the file.
func (v *Vectors) Close() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.file.Close()
}
