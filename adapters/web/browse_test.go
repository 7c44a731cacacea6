package web_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairn/adapters"
)

// links returns "href text" of the links and buttons in an element's list.
func links(page string) []string {
	_, page, _ = strings.Cut(page, "<article")
	var out []string
	for _, m := range regexp.MustCompile(`<a (?:class="\w+" )?href="(/[bd]/?[^"]*)"[^>]*>(.*?)</a>`).FindAllStringSubmatch(page, -1) {
		out = append(out, m[1]+" "+regexp.MustCompile(`<[^>]*>`).ReplaceAllString(m[2], ""))
	}
	return out
}

// A runbook in two languages is one line, with the other language beside it.
func TestBrowseListsARunbookOnce(t *testing.T) {
	t.Parallel()
	for lang, want := range map[string][]string{
		"en": {"/browse All services", "/d/builtin/en/kubernetes/node_notready.md Kubernetes node NotReady", "/d/builtin/zh/kubernetes/node_notready.md 中文: Kubernetes 节点 NotReady", "/d/builtin/en/kubernetes/crashloopbackoff.md Pod CrashLoopBackOff"},
		"zh": {"/browse 全部服务", "/d/builtin/zh/kubernetes/node_notready.md Kubernetes 节点 NotReady", "/d/builtin/en/kubernetes/node_notready.md English: Kubernetes node NotReady", "/d/builtin/en/kubernetes/crashloopbackoff.md Pod CrashLoopBackOff"},
	} {
		body := do(newWeb(t, &fake{}, nil), request("GET", "/browse/kubernetes?lang="+lang, "")).Body.String()
		if diff := cmp.Diff(want, links(body)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", lang, diff)
		}
		if !strings.Contains(body, `kubernetes <span class="count">2</span></h1>`) {
			t.Errorf("%s: the number of runbooks is not 2", lang)
		}
	}
}

// Every service has a way to it: the first page names the largest, another all.
func TestEveryServiceIsReached(t *testing.T) {
	t.Parallel()
	f := &fake{services: []adapters.ServiceEntry{{Name: "ci/cd", Count: 1}}}
	for i := range 90 {
		f.services = append(f.services, adapters.ServiceEntry{Name: fmt.Sprintf("s%02d", i), Count: 1 + i/80})
	}
	s := newWeb(t, f, nil)
	home := do(s, request("GET", "/", "")).Body.String()
	if n := strings.Count(home, `class="chip" href="/browse/`); n != 24 || !strings.Contains(home, `href="/browse/s89"`) || !strings.Contains(home, `<a href="/browse">All services</a> <span class="count">91</span>`) {
		t.Errorf("the first page names %d services, want the 24 largest and the way to all 91", n)
	}
	all := do(s, request("GET", "/browse", "")).Body.String()
	if n := strings.Count(all, `href="/browse/`); n != 91 {
		t.Errorf("the list has %d services, want 91", n)
	}
	if same := do(s, request("GET", "/browse/", "")).Body.String(); strings.Count(same, `class="chip" href="/browse/`) != 91 {
		t.Error("with a slash at its end there is no list")
	}
	if !strings.Contains(all, `href="/browse/ci%2Fcd"`) {
		t.Error("a name with a slash has no address")
	}
	if w := do(s, request("GET", "/browse/ci%2Fcd", "")); w.Code != 200 || !strings.Contains(w.Body.String(), "Pipeline stuck") {
		t.Errorf("the service's page: %d", w.Code)
	}
	few := do(newWeb(t, &fake{}, nil), request("GET", "/", "")).Body.String()
	if strings.Contains(few, "All services") {
		t.Error("a first page that names all services leads to all services")
	}
	if w := do(newWeb(t, &fake{services: []adapters.ServiceEntry{}}, nil), request("GET", "/browse", "")); w.Code != 404 {
		t.Errorf("without services: %d, want 404", w.Code)
	}
}

// Where there is no answer, the services that the question names are the next
// best place; with an answer they are noise.
func TestNoAnswerNamesTheServices(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		question  string
		abstained bool
		want      []string
	}{
		{"list all redis runbooks", true, []string{"/browse/redis redis 5"}},
		{"Redis内存和MySQL的手册", true, []string{"/browse/mysql mysql 6", "/browse/redis redis 5"}},
		{"predis redish linux-like", true, []string{"/browse/linux linux 8"}},
		{"kafka linux redis docker", true, []string{"/browse/docker docker 4", "/browse/kafka kafka 3", "/browse/linux linux 8"}},
		{"what about " + strings.Repeat("x", 10_000) + " redis", true, nil},
		{"redis memory", false, nil},
	} {
		f := &fake{ask: func(context.Context, adapters.Question) (adapters.Reply, error) {
			m := adapters.Message{Lang: "en", Text: "Nothing reliable.", Lead: "Nothing reliable."}
			if !c.abstained {
				m = adapters.Message{Lang: "en", Title: "Memory", Steps: []adapters.Step{{N: 1, Text: "Look."}}}
			}
			return adapters.Reply{Message: m, Abstained: c.abstained}, nil
		}}
		w := do(newWeb(t, f, nil), request("POST", "/ask", "q="+c.question))
		if diff := cmp.Diff(c.want, links(w.Body.String())); diff != "" {
			t.Errorf("%.60s (-want +got):\n%s", c.question, diff)
		}
	}
}
