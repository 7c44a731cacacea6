package ground

import (
	"strings"
	"testing"

	"cairn/bot/answer/ground/groundtest"
	"cairn/retrieval/glossary"
)

// TestHardRules holds the rules that no score can outvote: names and figures.
func TestHardRules(t *testing.T) {
	t.Parallel()
	c := New(glossary.Default())
	step := []Evidence{{Heading: []string{"Clock drift", "Fix"}, Text: "1. Stop the service and wait 30 s; at least 1 GiB must be free.\n   ```bash\n   chronyc makestep --limit=5\n   ```\n   Expect: `200 OK` within half a minute on port 8443.\n"}}
	for _, tc := range []struct {
		text   string
		reason Reason
	}{
		{"Wait 30 seconds after you stop the service.", ReasonNone},
		{"Wait half a minute after you stop the service.", ReasonNone},
		{"停止服务后等待 30 秒。", ReasonNone},
		{"停止服务后等待半分钟。", ReasonNone},
		{"Wait 30 minutes after you stop the service.", ReasonNumber},
		{"停止服务后等待 30 分钟。", ReasonNumber},
		{"Stop the service and wait 3 s.", ReasonNumber},
		{"At least 1 MiB must be free.", ReasonNumber},
		{"At least 1024 MiB must be free.", ReasonNone},
		{"Expect `200 OK` on port 9443.", ReasonNumber},
		{"Stop it with `chronyc makestep --force`.", ReasonLiteral},
		{"Stop chrony.service and wait 30 s.", ReasonLiteral},
		{"先停止 ntpd 服务。", ReasonLiteral},
	} {
		_, v := c.compare(tc.text, step)
		if v.Reason != tc.reason {
			t.Errorf("%q: got %q (%s), want %q", tc.text, v.Reason, v.Detail, tc.reason)
		}
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	lex := newLexicon(nil)
	for text, want := range map[string]reading{
		"5 ms": {dimTime, 0.005}, "五分钟": {dimTime, 300}, "半小时": {dimTime, 1800}, "half an hour": {dimTime, 1800}, "a day": {dimTime, 86400},
		"24 hours": {dimTime, 86400}, "10%": {dimPercent, 10}, "三成": {dimPercent, 30}, "百分之五": {dimPercent, 5}, "95 per cent": {dimPercent, 95},
		"6Gi": {dimBytes, 6 << 30}, "5000 万": {dimNone, 5e7}, "三百万": {dimNone, 3e6}, "1,840,221": {dimNone, 1840221}, "22:30": {dimClock, 22.5},
		"twelve": {dimNone, 12}, "三分之一": {dimNone, 1. / 3}, "十二": {dimNone, 12}, "两个月": {dimTime, 60 * 86400}, "a quarter": {dimNone, 0.25},
	} {
		found := false
		for _, tok := range lex.scan(fold(text, 100), false) {
			found = found || tok.kind == kindNumber && anyEqual(tok.read, []reading{want})
		}
		if !found {
			t.Errorf("%q is not read as %v", text, want)
		}
	}
}

// TestHostileInput checks that nothing panics or takes long, and that nothing
// passes that has nothing to stand on.
func TestHostileInput(t *testing.T) {
	t.Parallel()
	c := New(glossary.Default())
	plain := []Evidence{{Text: "Stop the service."}}
	for name, tc := range map[string]struct {
		sentence string
		evidence []Evidence
	}{
		"no evidence":     {"Stop the service.", nil},
		"empty evidence":  {"Stop the service.", []Evidence{{}}},
		"empty sentence":  {"", plain},
		"white space":     {" \n\t ", plain},
		"signs":           {"!!! --- ```", plain},
		"binary":          {"\x00\xff\xfe`\x01", []Evidence{{Text: "\xff\xfe\x00```"}}},
		"long sentence":   {strings.Repeat("Stop the service. ", 1000), plain},
		"long evidence":   {"Kill the database.", []Evidence{{Text: strings.Repeat("Stop the service, or 停止服务 5 ms. ", 20000)}}},
		"one long word":   {"Kill the database.", []Evidence{{Text: strings.Repeat("a1_", 50000)}}},
		"backticks":       {strings.Repeat("`", 999), []Evidence{{Text: strings.Repeat("`", 9999)}}},
		"digits":          {strings.Repeat("9", 900), []Evidence{{Text: strings.Repeat("1,", 9999)}}},
		"many orders":     {"Halt kafka. " + strings.Repeat("Redis5 Kafka6 before after ", 60), []Evidence{{Text: strings.Repeat("Redis5 Kafka6 before after ", 1200)}}},
		"many labels":     {strings.Repeat("a1: stop, b2: start, ", 90) + "halt kafka", []Evidence{{Text: strings.Repeat("a1: stop b2\n- b2: start a1\n", 1100)}}},
		"many clauses":    {strings.Repeat("stop, ", 300) + "halt kafka now", []Evidence{{Text: strings.Repeat("stop server, ", 2500)}}},
		"numerals":        {"停用数据库", []Evidence{{Text: strings.Repeat("百分之五三千二百", 1200)}}},
		"compounds":       {strings.Repeat("健康检查服务端证书数据库连接池", 40), []Evidence{{Text: strings.Repeat("停用磁盘网络检测端口", 1000)}}},
		"rare characters": {"停用数据库", []Evidence{{Text: strings.Repeat("\U00020000", 2000)}}},
		"other scripts":   {"Остановите службу خدمة サービス", plain},
	} {
		if v := c.Check(tc.sentence, tc.evidence); v.Grounded {
			t.Errorf("%s: passes with score %.2f", name, v.Score)
		}
	}
}

func TestEmbeddedData(t *testing.T) {
	t.Parallel()
	if _, err := parseModel(weightsData); err != nil {
		t.Error(err)
	}
	l := ownLexicon()
	if l.classes < 200 || len(l.han) < 1000 || len(l.latin) < 800 {
		t.Errorf("the lexicon has %d classes, %d Chinese and %d English forms", l.classes, len(l.han), len(l.latin))
	}
	for a, list := range l.opposed {
		for _, b := range list {
			if a == b {
				t.Errorf("class %d is its own opposite", a)
			}
		}
	}
}

func FuzzCheck(f *testing.F) {
	c := New(glossary.Default())
	f.Add("Stop the service before 5 ms.", "Clock", "1. Stop `x`; wait.\n   Expect: 5 ms")
	f.Add("先停止服务，再等 30 秒。", "时钟", "- 停止服务：三分之一\n| a | b |")
	f.Add("`a b` 百分之 and half a", "", "```\n\xff几千 KiB")
	f.Fuzz(func(t *testing.T, sentence, heading, text string) {
		v := c.Check(sentence, []Evidence{{Heading: []string{heading}, Text: text}})
		if v.Score < 0 || v.Score > 1 || v.Grounded != (v.Reason == ReasonNone) {
			t.Errorf("verdict %+v", v)
		}
		// The least that is asked for never says that a sentence follows.
		if least := c.Minimum(sentence, []Evidence{{Heading: []string{heading}, Text: text}}); least.Grounded {
			t.Errorf("minimum %+v", least)
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	c := New(glossary.Default())
	dev := groundtest.Load(b, labelledDir, "dev")
	var evidence [][]Evidence
	for i := range dev {
		evidence = append(evidence, evidenceOf(&dev[i]))
	}
	c.Check("warm", evidence[0])
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		c.Check(dev[i%len(dev)].Text, evidence[i%len(dev)])
		i++
	}
}

// BenchmarkWorst checks the longest sentence against the longest evidence that
// are read, made of names, figures and clauses, so that every rule has work.
func BenchmarkWorst(b *testing.B) {
	c := New(glossary.Default())
	for name, tc := range map[string][2]string{
		"names":   {"Redis5 `k8` before kafka6 stops, ", "Redis5 stops `k8`, then kafka6; "},
		"figures": {"first 5 ms then 6 disks, ", "- 5 ms: 6 disks before 7 nodes\n"},
		"chinese": {"先停主库再启动从库，", "- 先启动从库，再停主库：3 个副本\n"},
		"words":   {"stop the old primary faster than the new replica and ", "the new replica stops the old primary, "},
	} {
		sentence, evidence := strings.Repeat(tc[0], maxSentence/len(tc[0])), []Evidence{{Text: strings.Repeat(tc[1], maxEvidence/len(tc[1]))}}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				c.Check(sentence, evidence)
			}
		})
		short := sentence[:min(len(sentence), 6*len(tc[0]))] // few enough clauses for every rule
		b.Run(name+" short", func(b *testing.B) {
			for b.Loop() {
				c.Check(short, evidence)
			}
		})
	}
}
