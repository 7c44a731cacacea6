package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What somebody types wrongly in the first hour gets a sentence that helps.
func TestUsageErrorsNameTheCommand(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--nope"}, "unknown flag: --nope; see 'cairn --help'"},
		{[]string{"ask", "--nope"}, "unknown flag: --nope; see 'cairn ask --help'"},
		{[]string{"data", "backup"}, "see 'cairn data backup --help'"},
		{[]string{"data", "export", "--nope"}, "see 'cairn data export --help'"},
		{[]string{"ask"}, `give a question, such as cairn ask "502 troubleshooting", or - to read it from stdin`},
		{[]string{"ask", "-", "more"}, "- reads the question from stdin"},
	} {
		r := cairn(t, c.args...)
		if r.code != exitUsage || r.out != "" || !strings.Contains(r.err, c.want) {
			t.Errorf("cairn %v: exit %d, out %q, err %q; want exit %d and %q", c.args, r.code, r.out, r.err, exitUsage, c.want)
		}
	}
}

func TestVersionIsAFlagToo(t *testing.T) {
	t.Parallel()
	flag, cmd := cairn(t, "--version"), cairn(t, "version")
	if flag.code != exitDone || flag.out != cmd.out || !strings.HasPrefix(flag.out, "cairn ") {
		t.Errorf("--version: exit %d, %q, %q; version prints %q", flag.code, flag.out, flag.err, cmd.out)
	}
}

// doctorChecks runs doctor and returns its checks by name.
func doctorChecks(t *testing.T, args ...string) (result, map[string]check) {
	t.Helper()
	r := cairnWith(t, []string{withPatience}, "", append([]string{"doctor", "--json"}, args...)...)
	var list []check
	if err := json.Unmarshal([]byte(r.out), &list); err != nil {
		t.Fatalf("doctor --json: exit %d: %v\n%s%s", r.code, err, r.out, r.err)
	}
	by := map[string]check{}
	for _, c := range list {
		by[c.Name] = c
	}
	return r, by
}

// A healthy installation whose server runs is healthy; a foreign program on
// the port is not.
func TestDoctorKnowsItsOwnServer(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := startServe(t, nil, "--data", data)
	listen := strings.TrimPrefix(s.base, "http://")
	r, checks := doctorChecks(t, "--data", data, "--config", listenConfig(t, listen))
	if c := checks["web page"]; !c.OK || !strings.Contains(c.Detail, "a running cairn serve answers there") || r.code != exitDone {
		t.Errorf("beside a running server: exit %d, %+v\n%s", r.code, c, r.err)
	}
	if c := checks["configuration"]; !strings.HasPrefix(c.Detail, "1 library,") {
		t.Errorf("configuration: %+v", c)
	}

	for name, h := range map[string]http.HandlerFunc{
		"a foreign page":   func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("hello")) },
		"a foreign object": func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(`{"ready":true}`)) },
		"a redirect":       func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, s.base+"/readyz", http.StatusFound) },
	} {
		other := httptest.NewServer(h)
		r, checks = doctorChecks(t, "--data", data, "--config", listenConfig(t, other.Listener.Addr().String()))
		other.Close()
		if c := checks["web page"]; c.OK || r.code != exitFailed || !strings.Contains(c.Fix, "stop what has this port") {
			t.Errorf("%s: exit %d, %+v", name, r.code, c)
		}
	}
	starting := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
		w.Write([]byte(`{"ready":false,"checks":{"library":"no index yet"}}`))
	}))
	defer starting.Close()
	if _, checks = doctorChecks(t, "--data", data, "--config", listenConfig(t, starting.Listener.Addr().String())); checks["web page"].OK || !strings.Contains(checks["web page"].Detail, "not ready") {
		t.Errorf("a server that is not ready: %+v", checks["web page"])
	}
}

func listenConfig(t *testing.T, listen string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "cairn.yaml")
	if err := os.WriteFile(path, []byte("listen: "+listen+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDialable(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		":8080": "127.0.0.1:8080", "0.0.0.0:80": "127.0.0.1:80", "[::]:80": "[::1]:80",
		"127.0.0.1:8080": "127.0.0.1:8080", "localhost:1": "localhost:1", "odd": "odd",
	} {
		if got := dialable(in); got != want {
			t.Errorf("dialable(%q) = %q, want %q", in, got, want)
		}
	}
	// Nothing listens: neither ready nor ours, without waiting.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if ready, ours := askReadiness(t.Context(), l.Addr().String()); ready || ours {
		t.Errorf("a closed port: ready %v, ours %v", ready, ours)
	}
}

// A file that lint cannot read is named once.
func TestLintNamesASkippedFileOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{"good.md": "# Good\n\nText.\n", "bad.md": "a\x00b"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := cairn(t, "lint", dir)
	if want := "skipped " + filepath.Join(dir, "bad.md") + ": binary file"; !strings.Contains(r.err, want) {
		t.Errorf("lint says %q, want %q", r.err, want)
	}
}

// A data directory of somebody else's comes with what to do.
func TestStateErrorsSayWhatToDo(t *testing.T) {
	t.Parallel()
	denied := fmt.Errorf("open the state database: %w", &fs.PathError{Op: "open", Path: "/data/cairn.db", Err: fs.ErrPermission})
	if err := withAdvice(denied); !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "choose another directory with --data") {
		t.Errorf("got %v", err)
	}
	if err := withAdvice(nil); err != nil {
		t.Errorf("no error became %v", err)
	}
}

// What cannot be kept is not said to be noted.
func TestUnkeptQuestionIsNotSaidToBeNoted(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file") // a file where the data directory should be
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	const question, noted = "frobnicator flux overheats", "is noted"
	if r := cairn(t, "ask", "--data", t.TempDir(), question); r.code != exitAbstained || !strings.Contains(r.out, noted) {
		t.Errorf("kept: exit %d\n%s", r.code, r.out)
	}
	r := cairn(t, "ask", "--data", file, question)
	if r.code != exitAbstained || strings.Contains(r.out, noted) || !strings.Contains(r.out, "will not guess") || !strings.Contains(r.err, "question not stored") {
		t.Errorf("not kept: exit %d\n%s%s", r.code, r.out, r.err)
	}
}

// The first page suggests questions that get steps, not the first titles of
// the alphabet.
func TestFirstPageSuggestsIncidents(t *testing.T) {
	t.Parallel()
	s := startServe(t, nil, "--data", t.TempDir())
	for _, lang := range []string{"en", "zh"} {
		_, body := s.get("/?lang=" + lang)
		_, starters, _ := strings.Cut(body, `id="h-examples"`)
		starters, _, _ = strings.Cut(starters, "</section>")
		values := regexp.MustCompile(`name="q" value="([^"]*)"`).FindAllStringSubmatch(starters, -1)
		if len(values) != 4 {
			t.Errorf("%s: %d examples, want 4\n%s", lang, len(values), starters)
		}
		for _, v := range values {
			r := cairn(t, "ask", "--json", "--data", t.TempDir(), html.UnescapeString(v[1]))
			var a struct{ Steps []json.RawMessage }
			if err := json.Unmarshal([]byte(r.out), &a); err != nil || r.code != exitDone || len(a.Steps) == 0 {
				t.Errorf("%s: the example %q gets no steps: exit %d, %v", lang, v[1], r.code, err)
			}
		}
	}
}
