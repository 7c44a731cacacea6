package risk

import (
	"strings"
	"unicode"
)

// alarming reports whether a word alone is reason to read a command twice.
func alarming(word string) bool {
	switch word {
	case "delete", "del", "destroy", "drop", "truncate", "purge", "wipe", "erase", "remove", "rm", "rmdir", "mkfs", "shred", "wipefs",
		"format", "flushall", "flushdb", "flush", "kill", "killall", "pkill", "reboot", "shutdown", "poweroff", "halt", "drain", "evict",
		"uninstall", "prune", "reset", "unlink", "nuke", "dd", "terminate", "decommission", "deletemany", "deleteone", "dropdatabase",
		"rmtree", "rmr", "deleteall", "userdel", "fdisk", "lvremove", "vgremove":
		return true
	}
	return false
}

// judgeUnknown judges a program that the table does not know by the words of
// its arguments and of its own name.
func judgeUnknown(f *finding, args []string) {
	for _, a := range args {
		if len(a) > 256 {
			continue
		}
		for _, w := range strings.FieldsFunc(strings.ToLower(a), func(r rune) bool { return !unicode.IsLetter(r) }) {
			if alarming(w) {
				f.add(Caution, Unknown)
				return
			}
		}
	}
}

// judgeWords judges what does not parse: every word that names a program of
// the table is taken for a call up to the end of its line, and an alarming
// word is never less than caution.
func judgeWords(f *finding, text string) {
	table := rules()
	budget := 2000 // calls to judge; the rest only for alarming words
	for line := range strings.Lines(text) {
		fields := strings.FieldsFunc(line, func(r rune) bool {
			return unicode.IsSpace(r) || strings.ContainsRune("\"'`;|&(){}[],，。；、（）“”", r)
		})
		for i, w := range fields {
			name := programName(w)
			if alarming(strings.ToLower(strings.Trim(w, ".:!?-<>"))) {
				f.add(Caution, Unclear)
			}
			_, known := table[name]
			if budget > 0 && (known || name == "rm" || name == "dd" || name == "kill" || name == "pkill" || name == "curl") && i < len(fields) {
				budget--
				judge(f, fields[i:min(len(fields), i+40)])
			}
		}
		if looksLikeSQLAnywhere(fields) {
			classifySQL(f, line)
		}
		for _, w := range fields {
			if isDevice(strings.TrimLeft(w, ">")) && strings.Contains(line, ">") {
				f.add(Destructive, Disk)
			}
		}
	}
	for w := range strings.FieldsFuncSeq(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) }) {
		if alarming(w) {
			f.add(Caution, Unclear)
			return
		}
	}
}
