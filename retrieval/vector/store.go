package vector

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"github.com/philippgille/chromem-go"
)

// A Part is the range of rows of one library, Last exclusive.
type Part struct {
	Library     string
	First, Last int
}

// A Hit is a row with its likeness to the question, -1 to 1.
type Hit struct {
	Row        int
	Similarity float32
}

// A Store holds vectors of length 1.
type Store struct {
	rows  []float32
	dims  int
	parts []Part

	once sync.Once
	db   *chromem.DB
	err  error
}

// New returns a store of rows of dims numbers each, one after the other. It
// keeps rows, which must not change.
func New(rows []float32, dims int, parts []Part) *Store {
	return &Store{rows: rows, dims: dims, parts: parts}
}

// Dimensions returns the length of the vectors.
func (s *Store) Dimensions() int { return s.dims }

// Row returns a vector, which must not be changed.
func (s *Store) Row(i int) []float32 { return s.rows[i*s.dims : (i+1)*s.dims : (i+1)*s.dims] }

// Similarity returns the cosine between a question of length 1 and a row; 0
// where their lengths differ.
func (s *Store) Similarity(question []float32, row int) float32 {
	if len(question) != s.dims {
		return 0
	}
	return dot(question, s.Row(row))
}

func dot(a, b []float32) float32 {
	var s0, s1, s2, s3 float32
	b = b[:len(a)]
	i := 0
	for ; i+4 <= len(a); i += 4 {
		s0 += a[i] * b[i]
		s1 += a[i+1] * b[i+1]
		s2 += a[i+2] * b[i+2]
		s3 += a[i+3] * b[i+3]
	}
	for ; i < len(a); i++ {
		s0 += a[i] * b[i]
	}
	return s0 + s1 + s2 + s3
}

// collections makes a chromem-go collection of every library.
func (s *Store) collections(ctx context.Context) error {
	s.once.Do(func() {
		s.db = chromem.NewDB()
		never := func(context.Context, string) ([]float32, error) {
			return nil, fmt.Errorf("vector store: a passage without a vector")
		}
		for i, p := range s.parts {
			c, err := s.db.CreateCollection(collection(i), nil, never)
			if err != nil {
				s.err = fmt.Errorf("make a collection of %s: %w", p.Library, err)
				return
			}
			for r := p.First; r < p.Last; r++ {
				v := s.Row(r)
				if dot(v, v) == 0 {
					continue // a passage that the embedder made nothing of
				}
				// The context only serves an embedding function.
				if err := c.AddDocument(context.WithoutCancel(ctx), chromem.Document{ID: strconv.Itoa(r), Embedding: v}); err != nil {
					s.err = fmt.Errorf("add passage %d of %s: %w", r, p.Library, err)
					return
				}
			}
		}
	})
	return s.err
}

func collection(part int) string { return "library-" + strconv.Itoa(part) }

// Nearest returns the n rows most like the question among the libraries named,
// nil meaning all, best first and equal ones by row.
func (s *Store) Nearest(ctx context.Context, question []float32, n int, libraries []string) ([]Hit, error) {
	if len(question) != s.dims || dot(question, question) == 0 || n <= 0 {
		return nil, nil
	}
	if err := s.collections(ctx); err != nil {
		return nil, err
	}
	var out []Hit
	for i, p := range s.parts {
		if libraries != nil && !slices.Contains(libraries, p.Library) {
			continue
		}
		c := s.db.GetCollection(collection(i), nil)
		if c == nil || c.Count() == 0 {
			continue
		}
		found, err := c.QueryEmbedding(ctx, question, min(n, c.Count()), nil, nil)
		if err != nil {
			return nil, fmt.Errorf("search the vectors of %s: %w", p.Library, err)
		}
		for _, f := range found {
			row, err := strconv.Atoi(f.ID)
			if err != nil {
				return nil, fmt.Errorf("search the vectors of %s: row %q: %w", p.Library, f.ID, err)
			}
			out = append(out, Hit{row, f.Similarity})
		}
	}
	slices.SortFunc(out, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(b.Similarity, a.Similarity), cmp.Compare(a.Row, b.Row))
	})
	return out[:min(n, len(out))], nil
}
