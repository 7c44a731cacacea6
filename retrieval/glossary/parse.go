package glossary

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The limits of a user's file.
const (
	maxFile     = 4 << 20
	maxConcepts = 50000
	maxForms    = 64
	maxFormLen  = 96 // bytes
	maxContexts = 64
	maxErrors   = 20
)

// UserArea is the area of the concepts that [Load] reads.
const UserArea = "user"

// Load reads a glossary in the format of the package's documentation. The
// error names every malformed line, up to twenty of them.
func Load(r io.Reader) (*Glossary, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read the glossary: %w", err)
	}
	if len(text) > maxFile {
		return nil, fmt.Errorf("read the glossary: it is larger than %d MiB; split it", maxFile>>20)
	}
	b := newBuilder(min(bytes.Count(text, []byte("\n"))+1, maxConcepts))
	if err := b.parse(UserArea, string(text)); err != nil {
		return nil, err
	}
	return b.glossary(), nil
}

func (b *builder) parse(area, text string) error {
	if !utf8.ValidString(text) {
		return errors.New("the glossary is not UTF-8; save it as UTF-8")
	}
	text = strings.TrimPrefix(text, "\ufeff")
	var errs []error
	for n, line := 1, ""; text != ""; n++ {
		line, text, _ = strings.Cut(text, "\n")
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		c, err := parseLine(line)
		if err == nil && len(b.concepts) >= maxConcepts {
			return fmt.Errorf("line %d: more than %d concepts", n, maxConcepts)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("line %d: %w", n, err))
			if len(errs) == maxErrors {
				break
			}
			continue
		}
		c.Area = area
		b.add(c)
	}
	return errors.Join(errs...)
}

func parseLine(line string) (Concept, error) {
	var c Concept
	if line[0] == '[' {
		id, rest, ok := strings.Cut(line[1:], "]")
		if !ok || id == "" || slug(id) != id {
			return c, fmt.Errorf("the id in brackets must be lower case words joined by hyphens, got %q", id)
		}
		c.ID, line = id, rest
	}
	zh, en, ok := strings.Cut(line, "=")
	if !ok {
		return c, errors.New("no equals sign; write: 中文, 中文 = english, english")
	}
	var err error
	if c.ZH, err = parseForms(zh); err != nil {
		return c, fmt.Errorf("Chinese side: %w", err)
	}
	if c.EN, err = parseForms(en); err != nil {
		return c, fmt.Errorf("English side: %w", err)
	}
	for _, f := range c.ZH {
		if !hasHan(f.Text) {
			return c, fmt.Errorf("the Chinese form %q has no Han character; write it right of the equals sign", f.Text)
		}
	}
	for _, f := range c.EN {
		if hasHan(f.Text) {
			return c, fmt.Errorf("the English form %q has Han characters; write it left of the equals sign", f.Text)
		}
	}
	if c.ID == "" {
		c.ID = slug(c.EN[0].Text)
	}
	if c.ID == "" {
		return c, fmt.Errorf("the first English form %q gives no id; put one in brackets before the line", c.EN[0].Text)
	}
	return c, nil
}

func parseForms(side string) ([]Form, error) {
	if strings.TrimSpace(side) == "" {
		return nil, errors.New("no form")
	}
	forms := make([]Form, 0, strings.Count(side, ",")+1)
	for side, more := side, true; more; {
		var s string
		s, side, more = strings.Cut(side, ",")
		f, err := parseForm(strings.TrimSpace(s))
		if err != nil {
			return nil, err
		}
		for _, g := range forms {
			if g.Text == f.Text {
				return nil, fmt.Errorf("the form %q stands twice", f.Text)
			}
		}
		if len(forms) == maxForms {
			return nil, fmt.Errorf("more than %d forms", maxForms)
		}
		forms = append(forms, f)
	}
	return forms, nil
}

func parseForm(s string) (Form, error) {
	f := Form{Weight: 1}
	if t, w, ok := strings.Cut(s, "^"); ok {
		v, err := strconv.ParseFloat(strings.TrimSpace(w), 64)
		if err != nil || !(v > 0 && v <= 1) {
			return f, fmt.Errorf("the weight of %q must lie above 0 and at most 1, got %q", t, w)
		}
		f.Weight, s = v, strings.TrimSpace(t)
	}
	if strings.HasSuffix(s, "}") {
		t, ctx, ok := strings.Cut(s[:len(s)-1], "{")
		if !ok {
			return f, fmt.Errorf("the form %q ends a context that it does not begin", s)
		}
		for x := range strings.SplitSeq(ctx, "|") {
			if x = strings.TrimSpace(x); x == "" {
				return f, fmt.Errorf("the form %q has an empty context", t)
			}
			f.Context = append(f.Context, x)
		}
		if len(f.Context) > maxContexts {
			return f, fmt.Errorf("the form %q has more than %d contexts", t, maxContexts)
		}
		s = strings.TrimSpace(t)
	}
	f.Text = s
	switch {
	case s == "":
		return f, errors.New("an empty form; look for a stray comma")
	case len(s) > maxFormLen:
		return f, fmt.Errorf("the form %q is longer than %d bytes", s, maxFormLen)
	case strings.ContainsAny(s, "{}[]^|=\t"):
		return f, fmt.Errorf("the form %q holds one of {}[]^|= or a tab", s)
	}
	return f, nil
}

// slug makes an id of a form: lower case letters and digits, other runs become
// one hyphen.
func slug(s string) string {
	for i := 0; i < len(s); i++ {
		if c := s[i]; !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9') {
			return slugSlow(s)
		}
	}
	return s
}

func slugSlow(s string) string {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			out = append(out, c)
		} else if len(out) > 0 && out[len(out)-1] != '-' {
			out = append(out, '-')
		}
	}
	if len(out) > 0 && out[len(out)-1] == '-' {
		out = out[:len(out)-1]
	}
	return string(out)
}

func hasHan(s string) bool {
	for _, r := range s {
		if isHan(r) {
			return true
		}
	}
	return false
}
