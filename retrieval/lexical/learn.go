package lexical

import "strings"

// learnPhrases say that somebody wants to learn about a thing rather than to
// repair it. Longer ones stand before their parts.
var learnPhrases = []string{
	"where do i start with", "where to start with", "getting started with", "reading list", "learning path", "what should i read about", "articles about", "articles on", "roadmap", "tutorials", "tutorial", "learning", "learn", "study",
	"学习路线", "学习资料", "看哪些文章", "看什么文章", "哪里有讲", "怎么学习", "如何学习", "怎么入门", "如何入门", "怎么学", "如何学", "从哪学", "学哪些", "教程", "学习", "入门",
}

// LearnSpans returns where a question says that it wants to learn, in the
// order of the text; nil for other questions and for long ones.
func LearnSpans(text string) [][2]int {
	if len(text) > 200 {
		return nil
	}
	low := strings.ToLower(text)
	if len(low) != len(text) {
		return nil // folding moved the offsets; such a text is no short question
	}
	var out [][2]int
	for i := 0; i < len(low); {
		n := learnAt(low, i)
		if n == 0 {
			_, size := decode(low[i:])
			i += size
			continue
		}
		out = append(out, [2]int{i, i + n})
		i += n
	}
	return out
}

// learnAt returns the length of the phrase at i, 0 when there is none. Latin
// phrases end where words do.
func learnAt(low string, i int) int {
	for _, p := range learnPhrases {
		if !strings.HasPrefix(low[i:], p) {
			continue
		}
		if p[0] < 0x80 && (i > 0 && isLetter(low[i-1]) || i+len(p) < len(low) && isLetter(low[i+len(p)])) {
			continue
		}
		return len(p)
	}
	return 0
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_' }
