package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"

	"cairn/adapters"
)

// A base is how much of an answer a page shows already.
type base struct{ steps, quotes, citations, warnings int }

func baseOf(m adapters.Message) base {
	return base{len(m.Steps), len(m.Quotes), len(m.Citations), len(m.Warnings)}
}

// growURL is where a page gets what a model adds to the answer on it.
func growURL(m adapters.Message) string {
	b := baseOf(m)
	return "/ask/more?" + url.Values{
		"answer": {m.AnswerID}, "steps": {strconv.Itoa(b.steps)}, "quotes": {strconv.Itoa(b.quotes)}, "citations": {strconv.Itoa(b.citations)},
		"warnings": {strconv.Itoa(b.warnings)},
	}.Encode()
}

// growth is what stands below the first stage.
type growth struct {
	W         *words
	Warnings  []string
	Sections  []sectionData
	Quotes    []quoteData
	Notes     []string
	Citations []citationData
	Mark      string
}

// growthOf leaves out of an answer what a page shows already.
func (s *Web) growthOf(m adapters.Message, b base) growth {
	d := s.answer(m, false, false, "")
	g := growth{W: d.W, Warnings: m.Warnings[min(b.warnings, len(m.Warnings)):], Notes: m.Notes, Mark: m.Mark}
	for _, sec := range d.Sections {
		var later []stepData
		for _, st := range sec.Steps {
			if st.N > b.steps {
				later = append(later, st)
			}
		}
		if len(later) > 0 {
			sec.ID += "-more"
			sec.Start, sec.Steps = later[0].N, later
			g.Sections = append(g.Sections, sec)
		}
	}
	g.Quotes = d.Quotes[min(b.quotes, len(d.Quotes)):]
	for _, c := range m.Citations[min(b.citations, len(m.Citations)):] {
		g.Citations = append(g.Citations, citationData{N: c.N, Label: c.Label, Heading: c.Heading, URL: pageURL(c.URL)})
	}
	return g
}

// askMore streams what a model adds to an answer, as events of the page's own
// HTML: each "grown" replaces the one before it, "done" is the last.
func (s *Web) askMore(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("answer")
	g, ok := s.asker.(adapters.GrowingAsker)
	if !ok || id == "" || len(id) > 200 || foreign(r) {
		s.fail(w, r, http.StatusBadRequest, s.words(r).BadRequest)
		return
	}
	number := func(name string) int {
		n, err := strconv.Atoi(r.URL.Query().Get(name))
		if err != nil || n < 0 {
			return 0
		}
		return n
	}
	shown := base{number("steps"), number("quotes"), number("citations"), number("warnings")}
	v := s.viewer(w, r)
	ev := newEvents(w)
	err := ev.follow(r.Context(), func(ctx context.Context, each func(adapters.Reply)) (adapters.Reply, error) {
		return g.Continue(ctx, v, id, each)
	}, func(reply adapters.Reply, last bool) error {
		name := "grown"
		if last {
			name = "done"
		}
		b, err := s.templates.fragment("growth", pageData{W: s.words(r), Body: s.growthOf(reply.Message, shown)})
		if err != nil {
			return fmt.Errorf("render what a model added: %w", err)
		}
		return ev.send(name, string(b))
	})
	switch {
	case errors.Is(err, adapters.ErrNotFound):
		s.fail(w, r, http.StatusNotFound, s.words(r).NoSuchAnswer)
	case err != nil && r.Context().Err() == nil:
		s.lg.Warn("answer not continued", "err", err)
		_ = ev.send("done", "") // the page stops waiting
	}
}

// apiStream answers like apiAsk with events: "answer" is the object as it
// grows, "done" the object that counts.
func (s *Web) apiStream(w http.ResponseWriter, r *http.Request, q adapters.Question) {
	ev := newEvents(w)
	ask := func(ctx context.Context, each func(adapters.Reply)) (adapters.Reply, error) {
		return s.asker.Ask(ctx, q)
	}
	if g, ok := s.asker.(adapters.GrowingAsker); ok {
		ask = func(ctx context.Context, each func(adapters.Reply)) (adapters.Reply, error) {
			return g.AskGrowing(ctx, q, each)
		}
	}
	var sentence string
	err := ev.follow(r.Context(), func(ctx context.Context, each func(adapters.Reply)) (adapters.Reply, error) {
		reply, err := ask(ctx, each)
		sentence = reply.Message.Text
		return reply, err
	}, func(reply adapters.Reply, last bool) error {
		b, err := marshal(reply.Object)
		if err != nil {
			return err
		}
		if last {
			return ev.send("done", string(b))
		}
		return ev.send("answer", string(b))
	})
	if err == nil || r.Context().Err() != nil && context.Cause(r.Context()) != errTimeout {
		return
	}
	status := statusOf(r.Context(), err)
	s.notAnswered(status, err)
	if sentence == "" {
		sentence = s.words(r).Internal
	}
	if !ev.began {
		s.fail(w, r, status, sentence)
		return
	}
	if b, err := marshal(apiError{Error: apiErrorBody{Status: status, Message: sentence}}); err == nil {
		_ = ev.send("error", string(b))
	}
}

// events writes server-sent events.
type events struct {
	w     http.ResponseWriter
	began bool
}

func newEvents(w http.ResponseWriter) *events { return &events{w: w} }

// follow runs an asker and sends what it says: of what grows faster than it
// can be sent only the latest, and the last in any case.
func (e *events) follow(ctx context.Context, ask func(context.Context, func(adapters.Reply)) (adapters.Reply, error), send func(adapters.Reply, bool) error) error {
	type outcome struct {
		reply adapters.Reply
		err   error
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	grown := make(chan adapters.Reply, 1)
	done := make(chan outcome, 1)
	go func() {
		defer func() { // net/http guards its own goroutine alone
			if p := recover(); p != nil {
				done <- outcome{err: fmt.Errorf("panic while answering: %v\n%s", p, debug.Stack())}
			}
		}()
		reply, err := ask(ctx, func(reply adapters.Reply) {
			select {
			case <-grown: // nobody has seen it yet
			default:
			}
			grown <- reply
		})
		done <- outcome{reply, err}
	}()
	var failed error
	for {
		select {
		case reply := <-grown:
			if failed == nil {
				if failed = send(reply, false); failed != nil {
					cancel() // the reader has gone
				}
			}
		case out := <-done:
			if out.err != nil || failed != nil {
				return errors.Join(out.err, failed)
			}
			return send(out.reply, true)
		}
	}
}

// send writes one event.
func (e *events) send(name, data string) error {
	if !e.began {
		e.began = true
		h := e.w.Header()
		h.Set("Content-Type", "text/event-stream; charset=utf-8")
		h.Set("Cache-Control", "no-store")
		h.Set("X-Accel-Buffering", "no") // nginx passes it on at once
		e.w.WriteHeader(http.StatusOK)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "event: %s\n", name)
	// A carriage return ends a line here as well, and text could go on as a
	// field of its own. In HTML it means the same as a line feed.
	data = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(data)
	for line := range strings.SplitSeq(strings.TrimRight(data, "\n"), "\n") {
		fmt.Fprintf(&b, "data: %s\n", line)
	}
	b.WriteString("\n")
	if _, err := e.w.Write([]byte(b.String())); err != nil {
		return fmt.Errorf("send an event: %w", err)
	}
	if err := http.NewResponseController(e.w).Flush(); err != nil {
		return fmt.Errorf("send an event: %w", err)
	}
	return nil
}
