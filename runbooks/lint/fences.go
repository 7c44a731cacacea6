package lint

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"strings"

	"go.yaml.in/yaml/v3"
	"mvdan.cc/sh/v3/syntax"

	"cairn/runbooks"
)

// maxFence bounds what is handed to a parser of code.
const maxFence = 64 << 10

// fences checks that blocks of code parse as what they say they are.
func (l *linter) fences() {
	for i := range l.doc.Sections {
		s := &l.doc.Sections[i]
		for j := range s.Blocks {
			b := &s.Blocks[j]
			if b.Kind != runbooks.Code || len(b.Text) > maxFence {
				continue
			}
			line := l.line(b.Span)
			if b.Lang == "" && l.ours() {
				l.add(line, "fence-language", "a fence without a language", "代码块没有标注语言")
				continue
			}
			if err := parseFence(b.Lang, b.Text); err != nil {
				l.add(line, "fence-syntax", "%s does not parse: %v", "%s 无法解析：%v", b.Lang, err)
			}
			if l.ours() && strings.EqualFold(b.Lang, "bash") && (strings.HasPrefix(b.Text, "$ ") || strings.Contains(b.Text, "\n$ ")) {
				l.add(line, "prompt", "a command with a prompt before it", "命令前带有提示符")
			}
		}
	}
}

// parseFence parses code in the languages that are known.
func parseFence(lang, code string) error {
	code = fillIn(code)
	switch strings.ToLower(lang) {
	case "bash", "sh", "shell":
		_, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(code), "")
		return err
	case "yaml", "yml":
		dec := yaml.NewDecoder(strings.NewReader(code))
		for {
			var v any
			if err := dec.Decode(&v); errors.Is(err, io.EOF) {
				return nil
			} else if err != nil {
				return err
			}
		}
	case "json":
		dec := json.NewDecoder(strings.NewReader(code))
		for {
			var v any
			if err := dec.Decode(&v); errors.Is(err, io.EOF) {
				return nil
			} else if err != nil {
				return err
			}
		}
	case "sql":
		return parseSQL(code)
	}
	return nil
}

// fillIn puts the word of every placeholder <word> in its place.
func fillIn(code string) string {
	var sb strings.Builder
	for {
		i := strings.IndexByte(code, '<')
		if i < 0 {
			break
		}
		sb.WriteString(code[:i])
		code = code[i:]
		k := strings.IndexByte(code, '>')
		if k < 2 || strings.Trim(code[1:k], "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || code[1] < 'a' || code[1] > 'z' {
			sb.WriteByte('<')
			code = code[1:]
			continue
		}
		sb.WriteString(code[1:k])
		code = code[k+1:]
	}
	sb.WriteString(code)
	return sb.String()
}

// parseSQL checks what holds in every dialect: quotes and brackets are closed
// and every statement begins with a verb.
func parseSQL(code string) error {
	depth := 0
	statement := true // the next word begins a statement
	for i := 0; i < len(code); {
		c := code[i]
		switch {
		case c == '-' && strings.HasPrefix(code[i:], "--"), c == '#':
			if k := strings.IndexByte(code[i:], '\n'); k >= 0 {
				i += k
			} else {
				i = len(code)
			}
		case strings.HasPrefix(code[i:], "/*"):
			k := strings.Index(code[i+2:], "*/")
			if k < 0 {
				return errors.New("a comment is not closed")
			}
			i += k + 4
		case c == '\'' || c == '"' || c == '`':
			k := i + 1
			for k < len(code) && code[k] != c {
				if code[k] == '\\' && c != '`' {
					k++
				}
				k++
			}
			if k >= len(code) {
				return fmt.Errorf("a %c is not closed", c)
			}
			i = k + 1
			statement = false
		case c == '(':
			depth++
			i++
		case c == ')':
			if depth--; depth < 0 {
				return errors.New("a bracket is closed that was not opened")
			}
			i++
		case c == ';' || c == '\\' && i+1 < len(code) && (code[i+1] == 'G' || code[i+1] == 'g'):
			if depth != 0 {
				return errors.New("a bracket is not closed")
			}
			statement = true
			i++
			if c == '\\' {
				i++
			}
		case c == ' ' || c == '\n' || c == '\t':
			i++
		default:
			k := i
			for k < len(code) && !strings.ContainsRune(" \n\t;()'\"`", rune(code[k])) {
				k++
			}
			if statement && !sqlVerb(code[i:k]) && depth == 0 {
				return fmt.Errorf("%q begins no statement", code[i:k])
			}
			statement = false
			i = max(k, i+1)
		}
	}
	if depth != 0 {
		return errors.New("a bracket is not closed")
	}
	return nil
}

