package risk

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// proseLeads are the words that stand before a command in a sentence.
var proseLeads = map[string]bool{
	"run": true, "execute": true, "exec": true, "type": true, "enter": true, "issue": true, "use": true, "using": true,
	"with": true, "via": true, "by": true, "then": true, "and": true, "or": true, "do": true, "sudo": true, "$": true, "#": true,
}

// sqlVerbs begin statements that are looked for in sentences, in capitals only:
// "drop" and "delete" are everyday words.
var sqlVerbs = []string{"DROP ", "TRUNCATE ", "DELETE FROM ", "ALTER ", "UPDATE ", "FLUSH ", "GRANT ", "REVOKE ", "RESET ", "PURGE "}

// ClassifyProse returns how dangerous the commands are that a sentence holds
// without any markup, as plain notes write them: "clear it: rm -rf /var/x". A
// program counts where a command may begin (at the start, after a colon, a
// comma or a word such as "run", behind Chinese text) or where an option
// follows; other words of a sentence are no commands. Safe is the level of a
// sentence without one.
func ClassifyProse(text string) (Level, Reason) {
	f := finding{level: Safe}
	eachProse(text, false, func(_ string, g finding) { f.add(g.level, g.reason) })
	return f.level, f.reason
}

// ProsePrograms returns the programs and statements, as a sentence writes them,
// whose commands are more than safe, wherever in it they stand: also words that
// only look like a program's name.
func ProsePrograms(text string) []string {
	var out []string
	eachProse(text, true, func(name string, g finding) {
		if g.level != Safe {
			out = append(out, name)
		}
	})
	return out
}

// eachProse judges each command that a sentence holds without any markup:
// where one may begin, or anywhere.
func eachProse(text string, anywhere bool, each func(name string, f finding)) {
	if len(text) > maxParse {
		text = text[:maxParse]
	}
	table := rules()
	budget := 200
	for line := range strings.Lines(text) {
		words := proseWords(line)
		for i, w := range words {
			name := programName(w.text)
			_, known := table[name]
			if !known && name != "rm" && name != "dd" && name != "kill" && name != "pkill" && name != "curl" {
				continue
			}
			option := i+1 < len(words) && strings.HasPrefix(words[i+1].text, "-")
			if !w.led && !option && !anywhere || budget == 0 {
				continue
			}
			budget--
			args := make([]string, 0, 40)
			for _, a := range words[i:min(len(words), i+40)] {
				args = append(args, a.text)
			}
			f := finding{level: Safe}
			judge(&f, args)
			each(w.text, f)
		}
		for _, verb := range sqlVerbs {
			if i := strings.Index(line, verb); i >= 0 {
				f := finding{level: Safe}
				classifySQL(&f, line[i:])
				each(strings.TrimSpace(verb), f)
			}
		}
	}
}

// A proseWord is a word of a sentence; led reports that a command may begin
// with it.
type proseWord struct {
	text string
	led  bool
}

// proseWords cuts a sentence at white space, quotes, brackets, Chinese
// characters and their punctuation.
func proseWords(line string) []proseWord {
	var out []proseWord
	led, start := true, -1
	end := func(to int) {
		if start < 0 {
			return
		}
		w := line[start:to]
		out = append(out, proseWord{strings.Trim(w, ",:.!?*"), led})
		last, _ := utf8.DecodeLastRuneInString(w)
		led = last == ':' || last == ',' || last == '.' || proseLeads[strings.ToLower(w)]
		start = -1
	}
	for i, r := range line {
		switch {
		case unicode.IsSpace(r):
			end(i)
		case unicode.Is(unicode.Han, r) || strings.ContainsRune("\"'`;|&(){}[]，。；：、（）“”‘’「」《》！？—…", r):
			end(i)
			led = true
		case start < 0:
			start = i
		}
	}
	end(len(line))
	return out
}
