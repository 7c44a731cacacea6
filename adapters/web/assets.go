package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"path"
	"strings"
	"sync"
)

//go:embed assets templates
var files embed.FS

// templates are the parsed pages and the addresses of the assets.
type templates struct {
	pages  map[string]*template.Template
	assets map[string]string // file name -> address with its hash
	byURL  map[string]asset
}

type asset struct {
	body []byte
	typ  string
	etag string
}

// loadTemplates parses the pages once per process.
var loadTemplates = sync.OnceValues(func() (*templates, error) {
	t := &templates{pages: map[string]*template.Template{}, assets: map[string]string{}, byURL: map[string]asset{}}
	entries, err := files.ReadDir("assets")
	if err != nil {
		return nil, err
	}
	types := map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
	for _, e := range entries {
		b, err := files.ReadFile("assets/" + e.Name())
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(b)
		hash := base64.RawURLEncoding.EncodeToString(sum[:9])
		ext := path.Ext(e.Name())
		addr := "/assets/" + strings.TrimSuffix(e.Name(), ext) + "." + hash + ext
		t.assets[e.Name()] = addr
		t.byURL[addr] = asset{b, types[ext], `"` + hash + `"`}
	}
	fm := template.FuncMap{"asset": func(name string) (string, error) {
		if a, ok := t.assets[name]; ok {
			return a, nil
		}
		return "", fmt.Errorf("there is no asset %q", name)
	}}
	maps.Copy(fm, funcs)
	layout, err := template.New("layout").Funcs(fm).ParseFS(files, "templates/layout.html", "templates/parts.html")
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"home", "answer", "document", "login", "error", "thanks", "browse", "html", "growth"} {
		page, err := layout.Clone()
		if err != nil {
			return nil, err
		}
		if t.pages[name], err = page.ParseFS(files, "templates/"+name+".html"); err != nil {
			return nil, err
		}
	}
	return t, nil
})

// fragment renders a template that is no whole page and has its own name.
func (t *templates) fragment(name string, data any) ([]byte, error) {
	page, ok := t.pages[name]
	if !ok {
		return nil, fmt.Errorf("there is no fragment %q", name)
	}
	var b bytes.Buffer
	if err := page.ExecuteTemplate(&b, name, data); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func (t *templates) execute(name string, data any) ([]byte, error) {
	page, ok := t.pages[name]
	if !ok {
		return nil, fmt.Errorf("there is no page %q", name)
	}
	var b bytes.Buffer
	if err := page.ExecuteTemplate(&b, "layout", data); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// asset serves a file by its hashed address, to be cached for ever. Assets are
// the same for everybody and need neither token nor host.
func (s *Web) asset(w http.ResponseWriter, r *http.Request) {
	securityHeaders(w.Header())
	a, ok := s.templates.byURL[r.URL.Path]
	if !ok || r.Method != http.MethodGet && r.Method != http.MethodHead {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", a.typ)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("ETag", a.etag)
	if r.Header.Get("If-None-Match") == a.etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	_, _ = w.Write(a.body)
}
