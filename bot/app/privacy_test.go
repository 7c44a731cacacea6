package app

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"cairn/bot/answer"
	"cairn/retrieval/llm"
	"cairn/retrieval/llm/audit"
	"cairn/retrieval/llm/llmtest"
)

const apiKey = "sk-live-Kq7Zt2Wm9Xp4Rb6Nc8"

// What must not leave, by where it stands.
var (
	secretsInDocument = []string{"D0cPassw0rd!", "wang.fang@corp.cn", "glpat-Zx9Yw8Vu7Ts6Rq5Po4Nm", "47.98.33.21"}
	secretsInQuestion = []string{"Qu3stionPw#1", "13912345678", "AKIAQ7WERTYUIOP5ASDF"}
)

const secretDocument = `# Payment gateway times out

The gateway answers 504 after thirty seconds. Its owner is wang.fang@corp.cn.

1. Look at the database that the gateway uses.

   ` + "```bash\n   mysql -h 47.98.33.21 -uapp -pD0cPassw0rd! -e 'show processlist'\n   ```" + `

2. Restart the gateway with the deploy token.

   ` + "```bash\n   DEPLOY_TOKEN=glpat-Zx9Yw8Vu7Ts6Rq5Po4Nm systemctl restart gateway\n   ```" + `

# Payment gateway refuses cards

Cards are refused when the risk service is down. Restart the risk service.

# Flux capacitor overheats

Cool the flux capacitor.
`

const secretQuestion = "payment gateway answers 504 and times out after thirty seconds: restart the gateway, look at the database. " +
	"password=Qu3stionPw#1 AKIAQ7WERTYUIOP5ASDF 13912345678"

var placeholder = regexp.MustCompile(`MASKED_[A-Z]+_\d+_[a-z0-9]{8}`)

// leaky is a model that tells everything it was told, in sentences that cite
// what it cannot have been told by, and the key it saw.
func leaky(_ int, r llmtest.Request) llmtest.Reply {
	said := strings.Join(r.Messages, "\n")
	type sentence struct {
		Text  string   `json:"text"`
		Cites []string `json:"cites"`
	}
	var out struct {
		Passages   []string   `json:"passages"`
		Sentences  []sentence `json:"sentences"`
		Missing    []string   `json:"missing"`
		Order      []int      `json:"order"`
		Standalone string     `json:"standalone"`
		Title      string     `json:"title"`
		Summary    sentence   `json:"summary"`
	}
	for _, p := range placeholder.FindAllString(said, -1) {
		for _, id := range []string{"C1", "C2", "P1"} {
			out.Sentences = append(out.Sentences, sentence{"The gateway times out with " + p + ".", []string{id}})
		}
		out.Missing = append(out.Missing, p)
	}
	out.Sentences = append(out.Sentences, sentence{"The gateway uses " + strings.TrimPrefix(r.Authorization, "Bearer ") + ".", []string{"C1"}})
	out.Order, out.Standalone, out.Title = []int{2, 1}, "payment gateway times out", "Payment gateway"
	out.Summary = sentence{"Use " + strings.Join(placeholder.FindAllString(said, 3), " and ") + ".", nil}
	raw, _ := json.Marshal(out)
	return llmtest.Reply{Pieces: []string{string(raw)}}
}

