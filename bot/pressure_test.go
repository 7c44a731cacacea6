package bot

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// While more events are being recorded than the machine can do at a time, two
// workers answer and the others give way; none waits for ever.
func TestPressure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPressure()
		var accepts []func()
		for range acceptHigh + 1 {
			accepts = append(accepts, p.accept())
		}
		var working, done atomic.Int64
		next := make(chan struct{})
		for range 5 {
			go func() {
				end := p.work()
				working.Add(1)
				<-next
				working.Add(-1)
				done.Add(1)
				end()
			}()
		}
		synctest.Wait()
		if n := working.Load(); n != fewWorkers {
			t.Errorf("under pressure: %d workers, want %d", n, fewWorkers)
		}
		next <- struct{}{}
		synctest.Wait()
		if n := working.Load(); n != fewWorkers || done.Load() != 1 {
			t.Errorf("after one answer: %d workers, %d done", n, done.Load())
		}
		accepts[0]()
		synctest.Wait()
		if n := working.Load(); n != 4 {
			t.Errorf("eased: %d workers, want all 4", n)
		}
		for range 4 {
			next <- struct{}{}
		}
		for _, end := range accepts[1:] {
			end()
		}
		synctest.Wait()
		if done.Load() != 5 || p.working != 0 || p.accepting != 0 {
			t.Errorf("at the end: %d done, %+v", done.Load(), p)
		}
	})
}
