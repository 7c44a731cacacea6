package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cairn/retrieval/llm/llmtest"
)

// Doctor asks the model for one thing of each kind, says clearly what is
// wrong, and never shows the key.
func TestDoctorChecksTheModel(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.md"), []byte("# Disk full\n\n1. Look for large files.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		fail []llmtest.Reply
		env  []string
		want []string
		code int
	}{
		"fine":          {want: []string{"ok    model          scripted answers", "sends passages; it did not answer in JSON as asked", "ok    embeddings     vectors gives vectors of 64 numbers", "ok    reranking      puts the better document first"}},
		"titles":        {env: []string{"CAIRN_LLM_SEND=titles"}, want: []string{"sends titles", "64 numbers; not used"}},
		"nothing":       {env: []string{"CAIRN_LLM_SEND=nothing"}, want: []string{"not asked: with llm.send: nothing"}},
		"key refused":   {fail: []llmtest.Reply{{Status: 401, Body: apiKey}}, want: []string{"FAIL  model", "refuses the key", "OPENAI_API_KEY"}, code: exitFailed},
		"no such model": {fail: []llmtest.Reply{{Status: 404}}, want: []string{"FAIL  model", "knows no such model", "llm.model"}, code: exitFailed},
		"out of credit": {fail: []llmtest.Reply{{Status: 429}}, want: []string{"limits the rate"}, code: exitFailed},
		"server fails":  {fail: []llmtest.Reply{{Status: 503}}, want: []string{"is reached and fails"}, code: exitFailed},
		"not reached":   {env: []string{"CAIRN_LLM_BASE_URL=http://127.0.0.1:1/v1"}, want: []string{"FAIL  model", "is not reached", "llm.base_url", "FAIL  embeddings"}, code: exitFailed},
		"dimensions":    {env: []string{"CAIRN_LLM_EMBED_DIMENSIONS=32"}, want: []string{"vectors of 64 numbers, llm.embed_dimensions asks for 32"}, code: exitFailed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := llmtest.New(t)
			env := append([]string{
				"OPENAI_API_KEY=" + apiKey, "OPENAI_BASE_URL=" + s.URL(), "CAIRN_LLM_MODEL=scripted", "CAIRN_LLM_EMBED_MODEL=vectors",
				"CAIRN_LLM_RERANK_URL=" + s.RerankURL(), "CAIRN_LLM_RETRIES=0", "CAIRN_LISTEN=127.0.0.1:0",
			}, tc.env...)
			data := t.TempDir()
			// The index first, so that the failures meet doctor's own calls.
			cairnWith(t, append(env, "CAIRN_LLM_BASE_URL="+s.URL()), "", "index", "--library", dir, "--data", data)
			s.Fail(tc.fail...)
			r := cairnWith(t, env, "", "doctor", "--library", dir, "--data", data)
			if r.code != tc.code {
				t.Errorf("exit %d, want %d", r.code, tc.code)
			}
			for _, w := range tc.want {
				if !strings.Contains(r.out, w) {
					t.Errorf("not said: %s", w)
				}
			}
			if strings.Contains(r.out+r.err, apiKey) {
				t.Error("the key is shown")
			}
			if t.Failed() {
				t.Logf("%s%s", r.out, r.err)
			}
		})
	}
}
