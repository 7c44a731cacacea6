package risk

import (
	"path"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// classifyShell parses the text as a shell script; line by line where the
// whole does not parse, and by its words where a line does not either.
func classifyShell(f *finding, text string, depth int) {
	if depth > maxDepth || len(text) > maxParse {
		f.add(Caution, Unclear)
		judgeWords(f, text)
		return
	}
	text = neutralPlaceholders(stripPrompts(text))
	if first, _, _ := strings.Cut(strings.TrimSpace(text), " "); looksLikeSQL(first, text) {
		classifySQL(f, text)
		return
	}
	if parseShell(f, text, depth) {
		return
	}
	if !strings.Contains(strings.TrimSpace(text), "\n") {
		unreadable(f, text)
		return
	}
	for line := range strings.Lines(text) {
		if !parseShell(f, line, depth) {
			unreadable(f, line)
		}
	}
}

func unreadable(f *finding, text string) {
	before := f.level
	judgeWords(f, text)
	if f.level != before && f.level == Safe {
		f.reason = Unclear
	}
}

func parseShell(f *finding, text string, depth int) bool {
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text), "")
	if err != nil {
		return false
	}
	w := walker{f: f, depth: depth}
	for _, s := range file.Stmts {
		w.stmt(s)
	}
	return true
}

// A walker visits the statements of a script.
type walker struct {
	f     *finding
	depth int
}

func (w *walker) stmt(s *syntax.Stmt) {
	syntax.Walk(s, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Stmt:
			w.simple(n)
		case *syntax.BinaryCmd:
			if n.Op == syntax.Pipe || n.Op == syntax.PipeAll {
				w.pipe(n)
			}
		case *syntax.FuncDecl:
			if n.Name != nil && n.Name.Value == ":" {
				w.f.add(Destructive, Stops) // a fork bomb
			}
		}
		return true
	})
}

// simple judges one statement: its call and its redirections.
func (w *walker) simple(s *syntax.Stmt) {
	var args []string
	call, isCall := s.Cmd.(*syntax.CallExpr)
	if isCall {
		args = words(call.Args)
	}
	var stdin string
	for _, r := range s.Redirs {
		switch r.Op {
		case syntax.Hdoc, syntax.DashHdoc:
			stdin = wordText(r.Hdoc)
		case syntax.WordHdoc:
			stdin = wordText(r.Word)
		case syntax.RdrOut, syntax.RdrClob, syntax.RdrAll, syntax.RdrAllClob:
			w.writes(wordText(r.Word), len(args) == 0 && isOutputOnly(s) || isEmptyOutput(args))
		case syntax.AppOut, syntax.AppClob, syntax.AppAll, syntax.AppAllClob:
			w.appends(wordText(r.Word))
		}
	}
	if len(args) > 0 {
		w.command(args, stdin)
	}
}

func isOutputOnly(s *syntax.Stmt) bool { return s.Cmd == nil || isBareAssign(s.Cmd) }

func isBareAssign(c syntax.Command) bool {
	call, ok := c.(*syntax.CallExpr)
	return ok && len(call.Args) == 0
}

// isEmptyOutput reports a command that prints nothing, so that redirecting it
// empties the file.
func isEmptyOutput(args []string) bool {
	if len(args) == 0 {
		return false
	}
	switch args[0] {
	case ":", "true":
		return true
	case "cat":
		return len(args) == 2 && args[1] == "/dev/null"
	case "echo", "printf":
		return len(args) == 1 || len(args) == 2 && (args[1] == "" || args[1] == "-n")
	}
	return false
}

// writes judges a file that is replaced by output.
func (w *walker) writes(target string, empty bool) {
	switch {
	case isSink(target):
	case isDevice(target):
		w.f.add(Destructive, Disk)
	case empty:
		w.f.add(Destructive, Overwrites)
	case strings.HasPrefix(target, "/proc/") || strings.HasPrefix(target, "/sys/"):
		w.f.add(Caution, Changes)
	case strings.HasPrefix(target, "/tmp/") || !strings.HasPrefix(target, "/"):
		// Saving output for later is what runbooks ask for all the time.
	default:
		w.f.add(Caution, Overwrites)
	}
}

