package schedule

import (
	"fmt"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the tests' zones, wherever they run

	"github.com/google/go-cmp/cmp"

	"cairn/adapters"
)

func newSchedule(t testing.TB, cron, zone string, quiet ...string) *Schedule {
	t.Helper()
	s, err := New(Config{Name: "s", Cron: cron, Zone: zone, Adapter: "slack", To: adapters.Destination{Channel: "C1"}, QuietDays: quiet})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func between(s *Schedule, from, to string) (out []string) {
	const layout = "2006-01-02 15:04"
	f, _ := time.ParseInLocation(layout, from, s.loc)
	u, _ := time.ParseInLocation(layout, to, s.loc)
	for t := s.Next(f.Add(-time.Second)); !t.IsZero() && t.Before(u); t = s.Next(t) {
		out = append(out, t.Format("01-02 15:04 -07:00"))
	}
	return out
}

func TestSlots(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, cron, zone, from, to string
		want                       []string
	}{
		{"a gap moves the slot to its end", "30 2 * * *", "Europe/Berlin", "2026-03-28 00:00", "2026-03-31 00:00",
			[]string{"03-28 02:30 +01:00", "03-29 03:00 +02:00", "03-30 02:30 +02:00"}},
		{"a doubled time fires first time only", "30 2 * * *", "Europe/Berlin", "2026-10-24 00:00", "2026-10-27 00:00",
			[]string{"10-24 02:30 +02:00", "10-25 02:30 +02:00", "10-26 02:30 +01:00"}},
		{"slots that a gap moves together are one", "0,30 2,3 * * *", "Europe/Berlin", "2026-03-29 00:00", "2026-03-30 00:00",
			[]string{"03-29 03:00 +02:00", "03-29 03:30 +02:00"}},
		{"half an hour's gap", "15 2 * * *", "Australia/Lord_Howe", "2026-10-03 00:00", "2026-10-05 23:00",
			[]string{"10-03 02:15 +10:30", "10-04 02:30 +11:00", "10-05 02:15 +11:00"}},
		{"a day that the zone omits has no slot", "0 9 * * *", "Pacific/Apia", "2011-12-29 00:00", "2012-01-01 00:00",
			[]string{"12-29 09:00 -10:00", "12-31 09:00 +14:00"}},
		{"midnight in a gap", "0 0 * * *", "America/Santiago", "2026-09-05 00:00", "2026-09-07 12:00",
			[]string{"09-05 00:00 -04:00", "09-06 01:00 -03:00", "09-07 00:00 -03:00"}},
		{"hourly on a day of 23 hours", "0 * * * *", "Europe/Berlin", "2026-03-29 00:00", "2026-03-29 05:00",
			[]string{"03-29 00:00 +01:00", "03-29 01:00 +01:00", "03-29 03:00 +02:00", "03-29 04:00 +02:00"}},
		{"hourly on a day of 25 hours", "0 * * * *", "Europe/Berlin", "2026-10-25 01:00", "2026-10-25 04:00",
			[]string{"10-25 01:00 +02:00", "10-25 02:00 +02:00", "10-25 02:00 +01:00", "10-25 03:00 +01:00"}},
		{"a step keeps its interval", "0 */2 * * *", "Europe/Berlin", "2026-03-29 00:00", "2026-03-29 08:00",
			[]string{"03-29 00:00 +01:00", "03-29 03:00 +02:00", "03-29 05:00 +02:00", "03-29 07:00 +02:00"}},
		{"a step on a day of 25 hours", "0 */12 * * *", "Europe/Berlin", "2026-10-25 00:00", "2026-10-26 01:00",
			[]string{"10-25 00:00 +02:00", "10-25 11:00 +01:00", "10-25 23:00 +01:00", "10-26 00:00 +01:00"}},
		{"a range with a step names wall times", "0 1-5/2 * * *", "Europe/Berlin", "2026-03-29 00:00", "2026-03-30 00:00",
			[]string{"03-29 01:00 +01:00", "03-29 03:00 +02:00", "03-29 05:00 +02:00"}},
		{"weekdays", "0 9 * * 1-5", "Asia/Shanghai", "2026-11-20 00:00", "2026-11-24 00:00",
			[]string{"11-20 09:00 +08:00", "11-23 09:00 +08:00"}},
		{"day of month or weekday", "0 9 13 * fri", "UTC", "2026-11-11 00:00", "2026-11-21 00:00",
			[]string{"11-13 09:00 +00:00", "11-20 09:00 +00:00"}},
		{"the 29th of February", "0 9 29 2 *", "UTC", "2096-03-01 00:00", "2104-03-01 00:00", []string{"02-29 09:00 +00:00"}},
	} {
		if diff := cmp.Diff(tc.want, between(newSchedule(t, tc.cron, tc.zone), tc.from, tc.to)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
}

func TestQuietDays(t *testing.T) {
	t.Parallel()
	s := newSchedule(t, "0 9 * * *", "Europe/Berlin", "Sat", "sun", "2026-12-25")
	got := between(s, "2026-12-24 00:00", "2026-12-29 00:00")
	if diff := cmp.Diff([]string{"12-24 09:00 +01:00", "12-28 09:00 +01:00"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestConfigErrors(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ cron, zone, want string }{
		{"@every 1h", "", "@every"},
		{"0 0 9 * * *", "", "seconds"},
		{"CRON_TZ=Asia/Shanghai 0 9 * * *", "", "zone"},
		{"TZ=UTC", "", "zone"},
		{"0 9 31 2 *", "", "never fires"},
		{"0 9 30 2 *", "Europe/Berlin", "never fires"},
		{"", "", "empty"},
		{"0 9 * *", "", "five"},
		{"0 25 * * *", "", "above maximum"},
		{", 9 * * *", "", "never fires"},
		{"0 9 * * *", "Mars/Olympus", "IANA"},
		{"0 9 * * *", "Local", "IANA"},
	} {
		_, err := New(Config{Name: "morning", Cron: tc.cron, Zone: tc.zone, To: adapters.Destination{Channel: "C"}})
		if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.HasPrefix(err.Error(), `schedule "morning": `) {
			t.Errorf("New(%q, %q): %v, want an error about %q", tc.cron, tc.zone, err, tc.want)
		}
	}
	if _, err := New(Config{Name: "s", Cron: "0 9 * * *", To: adapters.Destination{Channel: "C"},
		QuietDays: []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}}); err == nil {
		t.Error("a schedule whose every day is quiet was taken")
	}
}

// The zones whose rules the tests walk through, with years that hold their odd
// days.
var walks = []struct {
	zone     string
	from, to int
}{
	{"Europe/Berlin", 2024, 2028}, {"America/New_York", 2024, 2028}, {"Asia/Shanghai", 1986, 1992},
	{"Australia/Lord_Howe", 2024, 2028}, {"Pacific/Apia", 2009, 2013},
}

// Every calendar day of several years gets exactly the slot that an
// independent minute-by-minute reading of the zone's clock gives it.
func TestEveryDayHasItsSlot(t *testing.T) {
	t.Parallel()
	for _, w := range walks {
		for _, at := range []struct{ hour, minute int }{{0, 0}, {0, 30}, {1, 45}, {2, 0}, {2, 15}, {3, 0}, {9, 0}, {23, 45}} {
			s := newSchedule(t, fmt.Sprintf("%d %d * * *", at.minute, at.hour), w.zone)
			from := time.Date(w.from, 1, 1, 12, 0, 0, 0, time.UTC)
			to := time.Date(w.to, 1, 1, 12, 0, 0, 0, time.UTC)
			want := readClock(s.loc, from, to, at.hour*60+at.minute)
			n := 0
			for slot := s.Next(from); slot.Before(to); slot = s.Next(slot) {
				day := slot.Format(time.DateOnly)
				if w, ok := want[day]; !ok || !w.Equal(slot) {
					t.Fatalf("%s %02d:%02d: slot %v, want %v", w, at.hour, at.minute, slot, want[day])
				}
				n++
			}
			if n != len(want) {
				t.Errorf("%s %02d:%02d: %d slots, want %d", w.zone, at.hour, at.minute, n, len(want))
			}
		}
	}
}

// readClock walks through time in quarters of an hour and returns for each
// calendar day the first moment at which the clock on the wall shows the given
// minute of that day or, where it skips it, anything later.
func readClock(loc *time.Location, from, to time.Time, minute int) map[string]time.Time {
	days := map[string]time.Time{}
	for u := from.Add(-24 * time.Hour); u.Before(to); u = u.Add(15 * time.Minute) {
		t := u.In(loc)
		day := t.Format(time.DateOnly)
		if _, done := days[day]; !done && t.Hour()*60+t.Minute() >= minute {
			days[day] = t
		}
	}
	for day, t := range days {
		if !t.After(from) {
			delete(days, day)
		}
	}
	return days
}

func FuzzExpression(f *testing.F) {
	for _, s := range []string{"0 9 * * 1-5", "*/5 */2 1,15 * *", "@daily", "@every 1h", "TZ=", "0 0 29 2 *", ", , , , ,", "0 9 * * 7", "60-70/2 ? * jan sun"} {
		f.Add(s, int64(1_700_000_000))
	}
	f.Fuzz(func(t *testing.T, cron string, unix int64) {
		for _, zone := range []string{"Europe/Berlin", "Pacific/Apia"} {
			s, err := New(Config{Name: "s", Cron: cron, Zone: zone, To: adapters.Destination{Channel: "C"}})
			if err != nil {
				return
			}
			at := time.Unix(unix%4_000_000_000, 0)
			for range 5 {
				next := s.Next(at)
				if next.IsZero() {
					return
				}
				if !next.After(at) {
					t.Fatalf("%q: the slot after %v is %v", cron, at, next)
				}
				at = next
			}
		}
	})
}
