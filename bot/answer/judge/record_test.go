package judge

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRecords(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	if _, ok, err := Find(dir, "m", "s"); ok || err != nil {
		t.Fatalf("nothing kept: %v %v", ok, err)
	}
	first := Record{Model: "m", Server: "s", Version: version(), False: 64, FalsePassed: 5, True: 32, TruePassed: 30, Time: time.Unix(1, 0).UTC()}
	second := first
	second.FalsePassed, second.Void = 1, 2
	other := first
	other.Server = "elsewhere"
	for _, r := range []Record{first, other, second} {
		if err := Keep(dir, r); err != nil {
			t.Fatal(err)
		}
	}
	got, ok, err := Find(dir, "m", "s")
	if diff := cmp.Diff(second, got); !ok || err != nil || diff != "" {
		t.Errorf("found %v %v (-want +got):\n%s", ok, err, diff)
	}
	if _, ok, _ := Find(dir, "m2", "s"); ok {
		t.Error("another model's exam is found")
	}
	old := second
	old.Model, old.Version = "old", "of another prompt"
	if err := Keep(dir, old); err != nil {
		t.Fatal(err)
	}
	if _, ok, _ := Find(dir, "old", "s"); ok || old.Passed() {
		t.Error("an exam with another prompt counts")
	}
	for range 2 * maxRecords {
		second.Server += "x"
		if err := Keep(dir, second); err != nil {
			t.Fatal(err)
		}
	}
	if list, err := load(dir); err != nil || len(list) != maxRecords {
		t.Errorf("%d kept, %v", len(list), err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestDamagedRecords(t *testing.T) {
	t.Parallel()
	for name, raw := range map[string]string{"no JSON": "{", "other JSON": `{"model": 3}`, "binary": "\x00\x01", "huge": strings.Repeat(" ", maxRecordFile+1)} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, recordFile), []byte(raw), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, ok, err := Find(dir, "m", "s"); ok || err == nil || !strings.Contains(err.Error(), "delete it") {
			t.Errorf("%s: %v %v", name, ok, err)
		}
		if err := Keep(dir, Record{Model: "m", Server: "s", Version: version()}); err != nil {
			t.Errorf("%s: keep: %v", name, err)
		}
		if _, ok, err := Find(dir, "m", "s"); !ok || err != nil {
			t.Errorf("%s: kept and not found: %v", name, err)
		}
	}
}

func TestPassed(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		falsePassed, truePassed int
		want                    bool
	}{{0, 32, true}, {1, 24, true}, {2, 32, false}, {0, 23, false}, {64, 32, false}} {
		r := Record{Version: version(), False: 64, FalsePassed: tc.falsePassed, True: 32, TruePassed: tc.truePassed}
		if r.Passed() != tc.want {
			t.Errorf("%+v: passed %v", tc, r.Passed())
		}
	}
	if (Record{Version: version()}).Passed() {
		t.Error("no exam is passed")
	}
}
