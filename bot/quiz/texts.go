package quiz

import (
	"fmt"
	"strings"
	"time"
)

// A text is a sentence in both languages.
type text struct{ en, zh string }

func (t text) in(lang string, args ...any) string {
	s := t.en
	if lang == "zh" {
		s = t.zh
	}
	if len(args) > 0 {
		s = fmt.Sprintf(s, args...)
	}
	return s
}

// The product's own words. Functions instead of variables would say no more.
var (
	textTitle        = text{"Quiz · %s", "练习 · %s"}
	textSymptom      = text{"Somebody reports: %s\nWhat do you check first?", "有人反馈：%s\n你先查什么？"}
	textStep         = text{"%s, “%s”. This step is done: %s\nWhat comes next?", "%s，“%s”。这一步做完了：%s\n接下来做什么？"}
	textNote         = text{"%s", "%s"}
	textConcept      = text{"Say it in a sentence or two: %s. What is it, and what is it for?", "用一两句话说清楚：%s 是什么，用来做什么？"}
	textBelongs      = text{"Which of these belongs to the stage “%s”?", "下面哪一项属于“%s”这个阶段？"}
	textShow         = text{"Show answer", "看答案"}
	textGradeAgain   = text{"Again", "重来"}
	textGradeHard    = text{"Hard", "困难"}
	textGradeGood    = text{"Good", "记得"}
	textGradeEasy    = text{"Easy", "简单"}
	textRight        = text{"Right.", "答对了。"}
	textWrong        = text{"The documents say %s. It will come again soon.", "文档里的答案是 %s。过一会儿会再出现。"}
	textCounted      = text{"Your first answer counts; this is the passage.", "以第一次的选择为准；原文在这里。"}
	textHowWell      = text{"How well did you know it?", "记得怎么样？"}
	textChange       = text{"Was it hard or easy? You can still change the grade.", "觉得难还是容易？还可以调整。"}
	textAgainIn      = text{"Next time: %s.", "下次复习：%s。"}
	textNext         = text{"Next card", "下一题"}
	textGone         = text{"This card is no longer in the documents. What you learned stays counted.", "这张卡片对应的内容已不在文档里，之前的记录仍然保留。"}
	textOutdated     = text{"The document has changed since; here is the card as it is.", "文档后来改过，这是更新后的卡片。"}
	textAllDone      = text{"Nothing is due. The next card comes %s.", "现在没有要复习的卡片。下一张：%s。"}
	textNoCards      = text{"There are no cards about that yet.", "还没有相关的卡片。"}
	textDue          = text{"%d cards are due. The first:", "有 %d 张卡片该复习了，第一张："}
	textDueOne       = text{"One card is due:", "有一张卡片该复习了："}
	textNew          = text{"Nothing is due today; here is a new card:", "今天没有到期的卡片，来一张新的："}
	textProgress     = text{"Your progress", "我的进度"}
	textSeen         = text{"Cards seen: %d, known: %d, due: %d", "看过的卡片：%d，已掌握：%d，待复习：%d"}
	textStreak       = text{"Days in a row: %d (longest %d), days off in reserve: %d", "连续天数：%d（最长 %d），可用的休息日：%d"}
	textPathLine     = text{"Path %s: %d of %d units", "路线 %s：完成 %d / %d"}
	textBoardHead    = text{"This week's reviews (only those who joined)", "本周复习数（只显示主动加入的人）"}
	textBoardLine    = text{"%d. %s: reviews %d, days in a row %d", "%d. %s：复习 %d 次，连续 %d 天"}
	textBoardEmpty   = text{"Nobody has joined the leaderboard. Join with `progress board on`.", "还没有人加入排行榜。用 `progress board on` 加入。"}
	textBoardOn      = text{"You are on the leaderboard. Leave with `progress board off`.", "已加入排行榜。用 `progress board off` 退出。"}
	textBoardOff     = text{"You are not on the leaderboard, and your name is forgotten.", "已退出排行榜，显示名也已删除。"}
	textPage         = text{"Your page", "我的页面"}
	textPageNote     = text{"The link is for you alone and works for %s. The button ends it and every browser it was opened in.", "链接只给你本人，%s内有效。点按钮可以让它和打开过它的浏览器都失效。"}
	textRevoke       = text{"Sign out my page", "注销个人页面"}
	textRevoked      = text{"Signed out: %d links and browsers.", "已注销 %d 个链接和浏览器。"}
	textSubscribed   = text{"Subscribed to %s: every day at %s (%s), first %s. Stop with `unsubscribe %s`.", "已订阅%s：每天 %s（%s），第一次在 %s。用 `unsubscribe %s` 退订。"}
	textUnsubscribed = text{"Unsubscribed from %s.", "已退订%s。"}
	textNotSub       = text{"There was no such subscription.", "没有这样的订阅。"}
	textSubList      = text{"%s: every day at %s (%s)", "%s：每天 %s（%s）"}
	textSubNone      = text{"You have no subscriptions. `subscribe 09:00 Europe/Berlin` sends due cards every day.", "还没有订阅。`subscribe 09:00 Asia/Shanghai` 会每天发送待复习的卡片。"}
	textBadTime      = text{"That is not a time and zone I can use: write them like `09:30 Asia/Shanghai`.", "看不懂这个时间或时区，请写成 `09:30 Asia/Shanghai` 这样。"}
	textPathList     = text{"Learning paths. Start one with `path start <name>`.", "学习路线。用 `path start <名字>` 开始。"}
	textPathEntry    = text{"`%s`: %s (%d units in %d stages)", "`%s`：%s（%d 个单元，%d 个阶段）"}
	textPathNone     = text{"There is no learning path in the documents: any document that lists titled links, or a list tagged `learning-path`, becomes one.", "文档里还没有学习路线：列出带标题链接的文档，或带 `learning-path` 标签的列表，会自动成为路线。"}
	textPathUnknown  = text{"There is no path of that name. `path list` shows them.", "没有这个名字的路线。用 `path list` 查看。"}
	textPathNotOn    = text{"You are on no path. `path list` shows what there is.", "还没有开始任何路线。用 `path list` 查看。"}
	textPathUnit     = text{"%s · unit %d of %d · stage “%s”", "%s · 第 %d / %d 个单元 · 阶段“%s”"}
	textPathRead     = text{"Read `%s` in the library, or ask for it by its title.", "请读文档库里的 `%s`，也可以直接按标题提问。"}
	textPathDone     = text{"Done, next", "学完了，下一个"}
	textPathFinished = text{"You have finished the path %s.", "路线 %s 已全部完成。"}
	textStageDone    = text{"The stage “%s” is complete.", "阶段“%s”已完成。"}
	textStageQuiz    = text{"Quiz on this stage", "做阶段练习"}
	textPathLeft     = text{"You have left the path %s; its progress is forgotten.", "已离开路线 %s，进度已清除。"}
	textPathTip      = text{"One unit a day: `subscribe path 09:00 Europe/Berlin`.", "每天一个单元：`subscribe path 09:00 Asia/Shanghai`。"}
	textKindCards    = text{"cards", "卡片"}
	textKindTip      = text{"tips", "知识点"}
	textKindPath     = text{"the path", "路线"}
	textHelpQuiz     = text{"`quiz [topic]`: a card to answer", "`quiz [主题]`：来一道题"}
	textHelpProgress = text{"`progress [board on|board off|board|revoke]`: what you know, your page, the leaderboard", "`progress [board on|board off|board|revoke]`：我的进度、个人页面、排行榜"}
	textHelpSub      = text{"`subscribe [cards|tip|path] 09:30 Europe/Berlin [topic]`: every day by direct message", "`subscribe [cards|tip|path] 09:30 Asia/Shanghai [主题]`：每天私信发送"}
	textHelpUnsub    = text{"`unsubscribe [cards|tip|path|all]`: stop it", "`unsubscribe [cards|tip|path|all]`：退订"}
	textHelpPath     = text{"`path [list|start <name>|next|done|leave]`: a learning path", "`path [list|start <名字>|next|done|leave]`：学习路线"}
)

// span says how far away a moment is.
func span(d time.Duration, lang string) string {
	n, en, zh := int(d.Round(time.Minute).Minutes()), "minute", "分钟"
	switch {
	case d >= 36*time.Hour:
		n, en, zh = int(d.Round(24*time.Hour).Hours()/24), "day", "天"
	case d >= 90*time.Minute:
		n, en, zh = int(d.Round(time.Hour).Hours()), "hour", "小时"
	}
	n = max(n, 1)
	if lang == "zh" {
		return fmt.Sprintf("%d %s", n, zh)
	}
	if n != 1 {
		en += "s"
	}
	return fmt.Sprintf("%d %s", n, en)
}

// until says when something comes.
func until(d time.Duration, lang string) string {
	if lang == "zh" {
		return span(d, lang) + "后"
	}
	return "in " + span(d, lang)
}

// inert keeps foreign words from opening inline code.
func inert(s string) string { return strings.ReplaceAll(s, "`", "'") }
