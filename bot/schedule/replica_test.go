package schedule

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cairn/adapters"
	"cairn/bot/store"
	"cairn/bot/store/postgres"
	"cairn/bot/store/storetest/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

const replicaEnv = "CAIRN_SCHEDULE_REPLICA"

// patience ends a test that hangs.
const patience = 4 * time.Minute

// A replica is what a child process is told.
type replica struct {
	Database, Platform string
}

// clock waits until all replicas are up, however slow the machine is, and
// returns a clock that showed 08:59:55 then. It jumps ahead by what stands on
// each line of in, so that claims lapse when the test says so and never because
// a process was slow.
func (c replica) clock(ctx context.Context, in io.Reader) (func() time.Time, error) {
	if _, err := remote(c.Platform).post(ctx, "/ready", ""); err != nil {
		return nil, err
	}
	var ahead atomic.Int64
	go func() {
		for lines := bufio.NewScanner(in); lines.Scan(); {
			if d, err := time.ParseDuration(lines.Text()); err == nil {
				ahead.Add(int64(d))
			}
		}
	}()
	began := time.Now()
	return func() time.Time {
		return time.Date(2026, 11, 20, 8, 59, 55, 0, time.UTC).Add(time.Since(began) + time.Duration(ahead.Load()))
	}, nil
}

// TestReplica is a process of its own, started by TestLeaderIsKilled.
func TestReplica(t *testing.T) {
	raw := os.Getenv(replicaEnv)
	if raw == "" {
		t.Log("runs only as a child of TestLeaderIsKilled")
		return
	}
	var c replica
	if err := json.Unmarshal([]byte(raw), &c); err != nil {
		t.Fatal(err)
	}
	st, err := postgres.Open(t.Context(), slog.Default(), c.Database, nil)
	if err != nil {
		t.Fatal(err)
	}
	now, err := c.clock(t.Context(), os.Stdin)
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewRunner(slog.Default(), st, []*Schedule{newSchedule(t, "0 9 * * *", "UTC")}, map[string]Composer{
		KindTip: ComposerFunc(func(context.Context, Job) (Content, error) {
			return Content{Message: adapters.Message{Text: "tip of " + strconv.Itoa(os.Getpid())}}, nil
		}),
	}, &Options{Now: now, ClaimFor: 20 * time.Minute, SendTimeout: 6 * time.Minute, Poll: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	r.Attach("slack", remote(c.Platform))
	t.Log(r.Run(t.Context()))
}

// A remote is a platform behind HTTP.
type remote string

func (u remote) post(ctx context.Context, path, marker string) (found bool, err error) {
	body, _ := json.Marshal(map[string]any{"marker": marker, "pid": os.Getpid()})
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, string(u)+path, bytes.NewReader(body))
	if err != nil {
		return false, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false, err
	}
	defer resp.Body.Close()
	return resp.StatusCode == http.StatusOK, nil
}

func (u remote) Send(ctx context.Context, _ adapters.Destination, m adapters.Message) (adapters.Ref, error) {
	_, err := u.post(ctx, "/send", m.Marker)
	return adapters.Ref{Message: m.Marker}, err
}

func (u remote) Find(ctx context.Context, _ adapters.Destination, marker string, _ time.Time) (adapters.Ref, bool, error) {
	found, err := u.post(ctx, "/find", marker)
	return adapters.Ref{Message: marker}, found, err
}

// Two replicas share PostgreSQL; the one that sends is killed while the
// platform has its request, once after and once before the message arrived.
// The other makes it one message.
func TestLeaderIsKilled(t *testing.T) {
	t.Parallel()
	for _, arrives := range []bool{true, false} {
		t.Run(fmt.Sprintf("arrives=%v", arrives), func(t *testing.T) {
			t.Parallel()
			killLeader(t, arrives)
		})
	}
}

func killLeader(t *testing.T, arrives bool) {
	database := pgtest.URL(t)
	st, err := postgres.Open(t.Context(), slog.New(slog.DiscardHandler), database, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()

	var mu sync.Mutex
	posted := map[string]int{}
	leader := make(chan int, 1) // the pid of the first to send
	first := true
	ready := make(chan struct{}) // closed when both are up
	waiting := 0
	platform := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		var in struct {
			Marker string
			PID    int
		}
		if err := json.NewDecoder(req.Body).Decode(&in); err != nil {
			t.Errorf("request: %v", err)
		}
		if req.URL.Path == "/ready" {
			mu.Lock()
			if waiting++; waiting == 2 {
				close(ready)
			}
			mu.Unlock()
			select {
			case <-ready:
			case <-req.Context().Done():
			}
			return
		}
		mu.Lock()
		isFirst := first && req.URL.Path == "/send"
		if req.URL.Path == "/send" {
			first = false
			if !isFirst || arrives {
				posted[in.Marker]++
			}
		}
		found := posted[in.Marker] > 0
		mu.Unlock()
		switch {
		case isFirst:
			leader <- in.PID
			<-req.Context().Done() // killed before it hears
		case req.URL.Path == "/find" && !found:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer platform.Close()

	conf, err := json.Marshal(replica{Database: database, Platform: platform.URL})
	if err != nil {
		t.Fatal(err)
	}
	children := map[int]*exec.Cmd{}
	clocks := map[int]io.Writer{}
	for range 2 {
		c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestReplica$", "-test.v")
		c.Env = append(os.Environ(), replicaEnv+"="+string(conf))
		clock, err := c.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		children[c.Process.Pid], clocks[c.Process.Pid] = c, clock
	}
	defer func() {
		for _, c := range children {
			_ = c.Process.Kill()
			_ = c.Wait()
		}
	}()
	var pid int
	select {
	case pid = <-leader:
	case <-time.After(patience):
		t.Fatalf("no replica sent anything within %v", patience)
	}
	if err := children[pid].Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for survivor, clock := range clocks {
		if survivor == pid {
			continue
		}
		if _, err := io.WriteString(clock, "21m\n"); err != nil { // past the dead one's claim
			t.Fatal(err)
		}
	}

	for deadline := time.Now().Add(patience); ; {
		list, err := st.ListDeliveries(t.Context(), store.DeliveryFilter{})
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 1 && list[0].State == store.DeliverySent {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the other replica did not finish: %+v", list)
		}
		time.Sleep(50 * time.Millisecond) // two real processes: there is nothing to wait on
	}
	mu.Lock()
	defer mu.Unlock()
	if len(posted) != 1 {
		t.Errorf("%d different messages stand in the channel, want 1", len(posted))
	}
	for marker, n := range posted {
		if n != 1 {
			t.Errorf("%s stands in the channel %d times", marker, n)
		}
	}
}
