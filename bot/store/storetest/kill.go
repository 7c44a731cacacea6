package storetest

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"cairn/bot/store"
)

// childEnv tells a test binary that it is the child of Kill and holds the
// database's address.
const childEnv = "CAIRN_STORETEST_CHILD"

// openerEnv tells a child to open the store, write one record under this name
// and end.
const openerEnv = "CAIRN_STORETEST_OPENER"

// OpenAtOnce starts several processes that all open an empty database at the
// same moment, and so want to make its schema: each must come up and write.
func OpenAtOnce(t *testing.T, address string, open func(t *testing.T, address string) store.Store) {
	const processes = 4
	var wg sync.WaitGroup
	for i := range processes {
		wg.Go(func() {
			c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChild$", "-test.v")
			c.Env = append(os.Environ(), childEnv+"="+address, fmt.Sprintf("%s=opener %d", openerEnv, i))
			if out, err := c.CombinedOutput(); err != nil {
				t.Errorf("process %d: %v\n%s", i, err, out)
			}
		})
	}
	wg.Wait()
	s := open(t, address)
	defer s.Close()
	for i := range processes {
		name := fmt.Sprintf("opener %d", i)
		if must(s.RecordEvent(t.Context(), store.Event{Adapter: "slack", Keys: []string{name}, At: at(1)}))(t, "record again") {
			t.Errorf("%s has written nothing", name)
		}
	}
}

// Child is the body of a test named TestChild: in the process that [Kill]
// starts it writes until it is killed, printing what was acknowledged; else it
// does nothing.
func Child(t *testing.T, open func(t *testing.T, address string) store.Store) {
	address := os.Getenv(childEnv)
	if address == "" {
		t.Log("runs only as a child of the kill test")
		return
	}
	ctx := t.Context()
	s := open(t, address)
	if name := os.Getenv(openerEnv); name != "" {
		defer s.Close()
		fresh, err := s.RecordEvent(ctx, store.Event{Adapter: "slack", Keys: []string{name}, Payload: []byte(name), At: at(0)})
		if err != nil || !fresh {
			t.Fatalf("record %s: %v, %v", name, fresh, err)
		}
		return
	}
	var mu sync.Mutex
	acknowledge := func(what string) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Println("ack", what)
	}
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("%d-%d-%d", os.Getpid(), w, i)
				fresh, err := s.RecordEvent(ctx, store.Event{Adapter: "slack", Keys: []string{id}, Payload: []byte(id), At: at(i)})
				if err != nil || !fresh {
					t.Errorf("record %s: %v, %v", id, fresh, err)
					return
				}
				acknowledge("event " + id)
				if err := s.SaveQuestion(ctx, store.Question{ID: id, Text: id, At: at(i)}); err != nil {
					t.Errorf("save %s: %v", id, err)
					return
				}
				acknowledge("question " + id)
			}
		})
	}
	wg.Wait()
}

// Kill starts TestChild of the running test binary several times, kills each
// in the middle of its writing with SIGKILL, and checks that everything it had
// acknowledged is there.
func Kill(t *testing.T, address string, open func(t *testing.T, address string) store.Store) {
	ctx := t.Context()
	// A store that is open all the while keeps SQLite's log from being checked
	// in at open, so that recovery by a running process is tested too.
	s := open(t, address)
	defer s.Close()
	for round := range 3 {
		child := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestChild$", "-test.v")
		child.Env = append(os.Environ(), childEnv+"="+address)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		var acknowledged []string
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if what, isAck := strings.CutPrefix(lines.Text(), "ack "); isAck {
				acknowledged = append(acknowledged, what)
			}
			// Killed at the first line after so many, so in full flow; what it
			// printed until it was dead counts too.
			if len(acknowledged) == 300 {
				if err := child.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = child.Wait() // killed
		if len(acknowledged) < 300 {
			t.Fatalf("the child ended by itself after %d records", len(acknowledged))
		}
		check := s
		if round == 0 {
			check = open(t, address)
		}
		for _, what := range acknowledged {
			kind, id, _ := strings.Cut(what, " ")
			switch kind {
			case "event":
				if must(check.RecordEvent(ctx, store.Event{Adapter: "slack", Keys: []string{id}, At: time.Now()}))(t, "record again") {
					t.Errorf("the acknowledged event %s is lost", id)
				}
			case "question":
				if _, err := check.Question(ctx, id); err != nil {
					t.Errorf("the acknowledged question %s is lost: %v", id, err)
				}
			}
		}
		if check != s {
			ok(t, check.Close(), "close")
		}
	}
}
