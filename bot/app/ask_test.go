package app

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cairn/bot/answer"
	"cairn/runbooks/library"
)

// answerOf asks with --json and checks what holds for every answer: the exit
// code says whether it abstained, arrays are never null, numbers run, and
// every quote stands byte for byte at its lines of the file below root.
func answerOf(t *testing.T, root fs.FS, args ...string) answer.Answer {
	t.Helper()
	return checkAnswer(t, root, cairn(t, append([]string{"ask", "--json"}, args...)...), args...)
}

// checkAnswer is answerOf for a command that has ended.
func checkAnswer(t *testing.T, root fs.FS, r result, args ...string) answer.Answer {
	t.Helper()
	if r.code != exitDone && r.code != exitAbstained {
		t.Fatalf("ask %q: exit %d\n%s", args, r.code, r.err)
	}
	if strings.Contains(r.out, "null") && strings.Contains(r.out, `:null`) {
		t.Errorf("ask %q: a null in %s", args, r.out)
	}
	var a answer.Answer
	dec := json.NewDecoder(strings.NewReader(r.out))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&a); err != nil {
		t.Fatalf("ask %q: %v in %s", args, err, r.out)
	}
	if a.Abstained != (r.code == exitAbstained) {
		t.Errorf("ask %q: abstained %v, exit %d", args, a.Abstained, r.code)
	}
	if a.Abstained && (len(a.Steps)+len(a.Citations) > 0 || a.Title+a.Document+a.Library != "") {
		t.Errorf("ask %q: abstained and yet %+v", args, a)
	}
	if len(a.Related) > 3 && a.Abstained {
		t.Errorf("ask %q: %d closest titles, want at most 3", args, len(a.Related))
	}
	for i, c := range a.Citations {
		if c.N != i+1 {
			t.Errorf("ask %q: citation %d is numbered %d", args, i+1, c.N)
		}
		raw, err := fs.ReadFile(root, c.Document)
		if err != nil {
			t.Errorf("ask %q: citation of %s: %v", args, c.Document, err)
			continue
		}
		lines := strings.Split(string(raw), "\n")
		if c.StartLine < 1 || c.EndLine > len(lines) || c.EndLine < c.StartLine {
			t.Errorf("ask %q: %s has no lines %d-%d", args, c.Document, c.StartLine, c.EndLine)
			continue
		}
		if at := strings.Join(lines[c.StartLine-1:c.EndLine], "\n"); c.Quote == "" || !strings.Contains(at, c.Quote) {
			t.Errorf("ask %q: the quote does not stand at %s:%d-%d:\n%s", args, c.Document, c.StartLine, c.EndLine, c.Quote)
		}
	}
	for i, s := range a.Steps {
		if s.N != i+1 || s.Citation < 1 || s.Citation > len(a.Citations) || s.Text == "" {
			t.Errorf("ask %q: step %+v", args, s)
		}
	}
	return a
}

func TestAskBuiltin(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ question, document, language string }{
		{"502 troubleshooting", "en/web/http-502.md", "en"},
		{"k8s node NotReady", "en/kubernetes/node-notready.md", "en"},
		{"k8s node NotReady 怎么排查", "zh/kubernetes/node-notready.md", "zh"},
		{"redis 内存满了怎么办", "zh/databases/redis-memory.md", "zh"},
		{"pod keeps restarting with CrashLoopBackOff", "en/kubernetes/crashloopbackoff.md", "en"},
		{"df shows the disk full although files were deleted", "en/linux/disk-full.md", "en"},
		{"kafka 消费积压", "zh/messaging/kafka-consumer-lag.md", "zh"},
	} {
		t.Run(tc.question, func(t *testing.T) {
			t.Parallel()
			a := answerOf(t, library.FS, tc.question)
			if a.Abstained || a.Document != tc.document || a.Language != tc.language || a.Library != "builtin" {
				t.Fatalf("answered from %q of %q in %q (abstained %v, confidence %.2f), want %s", a.Document, a.Library, a.Language, a.Abstained, a.Confidence, tc.document)
			}
			if len(a.Steps) < 3 || a.Steps[0].Section == "" {
				t.Errorf("%d steps, the first under %q; want the whole first look under its heading", len(a.Steps), a.Steps[0].Section)
			}
			if !slices.ContainsFunc(a.Steps, func(s answer.Step) bool { return len(s.Commands) > 0 && s.Expect != "" }) {
				t.Error("no step has a command with what to expect")
			}
		})
	}
}

