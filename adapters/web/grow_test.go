package web_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/net/html"

	"cairn/adapters"
	"cairn/adapters/web"
)

// A grower is an asker whose answers grow.
type grower struct {
	fake
	carryOn func(ctx context.Context, v adapters.Viewer, id string, each func(adapters.Reply)) (adapters.Reply, error)
	calls   atomic.Int32
}

var _ adapters.GrowingAsker = (*grower)(nil)

func (g *grower) AskGrowing(ctx context.Context, q adapters.Question, each func(adapters.Reply)) (adapters.Reply, error) {
	return g.Continue(ctx, q.Viewer, "a1", each)
}

func (g *grower) Continue(ctx context.Context, v adapters.Viewer, id string, each func(adapters.Reply)) (adapters.Reply, error) {
	g.calls.Add(1)
	return g.carryOn(ctx, v, id, each)
}

func newGrowing(t *testing.T, g *grower, change func(*web.Options)) *web.Web {
	t.Helper()
	return newAsker(t, g, &g.fake, change)
}

// dataOf joins the data of the events of a name, and counts the events.
func dataOf(t *testing.T, stream string) (data map[string]string, names []string) {
	t.Helper()
	data = map[string]string{}
	for event := range strings.SplitSeq(strings.TrimSuffix(stream, "\n\n"), "\n\n") {
		name := ""
		for i, line := range strings.Split(event, "\n") {
			switch {
			case i == 0 && strings.HasPrefix(line, "event: "):
				name = strings.TrimPrefix(line, "event: ")
				names, data[name] = append(names, name), ""
			case i > 0 && strings.HasPrefix(line, "data: "):
				data[name] += strings.TrimPrefix(line, "data: ") + "\n"
			default:
				t.Errorf("the stream has a line %q", line)
			}
		}
	}
	return data, names
}

// Whatever stands in a model's sentences and in documents, the stream holds the
// page's own events and inert HTML.
func TestGrowthIsInert(t *testing.T) {
	t.Parallel()
	m := hostile()
	m.Notes = append(m.Notes, "x\rdata: y\r\revent: done\rdata: <img src=x>\n\nevent: done\ndata: z")
	m.Steps[0].Commands[0].Text += "\r\revent: done\rdata: gone"
	m.Steps[0].Commands[0].Lang += "\r\revent: done\rdata: gone"
	m.Steps[0].RiskLabel += ": \r\revent: done\rdata: gone"
	g := &grower{carryOn: func(_ context.Context, _ adapters.Viewer, _ string, each func(adapters.Reply)) (adapters.Reply, error) {
		return adapters.Reply{Message: m}, nil
	}}
	w := do(newGrowing(t, g, nil), request("GET", "/ask/more?answer=a1&steps=0", ""))
	if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/event-stream") || w.Header().Get("Content-Security-Policy") == "" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%d with headers %v", w.Code, w.Header())
	}
	if strings.Contains(w.Body.String(), "\r") {
		t.Error("a carriage return ends a line of the stream")
	}
	data, names := dataOf(t, w.Body.String())
	if len(names) != 1 || names[0] != "done" {
		t.Fatalf("events %q", names)
	}
	inert(t, "growth", data["done"])
}

// The page gets what it does not show yet, and nothing twice.
func TestGrowthIsWhatIsNew(t *testing.T) {
	t.Parallel()
	first := answerEN()
	first.Warnings = []string{"The first file has changed."}
	g := &grower{}
	g.fake.ask = func(context.Context, adapters.Question) (adapters.Reply, error) {
		return adapters.Reply{Message: first, Grows: true}, nil
	}
	g.carryOn = func(context.Context, adapters.Viewer, string, func(adapters.Reply)) (adapters.Reply, error) {
		m := first
		m.Warnings = append(m.Warnings, "The added file has changed.")
		m.Steps = append(m.Steps, adapters.Step{N: 6, Section: "Added", Text: "Look there too.", Before: []string{"It helps. [4]"}, Citation: 4})
		m.Citations = append(m.Citations, cite(4, 40, 41, "Added"))
		m.Notes, m.Mark = []string{"All is well. [1]"}, "By a model."
		return adapters.Reply{Message: m}, nil
	}
	s := newGrowing(t, g, nil)
	page := do(s, request("GET", "/ask?q=node", "")).Body.String()
	link := regexp.MustCompile(`data-more="([^"]+)"`).FindStringSubmatch(page)
	if link == nil {
		t.Fatalf("the page does not ask for more:\n%s", page)
	}
	data, _ := dataOf(t, do(s, request("GET", html.UnescapeString(link[1]), "")).Body.String())
	for _, want := range []string{"The added file has changed.", "Look there too.", "It helps. [4]", "All is well. [1]", "By a model.", `id="source-4"`, `id="step-6"`} {
		if strings.Count(data["done"], want) != 1 || strings.Contains(page, want) {
			t.Errorf("%q stands %d times in what is added:\n%s", want, strings.Count(data["done"], want), data["done"])
		}
	}
	for _, old := range []string{"The first file has changed.", "kubectl get nodes", `id="source-1"`, `id="step-5"`} {
		if strings.Contains(data["done"], old) || !strings.Contains(page, old) {
			t.Errorf("%q is added though it stands there:\n%s", old, data["done"])
		}
	}
}

