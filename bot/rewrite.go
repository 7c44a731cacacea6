package bot

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"cairn/adapters"
	"cairn/bot/answer"
	"cairn/bot/store"
	"cairn/retrieval/llm"
	"cairn/runbooks"
)

// directContext is how long a direct message refers to the one before it; in
// a thread the context never ends.
const directContext = 30 * time.Minute

// A followUp is what a follow-up refers to.
type followUp struct {
	// question is the earlier question as it was understood.
	question string
	// service is the earlier answer's service; "" when it has none.
	service string
	// place names what the earlier answer showed first.
	place string
}

// resolve understands a question in its conversation and answers it.
func (b *Bot) resolve(ctx context.Context, ev adapters.Event, conv store.Conversation, text string, lang runbooks.Lang) (*found, error) {
	v := viewerOf(ev)
	prev, ok := b.before(ctx, ev, conv)
	if !ok {
		return b.findAbout(ctx, v, text, ev.About, lang)
	}
	f, err := b.understand(ctx, v, text, prev, earlier(conv, prev), lang)
	if err == nil {
		f.repeats = prev.place != "" && firstPlace(f.Answer) == prev.place
	}
	return f, err
}

// findAbout answers a question that stands under somebody else's message, an
// alert's post for one: where the question alone leads nowhere, it is about
// that message.
func (b *Bot) findAbout(ctx context.Context, v adapters.Viewer, text, about string, lang runbooks.Lang) (*found, error) {
	f, err := b.find(ctx, v, text, text, lang)
	if about == "" || err != nil && !errors.Is(err, errVague) || err == nil && f.outcome == store.OutcomeAnswered {
		return f, err
	}
	message, aerr := b.question(about, adapters.SurfaceShortcut)
	if aerr != nil {
		return f, err
	}
	g, gerr := b.find(ctx, v, text, message, lang)
	if gerr != nil || g.Answer.Abstained && err == nil {
		return f, err
	}
	return g, nil
}

// firstPlace names what an answer shows first; "" when it shows nothing.
func firstPlace(a answer.Answer) string {
	if len(a.Citations) == 0 {
		return ""
	}
	return a.Library + "\x00" + label(a.Citations[0])
}

// understand answers a question that may be a follow-up. Where the words alone
// leave it open what it refers to, a model is asked.
func (b *Bot) understand(ctx context.Context, v adapters.Viewer, text string, prev followUp, before []string, lang runbooks.Lang) (*found, error) {
	standalone, certain := rewrite(text, prev, b.titles.services(b.index()))
	if b.opts.Writer != nil && (!certain || standalone == text) && utf8.RuneCountInString(text) <= maxFollowUp {
		s, err := b.opts.Writer.Standalone(ctx, before, text, personOf(v))
		if err != nil {
			b.lg.Warn("follow-up understood without the model", "reason", string(llm.ReasonOf(err)), "err", err)
		} else {
			standalone, certain = s, false
		}
	}
	if standalone == text {
		return b.find(ctx, v, text, text, lang)
	}
	f, err := b.find(ctx, v, text, standalone, lang)
	if certain || err != nil {
		return f, err
	}
	// It may stand alone after all: the better understood reading counts.
	alone, err := b.find(ctx, v, text, text, lang)
	if err == nil && !alone.Answer.Abstained && (f.Answer.Abstained || alone.Answer.Confidence > f.Answer.Confidence) {
		return alone, nil
	}
	return f, nil
}

// before returns the question that a message in the conversation refers to.
func (b *Bot) before(ctx context.Context, ev adapters.Event, conv store.Conversation) (followUp, bool) {
	for _, t := range slices.Backward(conv.Turns) {
		if t.Role != "cairn" || t.QuestionID == "" {
			continue
		}
		if ev.Thread == "" && b.since(t.At) > directContext {
			return followUp{}, false
		}
		q, r, err := b.load(ctx, t.QuestionID)
		if err != nil {
			b.lg.Debug("earlier question not found", "err", err)
			return followUp{}, false
		}
		f := followUp{question: r.Standalone, service: r.Service, place: firstPlace(r.Answer)}
		if f.question == "" {
			f.question = q.Text
		}
		return f, f.question != ""
	}
	return followUp{}, false
}

