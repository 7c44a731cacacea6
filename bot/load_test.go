package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cairn/bot/store/sqlite"
)

// 500 questions a second, spread over 2,000 channels, each event twice, with
// the real store. CAIRN_LOAD is the number of seconds; without it the test is
// short.
func TestLoad(t *testing.T) {
	seconds := 1
	if s, err := strconv.Atoi(os.Getenv("CAIRN_LOAD")); err == nil {
		seconds = s
	}
	if testing.Short() {
		t.Skip("not in short runs")
	}
	lg := slog.New(slog.DiscardHandler)
	st, err := sqlite.Open(context.Background(), lg, filepath.Join(t.TempDir(), "state.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	ix := newFakeIndex(t, library)
	chat := newPlatform()
	chat.got = make(chan sentMessage, 100_000)
	watch := newWatcher()
	// Whoever waits long is told so, which would be one more message.
	b, err := New(lg, func() Index { return ix }, st, &Options{PerUser: -1, Observer: watch, TellAfter: time.Hour, Deadline: 5 * time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	b.Attach("chat", chat)
	f := (&fixture{t: t, store: newMemoryStore(), chat: chat, bot: b, events: watch}).run()
	defer f.stop()

	const rate = 500
	var wg sync.WaitGroup
	var mu sync.Mutex
	var accepts []time.Duration
	var again atomic.Int64
	begin := time.Now()
	for i := range rate * seconds {
		if d := time.Until(begin.Add(time.Duration(i) * time.Second / rate)); d > 0 {
			time.Sleep(d)
		}
		ev := f.ask("nginx answers 502")
		ev.Channel, ev.Keys = fmt.Sprintf("C%d", i%2000), []string{ev.Message, fmt.Sprintf("C%d:%s", i%2000, ev.Message)}
		for range 2 {
			wg.Go(func() {
				start := time.Now()
				err := b.Accept(context.Background(), ev)
				for errors.Is(err, context.DeadlineExceeded) {
					again.Add(1) // the platform sends what was not taken in time again
					err = b.Accept(context.Background(), ev)
				}
				if err != nil {
					t.Errorf("Accept: %v", err)
				}
				mu.Lock()
				accepts = append(accepts, time.Since(start))
				mu.Unlock()
			})
		}
	}
	wg.Wait()
	f.settle()
	took := time.Since(begin)
	answered := map[string]int{}
	for _, m := range chat.all() {
		answered[m.To]++
	}
	if len(answered) != rate*seconds {
		t.Errorf("%d of %d questions answered", len(answered), rate*seconds)
	}
	for id, n := range answered {
		if n != 1 {
			t.Errorf("%s answered %d times", id, n)
		}
	}
	slices.Sort(accepts)
	t.Logf("%d questions answered in %v; Accept took p50 %v, p99 %v, at most %v, %d were not taken in time at first", rate*seconds, took,
		accepts[len(accepts)/2], accepts[len(accepts)*99/100], accepts[len(accepts)-1], again.Load())
}
