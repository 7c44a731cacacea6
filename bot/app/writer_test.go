package app

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairn/adapters/discord/discordtest"
	"cairn/adapters/slack/slacktest"
	"cairn/bot/answer"
	"cairn/retrieval/llm/llmtest"
)

const gatewayDoc = `# Payment gateway returns 502

A 502 comes from the gateway when the backend closes the connection before it has answered.

1. Look at the gateway's log for the reason.

   ` + "```bash\n   tail -n 50 /var/log/gateway/error.log\n   ```" + `

2. Check that the backend listens on port 8080.

   ` + "```bash\n   ss -ltn 'sport = :8080'\n   ```" + `
`

const (
	explained = "A 502 comes from the gateway when the backend closes the connection before it has answered."
	noted     = explained + " [3]" // as it is shown; the source has no number
	byModel   = "The explanations come from a model"
	writing   = `{"passages": [], "sentences": [{"text": "` + explained + `", "cites": ["C3"]}], "missing": []}`
)

// written is a library with one runbook, and a model that explains it.
func written(t *testing.T) (library string, model *llmtest.Server, env []string) {
	t.Helper()
	library = t.TempDir()
	if err := os.WriteFile(filepath.Join(library, "gateway.md"), []byte(gatewayDoc), 0o644); err != nil {
		t.Fatal(err)
	}
	model = llmtest.New(t)
	model.Script(func(int, llmtest.Request) llmtest.Reply { return llmtest.Reply{Pieces: []string{writing}} })
	return library, model, []string{"CAIRN_LLM_MODEL=scripted", "OPENAI_API_KEY=sk-test", "OPENAI_BASE_URL=" + model.URL(), "CAIRN_LLM_FIRST_TOKEN=4m", "CAIRN_LLM_TIMEOUT=4m"}
}

func askObject(t *testing.T, r result) answer.Answer {
	t.Helper()
	var a answer.Answer
	if err := json.Unmarshal([]byte(r.out), &a); err != nil {
		t.Fatalf("exit %d, no object: %v\n%s%s", r.code, err, r.out, r.err)
	}
	a.TookMS = 0
	return a
}

// A model adds sentences; exit code, steps and citations are those without it,
// whatever it does.
func TestAskWithModel(t *testing.T) {
	t.Parallel()
	library, model, env := written(t)
	data := t.TempDir()
	ask := func(question string, more ...string) result {
		return cairnWith(t, append(env, more...), "", "ask", "--json", "--library", library, "--data", data, question)
	}
	const question = "payment gateway 502"
	plain := askObject(t, cairnWith(t, env, "", "ask", "--json", "--no-model", "--library", library, "--data", data, question))
	if plain.Mode != answer.ModeExtractive || len(model.Requests()) != 0 {
		t.Fatalf("--no-model: mode %q, %d requests", plain.Mode, len(model.Requests()))
	}
	r := ask(question)
	got := askObject(t, r)
	if r.code != exitDone || got.Mode != answer.ModeModel || len(got.Prose) != 1 || got.Prose[0].Text != explained {
		t.Errorf("exit %d, mode %q, prose %+v\n%s", r.code, got.Mode, got.Prose, r.err)
	}
	got.Mode, got.Prose = plain.Mode, nil
	if diff := cmp.Diff(plain, got); diff != "" {
		t.Errorf("the model changes the answer (-without +with):\n%s", diff)
	}
	for name, reply := range map[string]llmtest.Reply{
		"down": {Status: 503}, "hangs": {Hang: true}, "lies": {Pieces: []string{strings.Replace(writing, "502", "504", 1)}}, "prose": {Pieces: []string{"restart it"}},
	} {
		model.Script(func(int, llmtest.Request) llmtest.Reply { return reply })
		r := ask(question, "CAIRN_LLM_FIRST_TOKEN=300ms", "CAIRN_LLM_TIMEOUT=500ms", "CAIRN_LLM_RETRIES=0")
		got := askObject(t, r)
		if r.code != exitDone || got.Mode != answer.ModeFallback {
			t.Errorf("%s: exit %d, mode %q", name, r.code, got.Mode)
		}
		got.Mode = plain.Mode
		if diff := cmp.Diff(plain, got); diff != "" {
			t.Errorf("%s: the answer is not the first stage's:\n%s", name, diff)
		}
		if n := strings.Count(r.err, "answered without the model"); n != 1 || strings.Contains(r.err, "sk-test") {
			t.Errorf("%s: %d log lines, want one without the key:\n%s", name, n, r.err)
		}
	}
	before := len(model.Requests())
	if r := ask("best pizza in town"); r.code != exitAbstained || len(model.Requests()) != before {
		t.Errorf("abstained: exit %d, %d requests; want %d and none", r.code, len(model.Requests())-before, exitAbstained)
	}
	if r := cairnWith(t, []string{"OPENAI_API_KEY=sk-test", "OPENAI_BASE_URL=" + model.URL()}, "", "ask", "--json", "--library", library, "--data", data, question); askObject(t, r).Mode != answer.ModeExtractive || len(model.Requests()) != before {
		t.Error("a key in the environment alone makes the model write")
	}
}

