package web_test

import (
	"context"
	"encoding/json"
	"flag"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
	"golang.org/x/tools/txtar"

	"cairn/adapters"
)

var update = flag.Bool("update", false, "rewrite the golden parts of testdata")

// TestGoldens renders testdata/*.txtar: message.json becomes the page's
// article.
func TestGoldens(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			t.Parallel()
			ar, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			var reply struct {
				adapters.Message
				Abstained bool
			}
			if err := json.Unmarshal(ar.Files[0].Data, &reply); err != nil {
				t.Fatal(err)
			}
			f := &fake{ask: func(context.Context, adapters.Question) (adapters.Reply, error) {
				return adapters.Reply{Message: reply.Message, Abstained: reply.Abstained}, nil
			}}
			page := do(newWeb(t, f, nil), request("GET", "/ask?q=question", "")).Body.String()
			inert(t, name, page)
			_, article, _ := strings.Cut(page, "<article")
			article, _, _ = strings.Cut(article, "</article>")
			got := regexp.MustCompile(`\n\s*\n+`).ReplaceAllString("<article"+article+"</article>\n", "\n")
			if *update {
				ar.Files = []txtar.File{ar.Files[0], {Name: "want.html", Data: []byte(got)}}
				if err := os.WriteFile(name, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(ar.Files[len(ar.Files)-1].Data), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestHiddenCharactersAreShownAndCopied(t *testing.T) {
	t.Parallel()
	body := do(newWeb(t, &fake{}, nil), request("GET", "/ask?q=hostile", "")).Body.String()
	if !strings.Contains(body, `<bdi class="ctl" data-name="U+202E">`) || !strings.Contains(body, `data-name="U+001B"`) {
		t.Error("hidden characters of a command are not shown")
	}
	if got, want := commandText(t, body, 1), "ls \u202ecod\u202c\r\x1b[2J"; got != want {
		t.Errorf("copies %q, want %q", got, want)
	}
}

// TestHostileTextIsInert parses the pages: no element or link may come from a
// document's text.
func TestHostileTextIsInert(t *testing.T) {
	t.Parallel()
	s := newWeb(t, &fake{}, nil)
	for _, path := range []string{"/ask?q=hostile", "/d/builtin/hostile.md", "/ask?q=" + url.QueryEscape(attack), "/", "/browse/kubernetes", "/d/" + url.PathEscape(attack) + "/old.md"} {
		w := do(s, request("GET", path, ""))
		inert(t, path, w.Body.String())
	}
}

func inert(t *testing.T, name, page string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		attr := map[string]string{}
		for _, a := range n.Attr {
			attr[a.Key] = a.Val
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "srcdoc" {
				t.Errorf("%s: <%s> has %s", name, n.Data, a.Key)
			}
		}
		switch n.Data {
		case "script":
			if n.FirstChild != nil || !strings.HasPrefix(attr["src"], "/assets/app.") {
				t.Errorf("%s: a script: %v", name, attr)
			}
		case "img", "link":
			if !strings.HasPrefix(attr["src"]+attr["href"], "/assets/") {
				t.Errorf("%s: <%s> of %q", name, n.Data, attr["src"]+attr["href"])
			}
		case "svg", "iframe", "object", "embed", "style", "base":
			t.Errorf("%s: <%s>", name, n.Data)
		case "a":
			u, err := url.Parse(attr["href"])
			if err != nil || u.Scheme != "" && u.Scheme != "http" && u.Scheme != "https" || strings.HasPrefix(attr["href"], "//") {
				t.Errorf("%s: a link to %q", name, attr["href"])
			}
		}
	}
}

// FuzzAnswer renders messages with any text in every place.
func FuzzAnswer(f *testing.F) {
	f.Add(attack, "javascript:alert(1)", "ls \u202e")
	f.Add("`a` b", "https://a.example/x?y#z", "a\r\nb\x00c")
	f.Add("\xff\xfe", "/\\evil", "")
	f.Fuzz(func(t *testing.T, text, link, command string) {
		l := adapters.Link{Title: text, URL: link, Detail: text}
		fk := &fake{ask: func(context.Context, adapters.Question) (adapters.Reply, error) {
			return adapters.Reply{Message: adapters.Message{
				Lang: "zh", Text: text, Title: text, TitleURL: link, Lead: text, Warnings: []string{text}, AnswerID: text,
				Steps: []adapters.Step{{N: 1, Section: text, Before: []string{text}, Text: text, Commands: []adapters.Command{{Text: command, Lang: text}}, Expect: text,
					Risk: adapters.Risk(text), RiskLabel: text, Links: []adapters.Link{l}, Citation: 1}},
				Quotes: []adapters.Quote{{Text: text, Citation: 1}}, Citations: []adapters.Citation{{N: 1, Label: text, Heading: []string{text}, URL: link}},
				Related: []adapters.Link{l}, Choices: []adapters.Button{{Label: text}}, Feedback: &adapters.Feedback{UpLabel: text},
			}}, nil
		}}
		w := do(newWeb(t, fk, nil), request("GET", "/ask?q=x", ""))
		if w.Code != 200 {
			t.Fatalf("got %d: %s", w.Code, w.Body)
		}
		inert(t, "answer", w.Body.String())
		if got := commandText(t, w.Body.String(), 1); !strings.ContainsAny(command, "\x00") && got != strings.ToValidUTF8(command, "\ufffd") && strings.ToValidUTF8(command, "") == command {
			t.Errorf("copies %q, want %q", got, command)
		}
	})
}

func BenchmarkAnswerPage(b *testing.B) {
	s := newWeb(b, &fake{}, nil)
	for b.Loop() {
		do(s, request("GET", "/ask?q=node", ""))
	}
}
