package risk

import (
	"slices"
	"strings"
)

// judge judges one call that runs nothing else: special cases in code, all
// other ones by the table.
func judge(f *finding, args []string) {
	name, rest := programName(args[0]), args[1:]
	if isRedisVerb(args[0]) && args[0] == strings.ToUpper(args[0]) {
		classifyRedis(f, args)
		return
	}
	if len(rest) == 1 && (rest[0] == "--version" || rest[0] == "--help") {
		return
	}
	switch name {
	case "rm":
		judgeRemove(f, rest)
	case "ansible":
		judgeAnsible(f, rest)
	case "dd":
		judgeCopy(f, rest)
	case "kill", "pkill", "killall", "skill":
		judgeKill(f, name, rest)
	case "find", "gfind":
		if hasOption(rest, "-delete") {
			f.add(Destructive, Deletes)
		}
	case "tee":
		for _, a := range rest {
			if isDevice(a) {
				f.add(Destructive, Disk)
			} else if strings.HasPrefix(a, "/etc/") || strings.HasPrefix(a, "/proc/") || strings.HasPrefix(a, "/sys/") {
				f.add(Caution, Changes)
			}
		}
	case "cp":
		if len(rest) > 0 && isDevice(rest[len(rest)-1]) {
			f.add(Destructive, Disk)
		} else if len(rest) > 0 && strings.HasPrefix(rest[len(rest)-1], "/etc/") {
			f.add(Caution, Overwrites)
		}
	case "curl", "wget", "http", "https", "xh":
		judgeHTTPClient(f, name, rest)
	case "get", "post", "put", "delete", "head", "patch":
		if len(rest) > 0 && strings.HasPrefix(rest[0], "/") || len(rest) > 0 && strings.HasPrefix(rest[0], "_") {
			judgeHTTP(f, args[0], rest[0])
			return
		}
	case "source", ".":
		for _, a := range rest {
			if strings.Contains(a, "/dev/fd") || strings.Contains(a, "$X") {
				f.add(Caution, Remote)
			}
		}
	case "bash", "sh", "zsh":
		for _, a := range rest {
			if strings.Contains(a, "$X") { // bash <(curl …)
				f.add(Caution, Remote)
			}
		}
	case "git":
		for _, a := range rest {
			if len(a) > 1 && a[0] == '+' && len(rest) > 0 && rest[0] == "push" {
				f.add(Destructive, History)
			}
		}
	case "swapoff":
		f.add(Caution, Heavy)
	}
	if strings.HasPrefix(args[0], "db.") || strings.HasPrefix(args[0], "rs.") || strings.HasPrefix(args[0], "sh.") {
		classifyMongo(f, strings.Join(args, " "))
	}
	table, known := rules()[name]
	for i := range table {
		if table[i].match(rest) {
			f.add(table[i].level, table[i].reason)
		}
	}
	if (!known && !isSpecial(name) || len(rest) > maxArgs) && !isReader(name) {
		judgeUnknown(f, args)
	}
}

// isSpecial lists the programs that judge has code for.
func isSpecial(name string) bool {
	switch name {
	case "rm", "dd", "kill", "pkill", "killall", "skill", "find", "gfind", "tee", "curl", "wget", "http", "https", "xh", "source", ".", "bash", "sh", "zsh", "ansible":
		return true
	}
	return false
}

func judgeRemove(f *finding, args []string) {
	if hasOption(args, "-r", "-R", "-f", "--recursive", "--force") {
		f.add(Destructive, Deletes)
		return
	}
	for _, a := range args {
		if strings.ContainsAny(a, "*?") || isDevice(a) {
			f.add(Destructive, Deletes)
			return
		}
		if !isOption(a) {
			f.add(Caution, Deletes)
		}
	}
}

func judgeCopy(f *finding, args []string) {
	for _, a := range args {
		target, ok := strings.CutPrefix(a, "of=")
		switch {
		case !ok || isSink(target):
		case isDevice(target) || strings.HasPrefix(target, "$"):
			f.add(Destructive, Disk)
		default:
			f.add(Caution, Overwrites)
		}
	}
}

func judgeKill(f *finding, name string, args []string) {
	if slices.Contains(args, "-l") || slices.Contains(args, "-L") || slices.Contains(args, "-0") || len(args) == 0 {
		return
	}
	for i, a := range args {
		switch a {
		case "-9", "-KILL", "-SIGKILL", "--signal=KILL", "--signal=9", "-s9":
			f.add(Destructive, Kills)
		case "-s", "-n", "--signal":
			if i+1 < len(args) && (args[i+1] == "9" || strings.HasSuffix(strings.ToUpper(args[i+1]), "KILL")) {
				f.add(Destructive, Kills)
			}
		case "-3", "-QUIT", "-SIGQUIT", "-USR1", "-10", "-USR2", "-12":
			f.add(Caution, Heavy) // asks a process for a dump or its logs
			return
		}
	}
	f.add(Caution, Kills)
}

