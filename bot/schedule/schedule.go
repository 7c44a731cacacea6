package schedule

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"cairn/adapters"
	"cairn/bot/store"
)

// KindTip is the kind of delivery that schedules make.
const KindTip = "tip"

// A Config is a schedule as somebody writes it.
type Config struct {
	// Name identifies it; its history hangs on it.
	Name string
	// Cron has five fields or is a name such as @daily.
	Cron string
	// Zone is an IANA name. Defaults to UTC.
	Zone string
	// Adapter and To are where to send.
	Adapter string
	To      adapters.Destination
	// Topics are services, tags or libraries. Empty means all.
	Topics []string
	// Language is "en" or "zh". Defaults to en.
	Language string
	// QuietDays are weekdays (sat) or dates (2026-12-25) without a slot.
	QuietDays []string
}

// A Schedule knows when it fires. It is immutable.
type Schedule struct {
	Config
	expr          *expression
	loc           *time.Location
	quietWeekdays [7]bool
	quietDates    map[string]bool
}

// New checks a configuration. Its errors name what to change.
func New(c Config) (*Schedule, error) {
	if c.Zone == "" {
		c.Zone = "UTC"
	}
	if c.Language == "" {
		c.Language = "en"
	}
	bad := func(err error) (*Schedule, error) {
		return nil, adapters.Both("schedule %q: %v", "定时任务 %q：%v").Err(c.Name, err)
	}
	if c.Name == "" {
		return bad(adapters.Both("it needs a name", "需要一个名字").Err())
	}
	if c.Language != "en" && c.Language != "zh" {
		return bad(adapters.Both("language: got %q, want en or zh", "language：%q 无效，应为 en 或 zh").Err(c.Language))
	}
	if (c.To.Channel == "") == (c.To.User == "") {
		return bad(adapters.Both("destination: name either a channel or a user", "destination：频道和个人请二选一").Err())
	}
	s := &Schedule{Config: c, quietDates: map[string]bool{}}
	var err error
	if s.expr, err = parseExpression(c.Cron); err != nil {
		return bad(err)
	}
	if s.loc, err = loadZone(c.Zone); err != nil {
		return bad(err)
	}
	for _, day := range c.QuietDays {
		if _, err := time.Parse(time.DateOnly, day); err == nil {
			s.quietDates[day] = true
			continue
		}
		n := slices.Index([]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}, strings.ToLower(day))
		if n < 0 {
			return bad(adapters.Both("quiet day: got %q, want a weekday such as sat or a date such as 2026-12-25", "免打扰日：%q 无效，应为星期（如 sat）或日期（如 2026-12-25）").Err(day))
		}
		s.quietWeekdays[n] = true
	}
	// Any starting point does: whether it ever fires does not hang on today.
	if s.Next(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		if len(c.QuietDays) > 0 {
			return bad(adapters.Both("cron expression %q with the quiet days %s never fires", "cron 表达式 %q 加上免打扰日 %s 后永远不会触发").Err(c.Cron, strings.Join(c.QuietDays, ", ")))
		}
		return bad(adapters.Both("cron expression %q never fires: no year has such a day", "cron 表达式 %q 永远不会触发：没有这样的日子").Err(c.Cron))
	}
	return s, nil
}

// NewDaily returns a schedule that fires every day at a wall time HH:MM in a
// zone.
func NewDaily(name, at, zone string) (*Schedule, error) {
	hour, minute, err := parseWall(at)
	if err != nil {
		return nil, err
	}
	return New(Config{Name: name, Cron: fmt.Sprintf("%d %d * * *", minute, hour), Zone: zone, To: adapters.Destination{Channel: "-"}})
}

// ParseWall reads a wall time such as 9:05 or 09:05, with a full-width colon
// too, and returns it as HH:MM.
func ParseWall(at string) (string, error) {
	h, m, err := parseWall(at)
	return fmt.Sprintf("%02d:%02d", h, m), err
}

func parseWall(at string) (hour, minute int, err error) {
	h, m, ok := strings.Cut(strings.ReplaceAll(strings.TrimSpace(at), "：", ":"), ":")
	hour, herr := strconv.Atoi(h)
	minute, merr := strconv.Atoi(m)
	if !ok || herr != nil || merr != nil || len(h) > 2 || len(m) != 2 || hour < 0 || hour > 23 || minute < 0 || minute > 59 {
		return 0, 0, adapters.Both("time of day: got %q, want HH:MM between 00:00 and 23:59", "时间：%q 无效，应为 00:00 到 23:59 之间的 HH:MM").Err(at)
	}
	return hour, minute, nil
}

func loadZone(name string) (*time.Location, error) {
	// "Local" would differ between replicas.
	loc, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return nil, adapters.Both("zone: got %q, want an IANA name such as Asia/Shanghai", "时区：%q 无效，应为 IANA 名称，例如 Asia/Shanghai").Err(name)
	}
	return loc, nil
}

// CheckZone reports why a zone's name is not one.
func CheckZone(name string) error {
	_, err := loadZone(name)
	return err
}

// Next returns the first slot after t, in the schedule's zone; zero when there
// is none within nine years.
func (s *Schedule) Next(t time.Time) time.Time {
	y, m, d := t.In(s.loc).Date()
	// A slot may be moved past midnight by a gap, so a day or two earlier is
	// looked at too.
	day := time.Date(y, m, d, 0, 0, 0, 0, time.UTC).AddDate(0, 0, -2)
	var found time.Time
	for range horizon {
		if s.expr.matchesDay(day) && !s.quiet(day) {
			s.expr.slots(day, s.loc, func(slot time.Time) bool {
				if slot.After(t) {
					found = slot
				}
				return found.IsZero()
			})
			if !found.IsZero() {
				return found
			}
		}
		day = day.AddDate(0, 0, 1)
	}
	return time.Time{}
}

func (s *Schedule) quiet(day time.Time) bool {
	return s.quietWeekdays[day.Weekday()] || s.quietDates[day.Format(time.DateOnly)]
}

// delivery returns the delivery of a slot.
func (s *Schedule) delivery(slot time.Time) store.Delivery {
	return store.Delivery{
		ID: DeliveryID(s.Name, slot), Schedule: s.Name, Kind: KindTip, Slot: slot.UTC(),
		Adapter: s.Adapter, Channel: s.To.Channel, User: s.To.User, Thread: s.To.Thread,
		State: store.DeliveryPending, Ready: slot.UTC(),
	}
}

// DeliveryID returns the id of a schedule's slot: 24 hex digits, the same in
// every process, short enough for Discord's nonce.
func DeliveryID(schedule string, slot time.Time) string {
	sum := sha256.Sum256([]byte(schedule + "\x00" + slot.UTC().Format(time.RFC3339)))
	return hex.EncodeToString(sum[:12])
}

// NextDaily returns the first moment after t at which the wall clock of the
// zone shows HH:MM, by the rules of slots.
func NextDaily(at, zone string, t time.Time) (time.Time, error) {
	s, err := NewDaily("daily", at, zone)
	if err != nil {
		return time.Time{}, err
	}
	return s.Next(t), nil
}
