package judge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"

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
	// ReasonFailed: a fault of our own.
	ReasonFailed llm.Reason = "failed"
)

// ReasonOf says in a word why a judge was not heard.
func ReasonOf(err error) llm.Reason {
	switch {
	case errors.Is(err, ErrControls):
		return ReasonControls
	case errors.Is(err, errTooLong):
		return ReasonTooLong
	}
	return cmp.Or(llm.ReasonOf(err), ReasonFailed)
}

// Down reports whether an error says that asking again, soon, would fail too.
func Down(err error) bool {
	switch llm.ReasonOf(err) {
	case "", llm.ReasonFormat:
		return false
	}
	return true
}

// AtOnce is how many statements go into one call, beside the controls.
const AtOnce = 4

// A Statement is a sentence with the passages that it cites.
type Statement struct {
	Text     string
	Evidence []ground.Evidence
	// Hidden is the sentence as it may leave: as the model wrote it, with what
	// was hidden from it. It is sent as it is. Defaults to Text, masked.
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
	// Calls is how many calls run at a time. Defaults to one.
	Calls int
}

// A Verdict is what became of a statement.
type Verdict struct {
	ground.Verdict
	// Lexical says that the lexical check decided in the model's place.
	Lexical bool
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
func (j *Judge) Check(ctx context.Context, req Request) ([]Verdict, error) {
	verdicts := make([]Verdict, len(req.Statements))
	sent := make([]Statement, len(req.Statements))
	var open []int
	for i, s := range req.Statements {
		if verdicts[i].Verdict = j.check.Minimum(s.Text, s.Evidence); verdicts[i].Reason == ground.ReasonNone {
			open = append(open, i)
			sent[i] = masked(s, req.Mask)
			verdicts[i].Reason = ReasonDenied // until it is decided
		}
	}
	var (
		wg    sync.WaitGroup
		slots = make(chan struct{}, max(req.Calls, 1))
		errs  = make([]error, (len(open)+AtOnce-1)/AtOnce)
		down  atomic.Pointer[error]
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
			var follows []bool
			var err error
			if e := down.Load(); e != nil {
				err = *e
			} else if follows, err = j.ask(ctx, req.Person, sh); Down(err) {
				down.Store(&err)
			}
			for k, i := range part {
				switch {
				case err != nil:
					verdicts[i] = Verdict{j.check.Check(req.Statements[i].Text, req.Statements[i].Evidence), true}
				case follows[k]:
					verdicts[i].Verdict = ground.Verdict{Grounded: true, Score: 1}
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
	read := func(text string) ([]bool, error) { return readVerdicts(text, len(sh.items)) }
	var text strings.Builder
	said, err := llm.Ask(ctx, j.chat, llm.ChatRequest{Messages: messages, JSON: true, Person: person, Purpose: "judge"}, func(piece string) error {
		if text.WriteString(piece); text.Len() > maxAnswer {
			return llm.ErrEnough // of which nothing is read
		}
		if strings.Contains(piece, "}") {
			if _, err := read(text.String()); err == nil {
				return llm.ErrEnough // whatever it goes on to say
			}
		}
		return nil
	}, read)
	if err != nil {
		return nil, fmt.Errorf("judge %d statements: %w", sh.asked, err)
	}
	return sh.believed(said)
}

// masked is a statement as it leaves.
func masked(s Statement, mask func(string) string) Statement {
	if mask == nil {
		mask = func(text string) string { return text }
	}
	out := Statement{Text: s.Hidden}
	if out.Text == "" {
		out.Text = mask(s.Text)
	}
	for _, e := range s.Evidence {
		m := ground.Evidence{Text: llm.Cut(mask(e.Text), MaxPassage)} // masked before it is cut: a part of a secret is hard to tell
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
