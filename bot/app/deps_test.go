package app

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// allowed lists, for every package of the product, which packages of the
// product and which foreign modules it may import outside its tests. An entry
// ending in /... covers a subtree. The direction is docs/design.md's: adapters
// know no retrieval, retrieval knows no chat, runbooks knows neither; bot
// joins them and bot/app alone wires.
var allowed = map[string][]string{
	".":                            {"cairn/bot/app"},
	"runbooks":                     {"cairn/runbooks/...", "github.com/yuin/goldmark", "golang.org/x/net", "golang.org/x/text", "go.yaml.in/yaml/v3"},
	"runbooks/source":              {"cairn/runbooks", "github.com/fsnotify/fsnotify"},
	"runbooks/risk":                {"mvdan.cc/sh/v3"},
	"runbooks/lint":                {"cairn/runbooks/...", "mvdan.cc/sh/v3", "go.yaml.in/yaml/v3"},
	"runbooks/library":             {},
	"retrieval":                    {"cairn/runbooks", "cairn/retrieval/...", "golang.org/x/sync"},
	"retrieval/lexical":            {"cairn/retrieval/glossary", "github.com/kljensen/snowball", "golang.org/x/text"},
	"retrieval/vector":             {"cairn/retrieval/...", "github.com/philippgille/chromem-go"},
	"retrieval/glossary":           {},
	"retrieval/llm":                {"github.com/sashabaranov/go-openai", "cairn/retrieval/llm"},
	"retrieval/llm/llmtest":        {"cairn/retrieval/llm"},
	"retrieval/llm/mask":           {},
	"retrieval/llm/audit":          {"cairn/retrieval/llm", "cairn/retrieval/llm/mask"},
	"retrieval/eval":               {"cairn/retrieval", "cairn/retrieval/...", "cairn/runbooks", "cairn/runbooks/source"},
	"adapters":                     {},
	"adapters/adaptertest":         {"cairn/adapters"},
	"adapters/slack":               {"cairn/adapters", "github.com/slack-go/slack"},
	"adapters/slack/slacktest":     {"cairn/adapters", "github.com/gorilla/websocket", "github.com/slack-go/slack"},
	"adapters/discord":             {"cairn/adapters", "github.com/bwmarrin/discordgo"},
	"adapters/discord/discordtest": {"cairn/adapters", "github.com/gorilla/websocket", "github.com/bwmarrin/discordgo"},
	"adapters/web":                 {"cairn/adapters", "golang.org/x/time", "golang.org/x/net"},
	"adapters/terminal":            {"cairn/adapters", "golang.org/x/term", "golang.org/x/text"},
	"bot":                          {"cairn/adapters", "cairn/retrieval", "cairn/runbooks", "cairn/runbooks/risk", "cairn/bot/answer", "cairn/bot/store", "cairn/retrieval/llm"},
	"bot/answer":                   {"cairn/retrieval", "cairn/retrieval/llm", "cairn/runbooks", "cairn/runbooks/risk", "cairn/bot/answer/ground", "cairn/bot/answer/judge", "cairn/bot/prose"},
	"bot/answer/ground":            {"cairn/retrieval/glossary"},
	"bot/answer/ground/groundtest": {},
	"bot/answer/judge":             {"cairn/retrieval/llm", "cairn/bot/answer/ground", "cairn/bot/prose"},
	"bot/catalog":                  {"cairn/retrieval", "cairn/runbooks", "cairn/runbooks/source", "github.com/fsnotify/fsnotify", "github.com/klauspost/compress", "golang.org/x/sync"},
	"bot/store":                    {"cairn/runbooks"},
	"bot/store/internal/sqlstore":  {"cairn/bot/store", "github.com/pressly/goose/v3"},
	"bot/store/sqlite":             {"cairn/bot/store/...", "modernc.org/sqlite", "github.com/pressly/goose/v3"},
	"bot/store/postgres":           {"cairn/bot/store/...", "github.com/jackc/pgx/v5", "github.com/pressly/goose/v3"},
	"bot/schedule":                 {"cairn/bot/store", "cairn/adapters", "cairn/runbooks", "github.com/robfig/cron/v3"},
	"bot/prose":                    {"cairn/runbooks"},
	"bot/tips":                     {"cairn/bot/prose", "cairn/bot/store", "cairn/adapters", "cairn/runbooks", "cairn/runbooks/risk"},
	"bot/quiz":                     {"cairn/bot/prose", "cairn/bot/store", "cairn/adapters", "cairn/runbooks", "cairn/runbooks/risk", "github.com/open-spaced-repetition/go-fsrs/v4"},
	"bot/config":                   {"cairn/adapters/...", "go.yaml.in/yaml/v3"},
	"bot/server":                   {"cairn/adapters", "github.com/prometheus/client_golang", "golang.org/x/net"},
}

