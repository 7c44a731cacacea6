package leaktest

import (
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

type tests func() int

func (f tests) Run() int { return f() }

func TestRun(t *testing.T) {
	before := goleak.IgnoreCurrent()
	if code := Run(tests(func() int { return 3 }), before); code != 3 {
		t.Errorf("tests that fail: got %d, want their code", code)
	}
	// What ends in a second is no leak.
	if code := Run(tests(func() int { go time.Sleep(time.Second); return 0 }), before); code != 0 {
		t.Errorf("a goroutine about to end: got %d, want 0", code)
	}
}

func TestFind(t *testing.T) {
	before := goleak.IgnoreCurrent()
	stay := make(chan struct{})
	go func() { <-stay }()
	if err := find(0, before); err == nil || !strings.Contains(err.Error(), "leaktest.TestFind") {
		t.Errorf("a goroutine that stays: got %v, want its name", err)
	}
	close(stay)
	if err := Find(before); err != nil {
		t.Error(err)
	}
}
