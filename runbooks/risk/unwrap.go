package risk

import "strings"

// command judges one call: what it runs on behalf of another program first,
// then the special cases, then the table. stdin is what is known to be fed to
// it.
func (w *walker) command(args []string, stdin string) {
	for range maxDepth {
		inner, script, lang := unwrap(args)
		if script != "" {
			classifyInner(w.f, script, lang, w.depth)
		}
		if len(inner) == 0 {
			break
		}
		if script == "" && len(inner) == len(args) {
			break
		}
		if n := len(args) - len(inner); n > 1 && n < len(args) && args[n-1] == "--" {
			judge(w.f, args[:n]) // kubectl run … -- command
		}
		args = inner
	}
	if len(args) == 0 {
		return
	}
	if stdin != "" {
		if lang, ok := shellInput(args); ok {
			classifyInner(w.f, stdin, lang, w.depth)
		}
	}
	judge(w.f, args)
}

func classifyInner(f *finding, text, lang string, depth int) {
	if depth >= maxDepth {
		f.add(Caution, Unclear)
		judgeWords(f, text)
		return
	}
	classify(f, text, lang, depth+1)
}

// skipWrappers takes off what only changes how the rest runs.
func skipWrappers(args []string) []string {
	for range maxDepth {
		inner, script, _ := unwrap(args)
		if script != "" || len(inner) == 0 || len(inner) == len(args) {
			return args
		}
		args = inner
	}
	return args
}

// unwrap returns what the call runs: as arguments, as a script in a language,
// or both. It returns args itself when the call runs nothing else.
func unwrap(args []string) (inner []string, script, lang string) {
	if len(args) == 0 {
		return nil, "", ""
	}
	rest := args[1:]
	switch programName(args[0]) {
	case "sudo", "doas", "pkexec":
		return afterOptions(rest, "ugCDhpRrTt", true), "", ""
	case "env":
		return afterOptions(rest, "uSC", true), "", ""
	case "nohup", "setsid", "command", "builtin", "exec", "time", "unbuffer", "catchsegv", "busybox", "toybox", "then", "do", "else", "winpty":
		return afterOptions(rest, "af", true), "", ""
	case "nice", "ionice", "chrt":
		return afterOptions(rest, "ncp", true), "", ""
	case "stdbuf":
		return afterOptions(rest, "ioe", true), "", ""
	case "taskset":
		if hasOption(rest, "-p", "--pid") {
			return args, "", "" // looks at a process, or moves it
		}
		return drop(afterOptions(rest, "", true), wrapperOperands(args[0])), "", "" // -c takes the first word, a list of processors
	case "flock", "chroot", "proxychains", "cgexec", "numactl", "faketime":
		return drop(afterOptions(rest, "gwncE", true), wrapperOperands(args[0])), "", ""
	case "timeout", "gtimeout":
		return drop(afterOptions(rest, "ks", true), 1), "", ""
	case "watch":
		a := afterOptions(rest, "n", true)
		if len(a) == 1 {
			return nil, a[0], "bash"
		}
		return a, "", ""
	case "strace", "ltrace", "perf":
		return args, "", ""
	case "xargs", "parallel":
		return afterOptions(rest, "InPLsdEaj", true), "", ""
	case "eval":
		return nil, strings.Join(rest, " "), "bash"
	case "trap":
		if len(rest) > 1 {
			return nil, rest[0], "bash"
		}
		return nil, "", ""
	case "bash", "sh", "zsh", "ash", "dash", "ksh", "fish":
		if s, ok := optionValue(rest, "c", "-c"); ok {
			return nil, s, "bash"
		}
		return args, "", ""
	case "su", "runuser":
		if s, ok := optionValue(rest, "c", "-c", "--command"); ok {
			return nil, s, "bash"
		}
		return args, "", ""
	case "ssh", "sshpass", "pdsh", "clush", "dsh":
		return unwrapRemote(args)
	case "kubectl", "k", "oc", "docker", "podman", "nerdctl", "crictl", "microk8s", "k3s", "minikube", "lxc", "docker-compose", "machinectl", "nsenter", "ip", "systemd-run", "tsocks":
		return unwrapContainer(args)
	case "ansible":
		if s, ok := optionValue(rest, "a", "-a", "--args"); ok {
			return nil, s, "bash"
		}
		return args, "", ""
	case "salt":
		for i, a := range rest {
			if a == "cmd.run" && i+1 < len(rest) {
				return nil, strings.Join(rest[i+1:], " "), "bash"
			}
		}
		return args, "", ""
	case "find", "gfind", "fd":
		for i, a := range rest {
			if a == "-exec" || a == "-execdir" || a == "-ok" || a == "-x" {
				return rest[i+1:], "", ""
			}
		}
		return args, "", ""
	case "powershell", "pwsh":
		if s, ok := optionValue(rest, "c", "-c", "-Command", "-command"); ok {
			return nil, s, "bash"
		}
		return args, "", ""
	case "cmd":
		if len(rest) > 1 && strings.EqualFold(rest[0], "/c") {
			return rest[1:], "", ""
		}
		return args, "", ""
	}
	if s, lang, ok := clientScript(args); ok {
		return nil, s, lang
	}
	return args, "", ""
}

