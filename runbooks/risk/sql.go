package risk

import (
	"strings"
	"unicode"
)

// looksLikeSQL reports whether a text that might be shell is a statement: its
// first word is a verb of SQL that is no program, or is written as SQL writes
// it.
func looksLikeSQL(first, text string) bool {
	first = strings.TrimSuffix(first, ";")
	if strings.ContainsAny(first, "/.-_=") {
		return false
	}
	upper := first == strings.ToUpper(first)
	switch strings.ToUpper(first) {
	case "SELECT":
		return upper || strings.Contains(strings.ToLower(text), " from ")
	case "UPDATE", "DELETE", "INSERT", "DROP", "TRUNCATE", "ALTER", "CREATE", "GRANT", "REVOKE", "REPLACE", "SHOW", "EXPLAIN", "ANALYZE", "VACUUM", "REINDEX", "CHANGE", "PURGE", "WITH", "MERGE", "RENAME", "OPTIMIZE", "CALL", "USE", "START", "STOP", "RESET":
		words := strings.Fields(strings.ToUpper(text))
		if len(words) < 2 {
			return upper && strings.HasSuffix(strings.TrimSpace(text), ";")
		}
		switch strings.Trim(words[1], ";(") {
		case "TABLE", "DATABASE", "SCHEMA", "INDEX", "USER", "VIEW", "FROM", "INTO", "SLAVE", "MASTER", "REPLICA", "REPLICATION", "BINARY", "SELECT", "ALL", "SYSTEM", "GLOBAL", "TABLESPACE", "ROLE", "PARTITION", "FUNCTION", "TRIGGER", "PROCEDURE", "SEQUENCE", "TEMPORARY", "UNIQUE", "OR", "MATERIALIZED", "EXTENSION", "QUERY", "GROUP_REPLICATION", "PERSIST":
			return true
		}
		return upper && strings.Contains(text, ";")
	case "SET":
		w := strings.Fields(strings.ToUpper(text))
		return len(w) > 1 && (w[1] == "GLOBAL" || w[1] == "SESSION" || w[1] == "PERSIST" || strings.HasPrefix(w[1], "@@"))
	case "KILL":
		w := strings.Fields(strings.ToUpper(text))
		return upper && len(w) > 1 && (w[1] == "QUERY" || w[1] == "CONNECTION" || strings.HasSuffix(strings.TrimSpace(text), ";"))
	}
	return false
}

func looksLikeSQLAnywhere(fields []string) bool {
	for i := 0; i+1 < len(fields); i++ {
		next := strings.ToUpper(fields[i+1])
		switch strings.ToUpper(fields[i]) {
		case "DROP", "TRUNCATE":
			switch next {
			case "TABLE", "DATABASE", "SCHEMA", "INDEX", "USER", "PARTITION", "VIEW":
				return true
			}
		case "DELETE":
			if next == "FROM" {
				return true
			}
		}
	}
	return false
}

// classifySQL judges each statement by its verb.
func classifySQL(f *finding, text string) {
	for _, words := range statements(text) {
		judgeSQL(f, words)
	}
}

