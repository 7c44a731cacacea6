package llmtest

import (
	"encoding/json"
	"regexp"
	"strings"
)

var (
	judgeFence     = regexp.MustCompile(`data between lines of (=+[0-9a-f]+=+)`)
	judgeStatement = regexp.MustCompile(`^\d+ \(([^)]*)\): (.*)$`)
)

// JudgeReply answers a request of cairn/bot/answer/judge: follows says of each
// statement, with the passages that it names, whether it follows. ok is false
// for any other request.
func JudgeReply(r Request, follows func(passages, statement string) bool) (reply Reply, ok bool) {
	if len(r.Messages) != 2 || !strings.HasPrefix(r.Messages[0], "You check statements") {
		return Reply{}, false
	}
	fence := judgeFence.FindStringSubmatch(r.Messages[0])
	if fence == nil {
		return Reply{}, false
	}
	passages, list, ok := strings.Cut(r.Messages[1], "STATEMENTS\n"+fence[1]+"\n")
	if !ok {
		return Reply{}, false
	}
	texts := map[string]string{}
	for _, block := range strings.Split(passages, "PASSAGE ")[1:] {
		name, rest, _ := strings.Cut(block, "\n"+fence[1]+"\n")
		text, _, _ := strings.Cut(rest, "\n"+fence[1]+"\n")
		texts[name] = text
	}
	type verdict struct {
		N       int  `json:"n"`
		Follows bool `json:"follows"`
	}
	var out struct {
		Verdicts []verdict `json:"verdicts"`
	}
	for line := range strings.Lines(list) {
		if m := judgeStatement.FindStringSubmatch(strings.TrimSpace(line)); m != nil {
			var named strings.Builder
			for name := range strings.SplitSeq(m[1], ", ") {
				named.WriteString(texts[name] + "\n")
			}
			out.Verdicts = append(out.Verdicts, verdict{len(out.Verdicts) + 1, follows(named.String(), m[2])})
		}
	}
	raw, _ := json.Marshal(out) // numbers and bools marshal
	return Reply{Pieces: []string{string(raw)}}, true
}

// Verbatim says that a statement follows when the passages hold it as it is: a
// judge who gets all controls right and lets nothing else through.
func Verbatim(passages, statement string) bool {
	return strings.Contains(strings.ReplaceAll(passages, "**", ""), statement)
}
