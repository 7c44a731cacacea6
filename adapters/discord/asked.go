package discord

import (
	"context"
	"slices"
	"sync"
	"time"

	"cairn/adapters"
)

// asked holds the questions by message that are not answered yet, in their
// order within each place that answers go to.
type asked struct {
	mu      sync.Mutex
	m       map[string]*question
	byPlace map[string][]*question
	// answered and cost are how many were answered of late, and how many
	// requests went out meanwhile: long answers take several.
	answered, cost float64
	patience       time.Duration // orderPatience
}

// perAnswer is how many requests an answer takes.
func (q *asked) perAnswer() float64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.answered < 10 {
		return 1
	}
	return max(q.cost/q.answered, 1)
}

// A question is one that waits for its answer.
type question struct {
	ev    adapters.Event
	place string // the channel or thread that the answer goes to
	at    time.Time
	told  bool // the asker knows that it takes longer
	// placed is closed when the answer has its turn in the place, or when
	// nobody waits for it any more.
	placed   chan struct{}
	released bool
}

func (q *question) releaseLocked() {
	if !q.released {
		q.released = true
		close(q.placed)
	}
}

// askedLasts is how long a question is remembered that gets no answer, such as
// one that another replica has answered.
const askedLasts = 10 * time.Minute

// add remembers a question and returns how many wait, in all and in its place.
func (q *asked) add(ev adapters.Event, place string, at time.Time) (all, here int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.m == nil {
		q.m, q.byPlace = map[string]*question{}, map[string][]*question{}
	}
	if q.m[ev.Message] == nil && len(q.m) < maxPlaces {
		x := &question{ev: ev, place: place, at: at, placed: make(chan struct{})}
		q.m[ev.Message] = x
		q.byPlace[place] = append(q.byPlace[place], x)
	}
	return len(q.m), len(q.byPlace[place])
}

// done forgets a question whose answer took so many requests.
func (q *asked) done(message string, requests int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.dropLocked(message)
	if q.answered++; q.answered > 200 {
		q.answered, q.cost = q.answered/2, q.cost/2
	}
	q.cost += float64(requests)
}

func (q *asked) dropLocked(message string) {
	x := q.m[message]
	if x == nil {
		return
	}
	x.releaseLocked()
	delete(q.m, message)
	if rest := slices.DeleteFunc(q.byPlace[x.place], func(o *question) bool { return o == x }); len(rest) > 0 {
		q.byPlace[x.place] = rest
	} else {
		delete(q.byPlace, x.place)
	}
}

// has reports whether a question still waits.
func (q *asked) has(message string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.m[message] != nil
}

// placedNow says that a question's answer has its turn.
func (q *asked) placedNow(message string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if x := q.m[message]; x != nil {
		x.releaseLocked()
	}
}

// earlier are the questions before this one in its place whose answers have no
// turn yet.
func (q *asked) earlier(message string) []*question {
	q.mu.Lock()
	defer q.mu.Unlock()
	x := q.m[message]
	if x == nil {
		return nil
	}
	var out []*question
	for _, o := range q.byPlace[x.place] {
		if o == x {
			break
		}
		if !o.released {
			out = append(out, o)
		}
	}
	return out
}

// orderPatience is how long an answer waits for the next of those to earlier
// questions in its place, which are quicker than that unless something is wrong
// with them.
const orderPatience = time.Second

// awaitEarlier keeps the order of the questions in a place although the bot
// answers several at a time. A question that keeps others waiting loses its
// right to.
func (q *asked) awaitEarlier(ctx context.Context, message string) {
	before := q.earlier(message)
	if len(before) == 0 {
		return
	}
	enough := time.NewTimer(q.patience)
	defer enough.Stop()
	for i, o := range before {
		select {
		case <-o.placed:
			enough.Reset(q.patience) // it goes on
			continue
		case <-enough.C:
		case <-ctx.Done():
			return
		}
		q.mu.Lock()
		for _, o := range before[i:] {
			o.releaseLocked()
		}
		q.mu.Unlock()
		return
	}
}

// counts are how many questions wait, in all and in a place.
func (q *asked) counts(place string) (all, here int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.m), len(q.byPlace[place])
}

// tell marks a question as told; false when it was, or does not wait.
func (q *asked) tell(message string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	x := q.m[message]
	if x == nil || x.told {
		return false
	}
	x.told = true
	return true
}

// late are the questions that wait longer than d and whose askers were not
// told, oldest first.
func (q *asked) late(d time.Duration, now time.Time) []*question {
	q.mu.Lock()
	defer q.mu.Unlock()
	var out []*question
	for k, v := range q.m {
		switch age := now.Sub(v.at); {
		case age > askedLasts:
			q.dropLocked(k)
		case age > d && !v.told:
			out = append(out, v)
		}
	}
	slices.SortFunc(out, func(x, y *question) int { return x.at.Compare(y.at) })
	return out
}
