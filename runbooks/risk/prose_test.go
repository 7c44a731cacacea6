package risk

import (
	"slices"
	"testing"
)

func TestClassifyProse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Level{
		"Delete the cache: rm -rf /var/lib/widget/cache/*":                Destructive,
		"删除旧数据：rm -rf /data/old":                                          Destructive,
		"先执行rm -rf /data/old再重启":                                          Destructive,
		"Stop the widget: systemctl stop widgetd":                         Caution,
		"重启服务，systemctl restart order-worker":                             Caution,
		"Run kubectl delete namespace shop and wait.":                     Destructive,
		"If lag grows, add one: kubectl scale deploy/worker --replicas=6": Caution,
		"Drop it with DROP TABLE widgets;":                                Destructive,
		"执行 DROP DATABASE shop":                                           Destructive,
		"Check again: systemctl status widgetd":                           Safe,
		"查看日志：tail -n 200 /var/log/paygw/error.log":                       Safe,
		"Read the lag: kafka-consumer-groups.sh --describe --group x":     Safe,
		"Tell the team that the systemctl unit was fine.":                 Safe,
		"Look whether the mount point is full and who wrote there.":       Safe,
		"Drop the caller a note, delete nothing and update the ticket.":   Safe,
		"通知值班人员，并在群里同步进展。":                                                Safe,
		"": Safe,
	} {
		if got, reason := ClassifyProse(text); got != want {
			t.Errorf("ClassifyProse(%q) = %v (%v), want %v", text, got, reason, want)
		}
	}
}

func FuzzClassifyProse(f *testing.F) {
	f.Add("删除：rm -rf /data; DROP TABLE x")
	f.Add("run \xff\xfe sudo -u x dd if=/dev/zero of=/dev/sda")
	f.Fuzz(func(t *testing.T, text string) {
		first, _ := ClassifyProse(text)
		if again, _ := ClassifyProse(text); again != first {
			t.Errorf("%q: %v, then %v", text, first, again)
		}
	})
}

func TestProsePrograms(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"Run sudo reboot when it hangs.":          {"reboot"},
		"Clear it: rm -rf /var/x, then look.":     {"rm"},
		"确认之后执行 systemctl stop nginx 即可。":         {"systemctl"},
		"Look for errors in the gateway's log.":   nil,
		"You should simply shutdown!":             {"shutdown"},
		"执行 ‘reboot’！":                            {"reboot"},
		"先看 kubectl get pods 的输出。":                nil,
		"DROP TABLE is what nobody should run.":   {"DROP"},
		"The gateway stops when the disk is full": nil,
	} {
		if got := ProsePrograms(text); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