// judgeAnsible judges an ad-hoc call by its module. What the modules of a shell
// run is judged as a script of its own.
func judgeAnsible(f *finding, args []string) {
	if hasOption(args, "--list-hosts", "-C", "--check") {
		return
	}
	module, _ := optionValue(args, "m", "-m", "--module-name")
	given, _ := optionValue(args, "a", "-a", "--args")
	switch module[strings.LastIndexByte(module, '.')+1:] {
	case "", "command", "shell", "raw", "win_command", "win_shell":
		if given == "" {
			f.add(Caution, Unclear)
		}
	case "ping", "win_ping", "setup", "debug", "stat", "win_stat", "find", "getent", "slurp", "assert", "service_facts", "package_facts", "wait_for", "wait_for_connection":
	case "reboot", "win_reboot":
		f.add(Destructive, Power)
	case "file", "win_file":
		if strings.Contains(given, "state=absent") {
			f.add(Destructive, Deletes)
		} else {
			f.add(Caution, Changes)
		}
	default:
		f.add(Caution, Changes)
	}
}

// judgeHTTPClient judges a request by its method and path.
func judgeHTTPClient(f *finding, name string, args []string) {
	method, url := "", ""
	data := false
	for i := 0; i < len(args); i++ {
		a := args[i]
		next := func() string {
			if i+1 < len(args) {
				i++
				return args[i]
			}
			return ""
		}
		switch {
		case a == "-X" || a == "--request" || a == "--method":
			method = next()
		case strings.HasPrefix(a, "-X"):
			method = a[2:]
		case strings.HasPrefix(a, "--request="):
			method = strings.TrimPrefix(a, "--request=")
		case strings.HasPrefix(a, "--method="):
			method = strings.TrimPrefix(a, "--method=")
		case len(a) > 2 && a[0] == '-' && a[1] != '-' && strings.Contains(a, "X") && isLetters(a[1:]):
			if m := a[strings.Index(a, "X")+1:]; m != "" {
				method = m
			} else {
				method = next()
			}
		case strings.HasPrefix(a, "-d") || strings.HasPrefix(a, "--data") || a == "-F" || a == "--form" || a == "--json" || strings.HasPrefix(a, "--post-"):
			data = true
		case a == "-T" || a == "--upload-file":
			method = "PUT"
		case !isOption(a) && (strings.Contains(a, "/") || strings.Contains(a, ":")):
			if url == "" {
				url = a
			}
		case name != "curl" && name != "wget" && isMethod(a):
			method = a
		}
	}
	if method == "" && data {
		method = "POST"
	}
	judgeHTTP(f, method, url)
}

func isMethod(s string) bool {
	switch s {
	case "GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS":
		return true
	}
	return false
}

func judgeHTTP(f *finding, method, url string) {
	path, _, _ := strings.Cut(url, "?")
	switch strings.ToUpper(method) {
	case "DELETE":
		f.add(Destructive, LosesData)
	case "POST":
		switch {
		case strings.Contains(path, "_delete_by_query") || strings.Contains(path, "/_close"):
			f.add(Destructive, LosesData)
		case strings.HasSuffix(path, "/_search") || strings.HasSuffix(path, "/_count") || strings.HasSuffix(path, "/_msearch") ||
			strings.HasSuffix(path, "/_analyze") || strings.HasSuffix(path, "_validate/query") || strings.Contains(path, "/api/v1/query") || strings.HasSuffix(path, "/allocation/explain"):
		default:
			f.add(Caution, Changes)
		}
	case "PUT", "PATCH":
		f.add(Caution, Changes)
	}
}

// classifyHTTP judges console notation: "DELETE /index" and so on, with bodies
// between the requests.
func classifyHTTP(f *finding, text string) {
	for line := range strings.Lines(text) {
		method, rest, ok := strings.Cut(strings.TrimSpace(line), " ")
		if ok && isMethod(strings.ToUpper(method)) {
			judgeHTTP(f, method, strings.Fields(rest + " -")[0])
			continue
		}
		if strings.HasPrefix(method, "curl") {
			parseShell(f, line, maxDepth-1)
		}
	}
}

// isReader lists programs whose arguments are often alarming words and do no
// harm.
func isReader(name string) bool {
	switch name {
	case "grep", "egrep", "fgrep", "zgrep", "rg", "ag", "awk", "gawk", "sed", "echo", "printf", "cat", "less", "more", "head", "tail",
		"man", "which", "whereis", "type", "ls", "ll", "cut", "sort", "uniq", "wc", "tr", "jq", "yq", "diff", "test", "[", "history",
		"ps", "top", "free", "df", "du", "stat", "file", "strings", "vi", "vim", "nano", "cd", "export", "dig", "nslookup", "host", "ping",
		"telnet", "nc", "openssl", "journalctl", "dmesg", "squeue", "sinfo", "sacct", "qstat", "bjobs", "lsof", "ss", "netstat", "uptime", "id", "whoami", "mysql", "psql", "redis-cli", "mongosh", "mongo", "basename", "dirname", "read", "mkdir", "touch", "sleep", "info", "help", "apropos":
		return true
	}
	return false
}
