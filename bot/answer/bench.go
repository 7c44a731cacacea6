package answer

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"cairn/bot/answer/ground"
	"cairn/bot/answer/judge"
	"cairn/retrieval/llm"
)

// gather is how long a sentence waits for others to be judged with: every call
// holds the passages again.
const gather = 1500 * time.Millisecond

// A bench lets the judge decide while the model still writes: one call at a
// time, on what has come while the one before it ran.
type bench struct {
	d     *draft
	queue chan claim
	stop  func()
	done  chan struct{}
	down  error // the server has failed, and is not asked again
}

func (d *draft) newBench(ctx context.Context) *bench {
	ctx, stop := context.WithCancel(ctx)
	b := &bench{d: d, queue: make(chan claim, maxSentences), stop: stop, done: make(chan struct{})}
	go b.run(ctx)
	return b
}

// add hands a sentence over. It does not wait: no more than maxSentences come.
func (b *bench) add(c claim) { b.queue <- c }

// close waits until the last sentence is decided; where the answer is not
// wanted any more, nothing of it is taken in.
func (b *bench) close(wanted bool) {
	if b == nil {
		return
	}
	if !wanted {
		b.d.mu.Lock()
		b.d.over = true
		b.d.mu.Unlock()
		b.stop()
	}
	close(b.queue)
	<-b.done
	b.stop()
}

func (b *bench) run(ctx context.Context) {
	defer close(b.done)
	var waiting []claim
	for open := true; open || len(waiting) > 0; {
		waiting, open = b.more(ctx, waiting, open)
		if len(waiting) > 0 {
			n := min(len(waiting), judge.AtOnce)
			b.decide(ctx, waiting[:n])
			waiting = waiting[n:]
		}
	}
}

// more waits for a call's worth of sentences, but not long for the rest of it.
// Where judging comes after writing it waits for the end. open says that more
// may come.
func (b *bench) more(ctx context.Context, waiting []claim, open bool) ([]claim, bool) {
	var late <-chan time.Time
	if len(waiting) > 0 {
		late = time.After(gather)
	}
	for open && (len(waiting) < judge.AtOnce || b.d.w.opts.JudgeAfter) {
		select {
		case c, ok := <-b.queue:
			if !ok {
				return waiting, false
			}
			waiting = append(waiting, c)
			if len(waiting) == 1 {
				late = time.After(gather)
			}
		case <-late:
			if !b.d.w.opts.JudgeAfter {
				return waiting, true
			}
			late = nil
		case <-ctx.Done(): // the lexical check has to do
			if len(waiting) > 0 {
				return waiting, true
			}
			c, ok := <-b.queue
			if !ok {
				return nil, false
			}
			waiting = append(waiting, c)
		}
	}
	return waiting, open
}

// llmError is err where it says that asking again would fail too.
func llmError(err error) error {
	switch llm.ReasonOf(err) {
	case "", llm.ReasonFormat:
		return nil
	}
	return err
}

// decide asks the judge about sentences and takes in those that follow. A panic
// costs these sentences: this goroutine is nobody else's to guard.
func (b *bench) decide(ctx context.Context, claims []claim) {
	d := b.d
	defer func() {
		if p := recover(); p != nil {
			d.w.lg.Error("panic while judging the model's sentences", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		}
	}()
	req := judge.Request{Person: d.req.Person, Mask: d.mask.Mask}
	for _, c := range claims {
		req.Statements = append(req.Statements, judge.Statement{Text: c.text, Evidence: c.evidence, Hidden: c.hidden})
	}
	var verdicts []ground.Verdict
	err := b.down
	if err == nil {
		verdicts, err = d.w.opts.Judge.Check(ctx, req)
		b.down = llmError(err)
	} else {
		for _, c := range claims {
			verdicts = append(verdicts, d.w.check.Check(c.text, c.evidence))
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.pending -= len(claims)
	if d.over {
		return
	}
	d.judged += len(claims)
	if err != nil {
		d.judging = err
	}
	for i, c := range claims {
		d.settle(c, verdicts[i])
	}
}
