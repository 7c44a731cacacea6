package bot

import "testing"

func TestRewrite(t *testing.T) {
	t.Parallel()
	services := []string{"elasticsearch", "kubernetes", "postgresql", "mongodb", "redis", "mysql", "kafka", "nginx", "etcd", "dns", "k8s"}
	for _, tc := range []struct {
		prev, service, question, want string
		certain                       bool
	}{
		// Conditions.
		{"k8s node NotReady", "kubernetes", "and if kubelet is down?", "k8s node NotReady kubelet is down", true},
		{"how do I fix a k8s node NotReady?", "kubernetes", "what if the kubelet is running?", "k8s node NotReady the kubelet is running", true},
		{"k8s 节点 NotReady 怎么排查", "kubernetes", "那 kubelet 挂了呢", "k8s 节点 NotReady kubelet 挂了", true},
		{"k8s 节点 NotReady 怎么排查", "kubernetes", "如果是磁盘满了呢？", "k8s 节点 NotReady 磁盘满了", true},
		{"redis 内存满了怎么办", "redis", "要是不能重启呢", "redis 内存满 不能重启", true},
		{"mysql replication lag", "mysql", "but if it is a big transaction?", "mysql replication lag is a big transaction?", true},
		// Pronouns.
		{"k8s node NotReady", "kubernetes", "how do I fix it?", "how do I fix k8s node NotReady?", true},
		{"kafka consumer lag troubleshooting", "kafka", "where are its logs", "where are kafka consumer lag logs", true},
		{"what is etcd compaction", "etcd", "why does this happen?", "why does etcd compaction happen?", true},
		{"redis 内存满了怎么办", "redis", "它的日志在哪里", "redis 内存满 的日志在哪里", true},
		{"nginx 502 怎么排查", "nginx", "这个问题怎么避免？", "nginx 502 怎么避免？", true},
		{"disk full on linux", "linux", "how to prevent this issue", "how to prevent disk full on linux", true},
		// Codes of the same kind.
		{"nginx 502 troubleshooting", "nginx", "what about 504?", "nginx 504 troubleshooting", true},
		{"nginx 502 怎么排查", "nginx", "那 504 呢？", "nginx 504 怎么排查", true},
		{"pod CrashLoopBackOff", "kubernetes", "and ImagePullBackOff?", "pod ImagePullBackOff", true},
		{"nginx 502 troubleshooting", "nginx", "504", "nginx 504 troubleshooting", false},
		// A bare wish.
		{"kafka consumer lag", "kafka", "rollback?", "kafka consumer lag rollback", true},
		{"redis 内存满了怎么办", "redis", "怎么回滚", "redis 内存满 怎么回滚", true},
		// A bare new symptom in the same service.
		{"redis memory full", "redis", "replication broken", "redis replication broken", false},
		{"mysql 主从延迟怎么处理", "mysql", "连接数打满", "mysql 连接数打满", false},
		// What stands alone.
		{"nginx 502 troubleshooting", "nginx", "redis memory full", "redis memory full", false},
		{"nginx 502 troubleshooting", "nginx", "what about redis memory?", "redis memory", true},
		{"nginx 502 troubleshooting", "nginx", "how do I drain a kubernetes node before an upgrade of the kernel and the container runtime on it?", "how do I drain a kubernetes node before an upgrade of the kernel and the container runtime on it?", true},
		{"nginx 502", "nginx", "nginx 502 after a deploy", "nginx 502 after a deploy", true},
		{"nginx 502", "nginx", "is it possible that the nginx worker is stuck in a loop for ever", "is it possible that the nginx worker is stuck in a loop for ever", true},
	} {
		got, certain := rewrite(tc.question, followUp{question: tc.prev, service: tc.service}, services)
		if got != tc.want || certain != tc.certain && got != tc.question {
			t.Errorf("after %q, %q is understood as %q (certain %v), want %q (%v)", tc.prev, tc.question, got, certain, tc.want, tc.certain)
		}
	}
}

func TestTopic(t *testing.T) {
	t.Parallel()
	for q, want := range map[string]string{
		"How do I fix a k8s node NotReady?":  "k8s node NotReady",
		"502 troubleshooting":                "502",
		"redis 内存满了怎么办？":                     "redis 内存满",
		"请问 nginx 502 怎么排查":                  "nginx 502",
		"what is a headless service":         "headless service",
		"kafka consumer lag, what to do":     "kafka consumer lag",
		"怎么办":                                "",
		"what should I do when disk is full": "disk is full",
	} {
		if got := topic(q); got != want {
			t.Errorf("topic(%q) = %q, want %q", q, got, want)
		}
	}
}

func TestIsQuestion(t *testing.T) {
	t.Parallel()
	for _, q := range []string{
		"how do I restart nginx", "nginx 502?", "Why is the disk full", "can someone tell me where the logs are", "anyone know the on-call number",
		"redis 内存满了怎么办", "这个正常吗", "为啥会 OOM", "hi, what does exit code 137 mean", "请问怎么申请权限", "is there a runbook for 502", "need help with kafka",
		"I get an error.\nwhat does it mean?\nthanks", "有没有办法看日志",
	} {
		if !isQuestion(q) {
			t.Errorf("%q is a question", q)
		}
	}
	for _, s := range []string{
		"", "nginx 502 again, fixed it", "done", "I restarted the pod", "this is how we fixed it last time", "已经重启了", "收到", "good morning", "has been deployed", "the disk is full", "will do",
	} {
		if isQuestion(s) {
			t.Errorf("%q is no question", s)
		}
	}
}
