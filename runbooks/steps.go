package runbooks

import (
	"strings"
)

// steps finds the instructions among the pieces of one section. base is the
// index of the first piece in the builder, which parents refer to.
func steps(text string, ps []piece, base int) []Step {
	var out []Step
	open := -1 // index into out of the step that what follows belongs to
	owner := make(map[int]int)
	for i := range ps {
		p := &ps[i]
		switch {
		case p.Kind == ListItem && p.ordered:
			out = append(out, newStep(p))
			open = len(out) - 1
			owner[base+i] = open
		case p.Kind == Code:
			k, ok := owner[p.parent]
			if !ok && p.parent < 0 && open >= 0 && adjacent(ps, i) {
				k, ok = open, true
			}
			if ok {
				s := &out[k]
				s.Commands = append(s.Commands, Command{Text: stripPrompts(p.Text, p.Lang), Lang: p.Lang, Span: p.Span})
				s.Span.End = max(s.Span.End, p.Span.End)
				continue
			}
			if i > 0 && ps[i-1].Kind == Paragraph && ps[i-1].level == 0 && p.parent < 0 && shellLike(p.Lang, p.Text) {
				prev := &ps[i-1]
				s := newStep(prev)
				s.Commands = append(s.Commands, Command{Text: stripPrompts(p.Text, p.Lang), Lang: p.Lang, Span: p.Span})
				s.Span.End = p.Span.End
				out = append(out, s)
			}
			open = -1
		default:
			k, ok := owner[p.parent]
			if !ok {
				if p.Kind != ListItem {
					open = -1
				}
				continue
			}
			extend(&out[k], p)
			if p.Kind == ListItem {
				owner[base+i] = k
			}
		}
	}
	return out
}

// adjacent reports that the piece before i is part of a step.
func adjacent(ps []piece, i int) bool {
	return i > 0 && (ps[i-1].Kind == ListItem || ps[i-1].parent >= 0)
}

func newStep(p *piece) Step {
	s := Step{Label: p.label, Depth: p.Depth, Span: p.Span}
	s.Text, s.Marked = cutMark(p.Text)
	s.addInline(p.inline)
	s.takeExpectations()
	return s
}

func extend(s *Step, p *piece) {
	s.Span.End = max(s.Span.End, p.Span.End)
	txt := p.Text
	if s.Text != "" {
		txt = s.Text + "\n" + txt
	}
	s.Text = txt
	s.addInline(p.inline)
	s.takeExpectations()
}

func (s *Step) addInline(code []Command) {
	for _, c := range code {
		if wholeCommand(c.Text) {
			s.Commands = append(s.Commands, c)
		}
	}
}

// takeExpectations moves the lines "Expect:" and "If not:" out of the text.
func (s *Step) takeExpectations() {
	if !strings.ContainsAny(s.Text, ":：") {
		return
	}
	var keep []string
	for line := range strings.Lines(s.Text) {
		line = strings.TrimSuffix(line, "\n")
		if v, ok := cutLabel(line, "Expect", "Expected", "预期", "期望"); ok && s.Expect == "" {
			s.Expect = v
			continue
		}
		if v, ok := cutLabel(line, "If not", "Otherwise", "否则", "若不符", "如不符"); ok && s.IfNot == "" {
			s.IfNot = v
			continue
		}
		keep = append(keep, line)
	}
	s.Text = strings.Join(keep, "\n")
}

// cutLabel cuts "label:" or "label：" from the head of a line.
func cutLabel(line string, labels ...string) (string, bool) {
	for _, l := range labels {
		if len(line) > len(l) && strings.EqualFold(line[:len(l)], l) {
			rest := line[len(l):]
			if v, ok := strings.CutPrefix(rest, ":"); ok {
				return strings.TrimSpace(v), true
			}
			if v, ok := strings.CutPrefix(rest, "："); ok {
				return strings.TrimSpace(v), true
			}
		}
	}
	return "", false
}

// cutMark cuts the mark of a destructive step from its text.
func cutMark(s string) (string, bool) {
	if v, ok := cutLabel(s, "Destructive", "Dangerous", "高危", "危险"); ok {
		return v, true
	}
	return s, false
}

// stripPrompts removes shell prompts from a block in which every command line
// has one; without a prompt the block stays as it is.
func stripPrompts(code, lang string) string {
	lines := strings.Split(code, "\n")
	prompts := 0
	for _, l := range lines {
		if strings.HasPrefix(l, "$ ") {
			prompts++
		}
	}
	if prompts == 0 {
		return code
	}
	for i, l := range lines {
		lines[i] = strings.TrimPrefix(l, "$ ")
	}
	return strings.Join(lines, "\n")
}

// shellLike reports that a block is made to be typed in.
func shellLike(lang, code string) bool {
	switch strings.ToLower(lang) {
	case "bash", "sh", "shell", "console", "shell-session", "zsh", "sql", "mysql", "redis", "promql", "powershell", "terminal":
		return true
	case "":
		line, _, _ := strings.Cut(code, "\n")
		return wholeCommand(strings.TrimPrefix(line, "$ "))
	}
	return false
}

// wholeCommand reports that inline code is a command with arguments.
func wholeCommand(code string) bool {
	name, args, ok := strings.Cut(strings.TrimSpace(code), " ")
	if !ok || args == "" || len(name) < 2 {
		return false
	}
	switch name {
	case "kubectl", "docker", "systemctl", "journalctl", "curl", "redis-cli", "mysql", "psql", "helm", "etcdctl", "nginx", "sudo",
		"ssh", "df", "du", "ps", "ss", "ip", "dig", "ping", "cat", "grep", "tail", "crictl", "kubeadm", "openssl", "rm", "iptables",
		"SELECT", "SHOW", "select", "show":
		return true
	}
	return false
}