// clientScript returns the statements that a database client is given on its
// command line.
func clientScript(args []string) (script, lang string, ok bool) {
	rest := args[1:]
	get := func(lang, short string, names ...string) (string, string, bool) {
		s, ok := optionValue(rest, short, names...)
		return s, lang, ok
	}
	switch programName(args[0]) {
	case "mysql", "mariadb", "tidb":
		return get("sql", "e", "-e", "--execute")
	case "psql", "cockroach":
		return get("sql", "c", "-c", "--command", "-e", "--execute")
	case "clickhouse-client", "clickhouse":
		return get("sql", "q", "-q", "--query")
	case "sqlcmd":
		return get("sql", "Q", "-Q", "-q")
	case "cqlsh", "beeline", "hive", "influx", "impala-shell", "presto", "trino", "obclient", "isql":
		return get("sql", "e", "-e", "--execute", "-execute", "-q")
	case "sqlite3":
		for i := len(rest) - 1; i > 0; i-- {
			if strings.Contains(rest[i], " ") {
				return rest[i], "sql", true
			}
		}
	case "mongo", "mongosh":
		return get("mongo", "", "--eval")
	case "redis-cli", "valkey-cli", "keydb-cli":
		if a := afterOptions(rest, "hpanrsiud", false); len(a) > 0 {
			return strings.Join(a, " "), "redis", true
		}
	}
	return "", "", false
}

// shellInput returns the language that a program reads from its input.
func shellInput(args []string) (lang string, ok bool) {
	switch programName(args[0]) {
	case "bash", "sh", "zsh", "ash", "dash", "ksh", "ssh", "su":
		return "bash", true
	case "mysql", "mariadb", "psql", "clickhouse-client", "sqlite3", "cqlsh", "hive", "beeline", "sqlcmd", "sqlplus", "cockroach":
		return "sql", true
	case "redis-cli", "valkey-cli", "keydb-cli":
		return "redis", true
	case "mongo", "mongosh":
		return "mongo", true
	case "kubectl", "docker", "podman", "oc", "crictl":
		inner, script, l := unwrapContainer(args)
		if script == "" && len(inner) > 0 && len(inner) < len(args) {
			return shellInput(inner)
		}
		return l, false
	}
	return "", false
}

func unwrapRemote(args []string) ([]string, string, string) {
	switch programName(args[0]) {
	case "sshpass":
		return afterOptions(args[1:], "pfP", false), "", ""
	case "pdsh", "clush", "dsh":
		a := afterOptions(args[1:], "wxgfluMm", false)
		if len(a) == 0 {
			return args, "", ""
		}
		return nil, strings.Join(a, " "), "bash"
	}
	a := afterOptions(args[1:], "bcDEeFIiJLlmOopQRSWw", false)
	if len(a) < 2 {
		return args, "", ""
	}
	return nil, strings.Join(a[1:], " "), "bash"
}

