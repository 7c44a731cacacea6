package lexical

import "strings"

// SmallTalk reports whether a text is a greeting, thanks, an acknowledgement or
// other talk that asks nothing of a library: every word of it is of that kind.
func SmallTalk(text string) bool {
	if len(text) > 200 {
		return false
	}
	text = strings.ToLower(text)
	for _, p := range talkPhrases {
		text = strings.ReplaceAll(text, p, " ")
	}
	words, talk := 0, 0
	for i := 0; i < len(text); {
		r, n := decode(text[i:])
		switch {
		case isHan(r):
			words++
			if m := hanTalk(text[i:]); m > 0 {
				talk++
				i += m
				continue
			}
			if m := hanStop(text[i:]); m > 0 {
				talk++
				i += m
				continue
			}
			return false
		case isWordRune(r):
			start := i
			for i < len(text) {
				r, n := decode(text[i:])
				if !isWordRune(r) && r != '\'' {
					break
				}
				i += n
			}
			words++
			w := strings.ReplaceAll(text[start:i], "'", "")
			if !isTalk(w) && !isStop([]byte(w)) {
				return false
			}
			talk++
			continue
		}
		i += n
	}
	return words == talk
}

// talkPhrases are said as a whole; their words alone may ask for something.
var talkPhrases = []string{
	"good morning", "good afternoon", "good evening", "good night", "good day", "how are you", "whats up", "what's up", "long time no see",
	"have a nice", "have a good", "have a great", "see you", "talk to you later", "take care", "on my way", "no problem", "no worries",
	"never mind", "my bad", "well done", "nice work", "good job", "great job", "good work", "sounds good", "looks good", "makes sense",
	"got it", "will do", "who are you", "who made you", "what are you", "what can you do", "your name", "real person", "a robot", "a bot", "an ai",
	"tell me a joke", "sing me a song", "happy birthday", "happy new year", "merry christmas", "one two three", "foo bar",
}

// isTalk reports whether a lower-case word is small talk wherever it stands
// among others of its kind.
func isTalk(w string) bool {
	switch w {
	case "hi", "hii", "hey", "heya", "hello", "hallo", "yo", "sup", "howdy", "greetings", "welcome", "bye", "goodbye", "cya", "ciao", "cheers",
		"thanks", "thank", "thx", "ty", "tysm", "tks", "np", "pls", "plz", "please", "sorry", "oops", "ok", "okay", "okey", "k", "kk", "yes", "yep", "yeah", "yup", "ya", "no", "nope", "nah",
		"sure", "fine", "cool", "nice", "great", "awesome", "perfect", "wow", "lol", "lmao", "rofl", "haha", "hahaha", "hehe", "hmm", "hm", "uh", "um", "ah", "oh", "eh",
		"bot", "everyone", "everybody", "all", "guys", "folks", "team", "friend", "buddy", "mate", "today", "tomorrow", "tonight", "tmr", "morning", "weekend", "week", "monday", "friday", "lunch", "dinner", "breakfast", "coffee", "tea", "break",
		"fixed", "works", "worked", "working", "solved", "resolved", "helped", "helps", "helpful", "useful", "appreciated", "lifesaver", "legend", "brb", "afk", "gtg", "ttyl", "omg", "imo", "imho", "fyi", "btw", "gg", "wp", "rip", "lgtm", "ack", "roger", "copy", "noted", "done", "ping", "pong", "test", "testing",
		"anyone", "there", "bored", "tired", "funny", "love", "like", "music", "joke", "song", "blah", "bla", "meh", "foo", "bar", "baz", "qux", "one", "two", "three",
		"asdf", "asdfgh", "qwerty", "zxcv", "zxcvbn", "hjkl", "congrats", "congratulations", "noise", "best", "day", "night", "later", "now", "not", "much", "really", "still", "again", "guess", "think", "know", "see", "whats", "hows", "whos", "im", "thats", "youre", "its", "dont":
		return true
	}
	return strings.Trim(w, "0123456789") == "" && w != "" && (w == "1" || w == "666" || w == "233" || w == "888" || w == "88" || w == "123")
}

var hanTalks = []string{
	"你好", "您好", "大家好", "早上好", "中午好", "下午好", "晚上好", "早安", "晚安", "早呀", "早啊", "再见", "拜拜", "回见", "明天见", "周末愉快", "节日快乐", "新年快乐", "生日快乐", "恭喜", "辛苦", "谢谢", "感谢", "多谢", "谢啦", "不客气", "不用谢",
	"收到", "搞定", "解决了", "修好了", "恢复了", "好了", "可以了", "没事了", "不用了", "太感谢", "太强了", "好的", "好滴", "好呀", "好吧", "好嘞", "没问题", "没事", "没关系", "对不起", "抱歉", "不好意思", "打扰", "稍等", "等我", "等等", "等一下", "马上", "等五分钟", "知道", "明白", "了解", "可以", "行吧", "嗯嗯", "嗯", "哈哈", "哈", "呵呵", "嘿嘿", "嘻嘻", "啦", "哎", "唉", "哇", "喔", "噢", "呃",
	"在吗", "在不在", "有人吗", "测试", "厉害", "真棒", "太棒", "牛", "赞", "顶", "加油", "笑话", "讲个", "聊聊", "随便", "唱歌", "机器人", "名字", "叫什么", "心情", "今天", "明天", "昨天", "周末", "周几", "星期几", "下班", "上班", "吃饭", "午饭", "午休", "奶茶", "咖啡", "一起", "分钟", "先去", "先", "去", "来", "好", "开玩笑", "大家", "各位", "老师", "同学", "兄弟", "哥", "姐", "太", "真", "逗", "不错", "开心", "无聊", "五", "十", "两", "会", "喝", "吃", "在", "呀", "谁", "是", "名",
}

func hanTalk(s string) int {
	for _, w := range hanTalks {
		if strings.HasPrefix(s, w) {
			return len(w)
		}
	}
	return 0
}
