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
	failures int       // in a row
	openTill time.Time // zero while closed
	probing  bool
	hour     time.Time
	total    spent
	persons  map[string]spent
}

// spent is what was used in the current hour.
type spent struct {
	tokens int
	cost   float64
}

func newGate(cfg Config) *gate {
	return &gate{cfg: cfg, slots: make(chan struct{}, cfg.MaxConcurrent), persons: map[string]spent{}}
}

// enter waits for a place and returns the function that gives it back with
// what the call used and how it ended.
func (g *gate) enter(ctx context.Context, person string) (leave func(Usage, error), err *Error) {
	if err := g.admit(person); err != nil {
		return nil, err
	}
	wait := time.NewTimer(waitForSlot)
	defer wait.Stop()
	select {
	case g.slots <- struct{}{}:
	case <-wait.C:
		g.settle("", Usage{}, nil, true)
		return nil, &Error{Reason: ReasonBusy, Err: fmt.Errorf("%d calls are already running", g.cfg.MaxConcurrent)}
	case <-ctx.Done():
		g.settle("", Usage{}, nil, true)
		return nil, &Error{Reason: ReasonCanceled, Err: context.Cause(ctx)}
	}
	return func(u Usage, err error) {
		<-g.slots
		g.settle(person, u, err, false)
	}, nil
}

// admit checks circuit and budgets.
func (g *gate) admit(person string) *Error {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.cfg.Now()
	if now.Sub(g.hour) >= time.Hour || now.Before(g.hour) {
		g.hour, g.total = now.Truncate(time.Hour), spent{}
		clear(g.persons)
	}
	if over(g.total, g.cfg.TokensPerHour, g.cfg.CostPerHour) {
		return &Error{Reason: ReasonBudget, Err: errors.New("the budget of this hour is spent")}
	}
	if person != "" && over(g.persons[person], g.cfg.TokensPerPersonHour, g.cfg.CostPerPersonHour) {
		return &Error{Reason: ReasonBudget, Err: errors.New("this person's budget of this hour is spent")}
	}
	if !g.openTill.IsZero() {
		if now.Before(g.openTill) || g.probing {
			return &Error{Reason: ReasonOpen, Err: fmt.Errorf("the server failed %d times in a row", g.failures)}
		}
		g.probing = true
	}
	return nil
}

func over(s spent, tokens int, cost float64) bool {
	return tokens > 0 && s.tokens >= tokens || cost > 0 && s.cost >= cost
}

// settle books what a call used and how it ended. A call that never went out
// (aborted) says nothing about the server.
func (g *gate) settle(person string, u Usage, err error, aborted bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := spent{tokens: u.Input + u.Output}
	s.cost = (float64(u.Input)*g.cfg.InputPrice + float64(u.Output)*g.cfg.OutputPrice) / 1e6
	g.total.tokens += s.tokens
	g.total.cost += s.cost
	if person != "" {
		if _, known := g.persons[person]; known || len(g.persons) < maxPersons {
			p := g.persons[person]
			p.tokens += s.tokens
			p.cost += s.cost
			g.persons[person] = p
		}
	}
	switch {
	case aborted:
		g.probing = false
	case err == nil:
		g.failures, g.openTill, g.probing = 0, time.Time{}, false
	case blames(err):
		g.failures++
		g.probing = false
		if g.failures >= openAfter {
			g.openTill = g.cfg.Now().Add(openFor)
		}
	default:
		g.probing = false
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