// held scripts the model to wait until the returned function is called.
func held(t *testing.T, model *llmtest.Server) (release func()) {
	t.Helper()
	gate := make(chan struct{})
	model.Script(func(int, llmtest.Request) llmtest.Reply {
		select {
		case <-gate:
		case <-time.After(patience / 2):
		}
		return llmtest.Reply{Pieces: []string{writing}}
	})
	once := false
	release = func() {
		if !once {
			once = true
			close(gate)
		}
	}
	t.Cleanup(release)
	return release
}

// The terminal shows the steps while the model still thinks.
func TestAskShowsTheStepsAtOnce(t *testing.T) {
	t.Parallel()
	library, model, env := written(t)
	release := held(t, model)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := command(ctx, t, env, "ask", "--library", library, "--data", t.TempDir(), "payment gateway 502")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var seen bytes.Buffer
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		seen.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), "[3] gateway.md") {
			release()
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, &seen)
	}
	text := strings.Join(strings.Fields(seen.String()), " ")
	steps, prose := strings.Index(text, "ss -ltn"), strings.Index(text, noted)
	if steps < 0 || prose < steps {
		t.Errorf("steps at %d, sentence at %d:\n%s", steps, prose, &seen)
	}
}

// eventsOf reads server-sent events and hands them out until there are no more.
func eventsOf(t *testing.T, body io.Reader, each func(name, data string)) {
	t.Helper()
	var name string
	var data []string
	for lines := bufio.NewScanner(body); lines.Scan(); {
		field, value, _ := strings.Cut(lines.Text(), ": ")
		switch {
		case lines.Text() == "":
			each(name, strings.Join(data, "\n"))
			name, data = "", nil
		case field == "event":
			name = value
		case field == "data" || field == "data:":
			data = append(data, value)
		}
	}
}

