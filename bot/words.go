package bot

import (
	"strings"
	"unicode"
)

// informative returns the words of a text that say something: Latin words and
// numbers in lower case, and pairs of neighbouring Chinese characters.
func informative(text string) map[string]bool {
	words := map[string]bool{}
	var word strings.Builder
	var prev rune
	flush := func() {
		if w := word.String(); w != "" && !emptyWord(w) {
			words[w] = true
		}
		word.Reset()
	}
	for _, r := range strings.ToLower(text) {
		if unicode.Is(unicode.Han, r) {
			flush()
			if prev != 0 {
				if w := string([]rune{prev, r}); !emptyWord(w) {
					words[w] = true
				}
			}
			prev = r
			continue
		}
		prev = 0
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			word.WriteRune(r)
		} else {
			flush()
		}
	}
	flush()
	return words
}

// isVague reports a question without a word that could be looked up.
func isVague(question string) bool {
	if len(informative(question)) == 0 {
		return true
	}
	return len(informative(topic(question))) == 0
}

// emptyWord reports words, and pairs of Chinese characters, that say nothing
// about a subject.
func emptyWord(w string) bool {
	switch w {
	case "a", "an", "the", "is", "are", "was", "were", "be", "been", "am", "of", "in", "on", "at", "to", "for", "and", "or", "with", "it", "its", "by", "as", "from",
		"how", "what", "why", "when", "where", "which", "who", "do", "does", "did", "i", "we", "you", "me", "my", "our", "your", "this", "that", "these", "those", "there", "here",
		"can", "could", "should", "would", "will", "shall", "may", "might", "must", "have", "has", "had", "not", "no", "yes", "so", "if", "then", "than", "but", "about", "up",
		"please", "help", "hi", "hello", "hey", "thanks", "ok", "just", "any", "some", "all", "more", "now", "s", "t", "m", "re", "ll", "ve", "don", "doing", "get", "something", "anything", "thing", "things", "everything",
		"problem", "issue", "question", "wrong", "broken", "happen", "happens", "happened", "happening", "mean", "means", "go", "goes", "going", "know", "anyone", "someone", "somebody", "tell":
		return true
	case "怎么", "么办", "怎样", "如何", "什么", "为什", "么样", "请问", "一下", "这个", "那个", "这是", "是什", "可以", "我们", "我的", "你们", "他们", "有没", "没有", "哪里", "哪个",
		"的是", "的话", "了吗", "了呢", "是的", "不是", "是不", "就是", "这样", "那样", "问题", "出了", "了什", "么问", "办呢", "办啊", "回事", "么回", "了怎", "求助", "帮忙", "大家", "有人", "人知", "知道":
		return true
	}
	return false
}
