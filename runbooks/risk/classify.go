package risk

import (
	"strings"
	"unicode"
)

const (
	// maxParse bounds what is given to the shell parser; longer texts are
	// judged by their words.
	maxParse = 16 << 10
	// maxWords bounds what is judged by words.
	maxWords = 1 << 20
	// maxDepth bounds commands within commands.
	maxDepth = 6
)

// A finding collects the worst that was seen.
type finding struct {
	level  Level
	reason Reason
}

func (f *finding) add(l Level, r Reason) {
	if rank(l) > rank(f.level) {
		f.level, f.reason = l, r
	}
}

// Classify returns how dangerous a command block is and why. lang is the info
// string of its fence, such as "bash" or "sql", or "". The text is parsed,
// never run; what does not parse is judged by its words.
func Classify(command, lang string) (Level, Reason) {
	f := finding{level: Safe}
	if len(command) > maxWords {
		command = command[:maxWords]
		f.add(Caution, Unclear)
	}
	classify(&f, command, lang, 0)
	return f.level, f.reason
}

func classify(f *finding, text, lang string, depth int) {
	lang, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(lang)), " ")
	text = strings.ReplaceAll(text, "\r\n", "\n")
	switch lang {
	case "sql", "mysql", "pgsql", "postgresql", "postgres", "plsql", "tsql", "clickhouse", "cql", "hql":
		classifySQL(f, text)
		return
	case "redis", "redis-cli":
		classifyRedisLines(f, text)
		return
	case "mongo", "mongodb", "mongosh", "javascript-shell":
		classifyMongo(f, text)
		return
	case "http", "rest", "kibana":
		classifyHTTP(f, text)
		return
	case "yaml", "yml", "json", "ini", "toml", "properties", "conf", "nginx", "xml", "hcl", "diff", "promql", "dockerfile", "log", "output", "python", "go", "java", "javascript", "js", "ruby", "groovy", "lua", "php":
		judgeWords(f, text)
		if f.level == Destructive {
			f.level = Caution // shown, not typed: running it takes another command
		}
		return
	}
	if t := strings.TrimLeft(text, " \t\n>"); strings.HasPrefix(t, "db.") || strings.HasPrefix(t, "rs.") || strings.HasPrefix(t, "sh.") {
		classifyMongo(f, text)
		return
	}
	if rest, inner, ok := promptLanguage(text); ok {
		classify(f, rest, inner, depth+1)
		return
	}
	classifyShell(f, text, depth)
}

// promptLanguage recognises the prompt of a database client before the first
// line and returns the text without the prompts.
func promptLanguage(text string) (rest, lang string, ok bool) {
	first, _, _ := strings.Cut(strings.TrimLeft(text, "\n\t "), "\n")
	before, _, found := strings.Cut(first, "> ")
	if !found || strings.ContainsAny(before, " \t|&;$") || before == "" {
		return "", "", false
	}
	lower := strings.ToLower(before)
	switch {
	case strings.HasPrefix(lower, "mysql"), strings.HasPrefix(lower, "mariadb"), strings.HasPrefix(lower, "sql"), strings.HasPrefix(lower, "cqlsh"):
		lang = "sql"
	case strings.HasPrefix(lower, "redis"), strings.HasSuffix(lower, ":6379"):
		lang = "redis"
	case strings.HasPrefix(lower, "mongo"), strings.HasPrefix(lower, "rs0"):
		lang = "mongo"
	default:
		return "", "", false
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(strings.TrimLeft(line, " \t"), before+"> "); ok {
			line = rest
		}
		b.WriteString(line)
	}
	return b.String(), lang, true
}

// stripPrompts removes shell prompts and, where every line is one, the hash
// that root's prompt and a comment share.
func stripPrompts(text string) string {
	lines := strings.Split(text, "\n")
	hashes := true // every line begins with "# "
	for i, line := range lines {
		t := strings.TrimLeft(line, " \t")
		if n := promptLen(t); n > 0 {
			lines[i], hashes = t[n:], false
		} else if t != "" && !strings.HasPrefix(t, "# ") {
			hashes = false
		}
	}
	for i := range lines {
		if hashes {
			lines[i] = strings.TrimPrefix(strings.TrimLeft(lines[i], " \t"), "# ")
		}
	}
	return strings.Join(lines, "\n")
}

// promptLen returns the length of the prompt that a line begins with: "$ ",
// "[root@web ~]# " or "root@web:/# ".
func promptLen(line string) int {
	end := strings.IndexAny(line, "#$%")
	if end < 0 || end+1 >= len(line) || line[end+1] != ' ' || line[end] != '$' && end == 0 {
		return 0
	}
	before := line[:end]
	bracketed := strings.HasPrefix(before, "[") && strings.HasSuffix(before, "]")
	user := strings.Contains(before, "@") && !strings.ContainsAny(before, " |&;\"'=")
	if before == "" || bracketed || user {
		return end + 2
	}
	return 0
}

// neutralPlaceholders replaces <name> by a plain word, so that the shell
// parser does not take it for a redirection.
func neutralPlaceholders(text string) string {
	if !strings.Contains(text, "<") {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		if text[i] == '<' {
			if n := placeholder(text[i:], i > 0 && !isSpace(text[i-1])); n > 0 {
				b.WriteString("PLACEHOLDER")
				i += n
				continue
			}
		}
		b.WriteByte(text[i])
		i++
	}
	return b.String()
}

// placeholder returns the length of the placeholder that s begins with; 0 when
// it is a redirection or a heredoc.
func placeholder(s string, glued bool) int {
	end := strings.IndexAny(s[1:], "<>|&;\n\"'`$(")
	if end < 1 || s[1+end] != '>' || end > 120 {
		return 0
	}
	name := s[1 : 1+end]
	if isSpace(name[0]) || isSpace(name[len(name)-1]) || name[0] == '/' || name[0] == '.' {
		return 0
	}
	after := s[end+2:]
	if !glued && after != "" {
		r := rune(after[0])
		if strings.HasPrefix(after, "/dev/") || r == '>' || unicode.IsLetter(r) && r < 0x80 {
			return 0
		}
	}
	return end + 2
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' }
