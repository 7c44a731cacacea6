package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cairn/retrieval/llm/llmtest"
)

// With an embedding model configured the index asks it once per passage, a
// rebuild asks only for what is new, a server that is down changes nothing
// about the answer, and without the setting no request is made although a key
// stands in the environment.
func TestEmbeddingModel(t *testing.T) {
	t.Parallel()
	dir, data := t.TempDir(), t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("a.md", "# Payment gateway times out\n\n1. Restart the gateway.\n\n   ```bash\n   systemctl restart gateway\n   ```\n")
	model := llmtest.New(t)
	env := []string{"OPENAI_API_KEY=sk-test", "OPENAI_BASE_URL=" + model.URL()}
	run := func(extra []string, args ...string) result {
		t.Helper()
		return cairnWith(t, append(extra, env...), "", append(args, "--library", dir, "--data", data)...)
	}
	embeds := func() (n int) {
		for _, r := range model.Requests() {
			if strings.HasSuffix(r.Path, "/embeddings") {
				n++
			}
			if r.Authorization != "Bearer sk-test" {
				t.Errorf("request with authorization %q", r.Authorization)
			}
		}
		return n
	}

	if r := run(nil, "ask", "payment gateway times out"); r.code != exitDone || embeds() != 0 {
		t.Fatalf("a key alone: exit %d, %d requests; want an answer and none\n%s", r.code, embeds(), r.err)
	}
	with := []string{"CAIRN_LLM_EMBED_MODEL=vectors"}
	if r := run(with, "index"); r.code != exitDone || embeds() != 1 {
		t.Fatalf("first index: exit %d, %d requests; want one batch\n%s%s", r.code, embeds(), r.out, r.err)
	}
	write("b.md", "# Flux capacitor overheats\n\n1. Cool it.\n\n   ```bash\n   fluxctl cool\n   ```\n")
	if r := run(with, "index"); r.code != exitDone || embeds() != 2 {
		t.Errorf("one file more: exit %d, %d requests; want one more\n%s", r.code, embeds(), r.err)
	}
	if last := model.Requests()[len(model.Requests())-1]; strings.Contains(last.Body, "Payment") {
		t.Errorf("the unchanged file was embedded again: %s", last.Body)
	}
	if r := run(with, "ask", "payment gateway times out"); r.code != exitDone || !strings.Contains(r.out, "systemctl restart gateway") {
		t.Errorf("with the model: exit %d\n%s%s", r.code, r.out, r.err)
	}
	down := []string{"CAIRN_LLM_EMBED_MODEL=vectors", "CAIRN_LLM_BASE_URL=http://127.0.0.1:1/v1", "CAIRN_LLM_RETRIES=0"}
	if r := run(down, "ask", "payment gateway times out"); r.code != exitDone || !strings.Contains(r.out, "systemctl restart gateway") {
		t.Errorf("model down: exit %d\n%s%s", r.code, r.out, r.err)
	}
	before := len(model.Requests())
	if r := run(with, "ask", "--no-model", "flux capacitor overheats"); r.code != exitDone || len(model.Requests()) != before {
		t.Errorf("--no-model: exit %d, %d requests made", r.code, len(model.Requests())-before)
	}
}

// A user's glossary relates the words of the house.
func TestUserGlossary(t *testing.T) {
	t.Parallel()
	dir, data := t.TempDir(), t.TempDir()
	terms := filepath.Join(dir, "house.txt")
	wiki := filepath.Join(dir, "wiki")
	if err := os.Mkdir(wiki, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		terms:                         "聚宝盆 = goldpot\n",
		filepath.Join(wiki, "g.md"):   "# Goldpot refuses writes\n\n1. Look at its log.\n\n   ```bash\n   journalctl -u goldpot\n   ```\n",
		filepath.Join(wiki, "bad.md"): "# Coffee machine\n\nIt needs water.\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	r := cairnWith(t, []string{"CAIRN_INDEX_GLOSSARY=" + terms}, "", "search", "--library", wiki, "--data", data, "聚宝盆 写不进去")
	if r.code != exitDone || !strings.Contains(r.out, "g.md") {
		t.Errorf("exit %d\n%s%s", r.code, r.out, r.err)
	}
	if err := os.WriteFile(terms, []byte("no equals sign here\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	r = cairnWith(t, []string{"CAIRN_INDEX_GLOSSARY=" + terms}, "", "search", "--library", wiki, "--data", data, "x")
	if r.code != exitUsage || !strings.Contains(r.err, "house.txt") {
		t.Errorf("malformed glossary: exit %d, %q; want exit 2 and its name", r.code, r.err)
	}
}
