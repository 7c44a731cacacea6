package slack

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"cairn/adapters"
	"cairn/adapters/slack/slacktest"
)

var update = flag.Bool("update", false, "rewrite testdata")

// golden runs f on the "in" of every file and compares with its "want".
func golden(t *testing.T, pattern string, f func(t *testing.T, in []byte) string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files match %s: %v", pattern, err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			t.Parallel()
			ar, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			got := f(t, ar.Files[0].Data)
			if *update {
				ar.Files = append(ar.Files[:1], txtar.File{Name: "want", Data: []byte(got)})
				if err := os.WriteFile(name, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if len(ar.Files) < 2 {
				t.Fatal("no want: run with -update")
			}
			if diff := cmp.Diff(string(ar.Files[1].Data), got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func indent(t *testing.T, v any) string {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func payloadOf(t testing.TB, p part) json.RawMessage {
	t.Helper()
	raw, err := json.Marshal(map[string]any{"text": p.text, "blocks": p.blocks})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestRender(t *testing.T) {
	t.Parallel()
	golden(t, "render_*.txtar", func(t *testing.T, in []byte) string {
		var m adapters.Message
		dec := json.NewDecoder(bytes.NewReader(in))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&m); err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		for _, p := range render(m, native) {
			for _, bad := range slacktest.Validate(payloadOf(t, p)) {
				t.Error(bad)
			}
			out.WriteString("text: " + p.text + "\n" + indent(t, p.blocks))
		}
		return out.String()
	})
}

func TestDecode(t *testing.T) {
	t.Parallel()
	golden(t, "decode_*.txtar", func(t *testing.T, in []byte) string {
		kind, body, _ := strings.Cut(string(in), "\n")
		d, err := decodeAs(kind, []byte(body))
		if err != nil {
			return "error: " + err.Error() + "\n"
		}
		if d.opened != "" {
			return "opened: " + d.opened + " by " + d.user + "\n"
		}
		if len(d.events) == 0 {
			return "nothing\n"
		}
		return indent(t, d.events)
	})
}

func decodeAs(kind string, body []byte) (decoded, error) {
	d := &decoder{self: "UCAIRN", onboarding: []string{"CNEW"}, now: func() time.Time { return time.Unix(1790000000, 0) }}
	switch kind {
	case "command":
		return d.command(body, "request")
	case "interaction":
		return d.interaction(body, "request")
	}
	return d.callback(body)
}

func FuzzDecode(f *testing.F) {
	files, _ := filepath.Glob("testdata/decode_*.txtar")
	for _, name := range files {
		ar, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		kind, body, _ := strings.Cut(string(ar.Files[0].Data), "\n")
		f.Add(kind, []byte(body))
	}
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		d, err := decodeAs(kind, body)
		if err != nil {
			return
		}
		for _, ev := range d.events {
			if len(ev.Keys) == 0 || ev.Adapter != Name || ev.Kind == "" || ev.Surface == "" || ev.User.ID == "" || ev.Time.IsZero() {
				t.Errorf("incomplete event %+v", ev)
			}
			if len(ev.Text) > len(body)+maxShortcut {
				t.Errorf("text grew to %d bytes of %d", len(ev.Text), len(body))
			}
			if _, err := json.Marshal(ev); err != nil {
				t.Error(err)
			}
		}
	})
}

// A text as long as a request may be takes no longer than others.
func TestDecodeIsLinear(t *testing.T) {
	t.Parallel()
	const n = 300000
	for name, text := range map[string]string{
		"blanks": strings.Repeat(" ", n) + "\nx", "open": strings.Repeat("<", n), "tokens": strings.Repeat("<@U1>", n/5), "lines": strings.Repeat("x\n", n/2), "entities": strings.Repeat("&lt;", n/4),
	} {
		body, err := json.Marshal(map[string]any{"type": "message_action", "callback_id": shortcutID, "user": map[string]any{"id": "U1"}, "message": map[string]any{"ts": "1.0", "text": text, "attachments": []any{map[string]any{"text": text}}}})
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() {
			_, err := decodeAs("interaction", body)
			done <- err
		}()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		case <-time.After(patience):
			t.Fatalf("%s: not decoded within %v", name, patience)
		}
	}
}

func FuzzRender(f *testing.F) {
	m := answerMessage()
	raw, err := json.Marshal(m)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw, 3)
	files, _ := filepath.Glob("testdata/render_*.txtar")
	for _, name := range files {
		ar, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(ar.Files[0].Data, 1)
	}
	f.Fuzz(func(t *testing.T, raw []byte, times int) {
		var m adapters.Message
		if json.Unmarshal(raw, &m) != nil {
			return
		}
		// Fuzzed buttons and numbers of what only the bot fills in stay sane.
		m.Notify = ""
		for i := range m.Buttons {
			m.Buttons[i].ID, m.Buttons[i].Value, m.Buttons[i].Style = "more", "v", ""
		}
		for i := range m.Choices {
			m.Choices[i].ID, m.Choices[i].Value, m.Choices[i].Style = "pick", "v", ""
		}
		m.AnswerID = cut(m.AnswerID, 40)
		times = min(max(times, 1), 60)
		stretch(&m, times)
		for _, level := range []int{native, noCitations, plain} {
			for _, p := range render(m, level) {
				if bad := slacktest.Validate(payloadOf(t, p)); len(bad) > 0 {
					t.Errorf("%q", bad)
				}
			}
		}
	})
}

// stretch makes a message's texts longer and its lists fuller.
func stretch(m *adapters.Message, n int) {
	m.Text, m.Title, m.Lead = strings.Repeat(m.Text, n), strings.Repeat(m.Title, n), strings.Repeat(m.Lead, n)
	for i := range m.Steps {
		s := &m.Steps[i]
		s.Text, s.Expect = strings.Repeat(s.Text, n), strings.Repeat(s.Expect, n)
		for j := range s.Commands {
			s.Commands[j].Text = strings.Repeat(s.Commands[j].Text, n)
		}
	}
	for i := range m.Quotes {
		m.Quotes[i].Text = strings.Repeat(m.Quotes[i].Text, n)
	}
	for k := len(m.Steps); k > 0 && len(m.Steps) < n; {
		m.Steps = append(m.Steps, m.Steps[len(m.Steps)%k])
	}
	for k := len(m.Citations); k > 0 && len(m.Citations) < n; {
		m.Citations = append(m.Citations, m.Citations[len(m.Citations)%k])
	}
	for k := len(m.Buttons); k > 0 && len(m.Buttons) < n; {
		m.Buttons = append(m.Buttons, m.Buttons[len(m.Buttons)%k])
	}
}