// The API streams the answer as it grows, the page gets what is added to it.
func TestServeStreams(t *testing.T) {
	t.Parallel()
	library, model, env := written(t)
	s := startServe(t, env, "--library", library, "--data", t.TempDir())

	release := held(t, model)
	req, _ := http.NewRequest(http.MethodPost, s.base+"/api/ask", strings.NewReader(`{"question":"payment gateway 502"}`))
	req.Header.Set("Accept", "text/event-stream")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var names []string
	var last answer.Answer
	eventsOf(t, resp.Body, func(name, data string) {
		names = append(names, name)
		if err := json.Unmarshal([]byte(data), &last); err != nil {
			t.Errorf("event %s: %v", name, err)
		}
		if len(names) == 1 {
			if len(last.Steps) != 2 || len(last.Prose) != 0 {
				t.Errorf("first event: %d steps, %d sentences; want the steps alone", len(last.Steps), len(last.Prose))
			}
			release()
		}
	})
	if len(names) < 2 || names[0] != "answer" || names[len(names)-1] != "done" || last.Mode != answer.ModeModel || len(last.Prose) != 1 {
		t.Errorf("events %q, last in mode %q with %d sentences", names, last.Mode, len(last.Prose))
	}

	model.Script(func(int, llmtest.Request) llmtest.Reply { return llmtest.Reply{Pieces: []string{writing}} })
	jar, _ := cookiejar.New(nil)
	browser := &http.Client{Jar: jar}
	get := func(c *http.Client, path string) (int, string) {
		t.Helper()
		resp, err := c.Get(s.base + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, string(b)
	}
	before := len(model.Requests())
	_, page := get(browser, "/ask?q=payment+gateway+502")
	m := regexp.MustCompile(`data-more="([^"]+)"`).FindStringSubmatch(page)
	if m == nil || !strings.Contains(page, "ss -ltn") || strings.Contains(page, noted) || len(model.Requests()) != before {
		t.Fatalf("the page does not show the steps at once:\n%s", page)
	}
	more := strings.ReplaceAll(m[1], "&amp;", "&")
	if code, _ := get(http.DefaultClient, more); code != http.StatusNotFound {
		t.Errorf("another browser gets %d, want 404", code)
	}
	code, stream := get(browser, more)
	if code != http.StatusOK || !strings.Contains(stream, "event: done") || !strings.Contains(stream, noted) || strings.Contains(stream, "ss -ltn") {
		t.Errorf("%d, what is added:\n%s\n%s", code, stream, s.logged())
	}
	asked := len(model.Requests())
	if _, again := get(browser, more); !strings.Contains(again, noted) || len(model.Requests()) != asked {
		t.Errorf("asked again, the model is called again:\n%s", again)
	}
	if _, whole := get(browser, "/ask?wait=1&q=payment+gateway+502"); !strings.Contains(whole, noted) {
		t.Error("without scripts the page never shows what a model adds")
	}
	if code, metrics := get(http.DefaultClient, "/metrics"); code != http.StatusOK || !strings.Contains(metrics, `cairn_model_answers_total{outcome="written"} 3`) || !strings.Contains(metrics, `cairn_model_sentences_total{outcome="shown"} 3`) {
		t.Errorf("metrics (%d) do not count three written answers", code)
	}
}

// Slack and Discord show the steps at once and the sentence in the same
// message.
func TestChatStreams(t *testing.T) {
	t.Parallel()
	t.Run("slack", func(t *testing.T) {
		t.Parallel()
		library, model, env := written(t)
		release := held(t, model)
		fake := slacktest.Start(nil)
		defer fake.Close()
		fake.AddChannel("C1", "public", "U1")
		fake.AddUser(slacktest.User{ID: "U1"})
		s := startServe(t, append(env, fake.Env()...), "--library", library, "--data", t.TempDir())
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		if err := fake.AwaitSockets(ctx, 1); err != nil {
			t.Fatalf("no socket: %v\n%s", err, s.logged())
		}
		fake.Mention("C1", "U1", "payment gateway 502", "")
		shows := func(text string) func(slacktest.Message) bool {
			return func(m slacktest.Message) bool { return strings.Contains(m.Visible(), text) }
		}
		first, err := fake.Await(ctx, "C1", shows("ss -ltn"))
		if err != nil || strings.Contains(first.Visible(), byModel) {
			t.Fatalf("no steps at once: %v\n%s", err, s.logged())
		}
		release()
		second, err := fake.Await(ctx, "C1", shows(byModel))
		if err != nil || second.TS != first.TS || !strings.Contains(second.Visible(), "ss -ltn") {
			t.Errorf("the sentence is not in the same message: %v\n%s\n%s", err, second.Visible(), s.logged())
		}
		if problems := fake.Problems(); len(problems) > 0 {
			t.Errorf("Slack would have refused: %q", problems)
		}
	})
	t.Run("discord", func(t *testing.T) {
		t.Parallel()
		library, model, env := written(t)
		release := held(t, model)
		fake := discordtest.Start(&discordtest.Options{AnswerWithin: patience})
		defer fake.Close()
		s := startServe(t, append(env, fake.Env()...), "--library", library, "--data", t.TempDir())
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		if err := fake.AwaitSession(ctx, 1); err != nil {
			t.Fatalf("no session: %v\n%s", err, s.logged())
		}
		fake.Mention(discordtest.General, "700000000000000001", "payment gateway 502")
		shows := func(text string) func(discordtest.Message) bool {
			return func(m discordtest.Message) bool { return strings.Contains(m.Visible(), text) }
		}
		first, err := fake.Await(ctx, discordtest.General, shows("ss -ltn"))
		if err != nil || strings.Contains(first.Visible(), byModel) {
			t.Fatalf("no steps at once: %v\n%s", err, s.logged())
		}
		release()
		second, err := fake.Await(ctx, discordtest.General, shows(byModel))
		if err != nil || second.ID != first.ID || !strings.Contains(second.Visible(), "ss -ltn") {
			t.Errorf("the sentence is not in the same message: %v\n%s\n%s", err, second.Visible(), s.logged())
		}
		if problems := fake.Problems(); len(problems) > 0 {
			t.Errorf("Discord would have refused: %q", problems)
		}
	})
}

// A draft goes where it is told to, over nothing that is there, and into no
// answer before a person has taken its mark away.
func TestDraftIsNotPublishedByItself(t *testing.T) {
	t.Parallel()
	library, model, env := written(t)
	data := t.TempDir()
	model.Script(func(int, llmtest.Request) llmtest.Reply {
		return llmtest.Reply{Pieces: []string{`{"title": "Payment gateway leaks sockets", "service": "gateway", "questions": ["payment gateway leaks sockets"],
 "first_look": [{"text": "Look at the gateway's log for the reason.", "command": "tail -n 50 /var/log/gateway/error.log\nreboot now", "cites": ["P1"]}]}`}}
	})
	run := func(args ...string) result {
		return cairnWith(t, env, "", append(args, "--library", library, "--data", data)...)
	}
	file := filepath.Join(library, "sockets.md")
	r := run("draft", "payment gateway leaks sockets", "--out", file)
	if r.code != exitDone || !strings.Contains(r.err, "1 command lines are unverified") {
		t.Fatalf("exit %d\n%s%s", r.code, r.out, r.err)
	}
	raw, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(raw), "# UNVERIFIED reboot now") || !strings.Contains(string(raw), "\n   tail -n 50 /var/log/gateway/error.log\n") {
		t.Errorf("%v\n%s", err, raw)
	}
	if r := run("draft", "payment gateway leaks sockets", "--out", file); r.code != exitUsage || !strings.Contains(r.err, "exists") {
		t.Errorf("over a file: exit %d, %s", r.code, r.err)
	}
	if r := run("ask", "--no-model", "--json", "payment gateway leaks sockets"); strings.Contains(r.out, "sockets.md") {
		t.Errorf("a draft is in the answer:\n%s", r.out)
	}
	if err := os.WriteFile(file, bytes.Replace(raw, []byte("draft: true\n"), nil, 1), 0o644); err != nil {
		t.Fatal(err)
	}
	if r := run("ask", "--no-model", "--json", "payment gateway leaks sockets"); askObject(t, r).Document != "sockets.md" {
		t.Errorf("published, it does not answer: exit %d\n%s", r.code, r.out)
	}
	if r := cairnWith(t, nil, "", "draft", "why", "--library", library, "--data", data); r.code != exitUsage || !strings.Contains(r.err, "llm.model") {
		t.Errorf("without a model: exit %d, %s", r.code, r.err)
	}
}

