package app

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cairn/bot/answer"
	"cairn/retrieval/llm/llmtest"
)

// freely is a true sentence on gatewayDoc that the lexical check drops.
const freely = "Whoever sees a 502 should suspect that the backend hung up on the gateway too early."

// examined is a model that writes a sentence in free words, and judges by
// follows once doctor has examined it.
func examined(t *testing.T, follows func(passages, statement string) bool) (library, data string, model *llmtest.Server, env []string) {
	t.Helper()
	library, model, env = written(t)
	model.Script(func(_ int, r llmtest.Request) llmtest.Reply {
		if reply, ok := llmtest.JudgeReply(r, follows); ok {
			return reply
		}
		return llmtest.Reply{Pieces: []string{strings.Replace(writing, explained, freely, 1)}}
	})
	return library, t.TempDir(), model, append(env, "CAIRN_LISTEN=127.0.0.1:0")
}

// saysFreely asks and reports whether the answer holds the sentence that only a
// judge lets through.
func saysFreely(t *testing.T, env []string, library, data string) bool {
	t.Helper()
	a := askObject(t, cairnWith(t, env, "", "ask", "--json", "--library", library, "--data", data, "gateway 502"))
	return slices.ContainsFunc(a.Prose, func(p answer.Prose) bool { return p.Text == freely })
}

// knows answers the exam's true sentences by what they are about, so that a
// scripted model can pass it: it has the exam before it.
func knows(t *testing.T) func(passages, statement string) bool {
	t.Helper()
	raw, err := os.ReadFile("../answer/judge/exam.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var holds []string
	for line := range strings.Lines(string(raw)) {
		if text, rest, ok := strings.Cut(strings.TrimPrefix(line, `{"text":"`), `","follows":`); ok && strings.HasPrefix(rest, "true") {
			holds = append(holds, strings.ReplaceAll(text, `\"`, `"`))
		}
	}
	return func(passages, s string) bool {
		return s == freely || slices.Contains(holds, s) || llmtest.Verbatim(passages, s)
	}
}

// A model judges its own sentences once it has passed the exam, and not before.
func TestDoctorExaminesTheJudge(t *testing.T) {
	t.Parallel()
	library, data, model, env := examined(t, knows(t))
	ask := func(extra ...string) bool {
		t.Helper()
		return saysFreely(t, append(env, extra...), library, data)
	}
	doctor := func(want string, args ...string) {
		t.Helper()
		r := cairnWith(t, env, "", append([]string{"doctor", "--library", library, "--data", data}, args...)...)
		if r.code != exitDone || !strings.Contains(r.out, want) {
			t.Errorf("doctor %v: exit %d, want %q:\n%s%s", args, r.code, want, r.out, r.err)
		}
	}
	if ask() {
		t.Error("it judges without an exam")
	}
	doctor("scripted has not taken this version")
	before := len(model.Requests())
	doctor("scripted has passed the exam", "--judge")
	if n := len(model.Requests()) - before; n < 20 || n > 40 {
		t.Errorf("the exam took %d calls", n)
	}
	doctor("scripted passed the exam on")
	doctor("于", "--lang", "zh")
	if !ask() {
		t.Error("it does not judge after the exam")
	}
	for _, off := range []string{"CAIRN_LLM_JUDGE=false", "CAIRN_LLM_SEND=titles", "CAIRN_LLM_MODEL=another"} {
		if ask(off) {
			t.Errorf("it judges with %s", off)
		}
	}
	records, err := filepath.Glob(filepath.Join(data, "judge", "*.json"))
	if err != nil || len(records) != 1 {
		t.Fatalf("records: %v %v", records, err)
	}
	if err := os.WriteFile(records[0], []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if ask() {
		t.Error("it judges with a damaged record")
	}
	r := cairnWith(t, env, "", "doctor", "--library", library, "--data", data)
	if r.code != exitFailed || !strings.Contains(r.out, "take the exam again") {
		t.Errorf("a damaged record: exit %d\n%s", r.code, r.out)
	}
}

// A model that cannot tell true from false fails the exam and does not judge.
func TestDoctorFailsTheJudge(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		follows func(passages, statement string) bool
		reply   llmtest.Reply
		env     []string
		want    []string
	}{
		"says yes": {follows: func(string, string) bool { return true }, want: []string{"FAIL  judge", "has not passed the exam", "24 of 24 calls void", "take a better model"}},
		"no model": {env: []string{"CAIRN_LLM_MODEL="}, want: []string{"FAIL  judge", "no model takes the exam", "--no-model"}},
		"titles":   {env: []string{"CAIRN_LLM_SEND=titles"}, want: []string{"FAIL  judge", "no model takes the exam", "llm.send: titles"}},
		"nothing":  {env: []string{"CAIRN_LLM_SEND=nothing"}, want: []string{"FAIL  judge", "no model takes the exam", "llm.send: nothing"}},
		"off":      {env: []string{"CAIRN_LLM_JUDGE=false"}, want: []string{"FAIL  judge", "no model takes the exam", "llm.judge: false"}},
		"prose":    {reply: llmtest.Reply{Pieces: []string{"They follow."}}, want: []string{"FAIL  judge", "does not keep to the format"}},
		"down":     {reply: llmtest.Reply{Status: 503}, want: []string{"FAIL  judge", "is reached and fails"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			library, data, model, env := examined(t, tc.follows)
			model.Script(func(_ int, r llmtest.Request) llmtest.Reply {
				if !strings.HasPrefix(r.Messages[0], "You check statements") {
					return llmtest.Reply{Pieces: []string{strings.Replace(writing, explained, freely, 1)}}
				}
				if tc.follows == nil {
					return tc.reply
				}
				reply, _ := llmtest.JudgeReply(r, tc.follows)
				return reply
			})
			r := cairnWith(t, append(append(env, "CAIRN_LLM_RETRIES=0"), tc.env...), "", "doctor", "--judge", "--library", library, "--data", data)
			if r.code != exitFailed {
				t.Errorf("exit %d", r.code)
			}
			for _, w := range tc.want {
				if !strings.Contains(r.out, w) {
					t.Errorf("not said: %s\n%s%s", w, r.out, r.err)
				}
			}
			if saysFreely(t, env, library, data) {
				t.Error("it judges all the same")
			}
		})
	}
}