func (w *walker) appends(target string) {
	switch {
	case isSink(target):
	case isDevice(target):
		w.f.add(Destructive, Disk)
	case strings.HasPrefix(target, "/etc/"), strings.HasPrefix(target, "/proc/"), strings.HasPrefix(target, "/sys/"), strings.Contains(target, "/.ssh/"):
		w.f.add(Caution, Changes)
	}
}

func isSink(target string) bool {
	switch target {
	case "/dev/null", "/dev/stdout", "/dev/stderr", "/dev/tty", "/dev/fd/1", "/dev/fd/2", "/dev/zero", "&1", "&2":
		return true
	}
	return strings.HasPrefix(target, "/dev/tcp/") || strings.HasPrefix(target, "/dev/udp/") || strings.HasPrefix(target, "/dev/shm/")
}

func isDevice(target string) bool { return strings.HasPrefix(target, "/dev/") && !isSink(target) }

// pipe judges a shell or a database client at the end of a pipe by what is
// printed into it.
func (w *walker) pipe(b *syntax.BinaryCmd) {
	call, ok := b.Y.Cmd.(*syntax.CallExpr)
	if !ok {
		return
	}
	right := skipWrappers(words(call.Args))
	if len(right) == 0 {
		return
	}
	printed, known := printedBy(b.X)
	if known {
		w.command(right, printed)
		return
	}
	if lang, ok := shellInput(right); ok && lang == "bash" {
		w.f.add(Caution, Remote)
	}
}

// printedBy returns what echo or printf prints, when the statement is that.
func printedBy(s *syntax.Stmt) (string, bool) {
	call, ok := s.Cmd.(*syntax.CallExpr)
	if !ok {
		return "", false
	}
	args := words(call.Args)
	if len(args) == 0 {
		return "", false
	}
	switch args[0] {
	case "echo", "printf":
		return strings.Join(args[1:], " "), true
	case "cat":
		for _, r := range s.Redirs {
			if r.Hdoc != nil {
				return wordText(r.Hdoc), true
			}
		}
	}
	return "", false
}

// words flattens words to strings, quotes removed and expansions kept as they
// look.
func words(ws []*syntax.Word) []string {
	out := make([]string, len(ws))
	for i, w := range ws {
		out[i] = wordText(w)
	}
	return out
}

func wordText(w *syntax.Word) string {
	if w == nil {
		return ""
	}
	var b strings.Builder
	writeParts(&b, w.Parts)
	return b.String()
}

func writeParts(b *strings.Builder, parts []syntax.WordPart) {
	for _, p := range parts {
		switch p := p.(type) {
		case *syntax.Lit:
			b.WriteString(unescape(p.Value))
		case *syntax.SglQuoted:
			b.WriteString(p.Value)
		case *syntax.DblQuoted:
			writeParts(b, p.Parts)
		case *syntax.ParamExp:
			b.WriteString("$VAR")
		case *syntax.CmdSubst:
			b.WriteString("$CMD")
		case *syntax.ExtGlob:
			b.WriteString("*")
		default:
			b.WriteString("$X")
		}
	}
}

func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
			if s[i] == '\n' {
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// programName returns the plain name of a program, with what has several names
// under one.
func programName(arg string) string {
	name := strings.ToLower(path.Base(arg))
	for _, suffix := range []string{".sh", ".exe", ".py", ".pl"} {
		name = strings.TrimSuffix(name, suffix)
	}
	switch {
	case strings.HasPrefix(name, "mkfs."):
		return "mkfs"
	case strings.HasPrefix(name, "fsck."):
		return "fsck"
	}
	switch name {
	case "podman", "nerdctl":
		return "docker"
	case "oc", "k", "kubectl-v1", "kubecolor":
		return "kubectl"
	case "ip6tables", "iptables-legacy", "iptables-nft":
		return "iptables"
	case "apt-get", "aptitude":
		return "apt"
	case "pip3":
		return "pip"
	case "microdnf":
		return "dnf"
	case "pnpm":
		return "npm"
	case "tofu":
		return "terraform"
	case "helm3":
		return "helm"
	case "zkserver":
		return "zkServer"
	case "hadoop-daemon":
		return "hadoop"
	}
	return name
}
