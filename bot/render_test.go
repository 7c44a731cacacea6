package bot

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"cairn/adapters"
	"cairn/bot/answer"
	"cairn/retrieval"
	"cairn/runbooks"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// A golden file holds a document, a question, maybe the verdict, and the
// message that comes of them, as plain text and as JSON.
func TestRender(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/render/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			ar, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			part := map[string]string{}
			for _, f := range ar.Files {
				part[f.Name] = string(f.Data)
			}
			m := renderCase(t, part)
			var js strings.Builder
			enc := json.NewEncoder(&js)
			enc.SetEscapeHTML(false)
			enc.SetIndent("", " ")
			plainText := m.Text
			m.Text = ""
			if err := enc.Encode(m); err != nil {
				t.Fatal(err)
			}
			if *update {
				out := &txtar.Archive{Comment: ar.Comment}
				for _, f := range ar.Files {
					if f.Name != "text" && f.Name != "message" {
						out.Files = append(out.Files, f)
					}
				}
				out.Files = append(out.Files, txtar.File{Name: "text", Data: []byte(plainText + "\n")}, txtar.File{Name: "message", Data: []byte(js.String())})
				if err := os.WriteFile(name, txtar.Format(out), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(part["text"], plainText+"\n"); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(part["message"], js.String()); diff != "" {
				t.Errorf("message (-want +got):\n%s", diff)
			}
		})
	}
}

func renderCase(t *testing.T, part map[string]string) adapters.Message {
	t.Helper()
	d, err := runbooks.Parse("docs/case.md", []byte(strings.NewReplacer(`\u202e`, "\u202e", `\u200b`, "\u200b").Replace(part["document"])), nil)
	if err != nil {
		t.Fatal(err)
	}
	question := strings.TrimSpace(part["question"])
	r := retrieval.Result{Confidence: 0.9, Verdict: retrieval.Sure}
	switch strings.TrimSpace(part["verdict"]) {
	case "unsure":
		r.Confidence, r.Verdict = 0.5, retrieval.Unsure
	case "abstain":
		r.Confidence, r.Verdict = 0.1, retrieval.Abstain
	}
	for _, p := range runbooks.Passages(d) {
		if at := strings.TrimSpace(part["at"]); at == "" || strings.Contains(d.Slice(p.Span), at) {
			r.Hits = append(r.Hits, retrieval.Hit{Library: "team", Document: d, Passage: p, Score: 1})
		}
	}
	a := answer.Compose(context.Background(), nil, r, question, &answer.Options{Links: answer.Links{Page: "https://cairn.example.com", Outward: true}})
	a.TookMS = 0
	return Message(a, &RenderOptions{AnswerID: "id", Unsure: r.Verdict == retrieval.Unsure, Choose: true, Feedback: true, More: true, Share: true})
}

func TestLinksIn(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]adapters.Link{
		"see [the page](https://example.com/a_(b)) now":                {{Title: "the page", URL: "https://example.com/a_(b)"}},
		"https://example.com/x, then http://b.example.":                {{Title: "https://example.com/x", URL: "https://example.com/x"}, {Title: "http://b.example", URL: "http://b.example"}},
		"（https://example.com/a）":                                      {{Title: "https://example.com/a", URL: "https://example.com/a"}},
		"(https://example.com/a)":                                      {{Title: "https://example.com/a", URL: "https://example.com/a"}},
		"[**bold**](<https://example.com/c> \"title\")":                {{Title: "bold", URL: "https://example.com/c"}},
		"![image](https://example.com/i.png)":                          nil,
		"[x](javascript:alert(1)) [y](file:///etc/passwd) [z](//evil)": nil,
		"[x](https://)": nil,
		"[broken](https://example.com/never\nclosed)": {{Title: "https://example.com/never", URL: "https://example.com/never"}},
		"curl https://example.com/$HOST":              {{Title: "https://example.com/$HOST", URL: "https://example.com/$HOST"}},
	} {
		if diff := cmp.Diff(want, linksIn(text)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

func FuzzLinksIn(f *testing.F) {
	f.Add("[a](https://b.example/(c)) ![d](e) https://f.example/界")
	f.Fuzz(func(t *testing.T, text string) {
		for _, l := range linksIn(text) {
			if !strings.HasPrefix(l.URL, "http://") && !strings.HasPrefix(l.URL, "https://") || !strings.Contains(text, l.URL) || l.Title == "" {
				t.Errorf("%q gives %+v", text, l)
			}
		}
	})
}

func TestEveryTextIsInBothLanguages(t *testing.T) {
	t.Parallel()
	for i := text(0); i <= textPlaceOnly; i++ {
		en, zh := wording(i)
		if en == "" || zh == "" {
			t.Errorf("text %d is %q and %q", i, en, zh)
		}
		if strings.Count(en, "%") != strings.Count(zh, "%") {
			t.Errorf("%q and %q take different arguments", en, zh)
		}
	}
	if en, zh := wording(textPlaceOnly + 1); en+zh != "" {
		t.Error("the last text is not the last")
	}
}
