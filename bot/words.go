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
	}
	for _, r := range w {
		if !strings.ContainsRune("这那个是什么的了呢吗啊我你他它们怎样办有没在不就都和也要会能可以吧很请问题下一呀哪里谁为啥嘛得着给把说看想知道帮忙大家人如何求助", r) {
			return false
		}
	}
	return true
}
