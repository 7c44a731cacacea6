package app

import (
	"context"

	"cairn/adapters"
	"cairn/adapters/web"
	"cairn/bot"
	"cairn/bot/server"
	"cairn/bot/store"
)

// stateStore is the state as serve needs it.
type stateStore = store.Store

// A backgroundPart is something that runs beside the adapters.
type backgroundPart struct {
	name    string
	mayFail bool
	run     func(context.Context) error
}

// A connection says what of a chat platform is connected, or how to connect it.
type connection struct {
	platform string
	how      adapters.Text
}

// parts are what serve wires together.
type parts struct {
	bot        *bot.Bot
	adapters   []adapters.Adapter
	background []backgroundPart
	study      *study
	// connected is for the greeting.
	connected []connection
	// mounts are handlers beside the page, such as webhooks.
	mounts []func(*server.Server, *web.Web)
}

func (p *parts) mount(srv *server.Server, page *web.Web) {
	for _, m := range p.mounts {
		m(srv, page)
	}
}

// newParts makes the bot and the adapters that have tokens.
func (s *session) newParts(srv *server.Server, st stateStore) (*parts, error) {
	p := &parts{}
	opts := s.botOptions()
	opts.Observer = newObserver(srv.Registry())
	if s.model != nil {
		s.calls.metrics.Store(newCallMetrics(srv.Registry()))
	}
	opts.Ready = p.ready
	if err := s.newStudy(p, opts, srv.Registry(), st); err != nil {
		return nil, err
	}
	b, err := bot.New(s.lg, s.index, st, opts)
	if err != nil {
		return nil, err
	}
	p.bot = b
	if err := s.newAdapters(p, st); err != nil {
		return nil, err
	}
	for _, a := range p.adapters {
		b.Attach(a.Name(), a)
		p.study.runner.Attach(a.Name(), a)
	}
	p.background = append(p.background, backgroundPart{"retention", true, s.retention(st)})
	return p, nil
}

// ready says for each adapter why it is not.
func (p *parts) ready() map[string]string {
	out := map[string]string{}
	for _, a := range p.adapters {
		out[a.Name()] = ""
		if err := a.Ready(); err != nil {
			out[a.Name()] = err.Error()
		}
	}
	return out
}

// allows reports whether the viewer may see the library. Who asks on this
// machine's terminal can read the files anyway.
func (s *session) allows(library string, v adapters.Viewer) bool {
	if v.Adapter == "terminal" {
		return true
	}
	for i := range s.cfg.Libraries {
		if s.cfg.Libraries[i].Name == library {
			return s.cfg.Libraries[i].Allows(v)
		}
	}
	return true
}
