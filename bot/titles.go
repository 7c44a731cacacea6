package bot

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"

	"cairn/adapters"
	"cairn/retrieval"
	"cairn/runbooks"
)

var (
	_ adapters.Titles     = (*Bot)(nil)
	_ adapters.Documents  = (*Bot)(nil)
	_ adapters.Status     = (*Bot)(nil)
	_ adapters.Unanswered = (*Bot)(nil)
)

// A titleCache holds what the document list of one index generation gives.
type titleCache struct {
	mu    sync.Mutex
	index Index
	list  *titleList
}

type titleList struct {
	docs     []titled
	services []string // lower case, the longest first
}

type titled struct {
	info  retrieval.DocInfo
	lower string  // the title in lower case
	twin  *titled // the same document in the other language, or nil
}

// of returns the list of the index, made once per generation.
func (c *titleCache) of(idx Index) *titleList {
	if idx == nil {
		return &titleList{}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.index == idx && c.list != nil {
		return c.list
	}
	l := &titleList{}
	services := map[string]bool{}
	for info := range idx.Documents() {
		l.docs = append(l.docs, titled{info: info, lower: strings.ToLower(info.Title)})
		if s := strings.ToLower(info.Meta.Service); s != "" && !services[s] {
			services[s] = true
			l.services = append(l.services, s)
		}
	}
	for _, s := range []string{"kubernetes", "k8s", "redis", "mysql", "kafka", "nginx", "postgresql", "postgres", "mongodb", "elasticsearch", "docker", "etcd", "rabbitmq", "linux", "dns", "haproxy", "zookeeper", "prometheus", "jenkins", "consul"} {
		if !services[s] {
			l.services = append(l.services, s)
		}
	}
	slices.SortStableFunc(l.docs, func(a, b titled) int { return cmp.Compare(a.lower, b.lower) })
	pair(l.docs)
	slices.SortStableFunc(l.services, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	c.index, c.list = idx, l
	return l
}

func (c *titleCache) services(idx Index) []string { return c.of(idx).services }

// Complete implements [adapters.Titles].
func (b *Bot) Complete(_ context.Context, v adapters.Viewer, prefix, lang string, n int) []adapters.TitleEntry {
	want := strings.ToLower(line(cut(prefix, 400), 200))
	words := strings.Fields(want)
	type scored struct {
		*titled
		score int
	}
	var hits []scored
	allowed := b.allowedSet(v)
	docs := b.titles.of(b.index()).docs
	for i := range docs {
		d := &docs[i]
		if !allowed(d.info.Library) {
			continue
		}
		if s := fits(d, want, words); s > 0 {
			if lang != "" && string(d.info.Lang) == lang {
				s += 100
			}
			if d.info.Meta.Service != "" {
				s++
			}
			hits = append(hits, scored{d, s})
		}
	}
	slices.SortStableFunc(hits, func(a, b scored) int { return cmp.Compare(b.score, a.score) })
	out := []adapters.TitleEntry{}
	for _, h := range hits[:min(len(hits), max(n, 0))] {
		out = append(out, b.entry(h.info))
	}
	return out
}

// fits scores how a title fits what was typed; 0 is not at all.
func fits(d *titled, want string, words []string) int {
	if want == "" {
		return 1
	}
	switch i := strings.Index(d.lower, want); {
	case i == 0:
		return 40
	case i > 0:
		return 30
	}
	for _, w := range words {
		if !strings.Contains(d.lower, w) && !strings.Contains(strings.ToLower(d.info.Meta.Service), w) &&
			!slices.ContainsFunc(d.info.Meta.Tags, func(t string) bool { return strings.Contains(strings.ToLower(t), w) }) {
			return 0
		}
	}
	return 20
}

func (b *Bot) allowedSet(v adapters.Viewer) func(string) bool {
	memo := map[string]bool{}
	return func(library string) bool {
		ok, known := memo[library]
		if !known {
			ok = b.opts.Allows(library, v)
			memo[library] = ok
		}
		return ok
	}
}

func (b *Bot) entry(d retrieval.DocInfo) adapters.TitleEntry {
	return adapters.TitleEntry{
		Title: line(d.Title, 200), Library: d.Library, Document: d.Path, Service: d.Meta.Service, Lang: string(d.Lang),
		URL: b.links().URL(d.Library, d.Path, d.Hash, 0, 0),
	}
}

// pair links the documents that are each other's twins and of the same service.
func pair(docs []titled) {
	byPath := make(map[[2]string]*titled, len(docs))
	for i := range docs {
		byPath[[2]string{docs[i].info.Library, docs[i].info.Path}] = &docs[i]
	}
	for i := range docs {
		d := &docs[i]
		if d.info.Twin == "" {
			continue
		}
		if twin := byPath[[2]string{d.info.Library, d.info.Twin}]; twin != nil && strings.EqualFold(twin.info.Meta.Service, d.info.Meta.Service) {
			d.twin = twin
		}
	}
}

// listed reports whether a list for a reader of lang shows the document, and
// not its twin.
func (d *titled) listed(lang string) bool {
	switch {
	case d.twin == nil || string(d.info.Lang) == lang:
		return true
	case string(d.twin.info.Lang) == lang:
		return false
	}
	return d.info.Lang == runbooks.English
}

// Services implements [adapters.Titles].
func (b *Bot) Services(_ context.Context, v adapters.Viewer) []adapters.ServiceEntry {
	at := map[string]int{}
	out := []adapters.ServiceEntry{}
	allowed := b.allowedSet(v)
	for _, d := range b.titles.of(b.index()).docs {
		name := d.info.Meta.Service
		if name == "" || !allowed(d.info.Library) || !d.listed("") {
			continue
		}
		i, ok := at[strings.ToLower(name)]
		if !ok {
			i = len(out)
			at[strings.ToLower(name)] = i
			out = append(out, adapters.ServiceEntry{Name: name})
		}
		out[i].Count++
	}
	slices.SortFunc(out, func(a, b adapters.ServiceEntry) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// ByService implements [adapters.Titles].
func (b *Bot) ByService(_ context.Context, v adapters.Viewer, service, lang string) []adapters.TitleEntry {
	allowed := b.allowedSet(v)
	first, other := []adapters.TitleEntry{}, []adapters.TitleEntry{}
	for _, d := range b.titles.of(b.index()).docs {
		if d.info.Meta.Service == "" || !strings.EqualFold(d.info.Meta.Service, service) || !allowed(d.info.Library) || !d.listed(lang) {
			continue
		}
		e := b.entry(d.info)
		if d.twin != nil {
			twin := b.entry(d.twin.info)
			e.Twin = &twin
		}
		if lang == "" || string(d.info.Lang) == lang {
			first = append(first, e)
		} else {
			other = append(other, e)
		}
	}
	return append(first, other...)
}

// Document implements [adapters.Documents].
func (b *Bot) Document(_ context.Context, v adapters.Viewer, library, path string) (adapters.DocumentPage, error) {
	idx := b.index()
	if idx == nil || !b.opts.Allows(library, v) {
		return adapters.DocumentPage{}, adapters.ErrNotFound
	}
	d, ok := idx.Document(library, path)
	if !ok {
		return adapters.DocumentPage{}, adapters.ErrNotFound
	}
	links := b.links()
	links.Page = "" // a document's own address, not that of this page
	return adapters.DocumentPage{
		Library: library, Path: d.Path, Title: d.Title, Lang: string(d.Lang), Text: d.Text,
		Stale:     staleWords(langOf(d), b.opts.Staleness(library, path), d.Path),
		SourceURL: links.URL(library, d.Path, d.Hash, 1, 1),
	}, nil
}

func langOf(d *runbooks.Document) string {
	if d.Lang == runbooks.Chinese {
		return string(runbooks.Chinese)
	}
	return string(runbooks.English)
}

// Status implements [adapters.Status].
func (b *Bot) Status(_ context.Context, v adapters.Viewer) adapters.StatusInfo {
	s := adapters.StatusInfo{
		Version: b.opts.Version, Model: b.opts.Model, IndexedAt: b.opts.IndexedAt(), Stale: b.opts.StaleCount(), Adapters: b.opts.Ready(),
	}
	allowed := b.allowedSet(v)
	for _, d := range b.titles.of(b.index()).docs {
		if allowed(d.info.Library) {
			s.Documents++
			s.Passages += d.info.Passages
		}
	}
	return s
}
