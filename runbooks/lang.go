package runbooks

// DetectLang tells the language of a text or a question. Chinese text is full
// of Latin names, so a small share of Han decides for Chinese; "" means that
// there are neither Han characters nor Latin words.
func DetectLang(text string) Lang {
	han, words := 0, 0
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
	switch {
	case han == 0 && words == 0:
		return ""
	// About 1.6 Han characters make a word; one Chinese word in eight is
	// enough, for an English text has none.
	case han > 0 && han*5 >= words:
		return Chinese
	default:
		return English
	}
}
