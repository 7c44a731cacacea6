package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"cairn/adapters"
)

const (
	// A page shows at most so many lines and bytes; the rest is behind links.
	pageLines = 3000
	pageBytes = 1 << 20
)

// documentData is one part of a document.
type documentData struct {
	adapters.DocumentPage
	Rows           []rowData
	From, To, All  int
	Start, End     int // the cited lines, 0 without
	Cited, Part    string
	Earlier, Later string
	PlainURL       string
	SourceURL      string
	Crumbs         []string
}

type rowData struct {
	N     int
	Text  string
	Cited bool
	// First is the first cited line; Fragment is an extra id there.
	First    bool
	Fragment string
	// Before, Mark and After split a line of which only columns are cited.
	Before, Mark, After string
	Split               bool
}

func (s *Web) document(w http.ResponseWriter, r *http.Request) {
	library, path := r.PathValue("library"), r.PathValue("path")
	words := s.words(r)
	doc, err := s.docs.Document(r.Context(), s.viewer(w, r), library, path)
	switch {
	case errors.Is(err, adapters.ErrNotFound):
		s.fail(w, r, http.StatusNotFound, words.NoSuchDocument)
		return
	case err != nil:
		s.lg.Warn("document not shown", "err", err)
		s.fail(w, r, http.StatusInternalServerError, words.Internal)
		return
	}
	q := r.URL.Query()
	if q.Has("plain") {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Content-Security-Policy", policy+"; sandbox")
		_, _ = w.Write([]byte(doc.Text))
		return
	}
	title := doc.Title
	if title == "" {
		title = doc.Path
	}
	p := s.page(r, title)
	p.Compact = true
	p.Body = makeDocument(doc, words, q)
	s.render(w, r, http.StatusOK, "document", p)
}

func makeDocument(doc adapters.DocumentPage, w *words, q url.Values) documentData {
	d := documentData{DocumentPage: doc, SourceURL: safeURL(doc.SourceURL)}
	lines := strings.Split(strings.TrimSuffix(doc.Text, "\n"), "\n")
	d.All = len(lines)
	d.Start, d.End = parseRange(q.Get("lines"), d.All)
	from, _ := parseRange(q.Get("from"), d.All)
	if from == 0 && d.Start > pageLines/2 {
		from = d.Start - pageLines/4
	}
	d.From = max(from, 1)
	d.To = d.From - 1
	for size := 0; d.To < d.All && d.To-d.From+1 < pageLines && (size < pageBytes || d.To < d.From); d.To++ {
		size += len(lines[d.To])
	}
	colStart, colEnd := 0, 0
	if d.Start > 0 && d.Start == d.End {
		colStart, colEnd = parseRange(q.Get("columns"), 1<<30)
	}
	for n := d.From; n <= d.To; n++ {
		row := rowData{N: n, Text: lines[n-1], Cited: d.Start > 0 && n >= d.Start && n <= d.End}
		if row.Cited && n == d.Start {
			row.First = true
			row.Fragment = fmt.Sprintf("L%d-L%d", d.Start, d.End)
			if colStart > 0 {
				row.Before, row.Mark, row.After, row.Split = splitColumns(row.Text, colStart, colEnd)
			}
		}
		d.Rows = append(d.Rows, row)
	}
	base := DocumentPath(doc.Library, doc.Path, 0, 0)
	d.PlainURL = base + "?plain=1"
	if d.From > 1 {
		d.Earlier = base + "?from=" + strconv.Itoa(max(1, d.From-pageLines))
	}
	if d.To < d.All {
		d.Later = base + "?from=" + strconv.Itoa(d.To+1)
	}
	if d.Earlier != "" || d.Later != "" {
		d.Part = fmt.Sprintf(w.PartOf, d.From, d.To, d.All)
	}
	if d.Start > 0 {
		d.Cited = fmt.Sprintf(w.CitedLines, d.Start, d.End)
		if d.Start == d.End {
			d.Cited = fmt.Sprintf(w.CitedLine, d.Start)
		}
	}
	return d
}

// parseRange reads "12", "12-18" or "L12-L18" within 1..most; nonsense is 0, 0.
func parseRange(s string, most int) (start, end int) {
	a, b, two := strings.Cut(strings.ReplaceAll(s, "L", ""), "-")
	start, err := strconv.Atoi(a)
	if err != nil || start < 1 || start > most {
		return 0, 0
	}
	end = start
	if two {
		if end, err = strconv.Atoi(b); err != nil || end < start {
			end = start
		}
	}
	return start, min(end, most)
}

// splitColumns cuts a line around the characters start to end, from 1.
func splitColumns(line string, start, end int) (before, mark, after string, ok bool) {
	rs := []rune(line)
	if start > len(rs) {
		return "", "", "", false
	}
	end = min(end, len(rs))
	return string(rs[:start-1]), string(rs[start-1 : end]), string(rs[end:]), true
}
