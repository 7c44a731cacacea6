package ground

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A reading is one way to read a number: what it measures and how much, in
// seconds, bytes, hundredths, hours of the day, or things counted.
type reading struct {
	dim   byte
	value float64
}

const (
	dimNone    = byte(0)
	dimTime    = byte('t')
	dimBytes   = byte('b')
	dimPercent = byte('%')
	dimClock   = byte('c')
)

// several stands for few, several and 几: like only itself.
const several = 3.14159

type unit struct {
	dim  byte
	size float64
}

// units by name; a name in two lists has two readings (15m).
var units = func() map[string][]unit {
	m := map[string][]unit{}
	for _, u := range []struct {
		dim   byte
		size  float64
		names string
	}{
		{dimTime, 1e-9, "ns nanosecond 纳秒"}, {dimTime, 1e-6, "us µs microsecond 微秒"}, {dimTime, 1e-3, "ms millisecond 毫秒"},
		{dimTime, 1, "s sec second 秒 秒钟"}, {dimTime, 60, "m min minute 分钟 分"}, {dimTime, 3600, "h hr hour 小时 钟头 个小时"},
		{dimTime, 86400, "d day 天 日 晚 夜"}, {dimTime, 7 * 86400, "w week 周 星期 个星期"}, {dimTime, 30 * 86400, "month 个月 月"}, {dimTime, 365 * 86400, "y year 年"},
		{dimBytes, 1, "b byte 字节"}, {dimBytes, 1 << 10, "k kb kib ki"}, {dimBytes, 1 << 20, "m mb mib mi 兆"}, {dimBytes, 1 << 30, "g gb gib gi"},
		{dimBytes, 1 << 40, "t tb tib ti"}, {dimBytes, 1 << 50, "pb pib"},
		{dimNone, 1e3, "k thousand"}, {dimNone, 1e6, "million"}, {dimNone, 1e9, "billion"}, {dimNone, 1e2, "hundred"}, {dimNone, 12, "dozen"},
		{dimNone, 1e4, "万"}, {dimNone, 1e8, "亿"}, {dimNone, 1e2, "百"}, {dimNone, 1e3, "千"},
		{dimPercent, 1, "% percent 个百分点 个点"}, {dimPercent, 10, "成"}, {dimClock, 1, "点 点钟"},
	} {
		for n := range strings.FieldsSeq(u.names) {
			m[n] = append(m[n], unit{u.dim, u.size})
		}
	}
	return m
}()

var smallNumbers = map[string]float64{
	"zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
	"eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18,
	"nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
	"hundreds": several * 100, "thousands": several * 1000, "millions": several * 1e6, "several": several, "few": several,
	"half": 0.5, "third": 1. / 3, "quarter": 0.25, "thirds": 1. / 3, "quarters": 0.25,
}

// rhythms are words that say after which time something comes again.
var rhythms = map[string]string{"hourly": "hour", "daily": "day", "nightly": "day", "weekly": "week", "monthly": "month", "yearly": "year", "annual": "year", "annually": "year"}

const hanDigits = "〇一二三四五六七八九"

// hanNumber reads a Chinese numeral at the beginning of s and returns its
// value and length in bytes, 0 when there is none.
func hanNumber(s string) (float64, int) {
	total, section, digit := 0., 0., -1.
	n := 0
	seen := false
	for i, r := range s {
		d := -1.
		switch r {
		case '零', '〇':
			d = 0
		case '两', '俩':
			d = 2
		case '几', '数':
			d = several
			if r == '数' {
				return 0, 0
			}
		case '半':
			if !seen {
				return 0.5, utf8.RuneLen(r)
			}
			return total + section + math.Max(digit, 0), n
		default:
			if j := strings.IndexRune(hanDigits, r); j >= 0 {
				d = float64(j / utf8.RuneLen('一'))
			}
		}
		var unit float64
		switch r {
		case '十':
			unit = 10
		case '百':
			unit = 100
		case '千':
			unit = 1000
		case '万':
			unit = 1e4
		case '亿':
			unit = 1e8
		}
		switch {
		case d >= 0:
			digit = d
		case unit >= 1e4 && seen:
			section += math.Max(digit, 0)
			total += section * unit
			section, digit = 0, -1
		case unit > 0 && (seen || unit == 10):
			if digit < 0 {
				digit = 1
			}
			section += digit * unit
			digit = -1
		default:
			return total + section + math.Max(digit, 0), n
		}
		seen = true
		n = i + utf8.RuneLen(r)
	}
	return total + section + math.Max(digit, 0), n
}

// digits reads a number in digits at the beginning of s.
func digits(s string) (float64, int) {
	n := 0
	for n < len(s) {
		c := s[n]
		group := c == ',' && n+3 < len(s) && isDigit(rune(s[n+1])) && isDigit(rune(s[n+2])) && isDigit(rune(s[n+3])) && (n+4 == len(s) || !isDigit(rune(s[n+4])))
		point := c == '.' && n+1 < len(s) && isDigit(rune(s[n+1]))
		if !(c >= '0' && c <= '9' || n > 0 && (group || point)) {
			break
		}
		n++
	}
	if n == 0 || n > 24 {
		return 0, 0
	}
	v, err := strconv.ParseFloat(strings.ReplaceAll(s[:n], ",", ""), 64)
	if err != nil {
		return 0, 0
	}
	return v, n
}

// unitAt finds the unit at the beginning of s, a space before it allowed, and
// returns its name and length.
func unitAt(s string) (string, int) {
	trim := strings.TrimLeft(s, " ")
	skip := len(s) - len(trim)
	if strings.HasPrefix(trim, "%") {
		return "%", skip + 1
	}
	if strings.HasPrefix(trim, "per cent") {
		return "%", skip + len("per cent")
	}
	n := 0
	for n < len(trim) && n < 12 && (trim[n] >= 'a' && trim[n] <= 'z') {
		n++
	}
	if n > 0 {
		if n < len(trim) && (isDigit(rune(trim[n])) || trim[n] == '_' || trim[n] == '-' && skip == 0) {
			return "", 0
		}
		w := trim[:n]
		if _, ok := units[w]; !ok && len(w) > 2 {
			w = strings.TrimSuffix(w, "s")
		}
		if _, ok := units[w]; ok && (skip == 0 || len(w) > 1 || w == "s" || w == "h") {
			return w, skip + n
		}
		return "", 0
	}
	for _, size := range []int{4, 3, 2, 1} { // characters
		end := 0
		for range size {
			r, k := utf8.DecodeRuneInString(trim[end:])
			if !isHan(r) {
				end = -1
				break
			}
			end += k
		}
		if end > 0 {
			if _, ok := units[trim[:end]]; ok {
				return trim[:end], skip + end
			}
		}
	}
	return "", 0
}

// readings are the ways to read a value with the unit; "" is none.
func readings(v float64, name string) []reading {
	if name == "" {
		return []reading{{dimNone, v}}
	}
	var out []reading
	for _, u := range units[name] {
		out = append(out, reading{u.dim, v * u.size})
	}
	return out
}

func (r reading) equal(o reading) bool {
	return r.dim == o.dim && math.Abs(r.value-o.value) <= 1e-6*math.Max(math.Abs(r.value), math.Abs(o.value))
}

func anyEqual(a, b []reading) bool {
	for _, x := range a {
		for _, y := range b {
			if x.equal(y) {
				return true
			}
		}
	}
	return false
}
