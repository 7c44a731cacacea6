package discord

import "fmt"

type text int

const (
	textSteps text = iota
	textExpect
	textIfNot
	textSources
	textContinued
	textCut
	textInParts
	textUnderstood
	textQueueFull
	textNotTaken
	textHelpful
	textNotHelpful
	textLate
	textWaiting
	textComma
	textMayNotWrite
	textClosed
	textServices
	textChooseService
	textChooseRunbook
	textNoRunbooks
	textMoreRunbooks
	textOutdated
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
	case textInParts:
		return "One block, shown in parts because Discord cannot show it whole:", "下面几段属于同一个代码块（Discord 无法整块显示）："
	case textUnderstood:
		return "Understood as: ", "理解为："
	case textQueueFull:
		return "Too many questions are waiting right now. Please ask again in a minute.", "当前排队的问题太多，请一分钟后再问一次。"
	case textNotTaken:
		return "The question could not be recorded. Please ask again in a moment.", "问题没有记录成功，请稍后再问一次。"
	case textHelpful:
		return "Helpful", "有帮助"
	case textNotHelpful:
		return "Not helpful", "没帮助"
	case textLate:
		return "Many questions are waiting, so answers take longer than usual: about %d seconds more. None is lost.",
			"当前排队的问题较多，回答会比平时慢，大约还需要 %d 秒，不会遗漏。"
	case textWaiting:
		return "Waiting: %s", "排队中：%s"
	case textComma:
		return ", ", "、"
	case textMayNotWrite:
		return "I have an answer for you but may not write in that channel: the permission %s is missing. An admin can grant it; here you can always ask me directly.",
			"我有答案，但在那个频道里没有发言权限：缺少「%s」权限。管理员可以授予；在这里随时可以直接问我。"
	case textClosed:
		return "The answer is for you alone, and you take no direct messages from this server's members. Please use `/ask`, whose answers only you see.",
			"这个回答只能给你一个人看，但你没有开启来自服务器成员的私信。请改用 `/ask`，它的回答只有你能看到。"
	case textServices:
		return "The library by service", "按服务浏览知识库"
	case textChooseService:
		return "Choose a service", "选择服务"
	case textChooseRunbook:
		return "Choose a runbook", "选择 runbook"
	case textNoRunbooks:
		return "There is no such service, or nothing you may see.", "没有这个服务，或没有你可以查看的内容。"
	case textMoreRunbooks:
		return "… and %d more: type in `/ask` to find them.", "…… 还有 %d 篇：在 `/ask` 里输入即可查找。"
	case textOutdated:
		return "This no longer works: it is out of date. Please call the command again.", "这个操作已失效，请重新执行命令。"
	}
	return "", ""
}

// langOf chooses the language of the adapter's own words.
func langOf(question, locale string) string {
	for _, r := range question {
		if r >= 0x4e00 && r <= 0x9fff {
			return "zh"
		}
	}
	if question == "" && len(locale) >= 2 && locale[:2] == "zh" {
		return "zh"
	}
	return "en"
}
