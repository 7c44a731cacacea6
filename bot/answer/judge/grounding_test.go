package judge

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cairn/bot/answer/ground"
	"cairn/bot/answer/ground/groundtest"
	"cairn/retrieval/glossary"
	"cairn/retrieval/llm"
)

var (
	holdout = flag.Bool("holdout", false, "print the figures of the held-out sentences too")
	live    = flag.Bool("live", false, "ask the model that OPENAI_BASE_URL, OPENAI_API_KEY and CAIRN_LLM_MODEL name instead of the recording")
	write   = flag.String("prompts", "", "write the prompts that are not recorded to this folder")
	read    = flag.String("record", "", "read answers to these prompts from this folder into the recording")
	show    = flag.Bool("show", false, "print what is judged wrongly (development only)")
)

const (
	labelledDir = "../testdata/grounding"
	recording   = labelledDir + "/judge/recorded.jsonl"
)

// A recorded is what a model answered to a prompt.
type recorded struct {
	Prompt string          `json:"prompt"` // its hash
	Answer json.RawMessage `json:"answer"`
}

// TestGrounding measures the judge on labelled sentences, with the answers that
// a model gave to these very prompts, or with a live one.
func TestGrounding(t *testing.T) {
	chat := theModel(t)
	measure(t, chat, "dev", sentencesOf(t, "dev")).Floors(t, "dev", 0.01, 0.90)
	if *holdout {
		measure(t, chat, "holdout", sentencesOf(t, "holdout"))
	}
	chat.finish(t)
}

// fixedFence keeps prompts the same from run to run.
func fixedFence() string { return "=====a1b2c3d4e5f6a7b8c9=====" }

// judgedWriters are those whose development sentences were put to a model.
var judgedWriters = []string{"ent", "zht"}

func sentencesOf(t *testing.T, split string) []groundtest.Sentence {
	t.Helper()
	return slices.DeleteFunc(groundtest.Load(t, labelledDir, split), func(s groundtest.Sentence) bool {
		return split == "dev" && !slices.Contains(judgedWriters, s.Writer())
	})
}

// measure counts what the judge lets through.
func measure(t *testing.T, chat *model, name string, list []groundtest.Sentence) groundtest.Rates {
	t.Helper()
	rates := groundtest.Rates{}
	calls, void, failed := ask(t, chat, list, func(s *groundtest.Sentence, v ground.Verdict) {
		rates.Add(s, v.Grounded, string(v.Reason))
		if *show && name == "dev" && v.Grounded != s.Label {
			t.Logf("%s %v %s %s: %s", s.ID, s.Label, s.Kind, v.Reason, s.Text)
		}
	})
	rates.Report(t, name)
	t.Logf("%s: %d calls, %d not believed for their controls, %d failed", name, calls, void, failed)
	return rates
}

// ask asks as answers do: a few sentences in a call, here of different
// passages, so that no twin gives another away.
func ask(t *testing.T, chat *model, list []groundtest.Sentence, each func(*groundtest.Sentence, ground.Verdict)) (calls, void, failed int) {
	t.Helper()
	j := New(slog.New(slog.DiscardHandler), chat, ground.New(glossary.Default()))
	j.fence = fixedFence
	for _, group := range grouped(list) {
		// The order and the controls of a call depend on nothing but its sentences.
		h := sha256.Sum256([]byte(list[group[0]].ID))
		j.random = rand.New(rand.NewPCG(uint64(h[0])|uint64(h[1])<<8, uint64(h[2])))
		var req Request
		for _, i := range group {
			req.Statements = append(req.Statements, Statement{Text: list[i].Text, Evidence: evidenceOf(&list[i])})
		}
		verdicts, err := j.Check(t.Context(), req)
		if calls++; errors.Is(err, ErrControls) {
			void++
		} else if err != nil {
			failed++
			chat.failure = err
		}
		for k, i := range group {
			each(&list[i], verdicts[k].Verdict)
		}
	}
	return calls, void, failed
}

// grouped puts sentences into calls so that no two of a call share a passage.
func grouped(list []groundtest.Sentence) [][]int {
	var out [][]int
	var open [][]int
	for i := range list {
		k := slices.IndexFunc(open, func(g []int) bool {
			return !slices.ContainsFunc(g, func(o int) bool { return list[o].Source() == list[i].Source() })
		})
		if k < 0 {
			open, k = append(open, nil), len(open)
		}
		if open[k] = append(open[k], i); len(open[k]) == AtOnce {
			out, open = append(out, open[k]), slices.Delete(open, k, k+1)
		}
	}
	return append(out, open...)
}