// maxFollowUp is the longest message, in characters, that is taken for a
// follow-up; a longer one says by itself what it is about.
const maxFollowUp = 120

// rewrite makes a follow-up stand alone: "and if kubelet is down?" after "k8s
// node NotReady" becomes a question about both. It returns the question as it
// is when it stands alone already; certain is false when both readings are
// possible. services are the names that make a question stand alone.
func rewrite(question string, prev followUp, services []string) (standalone string, certain bool) {
	if utf8.RuneCountInString(question) > maxFollowUp {
		return question, true
	}
	subject := topic(prev.question)
	if subject == "" {
		return question, true
	}
	core, cue := stripCue(question)
	if named := namedService(core, services); named != "" && namedService(prev.question, services) != named && wordCount(core) > 1 {
		if !cue {
			return question, true
		}
		return strings.TrimSpace(strings.TrimRight(core, "?？")), true // it names its own subject
	}
	if cue {
		if swapped, ok := swapCode(prev.question, core); ok {
			return swapped, true
		}
	}
	if replaced, ok := replacePronoun(core, subject); ok {
		return replaced, true
	}
	core = strings.TrimSpace(strings.TrimRight(core, "?？。.!！"))
	if core == "" {
		return prev.question, true
	}
	if cue {
		if overlaps(core, subject) {
			return question, true
		}
		return join(subject, core), true
	}
	// A bare new symptom, or a bare wish ("logs?"), in the same service.
	if n := wordCount(core); n == 0 || n > 6 || overlaps(core, subject) {
		return question, true
	}
	if isBareWish(core) {
		return join(subject, core), true
	}
	if swapped, ok := swapCode(prev.question, core); ok {
		return swapped, false
	}
	service := prev.service
	if service == "" || !strings.Contains(strings.ToLower(prev.question), strings.ToLower(service)) {
		if s := namedService(prev.question, services); s != "" {
			service = s
		}
	}
	if service == "" || strings.Contains(strings.ToLower(core), strings.ToLower(service)) {
		return question, true
	}
	return join(service, core), false
}

func join(a, b string) string {
	return strings.TrimSpace(a) + " " + strings.TrimSpace(b)
}

// overlaps reports whether a text names the subject already.
func overlaps(text, subject string) bool {
	text = strings.ToLower(text)
	words := strings.Fields(strings.ToLower(subject))
	if len(words) == 0 {
		return false
	}
	n := 0
	for _, w := range words {
		if strings.Contains(text, w) {
			n++
		}
	}
	return n*2 > len(words)
}

// stripCue takes off the words that tie a message to the one before it, and
// reports whether there were any.
func stripCue(q string) (core string, cue bool) {
	core = strings.TrimSpace(q)
	for range 3 {
		lower := strings.ToLower(core)
		n := 0
		for _, p := range []string{"what about", "how about", "and what if", "and if", "but what if", "but if", "or if", "what if", "and when", "and what about",
			"and then", "and also", "and the", "and", "but", "also", "then", "so what if", "if", "ok and", "okay and", "or"} {
			if strings.HasPrefix(lower, p+" ") && len(p) > n {
				n = len(p)
			}
		}
		if n == 0 {
			for _, p := range []string{"那么如果", "那如果", "如果是", "如果", "那么", "那要是", "要是", "假如", "万一", "还有", "但是", "可是", "然后", "接着", "另外", "换成", "那换成", "那"} {
				if strings.HasPrefix(core, p) && len(p) > n && p != "那" || p == "那" && n == 0 && strings.HasPrefix(core, "那") && !strings.HasPrefix(core, "那个") && !strings.HasPrefix(core, "那边") && !strings.HasPrefix(core, "那些") {
					n = len(p)
				}
			}
		}
		if n == 0 {
			break
		}
		cue = true
		core = strings.TrimLeft(core[n:], " ,，、:：")
	}
	trimmed := strings.TrimRight(core, " ?？。.!！")
	if rest, ok := strings.CutSuffix(trimmed, "呢"); ok && rest != "" {
		return strings.TrimSpace(rest), true
	}
	return core, cue
}

