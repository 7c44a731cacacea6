package slack

import "fmt"

type text int

const (
	textSteps text = iota
	textStep
	textExpect
	textIfNot
	textSources
	textContinued
	textCut
	textUnderstood
	textQueueFull
	textSearching
	textPrompts
	textHelpful
	textNotHelpful
)

// say returns one of the few sentences that the adapter owns.
func say(lang string, t text, args ...any) string {
	en, zh := sentences(t)
	if lang == "zh" {
		en = zh
	}
	if len(args) == 0 {
		return en
	}
	return fmt.Sprintf(en, args...)
}

func sentences(t text) (en, zh string) {
	switch t {
	case textSteps:
		return "Steps %d-%d", "第 %d-%d 步"
	case textStep:
		return "Step %d", "第 %d 步"
	case textExpect:
		return "Expect: ", "预期："
	case textIfNot:
		return "If not: ", "否则："
	case textSources:
		return "Sources", "出处"
	case textContinued:
		return "(%d/%d)", "（%d/%d）"
	case textCut:
		return "… cut here; the source has the rest.", "…… 此处截断，其余见出处。"
	case textUnderstood:
		return "Understood as: ", "理解为："
	case textQueueFull:
		return "Too many questions are waiting right now. Please ask again in a minute.", "当前排队的问题太多，请一分钟后再问一次。"
	case textSearching:
		return "is searching the runbooks…", "正在查找 runbook……"
	case textPrompts:
		return "From the library", "来自知识库"
	case textHelpful:
		return "Helpful", "有帮助"
	case textNotHelpful:
		return "Not helpful", "没帮助"
	}
	return "", ""
}
