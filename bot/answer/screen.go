package answer

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"cairn/bot/answer/ground"
	"cairn/runbooks"
	"cairn/runbooks/risk"
)

// Reasons for dropping a sentence, beside those of the grounding check.
const (
	dropForm     ground.Reason = "form"     // empty, too long, or more than prose
	dropLink     ground.Reason = "link"     // an address or a mention
	dropCitation ground.Reason = "citation" // none, or one that does not exist
	dropLanguage ground.Reason = "language" // not the asker's
	dropCommand  ground.Reason = "command"  // code that is not whole in the evidence
)

const (
	maxSentence = 400 // characters
	minSentence = 4
)

// screen tidies a model's sentence and says why it cannot be shown, before
// anybody looks at whether it is true.
func screen(text string, lang runbooks.Lang, evidence []ground.Evidence) (string, ground.Reason) {
	text = strings.Join(strings.Fields(text), " ")
	n := utf8.RuneCountInString(text)
	if n < minSentence || n > maxSentence || !utf8.ValidString(text) || strings.ContainsFunc(text, unprintable) {
		return "", dropForm
	}
	if strings.Contains(text, "```") || strings.Contains(text, "](") || strings.Count(text, "`")%2 != 0 ||
		strings.HasPrefix(text, "#") || strings.HasPrefix(text, "|") {
		return "", dropForm
	}
	if linked(text, evidence) {
		return "", dropLink
	}
	if got := runbooks.DetectLang(withoutCode(text)); got != "" && got != lang {
		return "", dropLanguage
	}
	if commands(text, evidence) {
		return "", dropCommand
	}
	for i, span := range strings.Split(text, "`") {
		if i%2 == 1 && !wholeCode(span, evidence) {
			return "", dropCommand
		}
	}
	return text, ground.ReasonNone
}

func unprintable(r rune) bool {
	return r == utf8.RuneError || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
}

// dotted is an address written with what only looks like a dot.
var dotted = regexp.MustCompile(`[[:alnum:]][․．｡][[:alpha:]]`)

// linked reports an address, a mention or a tag that the evidence does not
// hold.
func linked(text string, evidence []ground.Evidence) bool {
	lower := strings.ToLower(text)
	if strings.Contains(lower, "://") || strings.Contains(lower, "www.") || strings.Contains(lower, "javascript:") || strings.Contains(lower, "mailto:") {
		return true // addresses stand in the sources, where they are cited
	}
	if dotted.MatchString(text) {
		return true
	}
	for w := range strings.FieldsSeq(text) {
		mark := strings.ContainsAny(w, "@＠<>") || strings.Contains(w, "&lt;")
		if mark && !inEvidence(strings.Trim(w, ".,;:()\"'`，。；：（）“”"), evidence) {
			return true
		}
	}
	return false
}

func inEvidence(s string, evidence []ground.Evidence) bool {
	for _, e := range evidence {
		if strings.Contains(e.Text, s) {
			return true
		}
		for _, h := range e.Heading {
			if strings.Contains(h, s) {
				return true
			}
		}
	}
	return false
}

// commands reports a risky command, written without its marks, whose program no
// source names. With a capital it is a word, and at is one.
func commands(text string, evidence []ground.Evidence) bool {
	return slices.ContainsFunc(risk.ProsePrograms(withoutCode(text)), func(name string) bool {
		return name != "at" && name == strings.ToLower(name) && !standsSomewhere(name, evidence)
	})
}

// withoutCode takes out the code spans: their letters say nothing about the
// sentence's language.
func withoutCode(text string) string {
	var b strings.Builder
	for i, part := range strings.Split(text, "`") {
		if i%2 == 0 {
			b.WriteString(part)
		}
	}
	return b.String()
}

// wholeCode reports whether a code span stands in the evidence as it is: a
// command as a whole line or a whole span, since a part of a command is
// another command.
func wholeCode(code string, evidence []ground.Evidence) bool {
	code = strings.TrimSpace(code)
	if code == "" {
		return false
	}
	if strings.Contains(code, " ") {
		return standsWhole(code, evidence)
	}
	return standsSomewhere(code, evidence)
}

// standsSomewhere reports whether a word stands alone in the evidence.
func standsSomewhere(word string, evidence []ground.Evidence) bool {
	return slices.ContainsFunc(evidence, func(e ground.Evidence) bool {
		return standsAlone(e.Text, word) || standsAlone(strings.Join(e.Heading, "\n"), word)
	})
}

// standsWhole reports whether a command is a whole line or a whole code span of
// the evidence.
func standsWhole(command string, evidence []ground.Evidence) bool {
	return slices.ContainsFunc(evidence, func(e ground.Evidence) bool {
		if strings.Contains(e.Text, "`"+command+"`") {
			return true
		}
		for l := range strings.Lines(e.Text) {
			l = strings.TrimSpace(l)
			if l == command || strings.TrimLeft(l, "$# ") == command && !strings.HasPrefix(l, "##") {
				return true
			}
		}
		return false
	})
}

// standsAlone reports whether a word stands in the text with no part of a name
// before or after it.
func standsAlone(text, word string) bool {
	for from := 0; ; {
		i := strings.Index(text[from:], word)
		if i < 0 {
			return false
		}
		i += from
		before, _ := utf8.DecodeLastRuneInString(text[:i])
		after, _ := utf8.DecodeRuneInString(text[i+len(word):])
		if (i == 0 || !namePart(before)) && (i+len(word) == len(text) || !namePart(after)) {
			return true
		}
		from = i + 1
	}
}

func namePart(r rune) bool {
	return r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || r == '-')
}
