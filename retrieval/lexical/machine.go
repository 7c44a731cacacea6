package lexical

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// machineForms are what programs write around what they have to say: times,
// places in code, addresses, numbers of processes, values of labels that name
// one machine or one thing of many. A group, where there is one, is the piece
// that is meant.
var machineForms = sync.OnceValue(func() []*regexp.Regexp {
	const (
		month = `(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}`
		kind  = `(?:cluster|namespace|pod|instance|node|host|job|daemonset|deployment|statefulset|container|service|device|volume|target)`
		clock = `\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?`
	)
	var out []*regexp.Regexp
	for _, form := range []string{
		`\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?:[T :]` + clock + `)?(?:Z|[+-]\d{2}:?\d{2})?`,
		`\b` + month + ` {1,2}\d{1,2}(?:,? \d{4})?(?: ` + clock + `)?\b`,
		`\b\d{1,2}[-/ ]` + month + `[-/ ]\d{4}(?:[: ]` + clock + `)?`,
		`\b` + month + ` {1,2}\d{1,2} ` + clock + ` ([\w.-]+) [\w./-]+(?:\[\d+\])?:`, // a host
		`\d{1,2}月 ?\d{1,2}[日号]?(?: ?` + clock + `)?`,
		`\b` + clock + `\b`,
		`\[ *\d+(?:\.\d+)?\]`,                                               // a process, a time since boot
		`\[[\w./$@:-]*\d[\w./$@:-]*\]`,                                      // a thread
		`(?m)^[ \t]*at [\w.$/<>]+\([^)\n]*\)`,                               // a frame of a stack
		`(?m)^[ \t]*File "[^"\n]*", line \d+.*$`,                            // the same of Python
		`\b(?:[a-z]\.){2,}[\w$.\[\]/]*`,                                     // a logger, shortened
		`[\w-]+\.(?:go|java|py|js|ts|c|cc|cpp|rb|rs|scala|kt|php)(?::\d+)+`, // a place in code
		`\b[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}\b`,                          // a hardware address
		`\b\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2})?\b`,                          // an address; its port may tell
		`\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b`,
		`\b(?:0x)?[0-9a-f]*(?:[0-9][a-f]|[a-f][0-9])[0-9a-f]{6,}\b`,
		`\b\d{5,}\b`,                   // a number of something
		`\b\d+ \(([\w./-]+)\)`,         // a process by its name
		`[\w.+-]+@[\w-]+(?:\.[\w-]+)*`, // a person or an account on a host
		`(?i)\b\d+(?:\.\d+)?(?:[kmgt]i?b|[kmg]bps|ms|us|µs|ns|s)\b`, // a size, a time that something took
		`\b\d+(?:\.\d+)?%`,
		`\b[a-z]+(?:-[a-z]+)*-[a-z]{0,3}\d+\b`,          // one machine, volume or cluster of several
		`\b[a-z0-9-]+/[a-z0-9.-]*[-\d][a-z0-9.-]*`,      // a name within a namespace
		`(?i)\b` + kind + `s? ([\w./-]*[-/\d][\w./-]*)`, // what stands behind its kind, or before it
		`(?i)([\w./-]*[-/\d][\w./-]*) ` + kind + `\b`,
		`(?:实例|主机|节点|域名|服务器|集群|容器|应用|机器) ?[:：]? ?([A-Za-z0-9][\w.-]*[-.\d][\w.-]*)`,
		`\b(?:[\w-]+\.)+(?:com|cn|net|org|corp|internal|lan)\b`, // a site
		`(?i)\b(?:password|passwd|pwd|token|secret|api_?key|access_?key|bearer)["']?[=: ] ?"?([^\s"',;]*\d[^\s"',;]*)`,
		`\b(?:sk|ghp|gho|glpat|xox[abpr]|AKIA|ASIA)[-_]?[\w-]{10,}`,
		`"(?:level|ts|time|timestamp|caller|msg|message|logger|thread|pid|host|hostname|t|s|c|id|ctx|attr)" ?:`,
		`\b(?:level|ts|time|caller|msg|logger|thread|pid)=`,
		`(?i)\b(?:instance|pod|host|hostname|ip|node|nodename|env|environment|region|zone|dc|idc|cluster|tenant|team|owner|topic|group|consumergroup|container_id|uid|gid|pid|tid|user|trace_?id|request_?id|req_?id|span_?id|seq|value|current|threshold|id|ts|time)=("[^"\n]*"|[^\s,;}\])]+)`,
	} {
		out = append(out, regexp.MustCompile(form))
	}
	return out
})

// MachineSpans returns the ranges of bytes of a text that a program made up and
// that tell nothing of the matter, in order and apart.
func MachineSpans(text string) [][2]int {
	if !strings.ContainsAny(text, "0123456789=[\"") {
		return nil
	}
	var out [][2]int
	for _, form := range machineForms() {
		for _, m := range form.FindAllStringSubmatchIndex(text, -1) {
			if len(m) > 2 && m[2] >= 0 {
				m = m[2:]
			}
			out = append(out, [2]int{m[0], m[1]})
		}
	}
	slices.SortFunc(out, func(a, b [2]int) int { return cmp.Compare(a[0], b[0]) })
	joined := out[:0]
	for _, s := range out {
		if n := len(joined); n > 0 && s[0] <= joined[n-1][1] {
			joined[n-1][1] = max(joined[n-1][1], s[1])
			continue
		}
		joined = append(joined, s)
	}
	return joined
}
