package discord

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"cairn/adapters"
	"cairn/adapters/discord/discordtest"
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

// show writes a message's parts so that their Markdown can be read.
func show(t testing.TB, r rendered) string {
	t.Helper()
	var b strings.Builder
	for i, p := range r.parts {
		fmt.Fprintf(&b, "=== message %d\n", i+1)
		if p.Content != "" {
			fmt.Fprintf(&b, "content: %s\n", p.Content)
		}
		for _, e := range p.Embeds {
			fmt.Fprintf(&b, "--- embed #%06x\n", e.Color)
			if e.URL != "" {
				fmt.Fprintf(&b, "url: %s\n", e.URL)
			}
			if e.Author != nil {
				fmt.Fprintf(&b, "author: %s\n", e.Author.Name)
			}
			b.WriteString(strings.ReplaceAll(e.Description, zeroWidth, "{zero width}") + "\n")
			if e.Footer != nil {
				fmt.Fprintf(&b, "footer: %s\n", e.Footer.Text)
			}
		}
		raw, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range (discordtest.Message{Components: components(t, raw)}).Buttons() {
			fmt.Fprintf(&b, "button: %s = %s\n", c.CustomID, strings.ReplaceAll(c.Label, zeroWidth, "{zero width}"))
		}
		allowed, err := json.Marshal(p.AllowedMentions)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "allowed_mentions: %s\n", allowed)
		for _, problem := range discordtest.Validate(raw) {
			t.Errorf("message %d: %s", i+1, problem)
		}
	}
	return b.String()
}

func components(t testing.TB, raw []byte) json.RawMessage {
	t.Helper()
	var m struct {
		Components json.RawMessage `json:"components"`
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatal(err)
	}
	return m.Components
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
		return show(t, render(m))
	})
}

func testDecoder() *decoder {
	return &decoder{
		self: "2", selfRoles: []string{"3"}, now: func() time.Time { return time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC) },
		onboarding: []string{"14"}, rootOf: func(string) string { return "" },
		whereIs: func(channel, guild string) place {
			p := place{channel: channel, guild: guild, direct: guild == "", public: channel == "11"}
			if channel == "12" {
				p.channel, p.thread, p.public = "11", "12", true
			}
			return p
		},
	}
}

// decodeAny decodes one dispatch of any type.
func decodeAny(kind string, data []byte) (ev adapters.Event, ok bool, err error) {
	d := testDecoder()
	switch kind {
	case "MESSAGE_CREATE", "MESSAGE_UPDATE":
		return d.message(data, kind == "MESSAGE_UPDATE")
	case "MESSAGE_DELETE":
		return d.deleted(data)
	default:
		var in wireInteraction
		if err := json.Unmarshal(data, &in); err != nil {
			return ev, false, err
		}
		return d.interaction(&in)
	}
}