func TestAskAbstains(t *testing.T) {
	t.Parallel()
	for _, q := range []string{
		"how long should I boil eggs", "红烧肉怎么做才不腻", "😀😀😀", "the of and", "的 了 吗", strings.Repeat("lorem ipsum ", 9000),
	} {
		if a := checkAnswer(t, library.FS, cairnWith(t, nil, q, "ask", "--json", "-"), q); !a.Abstained {
			t.Errorf("%.40q is answered from %s", q, a.Document)
		}
	}
}

func TestEmptyQuestions(t *testing.T) {
	t.Parallel()
	for _, q := range []string{"", "  \n ", "\u200b"} {
		for _, r := range []result{cairn(t, "ask", q), cairn(t, "ask", "--json", q), cairnWith(t, nil, q, "ask", "-")} {
			if r.code != exitUsage || r.out != "" || !strings.Contains(r.err, "the question is empty") {
				t.Errorf("ask %q: exit %d, %q, %q; want exit 2 and a sentence", q, r.code, r.out, r.err)
			}
		}
	}
	for _, args := range [][]string{{"search", " "}, {"draft", ""}} {
		if r := cairn(t, args...); r.code != exitUsage || !strings.Contains(r.err, "is empty") {
			t.Errorf("%q: exit %d, %q; want exit 2 and a sentence", args, r.code, r.err)
		}
	}
}

func TestAskReadsStdin(t *testing.T) {
	t.Parallel()
	r := cairnWith(t, nil, "Error: write /var/lib/app/data: no space left on device\n", "ask", "-")
	if r.code != exitDone || !strings.Contains(r.out, "disk-full.md") {
		t.Errorf("exit %d, answer:\n%s%s", r.code, r.out, r.err)
	}
}