// Whatever is configured, no secret and nobody's data leaves: not in prompts,
// embeddings or rerankings; the key appears nowhere but in its header; and no
// sentence of a model carries a secret from the question into the answer.
func TestNothingSecretLeaves(t *testing.T) {
	t.Parallel()
	for name, env := range map[string][]string{
		"all":             {"CAIRN_LLM_MODEL=scripted", "CAIRN_LLM_EMBED_MODEL=vectors", "RERANK"},
		"chat reranks":    {"CAIRN_LLM_MODEL=scripted", "CAIRN_LLM_RERANK_WITH_MODEL=true"},
		"titles":          {"CAIRN_LLM_MODEL=scripted", "CAIRN_LLM_EMBED_MODEL=vectors", "RERANK", "CAIRN_LLM_SEND=titles"},
		"titles, reranks": {"CAIRN_LLM_MODEL=scripted", "CAIRN_LLM_RERANK_WITH_MODEL=true", "CAIRN_LLM_SEND=titles"},
		"nothing":         {"CAIRN_LLM_MODEL=scripted", "CAIRN_LLM_EMBED_MODEL=vectors", "RERANK", "CAIRN_LLM_SEND=nothing"},
		"server fails":    {"CAIRN_LLM_MODEL=scripted", "CAIRN_LLM_EMBED_MODEL=vectors", "RERANK", "CAIRN_LLM_RETRIES=0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, data := t.TempDir(), t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "gateway.md"), []byte(secretDocument), 0o600); err != nil {
				t.Fatal(err)
			}
			model := llmtest.New(t)
			model.Script(leaky)
			if name == "server fails" {
				model.Script(func(int, llmtest.Request) llmtest.Reply {
					return llmtest.Reply{Status: 500, Body: "no " + apiKey + " " + secretQuestion}
				})
			}
			env := append([]string{"OPENAI_API_KEY=" + apiKey, "OPENAI_BASE_URL=" + model.URL(), "CAIRN_LLM_AUDIT_TEXT=true"}, env...)
			for i, e := range env {
				if e == "RERANK" {
					env[i] = "CAIRN_LLM_RERANK_URL=" + model.RerankURL()
				}
			}
			asked := cairnWith(t, env, "", "ask", "-v", "--json", "--library", dir, "--data", data, secretQuestion)
			drafted := cairnWith(t, env, "", "draft", "--library", dir, "--data", data, secretQuestion)
			examined := cairnWith(t, env, "", "doctor", "--library", dir, "--data", data)

			for _, r := range model.Requests() {
				for _, s := range append(secretsInDocument, secretsInQuestion...) {
					if strings.Contains(r.Body, s) {
						t.Errorf("%s: %q left:\n%s", r.Path, s, r.Body)
					}
				}
				if strings.Contains(r.Body, apiKey) || strings.Contains(r.Path, apiKey) {
					t.Errorf("%s: the key left outside its header", r.Path)
				}
				if strings.HasPrefix(name, "titles") && (strings.Contains(r.Body, "Its owner") || strings.Contains(r.Body, "systemctl") || strings.Contains(r.Body, "risk service")) {
					t.Errorf("%s: the text of a passage left:\n%s", r.Path, r.Body)
				}
			}
			if n := len(model.Requests()); (n == 0) != (name == "nothing") {
				t.Errorf("%d requests\n%s%s", n, asked.err, drafted.err)
			}

			var a answer.Answer
			if err := json.Unmarshal([]byte(asked.out), &a); err != nil || asked.code != exitDone || len(a.Steps) == 0 {
				t.Fatalf("ask: exit %d, %v\n%s%s", asked.code, err, asked.out, asked.err)
			}
			shown := fmt.Sprint(a.Prose, a.Steps, a.Title, a.UnderstoodAs)
			for _, s := range secretsInQuestion {
				if strings.Contains(shown, s) || strings.Contains(asked.err+drafted.err+examined.out+examined.err, s) {
					t.Errorf("%q moved from the question into the answer or a log:\n%s\n%s", s, shown, asked.err)
				}
			}
			for what, text := range map[string]string{"answer": asked.out, "log": asked.err, "draft": drafted.out + drafted.err, "doctor": examined.out + examined.err} {
				if strings.Contains(text, apiKey) {
					t.Errorf("the key stands in the %s:\n%s", what, text)
				}
			}
			checkAudit(t, data, len(model.Requests()))
		})
	}
}

