package app

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A serving is a running `cairn serve`.
type serving struct {
	t    *testing.T
	cmd  *exec.Cmd
	base string
	done chan error

	mu  sync.Mutex
	log bytes.Buffer
}

// startServe starts the program and returns once it listens. It is killed when
// the test ends.
func startServe(t *testing.T, env []string, args ...string) *serving {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	cmd := command(ctx, t, slices.Concat(unhurried, env), append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := &serving{t: t, cmd: cmd, done: make(chan error, 1)}
	address := make(chan string, 1)
	read := make(chan struct{})
	go func() {
		defer close(read)
		lines := bufio.NewScanner(stderr)
		for lines.Scan() {
			s.mu.Lock()
			s.log.WriteString(lines.Text() + "\n")
			s.mu.Unlock()
			if _, a, ok := strings.Cut(lines.Text(), "msg=listening component=server address="); ok {
				select {
				case address <- a:
				default:
				}
			}
		}
	}()
	go func() {
		<-read
		s.done <- cmd.Wait()
	}()
	t.Cleanup(func() {
		cancel()
		<-read
	})
	select {
	case a := <-address:
		s.base = "http://" + a
	case err := <-s.done:
		t.Fatalf("serve ended: %v\n%s", err, s.logged())
	case <-ctx.Done():
		t.Fatalf("serve did not listen\n%s", s.logged())
	}
	return s
}

func (s *serving) logged() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

// waitLog returns once the program has logged the text.
func (s *serving) waitLog(text string) {
	s.t.Helper()
	deadline, again := time.After(patience), time.NewTicker(5*time.Millisecond)
	defer again.Stop()
	for !strings.Contains(s.logged(), text) {
		select {
		case <-again.C:
		case <-deadline:
			s.t.Fatalf("never logged %q:\n%s", text, s.logged())
		}
	}
}

// ask posts a question to the API and returns the document that answers it.
func (s *serving) ask(question string) string {
	s.t.Helper()
	body, _ := json.Marshal(map[string]string{"question": question})
	resp, err := http.Post(s.base+"/api/ask", "application/json", bytes.NewReader(body))
	if err != nil {
		s.t.Fatalf("ask %q: %v\n%s", question, err, s.logged())
	}
	defer resp.Body.Close()
	var a struct {
		Document  string
		Abstained bool
	}
	raw, _ := io.ReadAll(resp.Body)
	if err := json.Unmarshal(raw, &a); resp.StatusCode != http.StatusOK || err != nil {
		s.t.Fatalf("ask %q: %s %s", question, resp.Status, raw)
	}
	return a.Document
}

func (s *serving) get(path string) (int, string) {
	s.t.Helper()
	resp, err := http.Get(s.base + path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(raw)
}

// stop sends the signal and returns the exit code.
func (s *serving) stop(sig os.Signal) int {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
	select {
	case <-s.done:
	case <-time.After(patience):
		s.t.Fatalf("serve did not stop\n%s", s.logged())
	}
	return s.cmd.ProcessState.ExitCode()
}

func TestServeBuiltin(t *testing.T) {
	t.Parallel()
	s := startServe(t, nil)
	if got := s.ask("redis 内存满了怎么办"); got != "zh/databases/redis-memory.md" {
		t.Errorf("answered from %q", got)
	}
	for path, want := range map[string]string{
		"/":                             "<form",
		"/healthz":                      "",
		"/readyz":                       "ok",
		"/metrics":                      `cairn_questions_total{adapter="web",outcome="answered"}`,
		"/ask?q=502+troubleshooting":    "http-502.md",
		"/d/builtin/en/web/http-502.md": "502",
	} {
		if code, body := s.get(path); code != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("GET %s: %d, want 200 and %q in\n%.600s", path, code, want, body)
		}
	}
	if code, _ := s.get("/d/builtin/../../etc/passwd"); code == http.StatusOK {
		t.Error("a path outside the library is served")
	}
	for _, want := range []string{"Web page", `ask "502 troubleshooting"`, "SLACK_BOT_TOKEN", "DISCORD_BOT_TOKEN", "SQLite"} {
		if !strings.Contains(s.logged(), want) {
			t.Errorf("the greeting does not say %q:\n%s", want, s.logged())
		}
	}
	if code := s.stop(syscall.SIGTERM); code != exitDone {
		t.Errorf("exit %d after SIGTERM, want 0\n%s", code, s.logged())
	}
}

// Added, changed and deleted files are served long before the library is looked
// through again, and SIGHUP makes it look at once.
func TestServeFollowsTheLibrary(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("a.md", "# Payment gateway times out\n\n1. Restart the gateway.\n\n   ```bash\n   systemctl restart gateway\n   ```\n")
	s := startServe(t, []string{"CAIRN_INDEX_RESCAN=1h"}, "--library", dir)
	if got := s.ask("payment gateway times out"); got != "a.md" {
		t.Fatalf("answered from %q", got)
	}
	// served asks until the wanted document answers.
	served := func(question, want string) {
		t.Helper()
		deadline, again := time.After(patience), time.NewTicker(50*time.Millisecond)
		defer again.Stop()
		for s.ask(question) != want {
			select {
			case <-again.C:
			case <-deadline:
				t.Fatalf("after %v %q is answered from %q, want %q\n%s", patience, question, s.ask(question), want, s.logged())
			}
		}
	}
	write("b.md", "# Flux capacitor overheats\n\n1. Cool the capacitor down.\n\n   ```bash\n   fluxctl cool --now\n   ```\n")
	served("flux capacitor overheats", "b.md")
	if err := os.Remove(filepath.Join(dir, "b.md")); err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	served("flux capacitor overheats", "")
}

func TestServePortInUse(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	r := cairn(t, "serve", "--listen", l.Addr().String())
	if r.code != exitFailed || !strings.Contains(r.err, l.Addr().String()) || !strings.Contains(r.err, "--listen") {
		t.Errorf("exit %d, %q; want an error that names the address and the flag", r.code, r.err)
	}
}

// A question in flight when the program is asked to stop is answered.
func TestServeAnswersWhatIsInFlight(t *testing.T) {
	t.Parallel()
	s := startServe(t, nil)
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	body := `{"question":"disk full"}`
	head := "POST /api/ask HTTP/1.1\r\nHost: " + strings.TrimPrefix(s.base, "http://") +
		"\r\nContent-Type: application/json\r\nContent-Length: 24\r\nExpect: 100-continue\r\n\r\n"
	if _, err := io.WriteString(conn, head); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(conn)
	if line, err := in.ReadString('\n'); err != nil || !strings.Contains(line, "100") {
		t.Fatalf("the handler did not ask for the body: %q, %v", line, err)
	}
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	s.waitLog("msg=stopping")
	if _, err := io.WriteString(conn, body); err != nil {
		t.Fatal(err)
	}
	raw, _ := io.ReadAll(in)
	if !strings.Contains(string(raw), "disk-full.md") {
		t.Errorf("the question in flight got %q", raw)
	}
	select {
	case <-s.done:
	case <-time.After(patience):
		t.Fatalf("serve did not stop\n%s", s.logged())
	}
}

func TestServeRefusesStrangers(t *testing.T) {
	t.Parallel()
	r := cairn(t, "serve", "--listen", "0.0.0.0:0")
	if r.code != exitUsage || !strings.Contains(r.err, "--insecure") {
		t.Errorf("exit %d, %q; want a refusal that names --insecure", r.code, r.err)
	}
}
