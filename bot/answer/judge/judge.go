package judge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"sync"

	"cairn/bot/answer/ground"
	"cairn/retrieval/llm"
)

// ReasonDenied is the reason of a sentence that the model says does not follow.
const ReasonDenied ground.Reason = "judge"

// ErrControls is the error of a call whose controls were answered wrongly.
var ErrControls = errors.New("the model fails sentences whose answer is known")

// Reasons beside those of [llm.Reason] for which a judge was not heard.
const (
	// ReasonControls: see [ErrControls].
	ReasonControls llm.Reason = "controls_failed"
	// ReasonTooLong: the passages are more than is sent.
	ReasonTooLong llm.Reason = "too_long"
)

// ReasonOf says in a word why a judge was not heard.
func ReasonOf(err error) llm.Reason {
	switch {
	case errors.Is(err, ErrControls):
		return ReasonControls
	case errors.Is(err, errTooLong):
		return ReasonTooLong
	}
	return llm.ReasonOf(err)
}

// AtOnce is how many statements go into one call, beside the controls.
const AtOnce = 4

// maxCalls is how many calls of one check run at a time.
const maxCalls = 3

// A Statement is a sentence with the passages that it cites.
type Statement struct {
	Text     string
	Evidence []ground.Evidence
	// Hidden is the sentence as it may leave, where something in it was hidden
	// that nobody could find in it by itself. Defaults to Text.
	Hidden string
}

// A Request is what is to be judged.
type Request struct {
	Statements []Statement
	// Person is whom the budget is charged to; may be empty.
	Person string
	// Mask hides secrets and personal data in what is sent. Defaults to hiding
	// nothing.
	Mask func(string) string
}

// A Judge asks a model. Safe for concurrent use.
type Judge struct {
	lg    *slog.Logger
	chat  llm.Chatter
	check *ground.Checker

	mu     sync.Mutex
	random *rand.Rand    // guarded by mu
	fence  func() string // what stands around data
}

// New returns a judge that asks chat and falls back on check.
func New(lg *slog.Logger, chat llm.Chatter, check *ground.Checker) *Judge {
	return &Judge{
		lg: lg.With("component", "judge"), chat: chat, check: check,
		random: rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())), fence: llm.NewFence,
	}
}

// Check returns a verdict for each statement, in order. They are there with an
// error too: it says why the model was not asked or not believed about some,
// whose verdicts are then those of the lexical check.
func (j *Judge) Check(ctx context.Context, req Request) ([]ground.Verdict, error) {
	verdicts := make([]ground.Verdict, len(req.Statements))
	sent := make([]Statement, len(req.Statements))
	var open []int
	for i, s := range req.Statements {
		if verdicts[i] = j.check.Minimum(s.Text, s.Evidence); verdicts[i].Reason == ground.ReasonNone {
			open = append(open, i)
			sent[i] = masked(s, req.Mask)
			verdicts[i] = ground.Verdict{Reason: ReasonDenied} // until it is decided
		}
	}
	var (
		wg    sync.WaitGroup
		slots = make(chan struct{}, maxCalls)
		errs  = make([]error, (len(open)+AtOnce-1)/AtOnce)
	)
	for n := range errs {
		part := open[n*AtOnce : min(len(open), (n+1)*AtOnce)]
		list := make([]Statement, len(part))
		for k, i := range part {
			list[k] = sent[i]
		}
		sh := j.newSheet(list)
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			defer func() {
				if p := recover(); p != nil { // costs these statements, not the process
					errs[n] = errors.New("panic while judging")
					j.lg.Error("panic while judging", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
				}
			}()
			follows, err := j.ask(ctx, req.Person, sh)
			for k, i := range part {
				switch {
				case err != nil:
					verdicts[i] = j.check.Check(req.Statements[i].Text, req.Statements[i].Evidence)
				case follows[k]:
					verdicts[i] = ground.Verdict{Grounded: true, Score: 1}
				default:
					verdicts[i] = ground.Verdict{Reason: ReasonDenied}
				}
			}
			errs[n] = err
		})
	}
	wg.Wait()
	return verdicts, cmp.Or(errs...) // the first says enough
}

// ask puts a sheet to the model and returns what it said of the statements.
func (j *Judge) ask(ctx context.Context, person string, sh *sheet) ([]bool, error) {
	messages, err := sh.prompt()
	if err != nil {
		return nil, err
	}
	resp, err := j.chat.Chat(ctx, llm.ChatRequest{Messages: messages, JSON: true, Person: person, Purpose: "judge"}, nil)
	if err != nil {
		return nil, fmt.Errorf("judge %d statements: %w", sh.asked, err)
	}
	said, err := readVerdicts(resp.Text, len(sh.items))
	if err != nil {
		return nil, &llm.Error{Reason: llm.ReasonFormat, Op: "judge with " + j.chat.Model(), Err: err}
	}
	return sh.believed(said)
}

func masked(s Statement, mask func(string) string) Statement {
	if mask == nil {
		return s
	}
	out := Statement{Text: mask(cmp.Or(s.Hidden, s.Text))}
	for _, e := range s.Evidence {
		m := ground.Evidence{Text: mask(e.Text)}
		for _, h := range e.Heading {
			m.Heading = append(m.Heading, mask(h))
		}
		out.Evidence = append(out.Evidence, m)
	}
	return out
}

// newSheet puts the statements and their controls in one random order.
func (j *Judge) newSheet(list []Statement) *sheet {
	j.mu.Lock()
	defer j.mu.Unlock()
	sh := &sheet{fence: j.fence()}
	for k, s := range list {
		sh.items = append(sh.items, item{Statement: s, asked: k})
	}
	sh.asked = len(list)
	for _, c := range controls(j.random, list) {
		sh.items = append(sh.items, item{Statement: c.Statement, asked: -1, follows: c.follows})
	}
	j.random.Shuffle(len(sh.items), func(a, b int) { sh.items[a], sh.items[b] = sh.items[b], sh.items[a] })
	return sh
}
