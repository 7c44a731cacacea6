package lexical

import "strings"

// isStop reports whether a lower-case English word carries no meaning of its
// own. Words that name a state (up, down, off, not, no, out) are kept.
func isStop(w []byte) bool {
	if len(w) > 7 {
		return false
	}
	switch string(w) {
	case "a", "an", "the", "this", "that", "these", "those",
		"i", "me", "my", "we", "us", "our", "you", "your", "he", "she", "it", "its", "they", "them", "their",
		"is", "are", "was", "were", "be", "been", "being", "am",
		"do", "does", "did", "done", "doing", "has", "have", "had", "having",
		"can", "could", "should", "would", "will", "shall", "may", "might", "must",
		"and", "or", "but", "if", "then", "else", "so", "as", "than", "too", "very", "just",
		"of", "in", "on", "at", "to", "from", "by", "for", "with", "into", "onto", "about", "via", "per",
		"there", "here", "what", "which", "who", "whom", "whose", "when", "where", "why", "how",
		"such", "also", "only", "own", "s", "t", "ll", "re", "ve",
		"please", "hi", "hey", "hello", "thanks", "etc", "e", "g":
		return true
	}
	return false
}

// hanStops are Chinese function words, question words and politeness, a longer
// one before its beginning. They are passed over, and no pair reaches across.
var hanStops = []string{
	"为什么", "为啥", "为何", "怎么办", "怎么样", "怎么", "怎样", "如何", "什么时候", "什么", "哪些", "哪个", "哪里", "哪儿", "是不是", "是否", "有没有", "能不能", "可不可以",
	"请问", "帮我", "一下", "一些", "一个", "一种", "这个", "那个", "这些", "那些", "这种", "我们", "你们", "他们", "它们", "我的", "你的",
	"可以", "应该", "需要", "以及", "并且", "或者", "还是", "但是", "因为", "所以", "如果", "那么", "这样", "就是", "不是", "已经", "正在", "进行", "关于", "对于", "其中", "之后", "之前", "时候", "的话",
	"的", "了", "吗", "呢", "吧", "啊", "呀", "请", "我", "你", "他", "她", "它", "啥", "嘛", "哦",
}

// hanStop returns the length of the stop word that s begins with, 0 when there
// is none.
func hanStop(s string) int {
	if len(s) < 3 {
		return 0
	}
	r, _ := decode(s)
	switch r {
	case '的', '了', '吗', '呢', '吧', '啊', '呀', '请', '我', '你', '他', '她', '它', '啥', '嘛', '哦',
		'为', '怎', '如', '什', '哪', '是', '有', '能', '可', '帮', '一', '这', '那', '应', '需', '以', '并', '或', '还', '但', '因', '所', '就', '不', '已', '正', '进', '关', '对', '其', '之', '时':
		for _, w := range hanStops {
			if strings.HasPrefix(s, w) {
				return len(w)
			}
		}
	}
	return 0
}

// weakHan reports whether a Han character says nothing alone: it makes pairs
// but is no term of its own.
func weakHan(r rune) bool {
	switch r {
	case '么', '是', '在', '和', '与', '及', '或', '把', '被', '让', '这', '那', '就', '都', '也', '还', '很', '想', '给', '从', '到', '会', '要', '有', '为', '以', '其', '之', '而', '并', '等', '着', '过', '得', '地', '个', '哪', '不', '没', '能', '可', '一', '上', '下', '中', '里', '时', '后', '前', '来', '去', '用', '对', '于', '所', '该', '此', '将', '则', '由', '如', '怎':
		return true
	}
	return false
}