// replacePronoun puts the subject in the place of the first pronoun.
func replacePronoun(q, subject string) (string, bool) {
	for _, p := range []string{"上面这个", "上面那个", "这个问题", "那个问题", "这个情况", "这种情况", "这个报错", "这个错误", "它们", "它", "这个", "那个", "上述问题"} {
		if i := strings.Index(q, p); i >= 0 && !strings.HasPrefix(q[i:], "其他") {
			return tidy(q[:i] + " " + subject + " " + q[i+len(p):]), true
		}
	}
	words := strings.Fields(q)
	for i, w := range words {
		bare := strings.ToLower(strings.TrimRight(w, "?.,!;:"))
		tail := w[len(strings.TrimRight(w, "?.,!;:")):]
		last := i == len(words)-1
		switch bare {
		case "it", "them", "they":
		case "its", "their":
			tail = ""
		case "this", "that":
			// "this problem", "fix this?"; not "that the disk is full".
			if !last {
				if i > 0 && (strings.EqualFold(words[i-1], "is") || strings.EqualFold(words[i-1], "does")) {
					break
				}
				switch strings.ToLower(strings.TrimRight(words[i+1], "?.,!;:")) {
				case "problem", "issue", "error", "alert", "one", "case", "happen", "happens", "mean", "means":
				default:
					continue
				}
				if n := strings.ToLower(strings.TrimRight(words[i+1], "?.,!;:")); n == "problem" || n == "issue" || n == "error" || n == "alert" || n == "one" || n == "case" {
					words = slices.Delete(words, i+1, i+2)
				}
			}
		default:
			continue
		}
		if bare == "it" && i+1 < len(words) && idle(words, i) {
			continue
		}
		words[i] = subject + tail
		return strings.Join(words, " "), true
	}
	return q, false
}

// idle reports an "it" that stands for nothing: "is it possible to", "it
// looks like".
func idle(words []string, i int) bool {
	switch strings.ToLower(words[i+1]) {
	case "possible", "safe", "ok", "okay", "necessary", "seems", "looks":
		return true
	}
	return false
}

func tidy(s string) string { return strings.Join(strings.Fields(s), " ") }

// swapCode puts the code of a follow-up ("504") in the place of the code of
// the same kind in the question before ("nginx 502").
func swapCode(prev, core string) (string, bool) {
	core = strings.TrimSpace(strings.TrimRight(core, "?？。.!！"))
	core = strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(core, "the "), "a "))
	kind := codeKind(core)
	if kind == 0 {
		return "", false
	}
	start, end, found := -1, -1, 0
	for i := 0; i < len(prev); {
		if !codeByte(prev[i]) {
			i++
			continue
		}
		j := i
		for j < len(prev) && codeByte(prev[j]) {
			j++
		}
		if codeKind(prev[i:j]) == kind && !strings.EqualFold(prev[i:j], core) {
			start, end = i, j
			found++
		}
		i = j
	}
	if found != 1 {
		return "", false
	}
	return prev[:start] + core + prev[end:], true
}

func codeByte(c byte) bool {
	return c < utf8.RuneSelf && (unicode.IsLetter(rune(c)) || unicode.IsDigit(rune(c)) || c == '_' || c == '-')
}

// codeKind tells codes of a kind from others: 1 for numbers, 2 for names in
// camel case such as CrashLoopBackOff, 0 for everything else.
func codeKind(s string) int {
	if s == "" {
		return 0
	}
	digits, inner := 0, 0
	for i := range len(s) {
		switch {
		case !codeByte(s[i]):
			return 0
		case s[i] >= '0' && s[i] <= '9':
			digits++
		case i > 0 && s[i] >= 'A' && s[i] <= 'Z' && s[i-1] >= 'a' && s[i-1] <= 'z':
			inner++
		}
	}
	switch {
	case digits == len(s) && len(s) >= 3:
		return 1
	case inner > 0:
		return 2
	}
	return 0
}

