package runbooks

// DetectLang tells the language of a text or a question. Chinese text is full
// of Latin names, so a small share of Han decides for Chinese; "" means that
// there are neither Han characters nor Latin words.
func DetectLang(text string) Lang {
	han, words := countScripts(text)
	switch {
	case han == 0 && words == 0:
		return ""
	// About 1.6 Han characters make a word; a Chinese word among eight is
	// enough, for an English question has none.
	case han > 0 && han*5 >= words:
		return Chinese
	default:
		return English
	}
}

// mostly tells the language that most of a document's prose is written in.
// Chinese prose about machines holds about as many Latin words as Chinese ones.
func mostly(text string) Lang {
	han, words := countScripts(text)
	switch {
	case han == 0 && words == 0:
		return ""
	case han*3 >= words*2:
		return Chinese
	default:
		return English
	}
}

// countScripts counts Han characters and words of Latin letters.
func countScripts(text string) (han, words int) {
	inWord, letters := false, 0
	for _, r := range text {
		if isHan(r) {
			han++
			inWord = false
			continue
		}
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= 0xC0 && r < 0x250 {
			if !inWord {
				inWord, letters = true, 0
			}
			if letters++; letters == 2 {
				words++
			}
			continue
		}
		if r != '\'' && r != '-' && r != '_' {
			inWord = false
		}
	}
	return han, words
}
