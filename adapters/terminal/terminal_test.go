package terminal_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/width"
	"golang.org/x/tools/txtar"

	"cairn/adapters"
	"cairn/adapters/terminal"
)

var update = flag.Bool("update", false, "rewrite the golden parts of testdata")

// TestGoldens renders testdata/*.txtar: message.json at 72 columns without
// colour, at 40 columns, and with colour, its escapes written as ␛.
func TestGoldens(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			t.Parallel()
			ar, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			var m adapters.Message
			if err := json.Unmarshal(ar.Files[0].Data, &m); err != nil {
				t.Fatal(err)
			}
			got := []txtar.File{
				ar.Files[0],
				{Name: "plain-72", Data: []byte(terminal.Render(m, &terminal.Options{Width: 72}))},
				{Name: "plain-40", Data: []byte(terminal.Render(m, &terminal.Options{Width: 40}))},
				{Name: "color-72", Data: []byte(strings.ReplaceAll(terminal.Render(m, &terminal.Options{Width: 72, Color: true}), "\x1b", "␛"))},
			}
			if *update {
				ar.Files = got
				if err := os.WriteFile(name, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(txtar.Format(&txtar.Archive{Comment: ar.Comment, Files: got})), string(txtar.Format(ar))); diff != "" {
				t.Errorf("(-got +want):\n%s", diff)
			}
			checkRules(t, m)
		})
	}
}

// checkRules checks what holds for every message: commands stand at the start
// of their lines as they are, nothing steers the terminal, and prose keeps to
// the width.
func checkRules(t *testing.T, m adapters.Message) {
	t.Helper()
	got := terminal.Render(m, &terminal.Options{Width: 60})
	inert(t, got)
	commands := map[string]bool{}
	for _, s := range m.Steps {
		for _, c := range s.Commands {
			text := strings.TrimRight(c.Text, "\n")
			for line := range strings.SplitSeq(text, "\n") {
				commands[line] = true
			}
			if !strings.ContainsFunc(text, unicode.IsControl) && !strings.ContainsFunc(text, bidi) && !strings.Contains("\n"+got, "\n"+text+"\n") {
				t.Errorf("the command does not stand on lines of its own: %q\n%s", text, got)
			}
		}
	}
	for line := range strings.SplitSeq(got, "\n") {
		if n := columns(line); n > 60 && !commands[line] && !strings.Contains(line, "://") && !strings.Contains(line, "<U+") && !strings.HasPrefix(line, "[") {
			t.Errorf("%d columns, want at most 60: %q", n, line)
		}
	}
}

func bidi(c rune) bool { return c >= 0x202a && c <= 0x202e || c >= 0x2066 && c <= 0x2069 }

func inert(t *testing.T, s string) {
	t.Helper()
	for _, c := range s {
		if c != '\n' && c != '\t' && unicode.IsControl(c) || bidi(c) {
			t.Errorf("%U came out", c)
			return
		}
	}
}

func columns(s string) int {
	n := 0
	for _, c := range s {
		switch k := width.LookupRune(c).Kind(); {
		case unicode.In(c, unicode.Mn, unicode.Me, unicode.Cf):
		case k == width.EastAsianWide || k == width.EastAsianFullwidth:
			n += 2
		default:
			n++
		}
	}
	return n
}

func TestDetectWithoutTerminal(t *testing.T) {
	t.Parallel()
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got := terminal.Detect(f, func(string) string { return "" }); got.Color {
		t.Error("a file gets colours")
	}
}

func TestDetectTerminal(t *testing.T) {
	t.Parallel()
	f, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("there is no pseudo terminal here: %v", err)
	}
	defer f.Close()
	for env, want := range map[string]bool{"": true, "NO_COLOR=1": false, "TERM=dumb": false, "TERM=xterm": true, "NO_COLOR=": true} {
		name, value, _ := strings.Cut(env, "=")
		got := terminal.Detect(f, func(k string) string {
			if k == name {
				return value
			}
			return ""
		})
		if got.Color != want {
			t.Errorf("%q: colour %v, want %v", env, got.Color, want)
		}
	}
}

func TestZeroMessageHasItsText(t *testing.T) {
	t.Parallel()
	if got, want := terminal.Render(adapters.Message{Lang: "en", Text: "Hello."}, nil), "Hello.\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func FuzzRender(f *testing.F) {
	f.Add("restart `nginx` now", "systemctl restart nginx", 40)
	f.Add("\x1b]52;c;aGk=\x07清空缓存，然后重启（先备份）", "echo \x1b[2J", 24)
	f.Add("a\u202eb", "rm\r-rf", 1)
	f.Fuzz(func(t *testing.T, text, command string, w int) {
		m := adapters.Message{
			Lang: "zh", Text: text, Title: text, Lead: text, Warnings: []string{text},
			Steps: []adapters.Step{{
				N: 1, Section: text, Text: text, Commands: []adapters.Command{{Text: command}}, Expect: text, IfNot: text,
				Risk: adapters.Destructive, RiskLabel: text, Citation: 1, Links: []adapters.Link{{Title: text, URL: text, Detail: text}},
			}},
			Quotes:    []adapters.Quote{{Text: text, Citation: 1}},
			Citations: []adapters.Citation{{N: 1, Label: text, Heading: []string{text}, URL: text}},
			Related:   []adapters.Link{{Title: text, URL: text}}, Mark: text,
		}
		inert(t, terminal.Render(m, &terminal.Options{Width: w}))
	})
}