func TestAskOwnLibrary(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := "值班手册\n\n支付网关超时怎么处理\n\n1、先看网关日志\n\ntail -n 100 /var/log/pay/gateway.log\n\n2、重启网关\n\nsystemctl restart pay-gateway\n"
	if err := os.WriteFile(filepath.Join(dir, "值班 手册.txt"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	a := answerOf(t, os.DirFS(dir), "--library", dir, "支付网关超时")
	if a.Document != "值班 手册.txt" || len(a.Steps) != 2 {
		t.Fatalf("%+v, want the two steps of the notes", a)
	}
	if got := a.Steps[1]; !slices.Equal(got.Commands, []string{"systemctl restart pay-gateway"}) || got.Risk == "safe" {
		t.Errorf("second step %+v, want its command, marked", got)
	}
}

func TestAskBadLibraries(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "a.md")
	if err := os.WriteFile(file, []byte("# A\n\ntext\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	empty, binaries := filepath.Join(dir, "empty"), filepath.Join(dir, "binaries")
	for _, d := range []string{empty, binaries} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(binaries, "x.md"), []byte("\x7fELF\x00\x00\x01\x02\x00\xff\xfe"), 0o644); err != nil {
		t.Fatal(err)
	}
	missing := filepath.Join(dir, "missing")
	for path, want := range map[string]int{file: exitUsage, missing: exitUsage, empty: exitFailed, binaries: exitFailed} {
		for _, command := range [][]string{{"ask", "anything"}, {"search", "anything"}, {"index"}, {"tip", "--dry-run"}, {"serve", "--listen", "127.0.0.1:0"}} {
			if command[0] != "ask" && want != exitUsage {
				continue // what index and serve find empty may fill
			}
			r := cairn(t, append(command, "--library", path)...)
			if r.code != want || !strings.Contains(r.err, path) || r.out != "" {
				t.Errorf("%s --library %s: exit %d, stdout %q, stderr %q; want exit %d and an error that names it", command[0], path, r.code, r.out, r.err, want)
			}
			if want == exitUsage && (!strings.Contains(r.err, "cairn: --library: ") || !strings.Contains(r.err, "give the folder")) {
				t.Errorf("%s --library %s: %q; want the flag and what to give", command[0], path, r.err)
			}
		}
		if want != exitUsage {
			continue
		}
		if r := cairn(t, "lint", path); r.code != want || !strings.Contains(r.err, path) || !strings.Contains(r.err, "give the folder") {
			t.Errorf("lint %s: exit %d, %q; want exit %d and what to give", path, r.code, r.err, want)
		}
	}
}

// Where the index cannot be kept, ask answers from memory with a warning, and
// index, whose job it is, fails.
func TestDataDirectoryThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	wiki, file := filepath.Join(dir, "wiki"), filepath.Join(dir, "file")
	if err := os.Mkdir(wiki, 0o755); err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{
		file:                        "",
		filepath.Join(wiki, "a.md"): "# Payment gateway times out\n\n1. Restart it.\n\n   ```bash\n   systemctl restart gateway\n   ```\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if r := cairn(t, "ask", "--library", wiki, "--data", file, "payment gateway times out"); r.code != exitDone || !strings.Contains(r.out, "systemctl") || r.err == "" {
		t.Errorf("ask: exit %d, %q, %q; want an answer and a warning", r.code, r.out, r.err)
	}
	if r := cairn(t, "index", "--library", wiki, "--data", file); r.code != exitFailed || !strings.Contains(r.err, file) {
		t.Errorf("index: exit %d, %q; want exit 1 and the directory", r.code, r.err)
	}
}

// Where nothing says where data belongs it goes to a temporary directory, with
// a warning that says what to set.
func TestTemporaryDataIsSaid(t *testing.T) {
	t.Parallel()
	const warning = "may be lost"
	tmp := t.TempDir()
	homeless := []string{"HOME=", "TMPDIR=" + tmp}
	for _, args := range [][]string{{"ask", "disk full"}, {"index"}, {"gaps"}} {
		r := cairnWith(t, homeless, "", args...)
		if r.code != exitDone || strings.Count(r.err, warning) != 1 || !strings.Contains(r.err, filepath.Join(tmp, "cairn")) || !strings.Contains(r.err, "XDG_DATA_HOME") {
			t.Errorf("%v: exit %d, %q; want one warning with the directory and what to set", args, r.code, r.err)
		}
	}
	for _, env := range [][]string{{"HOME=", "XDG_DATA_HOME=" + tmp}, {"HOME=", "CAIRN_DATA=" + tmp}, nil} {
		if r := cairnWith(t, env, "", "ask", "disk full"); r.code != exitDone || r.err != "" {
			t.Errorf("with %v: exit %d, %q; want no warning", env, r.code, r.err)
		}
	}
}

func TestUsageErrors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad.yaml")
	if err := os.WriteFile(bad, []byte("listn: 127.0.0.1:1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"ask"}, {"aks", "x"}, {"ask", "--no-such-flag", "x"}, {"search"}, {"search", "-k", "0", "x"},
		{"ask", "--config", bad, "x"}, {"ask", "--config", filepath.Join(dir, "none.yaml"), "x"},
		{"serve", "--listen", "0.0.0.0:0"}, {"version", "extra"}, {"data", "purge", "--user", "nobody"},
	} {
		if r := cairn(t, args...); r.code != exitUsage || !strings.HasPrefix(r.err, "cairn: ") {
			t.Errorf("cairn %v: exit %d, %q; want exit 2 and a sentence", args, r.code, r.err)
		}
	}
	if r := cairn(t, "ask", "--config", bad, "x"); !strings.Contains(r.err, "listen") || !strings.Contains(r.err, "bad.yaml:1") {
		t.Errorf("unknown key: %q, want the place and the nearest known key", r.err)
	}
}

// A question that found nothing is kept for `cairn gaps`; one that was
// answered is not.
func TestUnansweredQuestionsBecomeGaps(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	for _, q := range []string{"how do I rotate the flux capacitor certificate", "flux capacitor certificate rotation", "disk full"} {
		cairn(t, "ask", "--data", data, q)
	}
	r := cairn(t, "gaps", "--data", data, "--json")
	if r.code != exitDone || !strings.Contains(r.out, "flux capacitor") || strings.Contains(r.out, `"disk full"`) {
		t.Errorf("exit %d, gaps %s%s", r.code, r.out, r.err)
	}
	r = cairn(t, "gaps", "--data", data, "--as-queries")
	var line struct{ ID, Query string }
	first, _, _ := strings.Cut(r.out, "\n")
	if err := json.Unmarshal([]byte(first), &line); err != nil || line.ID == "" || !strings.Contains(line.Query, "flux") {
		t.Errorf("as queries: %q (%v), want lines of an evaluation file", r.out, err)
	}
}
