package adapters

import (
	"errors"
	"fmt"
	"strings"
)

// A Text is a sentence of Cairn's own in both languages; see [Both].
type Text struct {
	en, zh string
	args   []any
}

// Both makes a text. With [Text.With] the two are formats, which take the same
// arguments in the same order, or number them.
func Both(en, zh string) Text { return Text{en: en, zh: zh} }

// With gives a text's formats their arguments. One that is a Text or an error
// stands in the reader's language too.
func (t Text) With(args ...any) Text {
	t.args = args
	return t
}

// In returns the text in the language: Chinese for "zh", else English. args
// take the place of those given before.
func (t Text) In(lang string, args ...any) string {
	s := t.en
	if lang == "zh" {
		s = t.zh
	}
	if len(args) == 0 {
		args = t.args
	}
	if len(args) == 0 {
		return s
	}
	said := make([]any, len(args))
	for i, a := range args {
		switch a := a.(type) {
		case Text:
			said[i] = a.In(lang)
		case error:
			said[i] = Explain(lang, a)
		default:
			said[i] = a
		}
	}
	return fmt.Sprintf(s, said...)
}

// Err makes an error of the text. Arguments that are errors are what it wraps.
func (t Text) Err(args ...any) error {
	if len(args) > 0 {
		t.args = args
	}
	return &textError{t}
}

type textError struct{ text Text }

// Error returns the English text.
func (e *textError) Error() string { return e.text.In("en") }

// Unwrap returns the errors among the arguments.
func (e *textError) Unwrap() []error {
	var out []error
	for _, a := range e.text.args {
		if err, ok := a.(error); ok {
			out = append(out, err)
		}
	}
	return out
}

// Explain returns an error's message in the language, as far as it was made
// with [Text.Err]: what a library, the system or a server says stays as it is.
func Explain(lang string, err error) string {
	switch e := err.(type) {
	case *textError:
		return e.text.In(lang)
	case interface{ Unwrap() []error }:
		var parts, raw []string
		for _, sub := range e.Unwrap() {
			parts, raw = append(parts, Explain(lang, sub)), append(raw, sub.Error())
		}
		if strings.Join(raw, "\n") == err.Error() { // of errors.Join
			return strings.Join(parts, "\n")
		}
	default:
		// A type that only marks another error says what that says.
		if sub := errors.Unwrap(err); sub != nil && sub.Error() == err.Error() {
			return Explain(lang, sub)
		}
	}
	return err.Error()
}

// LangName is what speakers of a language call it: "zh" is 中文, all else English.
func LangName(lang string) string {
	if lang == "zh" {
		return "中文"
	}
	return "English"
}
