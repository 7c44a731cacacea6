package app

import (
	"context"
	"sync"

	"cairn/adapters"
	"cairn/retrieval"
	"cairn/runbooks"
)

// A shelf holds the parsed documents of the serving index, for tips and cards,
// parsed once per generation.
type shelf struct {
	s *session

	mu    sync.Mutex
	index *retrieval.Index
	libs  []shelved
}

// A shelved is one library's documents.
type shelved struct {
	name string
	docs []*runbooks.Document
}

// all returns every library, or none when ctx ends before they are parsed.
func (h *shelf) all(ctx context.Context) []shelved {
	ix := h.s.catalog.Index()
	h.mu.Lock()
	defer h.mu.Unlock()
	if ix == nil {
		return nil
	}
	if h.index == ix {
		return h.libs
	}
	at := map[string]int{}
	h.index, h.libs = nil, nil
	for info := range ix.Documents() {
		if ctx.Err() != nil {
			return nil
		}
		doc, ok := ix.Document(info.Library, info.Path)
		if !ok {
			continue
		}
		i, known := at[info.Library]
		if !known {
			i = len(h.libs)
			at[info.Library] = i
			h.libs = append(h.libs, shelved{name: info.Library})
		}
		h.libs[i].docs = append(h.libs[i].docs, doc)
	}
	h.index = ix
	return h.libs
}

// forViewer returns the libraries that the viewer may see, made into the
// caller's type.
func forViewer[T any](h *shelf, v adapters.Viewer, make func(name string, docs []*runbooks.Document) T) []T {
	var out []T
	for _, l := range h.all(context.Background()) {
		if h.s.allows(l.name, v) {
			out = append(out, make(l.name, l.docs))
		}
	}
	return out
}
