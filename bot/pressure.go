package bot

import "sync"

const (
	// acceptHigh is how many events may be recorded at a time before answers
	// give way; fewWorkers go on answering in any case.
	acceptHigh = 16
	fewWorkers = 2
)

// A pressure lets answering give way to recording while events come in faster
// than the machine can do both: an event must be acknowledged within seconds,
// an answer may wait. Its methods are safe for concurrent use.
type pressure struct {
	mu        sync.Mutex
	eased     *sync.Cond
	accepting int
	working   int
}

func newPressure() *pressure {
	p := &pressure{}
	p.eased = sync.NewCond(&p.mu)
	return p
}

// accept counts an event being recorded until the returned function is called.
func (p *pressure) accept() (done func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.accepting++
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.accepting--; p.accepting == acceptHigh {
			p.eased.Broadcast()
		}
	}
}

// work waits until there is room to answer; the returned function ends it.
func (p *pressure) work() (done func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.accepting > acceptHigh && p.working >= fewWorkers {
		p.eased.Wait()
	}
	p.working++
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.working--
		p.eased.Signal()
	}
}
