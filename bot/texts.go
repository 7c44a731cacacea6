package bot

import (
	"fmt"

	"cairn/adapters"
	"cairn/runbooks"
)

// A text names a sentence of the bot's own.
type text int

const (
	textNotFound text = iota
	textNotFoundNoted
	textUnsure
	textClosest
	textRelated
	textCauses
	textRisky
	textCaution
	textVeryLikely
	textLikely
	textPossible
	textHelpful
	textWrong
	textThanksUp
	textThanksDown
	textShare
	textMore
	textShared
	textHello
	textWelcome
	textEmpty
	textEmptyHelp
	textNoWords
	textVague
	textTooLong
	textFull
	textNoIndex
	textTimeout
	textUnknown
	textGone
	textNotHere
	textNotAllowed
	textQuiet
	textByModel
	textFallback
	textMissing
	textComma
	textStale
	textFileGone
	textUnreadable
	textHiddenCharacters
	textOwners
	textHelpTitle
	textHelpAsk
	textHelpStatus
	textHelpQuiet
	textHelpHelp
	textHelpFollow
	textStatusTitle
	textStatusDocuments
	textStatusIndexed
	textStatusStale
	textStatusModel
	textStatusReady
	textStatusNotReady
	textHomeTitle
	textHomeRecent
	textMoreTitle
	textNoMore
	textSource
	textExpect
	textIfNot
	textUnderstood
	textSharedBy
	textEditedAway
	textNoAnswerCited
	textLimited
	textWaiting
	textPlaceOnly
)

// say returns the text in the language.
func say(lang string, t text, args ...any) string {
	en, zh := wording(t)
	s := en
	if lang == string(runbooks.Chinese) {
		s = zh
	}
	if len(args) > 0 {
		return fmt.Sprintf(s, args...)
	}
	return s
}

