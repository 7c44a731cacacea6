package lexical

import "strings"

// An Aim is what a question is after.
type Aim uint8

// The aims.
const (
	// AnyAim: the question does not say.
	AnyAim Aim = iota
	// Understand: what something is, means or how it works.
	Understand
	// Repair: what to do about trouble.
	Repair
)

// repairPhrases ask what to do; they win over understandPhrases.
var repairPhrases = []string{
	"what now", "what do i do", "what should i do", "what to do", "how do i fix", "how to fix", "how do i recover", "how to recover", "how do i repair", "how to repair", "how do i get", "how do i stop", "how do i clear", "how do i free", "how do i find out", "troubleshoot", "where do i look", "where do i start", "how to debug", "how do i debug",
	"怎么办", "怎么处理", "如何处理", "怎么排查", "如何排查", "怎么解决", "如何解决", "怎么恢复", "如何恢复", "怎么修", "如何修", "怎么救", "先看什么", "先查什么", "从哪查", "从哪里查", "如何定位", "怎么定位",
}

// understandPhrases ask for a fact or an explanation. English ones are relative
// pronouns too: they count at the beginning or before a question mark.
var understandPhrases = []string{
	"what", "difference between", "how does", "how do i choose", "how is ", "how are ", "how many", "how much", "how long", "why", "when should", "when do i", "when does", "which", "who", "whose", "whom", "meaning of", "is that ", "is it ",
	"什么", "区别", "为啥", "为何", "意味着", "原理", "怎么工作", "如何工作", "怎么选", "怎么回事", "是怎么", "怎么理解", "如何理解", "有何不同", "哪", "吗", "谁", "多少",
}

// AimOf tells what a question is after. A pasted error is trouble; an alert's
// sentence has no aim.
func AimOf(text string) Aim {
	if len(text) > 400 {
		return AnyAim
	}
	low := strings.ToLower(text)
	for _, p := range repairPhrases {
		if containsPhrase(low, p) {
			return Repair
		}
	}
	marked := strings.Contains(low, "?")
	for _, p := range understandPhrases {
		if p[0] < 0x80 && !marked && !strings.HasPrefix(low, p) {
			continue
		}
		if containsPhrase(low, p) {
			return Understand
		}
	}
	if errorText(low) {
		return Repair
	}
	return AnyAim
}

// errorWords are in what programs write when something goes wrong.
var errorWords = []string{
	"error", "fail", "fatal", "refused", "denied", "timed out", "timeout", "exception", "cannot", "can't", "could not", "unable to", "not found", "no such", "killed", "panic", "exceeded", "not permitted", "invalid", "unhealthy", "out of memory", "no space", "not ready", "unavailable",
}

// errorText reports whether a text is what a program wrote about an error
// rather than a sentence: in quotes, or a word of error on a line with a colon.
func errorText(low string) bool {
	low = strings.TrimSpace(low)
	quoted := low != "" && strings.ContainsRune("\"'`", rune(low[0]))
	if !quoted && !strings.Contains(low, ": ") {
		return false
	}
	for _, w := range errorWords {
		if strings.Contains(low, w) {
			return true
		}
	}
	return false
}

// containsPhrase reports whether the phrase stands in the text, a Latin one
// where a word begins.
func containsPhrase(low, phrase string) bool {
	for at := 0; ; {
		i := strings.Index(low[at:], phrase)
		if i < 0 {
			return false
		}
		i += at
		if phrase[0] >= 0x80 || i == 0 || !isLetter(low[i-1]) {
			return true
		}
		at = i + len(phrase)
	}
}

// Ways to ask what a thing is, around its name.
var (
	definitionBefore = []string{"what is meant by ", "what is ", "what are ", "what's ", "whats ", "define ", "explain ", "meaning of ", "什么是", "什么叫", "啥是", "解释一下", "解释下", "解释", "介绍一下", "介绍下"}
	definitionAfter  = []string{"是什么意思", "是什么东西", "是干什么用的", "是干什么的", "是干嘛的", "是做什么的", "是什么", "是啥意思", "是啥", "什么意思", "指什么"}
	articles         = []string{"the ", "a ", "an "}
	// Ways of a title to ask the same, and what politeness puts around either.
	titleBefore = []string{"what is ", "what are ", "what's ", "什么是"}
	polite      = []string{"请问一下", "请问", "please "}
	particles   = []string{"呢", "呀", "啊"}
)

// maxSubject is how many bytes the name of a thing has at most.
const maxSubject = 60

// Definition returns what a text asks the meaning of, as [Subject] writes it: of
// "What is a Pod?" and "Pod 是什么" it is "pod"; "" where it asks for anything
// else.
func Definition(text string) string {
	low := bare(text)
	if len(low) > 2*maxSubject {
		return ""
	}
	for _, p := range polite {
		low = strings.TrimPrefix(low, p)
	}
	for _, p := range particles {
		low = strings.TrimSuffix(low, p)
	}
	low, asked := bare(low), false
	for _, p := range definitionBefore {
		if rest, ok := strings.CutPrefix(low, p); ok {
			low, asked = rest, true
			break
		}
	}
	for _, p := range definitionAfter {
		if rest, ok := strings.CutSuffix(low, p); ok {
			low, asked = rest, true
			break
		}
	}
	if rest, ok := strings.CutPrefix(low, "what does "); ok {
		if rest, ok = strings.CutSuffix(rest, " mean"); ok {
			low, asked = rest, true
		}
	}
	if low = Subject(low); !asked || len(low) > maxSubject {
		return ""
	}
	return low
}

// Subject returns the name that a title gives a thing, so that titles and
// questions compare: in lower case, without article and without the question
// whether it is one.
func Subject(title string) string {
	low := bare(title)
	for _, p := range titleBefore {
		low = strings.TrimPrefix(low, p)
	}
	for _, p := range articles {
		low = strings.TrimPrefix(low, p)
	}
	return bare(strings.TrimSuffix(low, "是什么"))
}

// bare is a text in lower case without the punctuation around it, with single
// spaces and the apostrophe of a terminal: phones type the curly one.
func bare(text string) string {
	text = strings.ReplaceAll(strings.ToLower(text), "’", "'")
	return strings.Trim(strings.Join(strings.Fields(text), " "), " ?!.,;:？！。，；：\"'“”‘`「」『』")
}
