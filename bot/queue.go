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
	name    string
	channel string
	jobs    []*job
	active  bool
}

// A queue is a bounded set of lanes. A place in it is reserved before an event
// is recorded, so that what has been recorded always fits. One channel, in which
// a platform may take no more than a message a second, gets a share of the
// workers and no more.
type queue struct {
	limit      int
	perChannel int
	observer   Observer

	mu       sync.Mutex
	wake     *sync.Cond
	lanes    map[string]*lane
	ready    []*lane
	busy     map[string]int     // lanes of a channel that are ready or being handled
	parked   map[string][]*lane // lanes that wait for others of their channel
	reserved int                // reserved, waiting or being handled
	known    map[string]bool    // adapter and primary key of those
	closed   bool
}

func newQueue(limit, perChannel int, o Observer) *queue {
	q := &queue{limit: limit, perChannel: max(perChannel, 1), observer: o, lanes: map[string]*lane{}, known: map[string]bool{}, busy: map[string]int{}, parked: map[string][]*lane{}}
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
	q.countLocked(1)
	return nil
}

// countLocked takes n places more and tells the observer, who must know of each
// change: none other may follow for long.
func (q *queue) countLocked(n int) {
	q.reserved += n
	q.observer.Queue(q.reserved)
}

// release gives a reserved place back.
func (q *queue) release() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.countLocked(-1)
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
		q.countLocked(-1)
		return false
	}
	q.known[id] = true
	l := q.lanes[name]
	if l == nil {
		l = &lane{name: name, channel: j.ev.Adapter + "\x00" + j.ev.Channel}
		q.lanes[name] = l
	}
	l.jobs = append(l.jobs, j)
	if !l.active {
		l.active = true
		q.readyLocked(l)
	}
	return true
}

// readyLocked makes a lane wait for a worker, or for its channel.
func (q *queue) readyLocked(l *lane) {
	if q.busy[l.channel] >= q.perChannel {
		q.parked[l.channel] = append(q.parked[l.channel], l)
		return
	}
	q.busy[l.channel]++
	q.ready = append(q.ready, l)
	q.wake.Signal()
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
	q.countLocked(-1)
	if q.busy[l.channel]--; q.busy[l.channel] == 0 {
		delete(q.busy, l.channel)
	}
	if waiting := q.parked[l.channel]; len(waiting) > 0 {
		if q.parked[l.channel] = waiting[1:]; len(waiting) == 1 {
			delete(q.parked, l.channel)
		}
		q.readyLocked(waiting[0])
	}
	if len(l.jobs) == 0 {
		l.active = false
		delete(q.lanes, l.name)
		return
	}
	q.readyLocked(l)
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
	q.ready, q.parked = nil, map[string][]*lane{}
	for _, l := range q.lanes {
		dropped = append(dropped, l.jobs...)
		l.jobs = nil
	}
	q.countLocked(-len(dropped))
	for _, j := range dropped {
		delete(q.known, j.ev.Adapter+"\x00"+j.key)
	}
	q.wake.Broadcast()
	return dropped
}