// isBareWish reports a message that names only what is wanted of the subject.
func isBareWish(q string) bool {
	switch strings.ToLower(strings.TrimSpace(q)) {
	case "how", "why", "logs", "metrics", "rollback", "how to fix", "how to verify", "how to prevent", "prevention", "root cause", "next", "commands", "the cause", "fix",
		"怎么办", "怎么处理", "怎么解决", "怎么修", "为什么", "原因", "怎么回滚", "回滚", "怎么验证", "怎么预防", "日志", "命令", "怎么恢复":
		return true
	}
	return false
}

// wordCount counts words; two Chinese characters count as one.
func wordCount(s string) int {
	n, han := 0, 0
	in := false
	for _, r := range s {
		switch {
		case unicode.Is(unicode.Han, r):
			han++
			in = false
		case unicode.IsLetter(r) || unicode.IsDigit(r) || in && (r == '-' || r == '_' || r == '.' || r == '\''):
			if !in {
				n++
			}
			in = true
		default:
			in = false
		}
	}
	return n + (han+1)/2
}

// namedService returns the first service that a question names.
func namedService(q string, services []string) string {
	q = strings.ToLower(q)
	for _, s := range services {
		if i := strings.Index(q, s); i >= 0 && !letterAt(q, i-1) && !letterAt(q, i+len(s)) {
			return s
		}
	}
	return ""
}

func letterAt(s string, i int) bool {
	return i >= 0 && i < len(s) && s[i] < utf8.RuneSelf && unicode.IsLetter(rune(s[i]))
}

// topic returns what a question is about, without the words of asking.
func topic(q string) string {
	q = strings.TrimSpace(q)
	q, _, _ = strings.Cut(q, "\n")
	q = strings.TrimRight(q, " ?？!！。.~")
	for {
		before := q
		lower := strings.ToLower(q)
		for _, p := range []string{"how do i ", "how do we ", "how can i ", "how can we ", "how to ", "how should i ", "what should i do when ", "what to do when ", "what to do if ", "what should i do if ",
			"what do i do when ", "what is ", "what are ", "what's ", "why is ", "why are ", "why does ", "why do ", "why did ", "please ", "help with ", "help ", "hi ", "hello ", "hey ",
			"troubleshooting ", "troubleshoot ", "debug ", "fix ", "solve ", "diagnose ", "resolve ", "handle ", "investigate ", "my ", "our ", "the ", "a ", "an ", "when ", "if "} {
			if strings.HasPrefix(lower, p) {
				q = strings.TrimSpace(q[len(p):])
				lower = strings.ToLower(q)
			}
		}
		for _, p := range []string{"请问一下", "请问", "求助", "帮忙看下", "怎么办", "咋办", "怎么排查", "如何排查", "怎么处理", "如何处理", "怎么解决", "如何解决", "为什么", "为啥", "什么是", "怎么", "如何", "排查"} {
			q = strings.TrimSpace(strings.TrimPrefix(q, p))
		}
		for _, s := range []string{" troubleshooting", " what to do", " what now", " help", " please", " how to fix", " how to fix it"} {
			if strings.HasSuffix(strings.ToLower(q), s) {
				q = strings.TrimSpace(q[:len(q)-len(s)])
			}
		}
		for _, s := range []string{"怎么排查", "如何排查", "怎么处理", "如何处理", "怎么解决", "如何解决", "应该怎么办", "该怎么办", "怎么办", "怎么回事", "咋办", "咋整", "什么原因", "的原因", "是什么", "为什么", "排查思路", "排查步骤", "排查方法", "排查", "怎么修", "怎么弄", "吗", "呢", "了"} {
			q = strings.TrimRight(strings.TrimSpace(strings.TrimSuffix(q, s)), "，,")
		}
		q = strings.TrimRight(q, " ?？!！。.~")
		if q == before {
			break
		}
	}
	if r := []rune(q); len(r) > 60 {
		q = string(r[:60])
		if i := strings.LastIndexByte(q, ' '); i > 20 {
			q = q[:i]
		}
	}
	return q
}