func judgeSQL(f *finding, w []string) {
	if len(w) == 0 {
		return
	}
	at := func(i int) string {
		if i < len(w) {
			return w[i]
		}
		return ""
	}
	has := func(want ...string) bool {
		for i := range w {
			ok := len(w)-i >= len(want)
			for j := range want {
				ok = ok && w[i+j] == want[j]
			}
			if ok {
				return true
			}
		}
		return false
	}
	switch at(0) {
	case "DROP", "TRUNCATE":
		f.add(Destructive, LosesData)
	case "DELETE":
		if has("WHERE") {
			f.add(Caution, LosesData)
		} else {
			f.add(Destructive, LosesData)
		}
	case "UPDATE":
		if has("WHERE") {
			f.add(Caution, LosesData)
		} else {
			f.add(Destructive, LosesData)
		}
	case "ALTER":
		switch {
		case has("DROP", "COLUMN"), has("DROP", "PARTITION"), has("TRUNCATE", "PARTITION"), at(1) == "TABLE" && has("DROP") && !has("DROP", "INDEX") && !has("DROP", "CONSTRAINT") && !has("DROP", "KEY") && !has("DROP", "DEFAULT"), has("DELETE", "WHERE"), has("DISCARD", "TABLESPACE"):
			f.add(Destructive, LosesData)
		default:
			f.add(Caution, Changes)
		}
	case "PURGE":
		f.add(Destructive, LosesData)
	case "RESET":
		if at(1) == "MASTER" || at(1) == "BINARY" || at(1) == "SLAVE" && has("ALL") || at(1) == "REPLICA" && has("ALL") {
			f.add(Destructive, LosesData)
		} else {
			f.add(Caution, Changes)
		}
	case "ROLLBACK":
		if at(1) == "PREPARED" {
			f.add(Destructive, LosesData)
		}
	case "SHUTDOWN":
		f.add(Destructive, Stops)
	case "KILL":
		f.add(Caution, Kills)
	case "STOP", "START":
		f.add(Caution, Stops)
	case "INSERT", "REPLACE", "MERGE", "LOAD", "IMPORT", "COPY", "CALL", "EXEC", "EXECUTE", "DO":
		f.add(Caution, LosesData)
	case "CREATE", "GRANT", "REVOKE", "RENAME", "SET", "CHANGE", "INSTALL", "UNINSTALL", "ATTACH", "DETACH", "COMMENT", "REASSIGN":
		f.add(Caution, Changes)
	case "LOCK", "OPTIMIZE", "VACUUM", "REINDEX", "CLUSTER", "FLUSH", "REPAIR", "CHECKPOINT", "SYSTEM":
		f.add(Caution, Heavy)
	case "ANALYZE":
		f.add(Caution, Heavy)
	case "EXPLAIN":
		if at(1) == "ANALYZE" {
			judgeSQL(f, w[2:])
		}
	case "BEGIN", "WITH", "DECLARE", "IF":
		for i, word := range w[1:] {
			switch word {
			case "DELETE", "UPDATE", "DROP", "TRUNCATE", "INSERT":
				if i > 0 && w[i] == "FOR" || i > 0 && w[i] == "ON" { // FOR UPDATE, ON DELETE
					continue
				}
				judgeSQL(f, w[i+1:])
				return
			}
		}
	case "SELECT":
		switch {
		case has("PG_TERMINATE_BACKEND"), has("PG_CANCEL_BACKEND"):
			f.add(Caution, Kills)
		case has("PG_DROP_REPLICATION_SLOT"):
			f.add(Destructive, LosesData)
		case has("PG_RELOAD_CONF"), has("PG_PROMOTE"), has("PG_SWITCH_WAL"), has("PG_CREATE_PHYSICAL_REPLICATION_SLOT"), has("SETVAL"):
			f.add(Caution, Changes)
		case has("INTO", "OUTFILE"), has("INTO", "DUMPFILE"):
			f.add(Caution, Overwrites)
		case has("FOR", "UPDATE"), has("SLEEP"), has("PG_SLEEP"):
			f.add(Caution, Heavy)
		}
	}
}

// statements splits SQL into statements of upper-case words, without strings,
// quoted names and comments.
func statements(text string) [][]string {
	var out [][]string
	var cur []string
	flush := func() {
		if len(cur) > 0 {
			out = append(out, cur)
		}
		cur = nil
	}
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == ';':
			flush()
			i++
		case c == '\\' && i+1 < len(text) && (text[i+1] == 'G' || text[i+1] == 'g'):
			flush()
			i += 2
		case c == '\'' || c == '"' || c == '`':
			j := i + 1
			for j < len(text) && text[j] != c {
				if text[j] == '\\' && c != '`' {
					j++
				}
				j++
			}
			cur = append(cur, "''")
			i = min(j+1, len(text))
		case strings.HasPrefix(text[i:], "--") || c == '#':
			for i < len(text) && text[i] != '\n' {
				i++
			}
		case strings.HasPrefix(text[i:], "/*"):
			end := strings.Index(text[i:], "*/")
			if end < 0 {
				i = len(text)
				break
			}
			if text[i+2:] != "" && text[i+2] == '!' { // MySQL runs these
				i += 3
				for i < len(text) && text[i] >= '0' && text[i] <= '9' {
					i++
				}
				break
			}
			i += end + 2
		case isWordByte(c):
			j := i
			for j < len(text) && isWordByte(text[j]) {
				j++
			}
			cur = append(cur, strings.ToUpper(text[i:j]))
			i = j
		default:
			i++
		}
	}
	flush()
	return out
}

func isWordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 0x80 || unicode.IsLetter(rune(c))
}
