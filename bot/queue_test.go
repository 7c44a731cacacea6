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
