package app

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A schedule that cannot fire stops serve before anything is read, with a
// sentence that names it, its place and what to write instead; doctor says when
// good ones fire.
func TestScheduleMistakes(t *testing.T) {
	t.Parallel()
	write := func(crons ...string) string {
		text := "schedules:\n"
		for i, c := range crons {
			text += fmt.Sprintf("  - {name: morning %d, cron: %q, zone: Europe/Berlin, adapter: slack, destination: C1}\n", i, c)
		}
		path := filepath.Join(t.TempDir(), "cairn.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	bad := write("@every 1h", "0 0 9 * * *", "CRON_TZ=UTC 0 9 * * *", "0 9 31 2 *", "0 25 * * *", "0 9 * * *")
	r := cairn(t, "serve", "--config", bad, "--data", t.TempDir(), "--listen", "127.0.0.1:0")
	if r.code != exitUsage {
		t.Fatalf("exit %d, want %d\n%s", r.code, exitUsage, r.err)
	}
	for i, want := range []string{"survive a restart", "seconds", "set the schedule's zone", "no year has such a day", "above maximum"} {
		line := ""
		for l := range strings.Lines(r.err) {
			if strings.Contains(l, fmt.Sprintf(`schedule "morning %d"`, i)) {
				line = l
			}
		}
		if !strings.Contains(line, want) || !strings.Contains(line, fmt.Sprintf("cairn.yaml:%d", i+2)) {
			t.Errorf("schedule %d: %q, want %q and its line in\n%s", i, line, want, r.err)
		}
	}
	if strings.Contains(r.err, `"morning 5"`) || strings.Contains(r.err, "library ready") {
		t.Errorf("a good schedule is named, or the library was read:\n%s", r.err)
	}
	good := write("0 9 * * 1-5")
	if r := cairn(t, "doctor", "--config", good, "--data", t.TempDir()); !strings.Contains(r.out, "morning 0 next") || !strings.Contains(r.out, "09:00 CE") {
		t.Errorf("doctor says\n%s%s", r.out, r.err)
	}
	if r := cairn(t, "doctor", "--config", bad, "--data", t.TempDir()); r.code != exitFailed || !strings.Contains(r.out, `schedule "morning 3"`) {
		t.Errorf("doctor with bad schedules: exit %d\n%s%s", r.code, r.out, r.err)
	}
}
