package web

import (
	"net/http"
	"strconv"
	"strings"
)

const langCookie = "cairn_lang"

// words are the texts of the page in one language.
type words struct {
	Lang, Tag, Other, OtherName, OtherTag string

	Tagline, AskLabel, Placeholder, Ask, Skip, Hint, Searching                                 string
	Growing, WaitForMore                                                                       string
	Examples, Recent, ClearRecent, Browse, AllServices, RunbooksOf, Unanswered, UnansweredHint string
	Documents, Passages, Indexed, Model, NotReady, StaleCount                                  string

	Copy, Copied, CopyFailed, Expect, IfNot, Sources, Related, UnderstoodAs, Warning string
	Destructive, DestructiveNote, Caution, Choices, NoAnswer, Problem, Source, Step  string
	Thanks, BackToAnswer, NewQuestion                                                string

	CitedLine, CitedLines, Original, Plain, StaleNote, Earlier, Later, PartOf, JumpTo string

	LogIn, LogOut, Token, TokenHint, WrongToken, NeedToken string

	NoSuchPage, NoSuchDocument, NoSuchAnswer, CrossSite, TooMany, TooLarge, BadRequest, BadJSON, Busy, Internal string
}

func english() *words {
	return &words{
		Lang: "en", Tag: "en", Other: "zh", OtherName: "中文", OtherTag: "zh-Hans",
		Tagline:  "Ask during an incident. Get your runbook's own steps, cited to the line.",
		AskLabel: "Your question", Placeholder: "Paste an alert, an error, a log line …", Ask: "Ask",
		Skip: "Skip to the content", Hint: "Enter asks · Shift+Enter for a new line · / comes back here", Searching: "Searching …",
		Growing: "Explanations are being written …", WaitForMore: "Wait for explanations",
		Examples: "For example", Recent: "Recently asked in this browser", ClearRecent: "Clear", Browse: "Browse by service",
		AllServices: "All services", RunbooksOf: "All runbooks of", Unanswered: "Still without an answer", UnansweredHint: "Asked lately, not covered by any document.",
		Documents: "documents", Passages: "passages", Indexed: "indexed", Model: "model", NotReady: "not ready", StaleCount: "stale",
		Copy: "Copy", Copied: "Copied", CopyFailed: "Press Ctrl+C", Expect: "Expect", IfNot: "If not", Sources: "Sources",
		Related: "Related", UnderstoodAs: "Understood as: ", Warning: "Note",
		Destructive: "Destructive", DestructiveNote: "This deletes or stops something. Check the target before you run it.",
		Caution: "Caution", Choices: "Did you mean", NoAnswer: "No reliable answer", Problem: "That did not work", Source: "Source", Step: "Step",
		Thanks: "Thank you. Noted.", BackToAnswer: "Back to the answer", NewQuestion: "Ask something else",
		CitedLine: "Line %d is cited", CitedLines: "Lines %d–%d are cited", Original: "Open the original", Plain: "Plain text", StaleNote: "Not the file's latest text",
		Earlier: "Earlier lines", Later: "Later lines", PartOf: "Lines %d–%d of %d", JumpTo: "Go to the cited lines",
		LogIn: "Log in", LogOut: "Log out", Token: "Access token", TokenHint: "It is the access_token of Cairn's configuration.",
		WrongToken: "That is not the access token.", NeedToken: "An access token is needed: send it as `Authorization: Bearer TOKEN`.",
		NoSuchPage: "There is no such page.", NoSuchDocument: "There is no such document, or it is not for you to see.",
		NoSuchAnswer: "This answer is no longer kept.", CrossSite: "This request came from another site and was refused.",
		TooMany: "Too many requests. Try again in a moment.", TooLarge: "This is too large. Ask with the lines that matter.",
		BadRequest: "This request makes no sense here.", BadJSON: `Send a JSON object such as {"question": "502 troubleshooting"}.`,
		Busy: "Cairn is answering many questions at once. Try again in a second.", Internal: "Something went wrong here. The log says what.",
	}
}