func wording(t text) (en, zh string) {
	switch t {
	case textNotFound:
		return "No runbook here covers this, so I will not guess.", "现有的运维手册里没有覆盖这个问题，我不乱猜。"
	case textNotFoundNoted:
		return "No runbook here covers this, so I will not guess. The question is noted for the people who keep the runbooks.", "现有的运维手册里没有覆盖这个问题，我不乱猜。问题已经记下，会反馈给维护手册的人。"
	case textUnsure:
		return "Several runbooks could be meant. Which one fits?", "有几份手册都可能对得上，请选一个："
	case textClosest:
		return "Closest titles", "最接近的标题"
	case textRelated:
		return "Related", "相关内容"
	case textCauses:
		return "Causes and fixes", "可能原因与处理"
	case textRisky:
		return "destructive: read it before you run it", "高危操作，执行前请确认"
	case textCaution:
		return "caution: changes something", "注意：会改动系统状态"
	case textVeryLikely:
		return "very likely", "很有把握"
	case textLikely:
		return "likely", "较有把握"
	case textPossible:
		return "possible", "把握一般"
	case textHelpful:
		return "Helpful", "有用"
	case textWrong:
		return "Wrong", "不对"
	case textThanksUp:
		return "Thanks, noted as helpful.", "谢谢，已记为有用。"
	case textThanksDown:
		return "Thanks, noted as wrong. It goes on the list of gaps for the people who keep the runbooks.", "谢谢，已记为不对，会列进待补充清单反馈给维护手册的人。"
	case textShare:
		return "Share in channel", "发到频道"
	case textMore:
		return "More like this", "类似内容"
	case textShared:
		return "Shared.", "已发到频道。"
	case textHello:
		return "Hello. Tell me what is broken, for example `502 troubleshooting` or `k8s node NotReady`.", "你好。直接说哪里出了问题就行，比如 `502 怎么排查` 或 `k8s 节点 NotReady`。"
	case textWelcome:
		return "You are welcome.", "不客气。"
	case textEmpty:
		return "Ask me something: what is broken, or an error text as it stands on the screen.", "请说一下问题：什么坏了，或者直接贴屏幕上的报错。"
	case textEmptyHelp:
		return "For example `502 troubleshooting`, `k8s node NotReady` or an alert's name. `help` says more.", "比如 `502 怎么排查`、`k8s 节点 NotReady`，或者直接发告警名。发 `help` 看更多用法。"
	case textNoWords:
		return "I cannot read a question in that. Describe the symptom in words or paste the error text.", "没看出来是什么问题。请用文字描述现象，或者直接贴报错。"
	case textVague:
		return "That is too general to look up. Name the service and what it does, for example `redis memory full`.", "这个问题太笼统，没法查。请带上服务名和现象，比如 `redis 内存满`。"
	case textTooLong:
		return "That is too long to be a question (%d kB). Paste the one or two lines that show the error.", "内容太长了（%d kB）。请只贴出报错的一两行。"
	case textFull:
		return "Too many questions are waiting right now. Please ask again in a minute.", "现在排队的问题太多，请过一分钟再问。"
	case textNoIndex:
		return "The library is still being read. Please ask again in a moment.", "文档库还在加载，请稍等一会儿再问。"
	case textTimeout:
		return "Looking that up took too long. Please ask again, in fewer words if possible.", "查询超时了。请再问一次，尽量说得短一些。"
	case textUnknown:
		return "Something went wrong on my side. The reference for the log is %s.", "我这边出错了，日志编号 %s。"
	case textGone:
		return "That answer is no longer stored. Please ask again.", "这条回答已经不在了，请重新提问。"
	case textNotHere:
		return "There is no such document, or it is not open to you.", "没有这份文档，或者你没有权限查看。"
	case textNotAllowed:
		return "This answer comes from a library that is not open to this channel, so I will not share it here.", "这条回答来自未对本频道开放的文档库，不能发到这里。"
	case textQuiet:
		return "I will be quiet in this thread. Mention me to ask again.", "好，我在这个话题里不再插话。需要时 @ 我。"
	case textByModel:
		return "The explanations come from a model and were checked against the cited lines.", "步骤之外的说明由模型撰写，已逐句与所引原文核对。"
	case textFallback:
		return "Answered without the model.", "本次回答未使用模型。"
	case textMissing:
		return "Not covered by these sources: %s", "以上内容没有提到：%s"
	case textComma:
		return ", ", "、"
	case textStale:
		return "%s has changed since it was indexed; the quote is from the indexed text.", "%s 在建立索引后有改动，引用的是索引时的内容。"
	case textFileGone:
		return "%s is gone since it was indexed; the quote is from the indexed text.", "%s 在建立索引后已被删除，引用的是索引时的内容。"
	case textUnreadable:
		return "%s cannot be read any more; the quote is from its last good version.", "%s 现在无法读取，引用的是最后一次正常读取的内容。"
	case textHiddenCharacters:
		return "Invisible characters were removed from what is shown; compare with the source before you run it.", "显示时去掉了不可见字符，执行前请对照原文。"
	case textOwners:
		return "no runbook covers this question. Could one of you have a look when there is time?", "这个问题手册里还没有，哪位有空帮忙看一下？"
	case textHelpTitle:
		return "How to ask", "怎么提问"
	case textHelpAsk:
		return "Mention me, write to me directly or use `/cairn ask`: `502 troubleshooting`, `k8s node NotReady`, an alert's name, or an error text.", "@ 我、私聊我或用 `/cairn ask` 都可以：`502 怎么排查`、`k8s 节点 NotReady`、告警名，或者直接贴报错。"
	case textHelpStatus:
		return "`status`: the library's size and freshness", "`status`：文档库规模和更新时间"
	case textHelpQuiet:
		return "`quiet`: no more answers without a mention in this thread", "`quiet`：在当前话题里不再主动回答"
	case textHelpHelp:
		return "`help`: this text", "`help`：这段说明"
	case textHelpFollow:
		return "Follow-ups in the same thread need no mention. Every step is quoted from a document and links to its lines; below a certain confidence I say that I do not know.", "同一话题里追问不用再 @ 我。每一步都引自文档原文并附行号；把握不够时我会直说不知道。"
	case textStatusTitle:
		return "Status", "状态"
	case textStatusDocuments:
		return "%d documents, %d passages", "%d 份文档，%d 个段落"
	case textStatusIndexed:
		return "indexed %s", "索引时间 %s"
	case textStatusStale:
		return "%d documents serve an older version of their file", "%d 份文档暂用旧版本"
	case textStatusModel:
		return "model: %s", "模型：%s"
	case textStatusReady:
		return "%s: connected", "%s：已连接"
	case textStatusNotReady:
		return "%s: not ready (%s)", "%s：未就绪（%s）"
	case textHomeTitle:
		return "Cairn", "Cairn"
	case textHomeRecent:
		return "Recent questions without an answer", "最近没有答案的问题"
	case textMoreTitle:
		return "More like this", "类似内容"
	case textNoMore:
		return "Nothing else here is close to it.", "没有其他接近的内容了。"
	case textSource:
		return "Source", "来源"
	case textExpect:
		return "Expect", "预期"
	case textIfNot:
		return "If not", "否则"
	case textUnderstood:
		return "Understood as", "理解为"
	case textSharedBy:
		return "Shared by %s", "由 %s 分享"
	case textEditedAway:
		return "The edited question is not covered by any runbook here.", "修改后的问题在现有手册里没有覆盖。"
	case textNoAnswerCited:
		return "This runbook has nothing to show at that place.", "手册的这个位置没有可展示的内容。"
	case textLimited:
		return "That is more questions than I take from one person in a minute. Please wait a moment.", "一分钟内提问太多了，请稍等一会儿再问。"
	case textWaiting:
		return "Many questions are waiting. Yours is not lost and will be answered in turn.", "排队的问题较多，你的问题没有丢，会按顺序回答。"
	case textPlaceOnly:
		return "Only you see this: the library is not open to this channel.", "仅你可见：该文档库未对本频道开放。"
	default:
		return "", ""
	}
}

// uiLang returns the language for somebody: that of the text, else that of
// the locale, else English.
func uiLang(s, locale string) string {
	if l := runbooks.DetectLang(s); l != "" {
		return string(l)
	}
	if len(locale) >= 2 && (locale[:2] == "zh" || locale[:2] == "ZH") {
		return string(runbooks.Chinese)
	}
	return string(runbooks.English)
}

// plainMessage returns a message that is one sentence.
func plainMessage(lang, s string) adapters.Message {
	return adapters.Message{Lang: lang, Text: s, Lead: s}
}
