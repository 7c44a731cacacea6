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
	if err := CanKeep(dir); err != nil {
		t.Fatal(err)
	}
	first := Record{Model: "m", Server: "s", Version: version(), False: 64, FalsePassed: 5, True: 32, TruePassed: 30, Time: time.Unix(1, 0).UTC()}
	second, other, old := first, first, first
	second.FalsePassed, second.Void = 1, 2
	other.Server = "elsewhere"
	old.Model, old.Version = "old", "of another prompt"
	for _, r := range []Record{first, other, old, second} {
		if err := Keep(dir, r); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []Record{second, other} {
		got, ok, err := Find(dir, "m", want.Server)
		if diff := cmp.Diff(want, got); !ok || err != nil || diff != "" {
			t.Errorf("found %v %v (-want +got):\n%s", ok, err, diff)
		}
	}
	if _, ok, _ := Find(dir, "m2", "s"); ok {
		t.Error("another model's exam is found")
	}
	if _, ok, _ := Find(dir, "old", "s"); ok || old.Passed() {
		t.Error("an exam with another prompt counts")
	}
	left, err := filepath.Glob(filepath.Join(dir, recordDir, "*"))
	if err != nil || len(left) != 3 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// A record that cannot be read is said, and the next exam takes its place.
func TestDamagedRecords(t *testing.T) {
	t.Parallel()
	for name, raw := range map[string]string{"no JSON": "{", "other JSON": `[3]`, "binary": "\x00\x01", "huge": strings.Repeat(" ", maxRecord+1)} {
		dir := t.TempDir()
		file := recordName(dir, "m", "s")
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(raw), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, ok, err := Find(dir, "m", "s"); ok || err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: %v %v", name, ok, err)
		}
		if err := Keep(dir, Record{Model: "m", Server: "s", Version: version()}); err != nil {
			t.Errorf("%s: keep: %v", name, err)
		}
		if _, ok, err := Find(dir, "m", "s"); !ok || err != nil {
			t.Errorf("%s: kept and not found: %v", name, err)
		}
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, recordDir), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if CanKeep(dir) == nil || Keep(dir, Record{}) == nil {
		t.Error("a file where the folder should be: want an error")
	}
	if _, ok, err := Find(dir, "m", "s"); ok || err == nil {
		t.Errorf("a file where the folder should be: %v %v", ok, err)
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
	for _, r := range []Record{{}, {False: 1, True: 1, TruePassed: 1}, {False: 96}, {True: 96, TruePassed: 96}, {False: 64, FalsePassed: -3, True: 32, TruePassed: 32}, {False: 64, True: 32, TruePassed: 99}} {
		if r.Version = version(); r.Passed() {
			t.Errorf("%+v is passed", r)
		}
	}
}
