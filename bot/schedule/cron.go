package schedule

import (
	"math/bits"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"cairn/adapters"
)

// horizon is how far ahead a slot is looked for: 29 February comes once in
// eight years around 2100.
const horizon = 9 * 366

// An expression is a parsed cron expression, independent of any zone.
type expression struct {
	minutes, hours, days, months, weekdays uint64
	// elapsed says that hours count from the start of the day.
	elapsed bool
	// anyDay says that day of month and weekday must both match, since one of
	// them is *; else either is enough, as cron has it.
	bothDays bool
}

const star = 1 << 63 // robfig/cron's mark for a field that is *

// parseExpression reads five fields or a name such as @daily.
func parseExpression(s string) (*expression, error) {
	s = strings.TrimSpace(s)
	switch upper := strings.ToUpper(s); {
	case s == "":
		return nil, adapters.Both("the cron expression is empty; \"0 9 * * 1-5\" is nine o'clock on workdays", "cron 表达式是空的；\"0 9 * * 1-5\" 表示工作日九点").Err()
	case strings.HasPrefix(upper, "TZ=") || strings.HasPrefix(upper, "CRON_TZ="):
		return nil, adapters.Both("cron expression %q: it names a time zone; set the schedule's zone instead", "cron 表达式 %q：里面写了时区，请改用定时任务的 zone").Err(s)
	case strings.HasPrefix(upper, "@EVERY"):
		return nil, adapters.Both("cron expression %q: @every has no fixed slots that survive a restart; use fields such as \"0 */6 * * *\"", "cron 表达式 %q：@every 没有重启后仍然固定的时刻，请用字段写法，例如 \"0 */6 * * *\"").Err(s)
	case !strings.HasPrefix(s, "@"):
		switch n := len(strings.Fields(s)); {
		case n == 6 || n == 7:
			return nil, adapters.Both("cron expression %q: it has %d fields; seconds and years are not supported, the five are minute hour day month weekday", "cron 表达式 %q：有 %d 个字段；不支持秒和年，五个字段是分 时 日 月 周").Err(s, n)
		case n != 5:
			return nil, adapters.Both("cron expression %q: it has %d fields, want five: minute hour day month weekday", "cron 表达式 %q：有 %d 个字段，应为五个：分 时 日 月 周").Err(s, n)
		}
	}
	parsed, err := cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor).Parse(s)
	if err != nil {
		return nil, adapters.Both("cron expression %q: %v", "cron 表达式 %q：%v").Err(s, err)
	}
	spec, ok := parsed.(*cron.SpecSchedule)
	if !ok {
		return nil, adapters.Both("cron expression %q has no calendar times", "cron 表达式 %q 没有确定的时刻").Err(s)
	}
	e := &expression{
		minutes: spec.Minute &^ star, hours: spec.Hour &^ star, days: spec.Dom &^ star,
		months: spec.Month &^ star, weekdays: spec.Dow &^ star,
		bothDays: spec.Dom&star != 0 || spec.Dow&star != 0,
	}
	if e.minutes == 0 || e.hours == 0 || e.months == 0 || e.days == 0 || e.weekdays == 0 {
		return nil, adapters.Both("cron expression %q: a field names nothing, so it never fires", "cron 表达式 %q：有字段没有任何取值，永远不会触发").Err(s)
	}
	if s == "@hourly" {
		e.elapsed = true
	} else if fields := strings.Fields(s); len(fields) == 5 {
		hour := fields[1]
		e.elapsed = hour == "*" || hour == "?" || strings.HasPrefix(hour, "*/") || strings.HasPrefix(hour, "?/")
	}
	return e, nil
}

// matchesDay reports whether the calendar day, given as midnight UTC, is one
// of the expression's.
func (e *expression) matchesDay(day time.Time) bool {
	if e.months&(1<<day.Month()) == 0 {
		return false
	}
	dom, dow := e.days&(1<<day.Day()) != 0, e.weekdays&(1<<day.Weekday()) != 0
	if e.bothDays {
		return dom && dow
	}
	return dom || dow
}

// slots calls yield with the instants of a calendar day, given as midnight
// UTC, in the zone, in order, until it returns false.
func (e *expression) slots(day time.Time, loc *time.Location, yield func(time.Time) bool) {
	if e.elapsed {
		e.elapsedSlots(day, loc, yield)
		return
	}
	for hour := range 24 {
		if e.hours&(1<<hour) == 0 {
			continue
		}
		for minute := range 60 {
			if e.minutes&(1<<minute) == 0 {
				continue
			}
			wall := day.Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
			if t, ok := resolve(wall, loc); ok && !yield(t) {
				return
			}
		}
	}
}

func (e *expression) elapsedSlots(day time.Time, loc *time.Location, yield func(time.Time) bool) {
	start, ok := dayStart(day, loc)
	if !ok {
		return
	}
	end, ok := dayStart(day.AddDate(0, 0, 1), loc)
	for n := 2; !ok; n++ { // the next day is omitted
		end, ok = dayStart(day.AddDate(0, 0, n), loc)
	}
	first, step := bits.TrailingZeros64(e.hours), 24
	if rest := e.hours &^ (1 << first); rest != 0 {
		step = bits.TrailingZeros64(rest) - first
	}
	for hour := first; ; hour += step {
		if hour < 24 && e.hours&(1<<hour) == 0 {
			continue
		}
		for minute := range 60 {
			if e.minutes&(1<<minute) == 0 {
				continue
			}
			t := start.Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
			if !t.Before(end) || !yield(t) {
				return
			}
		}
	}
}

// dayStart returns the first instant of a calendar day in the zone; false for
// a day that the zone omits.
func dayStart(day time.Time, loc *time.Location) (time.Time, bool) { return resolve(day, loc) }

// resolve returns the instant of a wall time, given in UTC, in the zone: the
// first of two, the first valid minute after a gap; false when the zone omits
// the whole day.
func resolve(wall time.Time, loc *time.Location) (time.Time, bool) {
	const reach = 48 * time.Hour // more than any offset
	t := wall.Add(-reach).In(loc)
	var afterGap time.Time
	omitted := false
	for {
		_, offset := t.Zone()
		start, end := t.ZoneBounds()
		instant := wall.Add(-time.Duration(offset) * time.Second)
		if (start.IsZero() || !instant.Before(start)) && (end.IsZero() || instant.Before(end)) {
			return instant.In(loc), true
		}
		if end.IsZero() || end.After(wall.Add(reach)) {
			break
		}
		t = end.In(loc)
		_, next := t.Zone()
		// Wall times from..to do not exist at this change.
		from := end.UTC().Add(time.Duration(offset) * time.Second)
		to := end.UTC().Add(time.Duration(next) * time.Second)
		if !wall.Before(from) && wall.Before(to) {
			midnight := wall.Truncate(24 * time.Hour)
			omitted = !midnight.Before(from) && !midnight.Add(24*time.Hour).After(to)
			afterGap = t
		}
	}
	if afterGap.IsZero() || omitted {
		return time.Time{}, false
	}
	if s := afterGap.Second(); s != 0 { // changes of the age of local mean time
		afterGap = afterGap.Add(time.Duration(60-s) * time.Second)
	}
	return afterGap, true
}
