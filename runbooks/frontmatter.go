package runbooks

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxFrontMatter bounds what is handed to the YAML parser.
const maxFrontMatter = 64 << 10

var errFrontMatterSize = errors.New("front matter longer than 64 KiB")

// frontMatter reads the YAML block at the head of a text. Without a block, or
// with one that is no mapping, the returned Meta has an empty span. Of a block
// that YAML refuses, what stands on lines of their own is read all the same.
func frontMatter(text string) Meta {
	var m Meta
	if !strings.HasPrefix(text, "---\n") && !strings.HasPrefix(text, "--- \n") {
		return m
	}
	start := strings.IndexByte(text, '\n') + 1
	end, next := -1, -1
	for i := start; i < len(text); {
		nl := strings.IndexByte(text[i:], '\n')
		line := text[i:]
		if nl >= 0 {
			line = text[i : i+nl]
		}
		if l := strings.TrimRight(line, " \t"); l == "---" || l == "..." {
			end, next = i, i+len(line)
			break
		}
		if nl < 0 || i-start > maxFrontMatter {
			break
		}
		i += nl + 1
	}
	if end < 0 {
		return m // a thematic break, not a block
	}
	body := text[start:end]
	if !looksLikeMapping(body) {
		return m
	}
	if len(body) > maxFrontMatter {
		m.Err = errFrontMatterSize
		return m
	}
	var loose metaYAML
	err := yaml.Unmarshal([]byte(body), &loose)
	if err != nil {
		err = fmt.Errorf("front matter: %w", err)
		loose = metaYAML{}
		mended, ok := quoteValues(body)
		if !ok || yaml.Unmarshal([]byte(mended), &loose) != nil {
			return Meta{Err: err}
		}
	}
	m = loose.meta()
	m.Span, m.Err = Span{Start: 0, End: next}, err
	return m
}

// keyLine is a key at the margin with its value.
var keyLine = regexp.MustCompile(`^([A-Za-z_][\w-]*):[ \t]+(\S.*)$`)

// quoteValues puts values that are no YAML into quotes, such as a title with a
// colon. It reports false where a line is none of a mapping: it may be prose
// between two rules.
func quoteValues(body string) (string, bool) {
	var b strings.Builder
	for line := range strings.Lines(body) {
		line = strings.TrimRight(line, "\r\n")
		m := keyLine.FindStringSubmatch(line)
		var value any
		switch {
		case m != nil && !strings.ContainsAny(m[2][:1], "|>&") && yaml.Unmarshal([]byte(line), &value) != nil:
			v := m[2]
			if !strings.Contains(v, "]") {
				v = strings.TrimPrefix(v, "[")
			}
			line = m[1] + ": '" + strings.ReplaceAll(v, "'", "''") + "'"
		case m == nil && strings.TrimSpace(line) != "" && !strings.HasSuffix(strings.TrimSpace(line), ":") && !strings.ContainsAny(line[:1], " \t-#"):
			return "", false
		}
		b.WriteString(line + "\n")
	}
	return b.String(), true
}

func looksLikeMapping(body string) bool {
	for line := range strings.Lines(body) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, _, ok := strings.Cut(line, ":")
		return ok && key != "" && len(key) < 64 && !strings.ContainsAny(key, " \t，。") || strings.HasPrefix(line, "{")
	}
	return true
}

// metaYAML reads what people really write: a single string for a list, a
// number or a date for a string. Values of an unfit type are ignored, for the
// front matter of other tools uses the same keys otherwise.
type metaYAML struct {
	Title, Service, Severity, Reviewed, Lang looseString
	Language, Draft                          looseString
	Tags, Questions, Alerts, Related         looseList
	References                               looseRefs
}

func (y *metaYAML) meta() Meta {
	m := Meta{
		Title: string(y.Title), Service: string(y.Service), Severity: string(y.Severity), Reviewed: string(y.Reviewed),
		Tags: y.Tags, Questions: y.Questions, Alerts: y.Alerts, Related: y.Related, References: y.References,
		Draft: strings.EqualFold(string(y.Draft), "true"),
	}
	lang := strings.ToLower(string(y.Lang))
	if lang == "" {
		lang = strings.ToLower(string(y.Language))
	}
	switch {
	case strings.HasPrefix(lang, "zh"), lang == "cn":
		m.Lang = Chinese
	case strings.HasPrefix(lang, "en"):
		m.Lang = English
	}
	return m
}

type looseString string

func (s *looseString) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode && n.Tag != "!!null" {
		*s = looseString(strings.TrimSpace(n.Value))
	}
	return nil
}

type looseList []string

func (l *looseList) UnmarshalYAML(n *yaml.Node) error {
	switch n.Kind {
	case yaml.ScalarNode:
		if v := strings.TrimSpace(n.Value); v != "" && n.Tag != "!!null" {
			*l = []string{v}
		}
	case yaml.SequenceNode:
		for _, c := range n.Content {
			if v := strings.TrimSpace(c.Value); c.Kind == yaml.ScalarNode && v != "" {
				*l = append(*l, v)
			}
		}
	}
	return nil
}

type looseRefs []Reference

func (l *looseRefs) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.SequenceNode {
		return nil
	}
	for _, c := range n.Content {
		switch c.Kind {
		case yaml.ScalarNode:
			*l = append(*l, Reference{URL: c.Value})
		case yaml.MappingNode:
			var r Reference
			for i := 0; i+1 < len(c.Content); i += 2 {
				switch strings.ToLower(c.Content[i].Value) {
				case "name", "title":
					r.Name = c.Content[i+1].Value
				case "url", "link":
					r.URL = c.Content[i+1].Value
				}
			}
			if r != (Reference{}) {
				*l = append(*l, r)
			}
		}
	}
	return nil
}