func chinese() *words {
	return &words{
		Lang: "zh", Tag: "zh-Hans", Other: "en", OtherName: "English", OtherTag: "en",
		Tagline:  "故障时直接问，得到你们自己手册里的原文步骤，逐行注明出处。",
		AskLabel: "你的问题", Placeholder: "贴上告警、报错或日志……", Ask: "提问",
		Skip: "跳到正文", Hint: "Enter 提问 · Shift+Enter 换行 · 按 / 回到这里", Searching: "正在查找……",
		Growing: "正在补充说明……", WaitForMore: "等待补充说明",
		Examples: "试试这些", Recent: "这个浏览器最近问过", ClearRecent: "清空", Browse: "按服务浏览",
		AllServices: "全部服务", RunbooksOf: "查看全部手册", Unanswered: "还没有答案的问题", UnansweredHint: "最近有人问过，文档里还没有写。",
		Documents: "篇文档", Passages: "个段落", Indexed: "索引于", Model: "模型", NotReady: "未就绪", StaleCount: "篇待更新",
		Copy: "复制", Copied: "已复制", CopyFailed: "请按 Ctrl+C", Expect: "预期", IfNot: "否则", Sources: "出处",
		Related: "相关文档", UnderstoodAs: "理解为：", Warning: "注意",
		Destructive: "破坏性操作", DestructiveNote: "这一步会删除数据或停止服务，执行前先核对操作对象。",
		Caution: "谨慎操作", Choices: "你要找的是不是", NoAnswer: "没有可靠的答案", Problem: "出错了", Source: "出处", Step: "步骤",
		Thanks: "谢谢，已记录。", BackToAnswer: "返回答案", NewQuestion: "问别的",
		CitedLine: "引用的是第 %d 行", CitedLines: "引用的是第 %d–%d 行", Original: "打开原文", Plain: "纯文本", StaleNote: "不是文件的最新内容",
		Earlier: "前面的内容", Later: "后面的内容", PartOf: "第 %d–%d 行，共 %d 行", JumpTo: "跳到引用的行",
		LogIn: "登录", LogOut: "退出登录", Token: "访问令牌", TokenHint: "即 Cairn 配置中的 access_token。",
		WrongToken: "访问令牌不正确。", NeedToken: "需要访问令牌，请用 `Authorization: Bearer TOKEN` 发送。",
		NoSuchPage: "没有这个页面。", NoSuchDocument: "没有这篇文档，或者你无权查看。",
		NoSuchAnswer: "这条答案已经不再保留。", CrossSite: "这个请求来自其他网站，已拒绝。",
		TooMany: "请求太频繁，请稍后再试。", TooLarge: "内容太长，请只贴关键的几行。",
		BadRequest: "无法理解这个请求。", BadJSON: `请发送 JSON 对象，例如 {"question": "502 怎么排查"}。`,
		Busy: "Cairn 正在同时回答很多问题，请稍后再试。", Internal: "这里出了问题，原因已写入日志。",
	}
}

func wordsFor(lang string) *words {
	if lang == "zh" {
		return chinese()
	}
	return english()
}

// words are those of the request's language: what it asks for in ?lang=, the
// switch's cookie, else the browser's.
func (s *Web) words(r *http.Request) *words {
	if l := r.URL.Query().Get("lang"); l == "en" || l == "zh" {
		return wordsFor(l)
	}
	if c, err := r.Cookie(langCookie); err == nil && (c.Value == "en" || c.Value == "zh") {
		return wordsFor(c.Value)
	}
	return wordsFor(accepted(r.Header.Get("Accept-Language")))
}

// accepted chooses "en" or "zh" from an Accept-Language header.
func accepted(header string) string {
	best, weight := "en", 0.0
	for i, part := range strings.Split(header, ",") {
		if i == 20 {
			break
		}
		tag, param, _ := strings.Cut(strings.TrimSpace(part), ";")
		q := 1.0
		if v, ok := strings.CutPrefix(strings.TrimSpace(param), "q="); ok {
			f, err := strconv.ParseFloat(v, 64)
			if err != nil {
				continue
			}
			q = f
		}
		lang, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
		if (lang == "en" || lang == "zh") && q > weight {
			best, weight = lang, q
		}
	}
	return best
}