func TestDecode(t *testing.T) {
	t.Parallel()
	golden(t, "decode_*.txtar", func(t *testing.T, in []byte) string {
		var f struct {
			Type string          `json:"type"`
			Data json.RawMessage `json:"data"`
		}
		if err := json.Unmarshal(in, &f); err != nil {
			t.Fatal(err)
		}
		ev, ok, err := decodeAny(f.Type, f.Data)
		if err != nil {
			return "error: " + err.Error() + "\n"
		}
		if !ok {
			return "nothing\n"
		}
		out, err := json.MarshalIndent(ev, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		return string(out) + "\n"
	})
}

// seeds adds the inputs of the golden files.
func seeds(f *testing.F, pattern string, add func(in []byte)) {
	f.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, name := range files {
		ar, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		add(ar.Files[0].Data)
	}
}

func FuzzDecode(f *testing.F) {
	seeds(f, "decode_*.txtar", func(in []byte) { f.Add(in) })
	f.Fuzz(func(t *testing.T, in []byte) {
		var x struct {
			Type string          `json:"type"`
			Data json.RawMessage `json:"data"`
		}
		if json.Unmarshal(in, &x) != nil {
			return
		}
		for _, kind := range []string{"MESSAGE_CREATE", "MESSAGE_UPDATE", "INTERACTION_CREATE"} {
			ev, ok, err := decodeAny(kind, x.Data)
			if !ok || err != nil {
				continue
			}
			if len(ev.Keys) == 0 || ev.Adapter != Name || ev.Kind == "" || ev.Time.IsZero() || ev.User.ID == "" {
				t.Fatalf("half an event: %+v", ev)
			}
			if _, err := json.Marshal(ev); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func FuzzRender(f *testing.F) {
	seeds(f, "render_*.txtar", func(in []byte) { f.Add(in) })
	f.Fuzz(func(t *testing.T, in []byte) {
		var m adapters.Message
		if json.Unmarshal(in, &m) != nil {
			return
		}
		checkInert(t, m)
	})
}

// checkInert checks a rendered message: within the limits, no ping, no link but
// those of Link values.
func checkInert(t *testing.T, m adapters.Message) {
	t.Helper()
	m.Notify = ""
	may := map[string]bool{}
	note := func(u string) { may[safeURL(u)] = true }
	note(m.TitleURL)
	for _, c := range m.Citations {
		note(c.URL)
	}
	for _, l := range m.Related {
		note(l.URL)
	}
	for _, s := range m.Steps {
		for _, l := range s.Links {
			note(l.URL)
		}
	}
	for _, q := range m.Quotes {
		for _, l := range q.Links {
			note(l.URL)
		}
	}
	for i, p := range render(m).parts {
		raw, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		for _, problem := range discordtest.Validate(raw) {
			t.Errorf("message %d: %s", i, problem)
		}
		var embeds struct {
			Embeds []discordtest.Embed `json:"embeds"`
		}
		if err := json.Unmarshal(raw, &embeds); err != nil {
			t.Fatal(err)
		}
		read := discordtest.Message{Content: p.Content, Embeds: embeds.Embeds}.Read()
		if len(read.Pings) > 0 {
			t.Errorf("pings: %q in %+v", read.Pings, embeds.Embeds)
		}
		for _, l := range read.Links {
			if !may[l] {
				t.Errorf("link %q, which no Link holds, in %+v", l, embeds.Embeds)
			}
		}
	}
}

// TestHostileMessages renders what a generator makes of the characters that
// mean something to Discord.
func TestHostileMessages(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(5, 6))
	bits := []string{"`", "``", "```", "\n", " ", "[", "]", "(", ")", "<", ">", "@", "everyone", "here", "<@1>", "<@&2>", "https://evil.example.com/x", "://", "http", "s://a.b", "\\", "*", "_", "|", "~", "#", "- ", "x", "你好", "🛑", "1. ", "[a](https://evil.example.com)"}
	word := func() string {
		var b strings.Builder
		for range rnd.IntN(30) {
			b.WriteString(bits[rnd.IntN(len(bits))])
		}
		if rnd.IntN(20) == 0 {
			return strings.Repeat(b.String(), 200)
		}
		return b.String()
	}
	for range 1500 {
		m := adapters.Message{
			Lang: "zh", Text: word(), Title: word(), Lead: word(), Confidence: word(), UnderstoodAs: word(), Mark: word(), RelatedTitle: word(), AnswerID: "a", Marker: "m",
			Notes: []string{word()}, Warnings: []string{word()}, TitleURL: "https://docs.example.com/" + word(),
			Citations: []adapters.Citation{{N: 1, Label: word(), Heading: []string{word()}, URL: "https://docs.example.com/" + word()}},
			Related:   []adapters.Link{{Title: word(), URL: word(), Detail: word()}},
			Buttons:   []adapters.Button{{ID: "b", Value: "v", Label: word()}},
		}
		for i := range rnd.IntN(12) {
			m.Steps = append(m.Steps, adapters.Step{
				N: i + 1, Section: word(), Text: word(), Expect: word(), IfNot: word(), Before: []string{word()}, Citation: 1,
				Commands: []adapters.Command{{Text: word(), Lang: word()}}, Links: []adapters.Link{{Title: word(), URL: "https://docs.example.com/y"}},
			})
		}
		m.Quotes = []adapters.Quote{{Text: word(), Citation: 1, Links: []adapters.Link{{Title: word(), URL: "https://docs.example.com/z"}}}}
		checkInert(t, m)
		if t.Failed() {
			t.Fatalf("for %+v", m)
		}
	}
}

// TestFencesKeepTheBytes puts a command together again from what is shown.
func TestFencesKeepTheBytes(t *testing.T) {
	t.Parallel()
	for _, c := range []string{"a", "echo `date`", "cat <<E\n```\nx\n```\nE", "````", strings.Repeat("长行 ", 3000), strings.Repeat("x\n", 5000) + "end", "  indented\n\ttab"} {
		blocks, whole := fences(c, "sh")
		var b strings.Builder
		for _, f := range blocks {
			body := strings.TrimSuffix(strings.TrimPrefix(f, "```sh\n"), "\n```")
			if strings.Contains(body, "```") || units(f) > maxDescription {
				t.Errorf("%.20q: a block breaks its fence or is too long", c)
			}
			b.WriteString(body)
		}
		if b.String() != c || whole != (len(blocks) == 1) {
			t.Errorf("%.20q: got %.40q", c, b.String())
		}
	}
}
