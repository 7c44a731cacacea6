package answer

import (
	"context"
	"fmt"
	"runtime/debug"

	"cairn/bot/answer/judge"
)

// atOnce is how many sentences are judged together.
const atOnce = 4

// A bench lets the judge decide while the model still writes: one call at a
// time, on all that has come while the one before it ran.
type bench struct {
	d     *draft
	queue chan claim
	stop  func()
	done  chan struct{}
}

func (d *draft) newBench(ctx context.Context) *bench {
	ctx, stop := context.WithCancel(ctx)
	b := &bench{d: d, queue: make(chan claim, maxSentences), stop: stop, done: make(chan struct{})}
	go b.run(ctx)
	return b
}

// add hands a sentence over. It never waits: the model's sentences are counted.
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
	for c := range b.queue {
		claims := []claim{c}
		for more := true; more && len(claims) < atOnce; {
			select {
			case c, ok := <-b.queue:
				if more = ok; ok {
					claims = append(claims, c)
				}
			default:
				more = false
			}
		}
		b.decide(ctx, claims)
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
	req := judge.Request{Person: d.req.Person, Mask: d.mask.Mask}
	for _, c := range claims {
		req.Statements = append(req.Statements, judge.Statement{Text: c.text, Evidence: c.evidence})
	}
	verdicts, err := d.w.opts.Judge.Check(ctx, req)
	d.mu.Lock()
	defer d.mu.Unlock()
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
