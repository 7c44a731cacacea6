package discord

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"cairn/adapters"
	"cairn/adapters/adaptertest"
	"cairn/adapters/discord/discordtest"
)

// shared finds a file of ../shared, seen from the module's root.
func shared(t *testing.T, path string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
	file := filepath.Join(dir, "..", "shared", path)
	if _, err := os.Stat(file); err != nil {
		if os.Getenv("CAIRN_TEST_ALL") == "1" {
			t.Fatalf("%s is needed with CAIRN_TEST_ALL=1: %v", path, err)
		}
		t.Skipf("../shared/%s is not there", path)
	}
	return file
}

// A spec is Discord's description of its API.
type spec struct {
	doc      map[string]any
	compiler *jsonschema.Compiler

	mu      sync.Mutex
	schemas map[string]*jsonschema.Schema
	checked map[string]int
}

const specURL = "discord.json"

func loadSpec(t *testing.T) *spec {
	t.Helper()
	shared(t, "specs/discord_openapi.json") // skips where it is not there
	sp, err := theSpec()
	if err != nil {
		t.Fatal(err)
	}
	return sp
}

// theSpec is read once for all tests; an error where it is not there.
var theSpec = sync.OnceValues(func() (*spec, error) {
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "specs", "discord_openapi.json"))
	if err != nil {
		return nil, err
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	relax(v)
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource(specURL, v); err != nil {
		return nil, err
	}
	return &spec{doc: v.(map[string]any), compiler: c, schemas: map[string]*jsonschema.Schema{}, checked: map[string]int{}}, nil
})

// relax takes two things out of the description that the service does not
// insist on: that exactly one alternative fits, and that integers are no text.
func relax(v any) {
	switch x := v.(type) {
	case []any:
		for _, e := range x {
			relax(e)
		}
	case map[string]any:
		if one, ok := x["oneOf"]; ok {
			x["anyOf"] = one
			delete(x, "oneOf")
		}
		delete(x, "contentEncoding")
		if f, ok := x["format"]; ok && f != "snowflake" {
			delete(x, "format")
		}
		switch t := x["type"].(type) {
		case string:
			if t == "integer" {
				x["type"] = []any{"integer", "string"}
			}
		case []any:
			for _, e := range t {
				if e == "integer" {
					x["type"] = append(t, "string")
					break
				}
			}
		}
		for _, e := range x {
			relax(e)
		}
	}
}

// schema finds the schema of a request's body; ok is false for a path that the
// description does not have.
func (s *spec) schema(method, path string) (*jsonschema.Schema, error) {
	at := strings.Split(path, "/")
	for template, item := range s.doc["paths"].(map[string]any) {
		parts := strings.Split(template, "/")
		if len(parts) != len(at) {
			continue
		}
		fits := true
		for i := range parts {
			if !strings.HasPrefix(parts[i], "{") && parts[i] != at[i] || strings.HasPrefix(parts[i], "{") && strings.HasPrefix(at[i], "@") {
				fits = false
				break
			}
		}
		if op, ok := item.(map[string]any)[strings.ToLower(method)]; fits && ok {
			body, ok := op.(map[string]any)["requestBody"].(map[string]any)
			if !ok {
				return nil, errors.New("takes no body")
			}
			if _, ok := body["content"].(map[string]any)["application/json"]; !ok {
				return nil, errors.New("takes no JSON")
			}
			escaped := strings.NewReplacer("~", "~0", "/", "~1").Replace(template)
			pointer := specURL + "#/paths/" + escapeFragment(escaped) + "/" + strings.ToLower(method) + "/requestBody/content/application~1json/schema"
			s.mu.Lock()
			defer s.mu.Unlock()
			s.checked[method+" "+template]++
			if sch := s.schemas[pointer]; sch != nil {
				return sch, nil
			}
			sch, err := s.compiler.Compile(pointer)
			if err == nil {
				s.schemas[pointer] = sch
			}
			return sch, err
		}
	}
	return nil, errors.New("is not in the description")
}

func escapeFragment(s string) string {
	return strings.NewReplacer("{", "%7B", "}", "%7D", "@", "%40").Replace(s)
}

func (s *spec) check(method, path string, body []byte) []string {
	sch, err := s.schema(method, path)
	if err != nil {
		return []string{fmt.Sprintf("%s %s: %v", method, path, err)}
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return []string{err.Error()}
	}
	if err := sch.Validate(v); err != nil {
		return []string{cut(err.Error(), 1500)}
	}
	return nil
}

// TestRequestsFitTheDescription makes every kind of request and validates it
// against Discord's own description of its API.
func TestRequestsFitTheDescription(t *testing.T) {
	t.Parallel()
	sp := loadSpec(t)
	r := newRig(t, rigOptions{server: discordtest.Options{Schemas: sp.check}, opts: Options{Titles: shelf{}}, config: Config{MessageContent: true}})
	d := r.discord
	wait := func(id string) {
		t.Helper()
		if _, err := d.AwaitAnswer(r.ctx, id); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the commands are registered", func() bool { _, n := d.Commands(); return n == 1 })
	must := func(ref adapters.Ref, err error) adapters.Ref {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return ref
	}
	m := adaptertest.Answer(3)
	m.Marker, m.Notify = "tip-1", discordtest.Owners
	ref := must(r.Send(r.ctx, adapters.Destination{Channel: discordtest.General}, m))
	if err := r.Edit(r.ctx, ref, m); err != nil {
		t.Fatal(err)
	}
	must(r.Send(r.ctx, adapters.Destination{User: discordtest.Bo}, m))
	d.Mention(discordtest.General, discordtest.Ada, "long")
	ev := r.h.wait(t, 1)
	r.Busy(r.ctx, ev)()
	must(r.Reply(r.ctx, ev, adaptertest.Answer(20)))
	id := d.Slash(discordtest.General, discordtest.Ada, "ask", map[string]any{"question": "x"})
	must(r.Reply(r.ctx, r.h.wait(t, 2), m))
	must(r.Reply(r.ctx, r.h.wait(t, 2), m))
	wait(id)
	wait(d.Press(discordtest.General, discordtest.Ada, ref.Message, "more:answer1"))
	must(r.Reply(r.ctx, r.h.wait(t, 3), m))
	wait(d.Type("en-US", discordtest.General, discordtest.Ada, "ask", "question", "k"))
	id = d.Slash(discordtest.General, discordtest.Ada, "runbook", nil)
	wait(id)
	shown := d.Interaction(id).Original
	wait(d.Press(discordtest.General, discordtest.Ada, shown.ID, shown.Buttons()[0].CustomID, "service-03"))
	r.h.set(func(h *handler) { h.fail = func(adapters.Event) error { return adapters.ErrQueueFull } })
	wait(d.Slash(discordtest.General, discordtest.Ada, "ask", map[string]any{"question": "full"}))
	sp.mu.Lock()
	kinds := len(sp.checked)
	sp.mu.Unlock()
	if kinds < 8 {
		t.Errorf("only %d kinds of request were checked", kinds)
	}
	bad, err := json.Marshal(map[string]any{"content": 5, "allowed_mentions": map[string]any{"parse": []string{"nobody"}}})
	if err != nil {
		t.Fatal(err)
	}
	if len(sp.check("POST", "/channels/1/messages", bad)) == 0 {
		t.Error("the description takes anything")
	}
}
