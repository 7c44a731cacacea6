package answer

import (
	"testing"

	"cairn/runbooks/risk"
)

// Plain notes hold their commands in the sentence; a step that deletes says so
// there too.
func TestPlainStepsCarryTheirRisk(t *testing.T) {
	t.Parallel()
	d := parse(t, "notes.txt", `Widget cache is corrupt

1. Check again: systemctl status widgetd
2. Stop the widget: systemctl stop widgetd
3. 删除缓存：rm -rf /var/lib/widget/cache
4. Tell the team.
`)
	a := compose("widget cache is corrupt", hit(t, d, "Stop the widget"))
	want := []risk.Level{risk.Safe, risk.Caution, risk.Destructive, risk.Safe}
	if len(a.Steps) != len(want) {
		t.Fatalf("%d steps, want %d: %+v", len(a.Steps), len(want), a.Steps)
	}
	for i, s := range a.Steps {
		if s.Risk != want[i] {
			t.Errorf("step %q is %s, want %s", s.Text, s.Risk, want[i])
		}
	}
}