// Where the model makes no draft, the reader is told what to do, in the
// language of the command line.
func TestDraftThatFailsSaysWhatToDo(t *testing.T) {
	t.Parallel()
	library, model, env := written(t)
	for name, tc := range map[string]struct {
		reply  llmtest.Reply
		en, zh string
	}{
		"no object": {llmtest.Reply{Pieces: []string{"I cannot do that."}}, "follows instructions better", "请重试"},
		"no key":    {llmtest.Reply{Status: 401, Body: "no"}, "check llm.api_key", "请检查 llm.api_key"},
		"down":      {llmtest.Reply{Status: 503, Body: "no"}, "look at its log", "请看它的日志"},
	} {
		model.Script(func(int, llmtest.Request) llmtest.Reply { return tc.reply })
		for lang, want := range map[string][]string{english: {"made no draft", tc.en}, chinese: {"没有写出草稿", tc.zh}} {
			r := cairnWith(t, append(env, "CAIRN_LLM_RETRIES=0"), "", "--lang", lang, "draft", "payment gateway leaks sockets", "--library", library, "--data", t.TempDir())
			for _, w := range want {
				if r.code != exitFailed || r.out != "" || !strings.Contains(r.err, w) {
					t.Errorf("%s in %s: exit %d, want %q\n%s%s", name, lang, r.code, w, r.out, r.err)
				}
			}
		}
	}
}