// checkAudit looks for secrets in the audit log, which has a line for every
// request at least.
func checkAudit(t *testing.T, data string, requests int) {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(data, audit.Folder, "*.jsonl"))
	lines := 0
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		lines += strings.Count(string(raw), "\n")
		for _, s := range append(append([]string{apiKey}, secretsInDocument...), secretsInQuestion...) {
			if strings.Contains(string(raw), s) {
				t.Errorf("the audit log holds %q:\n%s", s, raw)
			}
		}
	}
	if lines < requests || requests > 0 && lines == 0 {
		t.Errorf("%d lines in the audit log for %d requests", lines, requests)
	}
}

// A secret that stands in the cited document may come back in a sentence about
// it: the reader sees it beside the sentence.
func TestCitedValuesComeBack(t *testing.T) {
	t.Parallel()
	dir, data := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "gateway.md"), []byte("# Payment gateway times out\n\nThe gateway sends to 47.98.33.21 and waits.\n\n1. Ping 47.98.33.21 and look at the gateway.\n\n   ```bash\n   ping -c 3 47.98.33.21\n   ```\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	model := llmtest.New(t)
	model.Script(func(_ int, r llmtest.Request) llmtest.Reply {
		p := placeholder.FindString(strings.Join(r.Messages, "\n"))
		return llmtest.Reply{Pieces: []string{`{"passages": [], "sentences": [{"text": "Ping ` + strings.ToLower(p) + ` and look at the gateway.", "cites": ["C1"]}], "missing": []}`}}
	})
	r := cairnWith(t, []string{"OPENAI_BASE_URL=" + model.URL(), "CAIRN_LLM_MODEL=scripted", "CAIRN_LLM_FIRST_TOKEN=4m", "CAIRN_LLM_TIMEOUT=4m"}, "", "ask", "--json", "--library", dir, "--data", data, "payment gateway times out")
	var a answer.Answer
	if err := json.Unmarshal([]byte(r.out), &a); err != nil || len(a.Prose) != 1 || a.Prose[0].Text != "Ping 47.98.33.21 and look at the gateway." {
		t.Errorf("%v: %s%s", err, r.out, r.err)
	}
}

// The vectors of unmasked texts are made anew: the model's name says that
// texts are masked.
func TestMaskedEmbedderHasANameOfItsOwn(t *testing.T) {
	t.Parallel()
	s := llmtest.New(t)
	c, err := llm.New(llm.Config{BaseURL: s.URL(), EmbedModel: "vectors"})
	if err != nil {
		t.Fatal(err)
	}
	e := maskedEmbedder{c.Embedder()}
	if e.Model() == c.Embedder().Model() || !strings.HasPrefix(e.Model(), "vectors") {
		t.Errorf("model %q", e.Model())
	}
}

func TestCallMetrics(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewRegistry()
	m := newCallMetrics(reg)
	m.observe(llm.Call{Kind: llm.KindChat, Usage: llm.Usage{Input: 100, Output: 20}, Cost: 0.5, Sent: []byte("MASKED_EMAIL_1_abcdefgh MASKED_EMAIL_1_abcdefgh MASKED_TOKEN_2_abcdefgh")})
	m.observe(llm.Call{Kind: llm.KindChat, Reason: llm.ReasonBudget, Refused: true})
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		for _, s := range f.GetMetric() {
			name := f.GetName()
			for _, l := range s.GetLabel() {
				name += "," + l.GetValue()
			}
			got[name] = s.GetCounter().GetValue() + float64(s.GetHistogram().GetSampleCount())
		}
	}
	for name, want := range map[string]float64{
		"cairn_model_calls_total,chat,ok": 1, "cairn_model_calls_total,chat,budget_spent": 1, "cairn_model_tokens_total,input,chat": 100, "cairn_model_tokens_total,output,chat": 20,
		"cairn_model_cost_total,chat": 0.5, "cairn_model_masks_total,EMAIL": 1, "cairn_model_masks_total,TOKEN": 1, "cairn_model_call_seconds,chat": 1,
	} {
		if got[name] != want {
			t.Errorf("%s = %v, want %v (all: %v)", name, got[name], want, got)
		}
	}
}
