package llm

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

const (
	// waitForSlot is how long a call waits for one of the concurrent places.
	waitForSlot = time.Second
	// openAfter failures in a row open the circuit for openFor; one call then
	// tries whether the server is back.
	openAfter = 5
	openFor   = 30 * time.Second
	// maxPersons bounds the memory of the hourly budgets.
	maxPersons = 10_000
)

// A gate decides whether a call may go out.
type gate struct {
	cfg   Config
	slots chan struct{}

	mu       sync.Mutex
	circuits map[string]*circuit
	hour     time.Time // the current one
	first    time.Time // the one in which the gate was first asked
	total    spent
	persons  map[string]*spent
}

// A circuit opens when calls of one purpose fail in a row.
type circuit struct {
	failures int       // in a row
	openTill time.Time // zero while closed
	probing  bool
}

// A booking is what a call is expected to use, until it is settled.
type booking struct {
	purpose, person string
	tokens          int
	cost            float64
}

// spent is what was used in the current hour, and what the calls that still
// run may use at most.
type spent struct {
	tokens, expected int
	cost, expects    float64
}

func (s *spent) add(tokens int, cost float64) { s.tokens += tokens; s.cost += cost }

func (s *spent) expect(tokens int, cost float64) {
	s.expected = max(0, s.expected+tokens)
	s.expects = max(0, s.expects+cost)
}

func newGate(cfg Config) *gate {
	return &gate{cfg: cfg, slots: make(chan struct{}, cfg.MaxConcurrent), persons: map[string]*spent{}, circuits: map[string]*circuit{}}
}

// enter waits for a place and returns the function that gives it back with
// what the call used and how it ended. Calls that run count with what they are
// expected to use, so that many at once pass a budget by one call at most.
func (g *gate) enter(ctx context.Context, kind, purpose, person string, expected Usage) (leave func(Usage, error), err *Error) {
	b := booking{purpose, person, expected.Input + expected.Output, g.cfg.cost(kind, expected)}
	if err := g.admit(&b); err != nil {
		return nil, err
	}
	if ctx.Err() != nil { // before a free place: nothing would leave
		g.settle(b, 0, 0, nil, true)
		return nil, gaveUp(ctx)
	}
	wait := time.NewTimer(waitForSlot)
	defer wait.Stop()
	select {
	case g.slots <- struct{}{}:
	case <-wait.C:
		g.settle(b, 0, 0, nil, true)
		return nil, &Error{Reason: ReasonBusy, Err: fmt.Errorf("%d calls are already running", g.cfg.MaxConcurrent)}
	case <-ctx.Done():
		g.settle(b, 0, 0, nil, true)
		return nil, gaveUp(ctx)
	}
	return func(u Usage, err error) {
		<-g.slots
		g.settle(b, u.Input+u.Output, g.cfg.cost(kind, u), err, false)
	}, nil
}

// gaveUp is the error of a caller that did not wait.
func gaveUp(ctx context.Context) *Error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &Error{Reason: ReasonTimeout, Err: errors.New("no time was left for it")}
	}
	return &Error{Reason: ReasonCanceled, Err: context.Canceled}
}

// others is the budget that people share when too many to tell apart have
// asked within one hour.
const others = "\x00others"

// slotLocked returns the name under which a person's use is counted, and makes
// sure that it is.
func (g *gate) slotLocked(person string) string {
	if _, known := g.persons[person]; !known {
		if len(g.persons) >= maxPersons {
			person = others
		}
		if _, known := g.persons[person]; !known {
			s := &spent{}
			if g.cfg.Spent != nil && person != others && g.hour.Equal(g.first) {
				s.add(g.cfg.Spent(g.hour, person))
			}
			g.persons[person] = s
		}
	}
	return person
}

// turnLocked begins a new hour. What runs still counts in it.
func (g *gate) turnLocked() {
	now := g.cfg.Now()
	if now.Sub(g.hour) < time.Hour && !now.Before(g.hour) {
		return
	}
	g.hour = now.Truncate(time.Hour)
	g.total.tokens, g.total.cost = 0, 0
	for p, s := range g.persons {
		if s.tokens, s.cost = 0, 0; s.expected == 0 {
			delete(g.persons, p)
		}
	}
	if g.first.IsZero() {
		g.first = g.hour
		if g.cfg.Spent != nil {
			g.total.add(g.cfg.Spent(g.hour, ""))
		}
	}
}

// admit checks circuit and budgets, and books what a call is expected to use,
// under the name that the person's use is counted under.
func (g *gate) admit(b *booking) *Error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.turnLocked()
	if b.person != "" {
		b.person = g.slotLocked(b.person)
	}
	if over(g.total, g.cfg.TokensPerHour, g.cfg.CostPerHour) {
		return &Error{Reason: ReasonBudget, Err: errors.New("the budget of this hour is spent")}
	}
	p := g.persons[b.person]
	if p != nil && over(*p, g.cfg.TokensPerPersonHour, g.cfg.CostPerPersonHour) {
		return &Error{Reason: ReasonBudget, Err: errors.New("this person's budget of this hour is spent")}
	}
	if c := g.circuitLocked(b.purpose); !c.openTill.IsZero() {
		if g.cfg.Now().Before(c.openTill) || c.probing {
			return &Error{Reason: ReasonOpen, Err: fmt.Errorf("the server failed %d times in a row", c.failures)}
		}
		c.probing = true
	}
	g.total.expect(b.tokens, b.cost)
	if p != nil {
		p.expect(b.tokens, b.cost)
	}
	return nil
}

func (g *gate) circuitLocked(purpose string) *circuit {
	c := g.circuits[purpose]
	if c == nil {
		c = &circuit{}
		g.circuits[purpose] = c
	}
	return c
}

func over(s spent, tokens int, cost float64) bool {
	return tokens > 0 && s.tokens+s.expected >= tokens || cost > 0 && s.cost+s.expects >= cost
}

// settle books what a call used, in place of what it was expected to, and how
// it ended. A call that never went out (aborted) says nothing about the
// server.
func (g *gate) settle(b booking, tokens int, cost float64, err error, aborted bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.total.expect(-b.tokens, -b.cost)
	g.total.add(tokens, cost)
	if p := g.persons[b.person]; p != nil {
		p.expect(-b.tokens, -b.cost)
		p.add(tokens, cost)
	}
	c := g.circuitLocked(b.purpose)
	c.probing = false
	switch {
	case aborted:
	case err == nil:
		*c = circuit{}
	case blames(err):
		if c.failures++; c.failures >= openAfter {
			c.openTill = g.cfg.Now().Add(openFor)
		}
	}
}

// blames reports whether an error speaks against the server, not against the
// request or the caller.
func blames(err error) bool {
	switch ReasonOf(err) {
	case ReasonTimeout, ReasonServer, ReasonAuth, ReasonStream, ReasonRateLimited:
		return true
	}
	return false
}