// The growth is for the page's own script: behind the token, the host check
// and the limits, and not for other sites.
func TestGrowthIsGuarded(t *testing.T) {
	t.Parallel()
	const path = "/ask/more?answer=a1"
	g := &grower{carryOn: func(context.Context, adapters.Viewer, string, func(adapters.Reply)) (adapters.Reply, error) {
		return adapters.Reply{Message: answerEN()}, nil
	}}
	open := newGrowing(t, g, nil)
	closed := newGrowing(t, g, func(o *web.Options) { o.AccessToken = token })
	for name, tc := range map[string]struct {
		web  http.Handler
		r    *http.Request
		want int
	}{
		"another site":  {open, request("GET", path, "", "Sec-Fetch-Site", "cross-site"), http.StatusBadRequest},
		"sibling site":  {open, request("GET", path, "", "Sec-Fetch-Site", "same-site"), http.StatusBadRequest},
		"another host":  {open, request("GET", path, "", "Host", "evil.example"), http.StatusMisdirectedRequest},
		"no id":         {open, request("GET", "/ask/more", ""), http.StatusBadRequest},
		"long id":       {open, request("GET", path+strings.Repeat("1", 300), ""), http.StatusBadRequest},
		"by a form":     {open, request("POST", path, ""), http.StatusNotFound},
		"without token": {closed, request("GET", path, ""), http.StatusUnauthorized},
	} {
		if w := do(tc.web, tc.r); w.Code != tc.want {
			t.Errorf("%s: %d, want %d", name, w.Code, tc.want)
		}
	}
	if n := g.calls.Load(); n != 0 {
		t.Errorf("%d of them reached the answers", n)
	}
	if w := do(closed, request("GET", path, "", "Authorization", "Bearer correct-horse-battery-staple", "Sec-Fetch-Site", "same-origin")); w.Code != 200 || g.calls.Load() != 1 {
		t.Errorf("with the token: %d after %d calls", w.Code, g.calls.Load())
	}
}

// A link on another site does not make a model work.
func TestForeignLinksSpendNothing(t *testing.T) {
	t.Parallel()
	f := &fake{}
	s := newWeb(t, f, nil)
	do(s, request("GET", "/ask?q=spam&wait=1", "", "Sec-Fetch-Site", "cross-site"))
	do(s, request("GET", "/ask?q=mine&wait=1", "", "Sec-Fetch-Site", "same-origin"))
	if q := f.asked(); len(q) != 2 || !q[0].Later || q[0].Record || q[1].Later {
		t.Errorf("asked %+v", q)
	}
}

// Faults end the stream; none takes the process with it.
func TestGrowthEnds(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		carryOn func(context.Context, adapters.Viewer, string, func(adapters.Reply)) (adapters.Reply, error)
		code    int
		last    string
	}{
		"not found": {func(context.Context, adapters.Viewer, string, func(adapters.Reply)) (adapters.Reply, error) {
			return adapters.Reply{}, adapters.ErrNotFound
		}, http.StatusNotFound, ""},
		"store down": {func(context.Context, adapters.Viewer, string, func(adapters.Reply)) (adapters.Reply, error) {
			return adapters.Reply{}, errors.New("the database is locked by hunter2")
		}, http.StatusOK, "done"},
		"panic": {func(context.Context, adapters.Viewer, string, func(adapters.Reply)) (adapters.Reply, error) {
			panic("hunter2")
		}, http.StatusOK, "done"},
		"panic after growth": {func(_ context.Context, _ adapters.Viewer, _ string, each func(adapters.Reply)) (adapters.Reply, error) {
			each(adapters.Reply{Message: answerEN()})
			panic("hunter2")
		}, http.StatusOK, "done"},
		"quick growth": {func(_ context.Context, _ adapters.Viewer, _ string, each func(adapters.Reply)) (adapters.Reply, error) {
			for range 1000 {
				each(adapters.Reply{Message: answerEN()})
			}
			return adapters.Reply{Message: answerEN()}, nil
		}, http.StatusOK, "done"},
	} {
		w := do(newGrowing(t, &grower{carryOn: tc.carryOn}, nil), request("GET", "/ask/more?answer=a1", ""))
		if w.Code != tc.code || strings.Contains(w.Body.String(), "hunter2") {
			t.Errorf("%s: %d, want %d:\n%s", name, w.Code, tc.code, w.Body)
		}
		if tc.last == "" {
			continue
		}
		if _, names := dataOf(t, w.Body.String()); len(names) == 0 || names[len(names)-1] != tc.last {
			t.Errorf("%s: events %q", name, names)
		}
	}
}

// A reader who goes away ends the work; streams count against the requests
// that are worked on.
func TestGrowthOfAReaderWhoLeaves(t *testing.T) {
	t.Parallel()
	began := make(chan struct{})
	g := &grower{carryOn: func(ctx context.Context, _ adapters.Viewer, _ string, each func(adapters.Reply)) (adapters.Reply, error) {
		each(adapters.Reply{Message: answerEN()})
		close(began)
		<-ctx.Done()
		return adapters.Reply{}, ctx.Err()
	}}
	s := newGrowing(t, g, func(o *web.Options) { o.MaxInFlight = 1 })
	ctx, leave := context.WithCancel(context.Background())
	done := make(chan *httptest.ResponseRecorder)
	go func() { done <- do(s, request("GET", "/ask/more?answer=a1", "").WithContext(ctx)) }()
	<-began
	if w := do(s, request("GET", "/ask/more?answer=a1", "")); w.Code != http.StatusServiceUnavailable {
		t.Errorf("a second stream where one is allowed: %d", w.Code)
	}
	leave()
	if w := <-done; strings.Contains(w.Body.String(), "event: done") {
		t.Errorf("sent to nobody:\n%s", w.Body)
	}
}
