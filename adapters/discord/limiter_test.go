package discord

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func told(name string, remaining, limit int, after float64) http.Header {
	h := http.Header{}
	h.Set("X-RateLimit-Bucket", name)
	h.Set("X-RateLimit-Remaining", fmt.Sprint(remaining))
	h.Set("X-RateLimit-Limit", fmt.Sprint(limit))
	h.Set("X-RateLimit-Reset-After", fmt.Sprint(after))
	return h
}

// Two routes that Discord counts together wait for each other, in one channel
// and not in another.
func TestSharedBuckets(t *testing.T) {
	t.Parallel()
	now := time.Unix(1000, 0)
	l := newLimiter(50, func() time.Time { return now })
	ask := func(key string) error {
		_, err := l.acquire(context.Background(), key, way{exempt: true, impatient: true})
		return err
	}
	const put, del, other = "PUT channels/1/thread-members/id", "DELETE channels/1/thread-members/id", "DELETE channels/2/thread-members/id"
	for i, key := range []string{put, del} {
		b, err := l.acquire(context.Background(), key, way{exempt: true})
		if err != nil {
			t.Fatal(err)
		}
		l.done(key, b, 204, told("abc", 1-i, 2, 5))
	}
	if err := ask(put); !errors.Is(err, errBusy) {
		t.Errorf("the other route has used the bucket up, got %v", err)
	}
	if err := ask(del); !errors.Is(err, errBusy) {
		t.Errorf("the bucket is used up, got %v", err)
	}
	if err := ask(other); err != nil {
		t.Errorf("another channel's: %v", err)
	}
	if got := l.pace(del); got != 2500*time.Millisecond {
		t.Errorf("pace: got %v", got)
	}
	now = now.Add(6 * time.Second)
	if err := ask(put); err != nil {
		t.Errorf("after the reset: %v", err)
	}
}

// Where an answer tells only when a bucket is full again, as a date.
func TestResetAsADate(t *testing.T) {
	t.Parallel()
	now := time.Unix(1700000000, 0)
	l := newLimiter(50, func() time.Time { return now })
	const key = "POST channels/1/messages"
	b, err := l.acquire(context.Background(), key, way{exempt: true})
	if err != nil {
		t.Fatal(err)
	}
	h := http.Header{}
	h.Set("X-RateLimit-Remaining", "0")
	h.Set("X-RateLimit-Reset", "1700000002.5")
	l.done(key, b, 200, h)
	if b, wait, _ := l.tryBucket(key); b != nil || wait != 2500*time.Millisecond {
		t.Errorf("got %v, want to wait 2.5s", wait)
	}
}

// Whatever is asked for at once, no second has more requests than the global
// limit allows, and nothing waits longer than that takes.
func TestGlobalSlots(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const perSecond, n = 50, 400
		l := newLimiter(perSecond, time.Now)
		began := time.Now()
		passed := make(chan time.Time, n)
		for i := range n {
			go func() {
				key := fmt.Sprintf("POST channels/%d/messages", i)
				b, err := l.acquire(t.Context(), key, way{first: i%20 == 0})
				if err != nil {
					t.Error(err)
				} else {
					l.done(key, b, 200, http.Header{})
				}
				passed <- time.Now()
			}()
			if i%100 == 99 {
				time.Sleep(700 * time.Millisecond)
			}
		}
		var all []time.Time
		for range n {
			all = append(all, <-passed)
		}
		slices.SortFunc(all, time.Time.Compare)
		for i := perSecond; i < n; i++ {
			if d := all[i].Sub(all[i-perSecond]); d < time.Second {
				t.Errorf("%d requests within %v, the last after %v", perSecond+1, d, all[i].Sub(began))
			}
		}
		if took := all[n-1].Sub(began); took > 2*n/perSecond*time.Second {
			t.Errorf("%d requests took %v", n, took)
		}
	})
}

// Edits that show growth are paced in each place.
func TestEditsArePaced(t *testing.T) {
	t.Parallel()
	var e edits
	now := time.Unix(1000, 0)
	for i, c := range []struct {
		after time.Duration
		place string
		want  time.Duration
	}{
		{0, "a", 0}, {0, "a", time.Second}, {400 * time.Millisecond, "a", 600 * time.Millisecond}, {0, "b", 0},
		{600 * time.Millisecond, "a", 0}, {time.Millisecond, "a", 999 * time.Millisecond}, {time.Minute, "a", 0},
	} {
		now = now.Add(c.after)
		if got := e.wait(c.place, time.Second, now); got != c.want {
			t.Errorf("%d: got %v, want %v", i, got, c.want)
		}
	}
}

// Shards of different concurrency buckets begin together, those of one bucket
// one after the other, and none beyond the day's number.
func TestIdentifyConcurrency(t *testing.T) {
	t.Parallel()
	now := time.Unix(1000, 0)
	var p plan
	p.Limit.Total, p.Limit.Remaining, p.Limit.ResetAfter, p.Limit.MaxConcurrency = 1000, 5, 60000, 2
	var i identifier
	i.set(p, 5*time.Second, now)
	for shard, want := range []time.Duration{0, 0, 5 * time.Second, 5 * time.Second, 10 * time.Second} {
		if got, usedUp := i.reserve(shard, now); got != want || usedUp {
			t.Errorf("shard %d: got %v, %v, want %v", shard, got, usedUp, want)
		}
	}
	if wait, usedUp := i.reserve(5, now); !usedUp || wait != time.Minute {
		t.Errorf("beyond the day's number: got %v, %v", wait, usedUp)
	}
	if _, usedUp := i.reserve(5, now.Add(time.Minute)); usedUp {
		t.Error("still used up after the reset")
	}
}
