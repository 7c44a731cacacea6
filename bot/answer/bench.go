package answer

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"cairn/bot/answer/judge"
)

// gather is how long a sentence waits for others to be judged with: every call
// holds the passages again.
const gather = 1500 * time.Millisecond

// A bench lets the judge decide while the model still writes, each time on what
// has come while it was busy.
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
	for open := true; open; {
		var claims []claim
		if claims, open = b.next(ctx); len(claims) > 0 {
			b.decide(ctx, claims)
		}
	}
}

// next waits for the sentences of a call, but not long for the last of them.
// Where judging comes after writing, where nothing more comes, and where nobody
// is asked any more, it takes all that there are. open says that more may come.
func (b *bench) next(ctx context.Context) (claims []claim, open bool) {
	var late <-chan time.Time
	for {
		select {
		case c, ok := <-b.queue:
			if !ok {
				return claims, false
			}
			claims = append(claims, c)
		case <-late:
			return claims, true
		}
		switch {
		case b.d.w.opts.JudgeAfter:
		case b.down != nil || ctx.Err() != nil, len(claims) >= judge.AtOnce && len(b.queue) == 0:
			return claims, true
		case late == nil:
			late = time.After(gather)
		}
	}
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
	req := judge.Request{Person: d.req.Person, Mask: d.mask.Mask, Calls: d.w.opts.JudgeCalls}
	for _, c := range claims {
		req.Statements = append(req.Statements, judge.Statement{Text: c.text, Evidence: c.evidence, Hidden: c.hidden})
	}
	var verdicts []judge.Verdict
	err := b.down
	if err == nil {
		verdicts, err = d.w.opts.Judge.Check(ctx, req)
		if judge.Down(err) {
			b.down = err
		}
	} else {
		for _, c := range claims {
			verdicts = append(verdicts, judge.Verdict{Verdict: d.w.check.Check(c.text, c.evidence), Lexical: true})
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
		if verdicts[i].Lexical && !verdicts[i].Grounded {
			d.unheard++
		}
		d.settle(c, verdicts[i].Verdict)
	}
}
