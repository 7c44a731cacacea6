package quiz

import (
	"fmt"
	"strings"
	"time"

	"cairn/bot/store"
)

// Chart draws reviews per day as an SVG image: a bar per day, a line of days
// below, and its meaning in words for those who do not see it. Days must be in
// order. It takes its colour from the text around it.
func Chart(days []store.DayCount, lang string) string {
	const barWidth, gap, height, foot, head = 7, 2, 80, 18, 14
	most, total, active := 0, 0, 0
	for _, d := range days {
		most, total = max(most, d.Count), total+d.Count
		if d.Count > 0 {
			active++
		}
	}
	title, desc := "Reviews per day", fmt.Sprintf("%d reviews on %d of the last %d days, %d at most on one day.", total, active, len(days), most)
	if lang == "zh" {
		title, desc = "每天的复习数", fmt.Sprintf("最近 %d 天中有 %d 天复习过，共 %d 次，单日最多 %d 次。", len(days), active, total, most)
	}
	width := max(len(days)*(barWidth+gap), 60)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s" fill="currentColor">`,
		width, head+height+foot, width, head+height+foot, title+": "+desc)
	if most > 0 {
		fmt.Fprintf(&b, `<text x="0" y="10" font-size="10" opacity="0.7">%d</text>`, most)
	}
	for i, d := range days {
		x := i * (barWidth + gap)
		h := 1 // a day without reviews keeps its place
		opacity := "0.25"
		if d.Count > 0 {
			h, opacity = max(d.Count*height/most, 3), "0.85"
		}
		day, ok := chartDay(d.Day)
		if !ok {
			continue
		}
		fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%d" height="%d" rx="1" opacity="%s"><title>%s: %d</title></rect>`,
			x, head+height-h, barWidth, h, opacity, d.Day, d.Count)
		if day.Day() == 1 && x+24 <= width {
			fmt.Fprintf(&b, `<text x="%d" y="%d" font-size="10" opacity="0.7">%s</text>`, x, head+height+13, month(day, lang))
		}
	}
	b.WriteString(`</svg>`)
	return b.String()
}

// chartDay refuses what is not a date, so that nothing else reaches the page.
func chartDay(s string) (time.Time, bool) {
	t, err := time.Parse(time.DateOnly, s)
	return t, err == nil
}

func month(t time.Time, lang string) string {
	if lang == "zh" {
		return fmt.Sprintf("%d月", int(t.Month()))
	}
	return t.Format("Jan")
}
