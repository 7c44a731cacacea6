package bot

import (
	"fmt"
	"testing"
	"testing/synctest"

	"cairn/adapters"
)

// A channel that is busy takes its share of the workers and leaves the others;
// what waits for it is handled in order, and all of it.
func TestBusyChannelLeavesWorkers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(1000, 2, nobody{})
		put := func(channel string, n int) {
			t.Helper()
			if err := q.reserve(); err != nil {
				t.Fatal(err)
			}
			ev := adapters.Event{Adapter: "chat", Channel: channel, Thread: fmt.Sprint(n / 2)} // two to a thread
			q.put(laneOf(ev), &job{ev: ev, key: fmt.Sprint(channel, n)})
		}
		for n := range 20 {
			put("hot", n)
		}
		put("calm", 0)
		release := map[string]chan struct{}{"hot": make(chan struct{}), "calm": make(chan struct{})}
		started := make(chan string, 100)
		for range 4 {
			go func() {
				for {
					l, j := q.next()
					if j == nil {
						return
					}
					started <- j.key
					<-release[j.ev.Channel]
					q.done(l, j)
				}
			}()
		}
		synctest.Wait()
		var got []string
		for len(started) > 0 {
			got = append(got, <-started)
		}
		if len(got) != 3 {
			t.Fatalf("started %q, want two of the busy channel and the other one's", got)
		}
		release["calm"] <- struct{}{}
		put("calm", 2)
		synctest.Wait()
		if len(started) != 1 {
			t.Errorf("the calm channel waits for the busy one")
		}
		close(release["calm"])
		close(release["hot"])
		q.close()
		synctest.Wait()
		n, last := len(got), map[string]int{}
		for len(started) > 0 {
			n++
			var i int
			key := <-started
			if c, _ := fmt.Sscanf(key, "hot%d", &i); c == 1 {
				if before, ok := last[fmt.Sprint(i/2)]; ok && before > i {
					t.Errorf("%d came before %d in its thread", before, i)
				}
				last[fmt.Sprint(i/2)] = i
			}
		}
		if n != 22 || q.reserved != 0 || len(q.busy)+len(q.parked)+len(q.lanes) > 0 {
			t.Errorf("%d of 22 handled, left %+v", n, q)
		}
	})
}

// What the observer last heard is how many places are taken, whatever gave one
// back: an event that was handled, one that was there already or could not be
// recorded, and what was dropped.
func TestObserverKnowsTheQueue(t *testing.T) {
	t.Parallel()
	w := newWatcher()
	q := newQueue(10, 2, w)
	heard := func(when string, want int) {
		t.Helper()
		if w.waiting != want || q.limit-q.free() != want {
			t.Errorf("%s: the observer knows of %d, %d places are taken, want %d", when, w.waiting, q.limit-q.free(), want)
		}
	}
	take := func(key string) bool {
		t.Helper()
		if err := q.reserve(); err != nil {
			t.Fatal(err)
		}
		return q.put("lane "+key, &job{ev: adapters.Event{Adapter: "chat", Channel: key}, key: key})
	}
	take("a")
	if err := q.reserve(); err != nil { // recorded meanwhile
		t.Fatal(err)
	}
	heard("two are there", 2)
	l, j := q.next()
	q.done(l, j)
	heard("one is handled", 1)
	q.release()
	heard("the other one was known", 0)
	take("b")
	if take("b") {
		t.Error("the same event was taken twice")
	}
	heard("one came twice", 1)
	q.drop()
	heard("all is dropped", 0)
}