// unwrapContainer returns the command that runs within a container or another
// namespace.
func unwrapContainer(args []string) ([]string, string, string) {
	rest := args[1:]
	switch programName(args[0]) {
	case "microk8s", "k3s", "minikube":
		if len(rest) > 0 && (rest[0] == "kubectl" || rest[0] == "crictl" || rest[0] == "ctr") {
			if len(rest) > 1 && rest[1] == "--" {
				return append([]string{rest[0]}, rest[2:]...), "", ""
			}
			return rest, "", ""
		}
		return args, "", ""
	case "docker-compose":
		return append([]string{"docker", "compose"}, rest...), "", ""
	case "nsenter":
		if a := afterOptions(rest, "tSG", true); len(a) > 0 {
			return a, "", ""
		}
		return args, "", ""
	case "systemd-run":
		if a := afterOptions(rest, "pHMu", true); len(a) > 0 {
			return a, "", ""
		}
		return args, "", ""
	case "ip":
		if i := indexWords(rest, "netns", "exec"); i >= 0 && len(rest) > i+3 {
			return rest[i+3:], "", ""
		}
		return args, "", ""
	}
	verb := -1
	for i, a := range rest {
		if a == "exec" || a == "run" || a == "debug" {
			verb = i
			break
		}
		if a == "delete" || a == "rm" || a == "apply" || a == "create" {
			return args, "", ""
		}
	}
	if verb < 0 {
		return args, "", ""
	}
	after := rest[verb+1:]
	for i, a := range after {
		if a == "--" {
			return after[i+1:], "", ""
		}
	}
	if programName(args[0]) == "kubectl" && rest[verb] != "exec" {
		return args, "", ""
	}
	// The old form without "--": the first word is the container or image.
	if a := afterOptions(after, "cnuevwlphm", true); len(a) > 1 {
		return a[1:], "", ""
	}
	return args, "", ""
}

func indexWords(args []string, a, b string) int {
	for i := 0; i+1 < len(args); i++ {
		if args[i] == a && args[i+1] == b {
			return i
		}
	}
	return -1
}

// afterOptions returns the arguments after the leading options; withValue are
// the one-letter options that take the next argument. Assignments are skipped
// too where assigns is set.
func afterOptions(args []string, withValue string, assigns bool) []string {
	i := 0
	for i < len(args) {
		a := args[i]
		switch {
		case a == "--":
			return args[i+1:]
		case isOption(a):
			i++
			if len(a) == 2 && strings.IndexByte(withValue, a[1]) >= 0 {
				i++
			} else if strings.HasPrefix(a, "--") && !strings.Contains(a, "=") && longTakesValue(a) {
				i++
			}
		case assigns && isAssign(a):
			i++
		default:
			return args[i:]
		}
	}
	return nil
}

func longTakesValue(a string) bool {
	switch a {
	case "--user", "--group", "--host", "--port", "--name", "--env", "--volume", "--network", "--namespace", "--container", "--target", "--entrypoint", "--workdir", "--signal", "--pass", "--cacert", "--cert", "--key":
		return true
	}
	return false
}

func isAssign(a string) bool {
	name, _, ok := strings.Cut(a, "=")
	return ok && name != "" && !strings.ContainsAny(name, "/ -.,")
}

func drop(args []string, n int) []string {
	if len(args) <= n {
		return nil
	}
	return args[n:]
}

func wrapperOperands(program string) int {
	switch programName(program) {
	case "taskset", "flock", "chroot", "faketime":
		return 1
	}
	return 0
}

// optionValue returns the value of the first of the named options; short is
// the letter that may end a cluster ("-lc").
func optionValue(args []string, short string, names ...string) (string, bool) {
	for i, a := range args {
		for _, n := range names {
			if a == n && i+1 < len(args) {
				return args[i+1], true
			}
			if v, ok := strings.CutPrefix(a, n+"="); ok {
				return v, true
			}
			if len(n) == 2 && len(a) > 2 && strings.HasPrefix(a, n) && strings.ContainsAny(a, " ;(") {
				return a[2:], true // -e"drop table t"
			}
		}
		if short != "" && len(a) > 2 && len(a) < 8 && a[0] == '-' && a[1] != '-' && strings.HasSuffix(a, short) && isLetters(a[1:]) && i+1 < len(args) {
			return args[i+1], true
		}
	}
	return "", false
}