func sqlVerb(w string) bool {
	switch strings.ToUpper(w) {
	case "SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "REPLACE", "CREATE", "ALTER", "DROP", "TRUNCATE", "SHOW", "SET", "EXPLAIN", "ANALYZE", "VACUUM", "REINDEX", "OPTIMIZE", "CHECK",
		"REPAIR", "GRANT", "REVOKE", "BEGIN", "START", "STOP", "COMMIT", "ROLLBACK", "KILL", "CHANGE", "RESET", "PURGE", "FLUSH", "USE", "DESCRIBE", "DESC", "CALL", "LOCK", "UNLOCK", "LOAD",
		"COPY", "CHECKPOINT", "CLUSTER", "DO", "DISCARD", "SAVEPOINT", "RELEASE", "INSTALL", "UNINSTALL", "CLONE", "RESTART", "BINLOG", "HANDLER", "TABLE", "VALUES", "PREPARE", "EXECUTE", "DEALLOCATE", "LISTEN", "NOTIFY", "REFRESH", "COMMENT", "MERGE", "RENAME", "END", "SAVE", "PRAGMA", "IMPORT":
		return true
	}
	return strings.HasPrefix(w, `\`) || strings.HasPrefix(w, "@")
}

// links checks the form of links and that those into the library lead
// somewhere.
func (l *linter) links() {
	text := l.doc.Text
	for i := range l.doc.Sections {
		s := &l.doc.Sections[i]
		for j := range s.Blocks {
			b := &s.Blocks[j]
			if b.Kind == runbooks.Code {
				continue
			}
			raw := text[b.Span.Start:b.Span.End]
			for at := 0; at < len(raw); {
				k := strings.Index(raw[at:], "](")
				if k < 0 {
					break
				}
				at += k + 2
				end := strings.IndexAny(raw[at:], ")\n")
				if end < 0 || strings.Contains(raw[:at], "`") && strings.Count(raw[strings.LastIndexByte(raw[:at], '\n')+1:at], "`")%2 == 1 {
					continue
				}
				l.link(l.line(runbooks.Span{Start: b.Span.Start + at, End: b.Span.Start + at + end}), strings.TrimSpace(raw[at:at+end]))
			}
		}
	}
	for _, r := range l.doc.Meta.References {
		if u, err := url.Parse(r.URL); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
			l.add(1, "link", "reference %q has no web address: %s", "参考链接 %q 不是网址：%s", r.Name, r.URL)
		}
	}
}

func (l *linter) link(line int, target string) {
	target, _, _ = strings.Cut(target, ` "`)
	target = strings.Trim(target, "<>")
	u, err := url.Parse(target)
	switch {
	case target == "":
		l.add(line, "link", "a link without a target", "链接没有目标")
	case err != nil || strings.ContainsAny(target, " "):
		l.add(line, "link", "a malformed link: %s", "链接格式有误：%s", target)
	case u.Scheme == "javascript" || u.Scheme == "data" || u.Scheme == "vbscript":
		l.add(line, "link", "a link that runs code: %s", "链接会执行代码：%s", target)
	case u.Scheme == "" && u.Host == "" && strings.HasSuffix(u.Path, ".md") && !strings.HasPrefix(u.Path, "/"):
		if p := path.Join(path.Dir(l.doc.Path), u.Path); !l.paths[p] {
			l.add(line, "link", "a link to a file that is not in the library: %s", "链接的文件不在文档库中：%s", target)
		}
	}
}
