package bot

import (
	"sync"
	"time"

	"cairn/adapters"
)

// A job is an event that waits or is being handled.
type job struct {
	ev        adapters.Event
	key       string // the event's primary key
	at        time.Time
	recovered bool
	busy      *busySign
	notice    *notice
}

// A lane holds the waiting events of one thread; at most one of them is being
// handled.
type lane struct {
	name   string
	jobs   []*job
	active bool
}

// A queue is a bounded set of lanes. A place in it is reserved before an event
// is recorded, so that what has been recorded always fits.
type queue struct {
	limit    int
	observer Observer

	mu       sync.Mutex
	wake     *sync.Cond
	lanes    map[string]*lane
	ready    []*lane
	reserved int             // reserved, waiting or being handled
	known    map[string]bool // adapter and primary key of those
	closed   bool
}

func newQueue(limit int, o Observer) *queue {
	q := &queue{limit: limit, observer: o, lanes: map[string]*lane{}, known: map[string]bool{}}
	q.wake = sync.NewCond(&q.mu)
	return q
}

// reserve takes a place. It returns [adapters.ErrQueueFull] when there is none
// and errStopping when nothing is taken any more.
func (q *queue) reserve() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.closed:
		return errStopping
	case q.reserved >= q.limit:
		return adapters.ErrQueueFull
	}
	q.reserved++
	return nil
}

// release gives a reserved place back.
func (q *queue) release() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.reserved--
}

// free returns how many places there are.
func (q *queue) free() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.limit - q.reserved
}

// holds reports whether the event is in the queue.
func (q *queue) holds(adapter, key string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.known[adapter+"\x00"+key]
}

// put adds a job under a reserved place; false when the job is there already,
// in which case the place is given back.
func (q *queue) put(name string, j *job) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	id := j.ev.Adapter + "\x00" + j.key
	if q.known[id] {
		q.reserved--
		return false
	}
	q.known[id] = true
	l := q.lanes[name]
	if l == nil {
		l = &lane{name: name}
		q.lanes[name] = l
	}
	l.jobs = append(l.jobs, j)
	if !l.active {
		l.active = true
		q.ready = append(q.ready, l)
		q.wake.Signal()
	}
	q.observer.Queue(q.reserved)
	return true
}

// next waits for a job; nil when the queue is closed and empty.
func (q *queue) next() (*lane, *job) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.ready) == 0 {
		if q.closed {
			return nil, nil
		}
		q.wake.Wait()
	}
	l := q.ready[0]
	q.ready = q.ready[1:]
	j := l.jobs[0]
	l.jobs = l.jobs[1:]
	return l, j
}

// done gives the job's place back and makes its lane ready for the next one.
func (q *queue) done(l *lane, j *job) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.known, j.ev.Adapter+"\x00"+j.key)
	q.reserved--
	q.observer.Queue(q.reserved)
	if len(l.jobs) == 0 {
		l.active = false
		delete(q.lanes, l.name)
		return
	}
	q.ready = append(q.ready, l)
	q.wake.Signal()
}

// close ends the intake; next hands out what waits and then nil.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.wake.Broadcast()
}

// drop forgets what still waits; it stays recorded and unfinished.
func (q *queue) drop() (dropped []*job) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, l := range q.ready {
		dropped = append(dropped, l.jobs...)
		l.jobs = nil
	}
	q.ready = nil
	for _, l := range q.lanes {
		dropped = append(dropped, l.jobs...)
		l.jobs = nil
	}
	q.reserved -= len(dropped)
	for _, j := range dropped {
		delete(q.known, j.ev.Adapter+"\x00"+j.key)
	}
	q.wake.Broadcast()
	return dropped
}