func evidenceOf(s *groundtest.Sentence) []ground.Evidence {
	var out []ground.Evidence
	for _, e := range s.Evidence {
		out = append(out, ground.Evidence{Heading: e.Heading, Text: e.Text})
	}
	return out
}

// A model answers from the recording, from a folder of answers, or is live.
type model struct {
	live    llm.Chatter
	mu      sync.Mutex
	have    map[string]json.RawMessage
	asked   map[string]bool
	added   []recorded
	missing int
	failure error
}

func theModel(t *testing.T) *model {
	t.Helper()
	m := &model{have: map[string]json.RawMessage{}, asked: map[string]bool{}}
	if *live {
		base, name := os.Getenv("OPENAI_BASE_URL"), os.Getenv("CAIRN_LLM_MODEL")
		client, err := llm.New(llm.Config{BaseURL: base, ChatModel: name, Key: envKey("OPENAI_API_KEY"), Timeout: 2 * time.Minute, FirstToken: time.Minute})
		if err != nil || name == "" {
			t.Fatalf("-live wants OPENAI_BASE_URL, OPENAI_API_KEY and CAIRN_LLM_MODEL: %v", err)
		}
		m.live = client
		return m
	}
	f, err := os.Open(recording)
	if errors.Is(err, os.ErrNotExist) {
		return m
	} else if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var r recorded
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatalf("%s: %v", recording, err)
		}
		m.have[r.Prompt] = r.Answer
	}
	return m
}

type envKey string

// Reveal implements [llm.Key].
func (k envKey) Reveal() string { return os.Getenv(string(k)) }

func (m *model) Model() string { return "recorded" }

// Chat implements [llm.Chatter].
func (m *model) Chat(ctx context.Context, req llm.ChatRequest, each func(string) error) (llm.ChatResponse, error) {
	if m.live != nil {
		return m.live.Chat(ctx, req, each)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	h := sha256.New()
	for _, msg := range req.Messages {
		fmt.Fprintf(h, "%s\x00%s\x00", msg.Role, msg.Content)
	}
	id := hex.EncodeToString(h.Sum(nil))[:16]
	m.asked[id] = true
	answer, ok := m.have[id]
	if !ok && *read != "" {
		if raw, err := os.ReadFile(filepath.Join(*read, id+".json")); err == nil && json.Valid(raw) {
			answer, ok = raw, true
			m.have[id] = raw
			m.added = append(m.added, recorded{id, raw})
		}
	}
	if !ok {
		m.missing++
		if *write != "" {
			if err := os.WriteFile(filepath.Join(*write, id+".txt"), []byte(req.Messages[0].Content+"\n\n----\n\n"+req.Messages[1].Content), 0o600); err != nil {
				return llm.ChatResponse{}, err
			}
			return llm.ChatResponse{Text: `{"verdicts": [{"n": 1, "follows": false}]}`}, nil // go on to the next
		}
		return llm.ChatResponse{}, fmt.Errorf("prompt %s is not recorded", id)
	}
	return llm.ChatResponse{Text: string(answer)}, nil
}

// finish keeps what was read and fails on what was not recorded.
func (m *model) finish(t *testing.T) {
	t.Helper()
	if len(m.added) > 0 {
		f, err := os.OpenFile(recording, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
		if err != nil {
			t.Fatal(err)
		}
		enc := json.NewEncoder(f)
		for _, r := range m.added {
			if err := enc.Encode(r); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		t.Logf("%d answers added to the recording", len(m.added))
	}
	if m.missing > 0 {
		t.Errorf("%d prompts are not recorded: their sentences or the prompt have changed; record anew as docs/benchmarks.md says", m.missing)
	}
	if m.failure != nil && m.missing == 0 {
		t.Errorf("a call failed: %v", m.failure)
	}
}

// The recording holds no answer that nothing asks for.
func TestRecording(t *testing.T) {
	m := theModel(t)
	j := New(slog.New(slog.DiscardHandler), m, ground.New(glossary.Default()))
	j.random, j.fence = examRandom(), fixedFence
	if _, err := j.Examine(t.Context(), nil); err != nil {
		t.Error(err)
	}
	for _, split := range []string{"dev", "holdout"} {
		ask(t, m, sentencesOf(t, split), func(*groundtest.Sentence, ground.Verdict) {})
	}
	for id, answer := range m.have {
		if !m.asked[id] {
			t.Errorf("nothing asks for prompt %s", id)
		}
		if _, err := readVerdicts(string(answer), 12); err != nil || strings.ContainsAny(string(answer), "\n") {
			t.Errorf("answer to %s: %v", id, err)
		}
	}
}
