package app

import (
	"strings"

	"github.com/spf13/cobra"

	"cairn/adapters"
)

// The languages of the command line.
const (
	english = "en"
	chinese = "zh"
)

// both makes a text of the command line. It stands where it is used; a test
// reads all of them.
func both(en, zh string) adapters.Text { return adapters.Both(en, zh) }

// language is the one that the command line speaks: what --lang says, else
// CAIRN_LANG, else the locale. It is wanted before flags are parsed, since help
// and the errors of parsing are in it.
func language(args []string, getenv func(string) string) string {
	lang := ""
	for i, a := range args {
		value, given := strings.CutPrefix(a, "--lang=")
		if a == "--" {
			break
		}
		if a == "--lang" && i+1 < len(args) {
			value, given = args[i+1], true
		}
		if given && (value == english || value == chinese) {
			lang = value // as of every flag, the last one counts
		}
	}
	if lang == "" {
		return localeLang(getenv)
	}
	return lang
}

// localeLang is the language of CAIRN_LANG, else of the user's locale.
func localeLang(getenv func(string) string) string {
	for _, name := range []string{"CAIRN_LANG", "LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := getenv(name); v != "" {
			if strings.HasPrefix(strings.ToLower(v), chinese) {
				return chinese
			}
			return english
		}
	}
	return english
}

// A langFlag is the value of --lang. [language] has looked at it before; this
// checks it and remembers that it was given.
type langFlag struct{ value string }

func (f *langFlag) String() string { return f.value }
func (f *langFlag) Type() string   { return "LANG" }

func (f *langFlag) Set(v string) error {
	if v != english && v != chinese {
		return both("want en or zh", "只能是 en 或 zh").Err()
	}
	f.value = v
	return nil
}

// langGiven is what --lang says; "" without it. What a command makes follows
// it, and without it the question's own language or what there is.
func langGiven(cmd *cobra.Command) string { return cmd.Flag("lang").Value.String() }