// unlimited may import everything: they wire, or serve tests only.
var unlimited = []string{"bot/app", "bot/catalog/internal/builtinindex", "retrieval/lexical/internal/ordinary", "bot/store/storetest", "bot/store/storetest/pgtest", "internal/leaktest"}

type goPackage struct {
	ImportPath string
	Imports    []string
	Dir        string
	GoFiles    []string
}

func listPackages(t *testing.T) (root string, pkgs []goPackage) {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		t.Fatalf("go list -m: %v", err)
	}
	root = strings.TrimSpace(string(out))
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports,Dir,GoFiles", "./...")
	cmd.Dir = root
	out, err = cmd.Output()
	if err != nil {
		t.Fatalf("go list ./...: %v", err)
	}
	dec := json.NewDecoder(bytes.NewReader(out))
	for {
		var p goPackage
		if err := dec.Decode(&p); err == io.EOF {
			return root, pkgs
		} else if err != nil {
			t.Fatal(err)
		}
		pkgs = append(pkgs, p)
	}
}

func TestImportDirection(t *testing.T) {
	t.Parallel()
	_, pkgs := listPackages(t)
	seen := map[string]bool{}
	for _, p := range pkgs {
		name := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, "cairn"), "/")
		if name == "" {
			name = "."
		}
		seen[name] = true
		if slices.Contains(unlimited, name) {
			continue
		}
		may, ok := allowed[name]
		if !ok {
			t.Errorf("package %s has no line in the table of allowed imports: add one with what it may import", name)
			continue
		}
		for _, imp := range p.Imports {
			if first, _, _ := strings.Cut(imp, "/"); !strings.Contains(first, ".") && first != "cairn" {
				continue // standard library
			}
			if !slices.ContainsFunc(may, func(m string) bool { return covers(m, imp) }) {
				t.Errorf("%s imports %s, which its line in the table does not allow", name, imp)
			}
		}
	}
	for name := range allowed {
		if !seen[name] {
			t.Errorf("the table of allowed imports names %s, which does not exist", name)
		}
	}
}

// covers reports whether the table's entry allows the import: the package
// itself, a subtree with /..., or any package of a foreign module.
func covers(entry, imp string) bool {
	if tree, ok := strings.CutSuffix(entry, "/..."); ok {
		return strings.HasPrefix(imp, tree+"/") || imp == tree
	}
	return imp == entry || (!strings.HasPrefix(entry, "cairn") && strings.HasPrefix(imp, entry+"/"))
}

// Every package says in a doc.go what it is.
func TestEveryPackageHasDoc(t *testing.T) {
	t.Parallel()
	_, pkgs := listPackages(t)
	for _, p := range pkgs {
		if p.ImportPath != "cairn" && len(p.GoFiles) > 0 && !slices.Contains(p.GoFiles, "doc.go") {
			t.Errorf("%s has no doc.go", p.ImportPath)
		}
	}
}

// A module that go.mod requires directly has its line in docs/dependencies.md,
// and the page names nothing else.
func TestDependenciesAreExplained(t *testing.T) {
	t.Parallel()
	root, _ := listPackages(t)
	page, err := os.ReadFile(filepath.Join(root, "docs", "dependencies.md"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "list", "-m", "-f", "{{if not (or .Indirect .Main)}}{{.Path}}{{end}}", "all")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list -m all: %v", err)
	}
	direct := strings.Fields(string(out))
	for _, m := range direct {
		if !strings.Contains(string(page), "`"+m+"`") {
			t.Errorf("docs/dependencies.md does not say why %s is used", m)
		}
	}
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(line, "|")
		if len(cells) < 3 {
			continue
		}
		if m := strings.Trim(cells[1], " `"); strings.Contains(m, "/") && !slices.Contains(direct, m) {
			t.Errorf("docs/dependencies.md explains %s, which go.mod does not require", m)
		}
	}
}

// An adapter is a folder, a case in adapters.go and a page, all three.
func TestAdapterIsComplete(t *testing.T) {
	t.Parallel()
	root, pkgs := listPackages(t)
	source, err := os.ReadFile(filepath.Join(root, "bot", "app", "adapters.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pkgs {
		dir, name := path.Split(p.ImportPath)
		if dir != "cairn/adapters/" || slices.Contains([]string{"adaptertest", "web", "terminal"}, name) {
			continue
		}
		if !strings.Contains(string(source), name+".New(") {
			t.Errorf("bot/app/adapters.go does not start adapters/%s", name)
		}
		if _, err := os.Stat(filepath.Join(root, "docs", "adapters", name+".md")); err != nil {
			t.Errorf("adapters/%s has no page in docs/adapters", name)
		}
	}
}
