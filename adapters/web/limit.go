package web

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// A limiter lets each client have so many requests a second, with a burst.
type limiter struct {
	rate  rate.Limit // negative is no limit
	burst int
	most  int // clients remembered

	mu      sync.Mutex
	clients map[string]*rate.Limiter
}

func newLimiter(perSecond float64, burst int) *limiter {
	return &limiter{rate: rate.Limit(perSecond), burst: burst, most: 20_000, clients: map[string]*rate.Limiter{}}
}

// take lets one request of the client through, or says how long to wait.
func (l *limiter) take(client string) (bool, time.Duration) {
	if l.rate < 0 {
		return true, 0
	}
	now := time.Now()
	l.mu.Lock()
	c, ok := l.clients[client]
	if !ok {
		if len(l.clients) >= l.most {
			l.forgetLocked(now)
		}
		c = rate.NewLimiter(l.rate, l.burst)
		l.clients[client] = c
	}
	l.mu.Unlock()
	r := c.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now)
		return false, wait
	}
	return true, 0
}

// forgetLocked drops clients who may send their whole burst again, and any
// when that is not enough, so that memory is bounded.
func (l *limiter) forgetLocked(now time.Time) {
	for name, c := range l.clients {
		if c.TokensAt(now) >= float64(l.burst) {
			delete(l.clients, name)
		}
	}
	for name := range l.clients {
		if len(l.clients) < l.most*3/4 {
			break
		}
		delete(l.clients, name)
	}
}
