package answer

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// Links makes the addresses of citations. The zero value makes none.
type Links struct {
	// Patterns maps a library's name to the address of its documents, with
	// {path}, {line}, {end_line} and {commit} to be filled in.
	Patterns map[string]string
	// Page is what Cairn's own document pages stand under: "/" on the web
	// page, the public URL elsewhere, "" where nobody can reach them.
	Page string
	// Outward marks an answer that leaves the machine, such as a chat
	// message: an address of this machine is then no address.
	Outward bool
	// Commit returns the commit at which the file at path has the text with
	// the hash, or "". Nil knows none.
	Commit func(library, path, hash string) string
}

// Citation returns the address of a citation, or "". On Cairn's own page a part
// of one long line is narrowed down to its columns.
func (l Links) Citation(c Citation, hash string) string {
	columns := ""
	if c.StartColumn > 0 && c.StartLine == c.EndLine {
		columns = "&columns=" + strconv.Itoa(c.StartColumn) + "-" + strconv.Itoa(c.EndColumn)
	}
	return l.url(c.Library, c.Document, hash, c.StartLine, c.EndLine, columns)
}

// URL returns the address of the lines, or "".
func (l Links) URL(library, path, hash string, start, end int) string {
	return l.url(library, path, hash, start, end, "")
}

// url puts the lines of Cairn's own page into the query as well: a server does
// not see the fragment, and the page highlights them without a script.
func (l Links) url(library, path, hash string, start, end int, columns string) string {
	if u, ok := l.fill(l.Patterns[library], library, path, hash, start, end); ok {
		return u
	}
	if l.Page == "" || l.Outward && !l.public(l.Page) {
		return ""
	}
	u := strings.TrimSuffix(l.Page, "/") + "/d/" + url.PathEscape(library) + "/" + escapePath(path)
	if start <= 0 {
		return u
	}
	return u + "?lines=" + strconv.Itoa(start) + "-" + strconv.Itoa(max(start, end)) + columns + "#L" + strconv.Itoa(start)
}

func (l Links) fill(pattern, library, path, hash string, start, end int) (string, bool) {
	if pattern == "" {
		return "", false
	}
	commit := ""
	if strings.Contains(pattern, "{commit}") {
		if l.Commit != nil {
			commit = l.Commit(library, path, hash)
		}
		if commit == "" {
			return "", false
		}
	}
	start = max(start, 1)
	u := strings.NewReplacer(
		"{path}", escapePath(path),
		"{line}", strconv.Itoa(start),
		"{end_line}", strconv.Itoa(max(end, start)),
		"{commit}", url.PathEscape(commit),
	).Replace(pattern)
	if l.Outward && !l.public(u) {
		return "", false
	}
	return u, true
}

// public reports whether an address may leave this machine: http or https and
// no loopback or unspecified host.
func (l Links) public(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return false
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if host == "" || host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return false
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		return !ip.Unmap().IsLoopback() && !ip.IsUnspecified()
	}
	return true
}

func escapePath(path string) string {
	parts := strings.Split(path, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return strings.Join(parts, "/")
}
