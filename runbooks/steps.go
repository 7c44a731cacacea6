package runbooks

import (
	"strings"
)

// A stepper finds the instructions among the pieces of one section.
type stepper struct {
	text   string
	ps     []piece
	base   int // index in the builder of ps[0], which parents refer to
	strict bool
	out    []Step
	owner  map[int]int // builder index of a piece to the step it is part of
	bullet map[int]bool
	rich   map[int]bool // items with code of their own
	last   int          // index in ps of the piece that a step ended with; -1
}

// steps returns the instructions of a section. In a document of our own format
// (strict) only items of ordered lists are steps; elsewhere also the items of
// a list that carries commands, and a sentence above a block to type in.
func steps(text string, ps []piece, base int, strict bool) []Step {
	s := &stepper{text: text, ps: ps, base: base, strict: strict, owner: make(map[int]int), last: -1}
	s.survey()
	for i := range ps {
		p := &ps[i]
		switch {
		case p.boiler:
		case p.Kind == ListItem:
			s.item(i)
		case p.Kind == Code:
			s.code(i)
		default:
			s.prose(i)
		}
	}
	return s.out
}

// survey finds the unordered lists whose items are instructions.
func (s *stepper) survey() {
	s.rich = make(map[int]bool)
	s.bullet = make(map[int]bool)
	for i := range s.ps {
		if p := &s.ps[i]; p.Kind == Code && p.parent >= 0 {
			s.rich[p.parent] = true
		}
	}
	if s.strict {
		return
	}
	type tally struct{ items, commands, verbs, numbered int }
	lists := make(map[int]*tally)
	for i := range s.ps {
		p := &s.ps[i]
		if p.Kind != ListItem || p.list == 0 {
			continue
		}
		t := lists[p.list]
		if t == nil {
			t = &tally{}
			lists[p.list] = t
		}
		t.items++
		if p.ordered {
			t.numbered++
		}
		has := s.rich[s.base+i]
		for _, c := range p.inline {
			has = has || inlineCommand(c.Text)
		}
		if has {
			t.commands++
		}
		if instructs(p.Text) {
			t.verbs++
		}
	}
	for id, t := range lists {
		s.bullet[id] = t.numbered == 0 && (t.commands*2 >= t.items || t.commands > 0 && t.verbs > 0 || t.verbs*3 >= t.items*2)
	}
}

func (s *stepper) open(i int, st Step) {
	s.out = append(s.out, st)
	s.owner[s.base+i] = len(s.out) - 1
	s.last = i
}

func (s *stepper) item(i int) {
	p := &s.ps[i]
	_, nested := s.owner[p.parent]
	switch {
	case p.ordered || p.step:
		s.open(i, newStep(p))
	case nested && !s.rich[s.base+i]:
		k := len(s.out) - 1
		s.out[k].extend(p)
		s.owner[s.base+i] = k
		s.last = i
	case nested, s.bullet[p.list]:
		s.open(i, newStep(p))
	default:
		s.last = -1
	}
}

func (s *stepper) code(i int) {
	p := &s.ps[i]
	_, ok := s.owner[p.parent]
	if !ok && p.parent < 0 && s.last >= 0 && s.last == i-1 {
		// A block that should have been set in under its item.
		_, ok = s.owner[s.base+i-1]
		if prev := &s.ps[i-1]; ok && prev.Kind == Code && !shellLike(p.Lang, p.Text) {
			s.last = -1
			return
		}
	}
	if ok {
		k := len(s.out) - 1 // what comes after nested steps belongs to the last
		s.out[k].addCode(s.text, p)
		s.owner[s.base+i] = k
		s.last = i
		return
	}
	s.last = -1
	if s.strict || i == 0 || p.parent >= 0 || !shellLike(p.Lang, p.Text) {
		return
	}
	prev := &s.ps[i-1]
	if prev.Kind != Paragraph && prev.Kind != Quote || prev.parent >= 0 || isURL(prev.Text) || len(prev.Text) > 1200 {
		return
	}
	if _, taken := s.owner[s.base+i-1]; taken {
		return
	}
	st := newStep(prev)
	st.Commands = nil // what the sentence mentions is not to be typed in beside the block
	st.addCode(s.text, p)
	s.out = append(s.out, st)
	s.owner[s.base+i] = len(s.out) - 1
	s.last = i
}

func (s *stepper) prose(i int) {
	p := &s.ps[i]
	if _, ok := s.owner[p.parent]; ok {
		k := len(s.out) - 1
		s.out[k].extend(p)
		s.owner[s.base+i] = k
		s.last = i
		return
	}
	if s.last >= 0 && s.last == i-1 && expectation(p.Text) {
		k := s.owner[s.base+i-1]
		s.out[k].extend(p)
		s.owner[s.base+i] = k
		s.last = i
		return
	}
	s.last = -1
}

func newStep(p *piece) Step {
	s := Step{Label: p.label, Depth: p.Depth, Span: p.Span}
	s.Text, s.Marked = cutMark(withMarks(p.Text, p.inline))
	s.addInline(p.inline)
	s.takeExpectations()
	return s
}

// extend adds a piece that belongs to the step.
func (s *Step) extend(p *piece) {
	s.Span.End = max(s.Span.End, p.Span.End)
	if s.Text != "" && p.Text != "" {
		s.Text += "\n"
	}
	s.Text += withMarks(p.Text, p.inline)
	s.addInline(p.inline)
	s.takeExpectations()
}

func (s *Step) addInline(code []inlineCode) {
	for _, c := range code {
		if inlineCommand(c.Text) {
			s.Commands = append(s.Commands, c.Command)
		}
	}
}

// addCode adds a block of the step. What a prompt stands before is a command
// and the rest its output; a block without prompts is a command as a whole,
// unless it is text to read.
func (s *Step) addCode(text string, p *piece) {
	s.Span.End = max(s.Span.End, p.Span.End)
	if cmds := prompted(text, p); len(cmds) > 0 {
		s.Commands = append(s.Commands, cmds...)
		return
	}
	if !realLanguage(p.Lang) && len(s.Commands) > 0 && !shellLike("", p.Text) || p.Lang == "output" || strings.EqualFold(p.Lang, "text") || strings.EqualFold(p.Lang, "none") {
		return
	}
	s.Commands = append(s.Commands, Command{Text: p.Text, Lang: p.Lang, Span: p.Span})
}

// prompted returns the commands of a terminal's record: the lines with a
// prompt and those that go on from them.
func prompted(text string, p *piece) []Command {
	if !strings.ContainsAny(p.Text, "$#>") {
		return nil
	}
	root := rootPrompts(p)
	var out []Command
	cursor := p.Span.Start
	open := false // the last line goes on
	joined := false
	for l := range strings.Lines(p.Text) {
		l = strings.TrimRight(l, "\n")
		trimmed := strings.TrimSpace(l)
		at := -1
		if trimmed != "" {
			if k := strings.Index(text[cursor:p.Span.End], trimmed); k >= 0 {
				at = cursor + k
				cursor = at + len(trimmed)
			}
		}
		n := 0
		if at >= 0 && (root || !strings.HasPrefix(trimmed, "# ")) {
			n = prompt(trimmed)
		}
		switch {
		case n > 0:
			sp := Span{at + n, at + len(trimmed)}
			if joined && len(out) > 0 {
				last := &out[len(out)-1]
				last.Text += "\n" + trimmed[n:]
				last.Span.End = sp.End
			} else {
				out = append(out, Command{Text: trimmed[n:], Lang: p.Lang, Span: sp})
			}
			joined = true
		case open && at >= 0 && len(out) > 0:
			last := &out[len(out)-1]
			last.Text += "\n" + l
			last.Span.End = at + len(trimmed)
		default:
			joined = false
		}
		open = (n > 0 || open) && strings.HasSuffix(l, "\\")
	}
	return out
}

// rootPrompts reports that "# " before a command in the block is root's prompt
// and no comment: no command stands there without one.
func rootPrompts(p *piece) bool {
	switch strings.ToLower(p.Lang) {
	case "", "console", "shell-session", "shellsession", "terminal", "text":
	default:
		return false
	}
	for l := range strings.Lines(p.Text) {
		if l = strings.TrimSpace(l); !strings.HasPrefix(l, "#") && commandLine(l) {
			return false
		}
	}
	return true
}

// takeExpectations moves the lines "Expect:" and "If not:" out of the text.
func (s *Step) takeExpectations() {
	if !strings.ContainsAny(s.Text, ":：") {
		return
	}
	var keep []string
	for l := range strings.Lines(s.Text) {
		l = strings.TrimSuffix(l, "\n")
		if v, ok := cutExpect(l); ok && s.Expect == "" {
			s.Expect = v
		} else if v, ok := cutIfNot(l); ok && s.IfNot == "" {
			s.IfNot = v
		} else {
			keep = append(keep, l)
		}
	}
	s.Text = strings.Join(keep, "\n")
}

func cutExpect(l string) (string, bool) {
	return cutLabel(l, "Expect", "Expected", "Expected output", "Expected result", "预期", "预期结果", "预期输出", "期望", "期望结果")
}

func cutIfNot(l string) (string, bool) {
	return cutLabel(l, "If not", "Otherwise", "否则", "若不符", "如果不是", "若不是")
}

// expectation reports a line that says what a step should show.
func expectation(l string) bool {
	if _, ok := cutExpect(l); ok {
		return true
	}
	_, ok := cutIfNot(l)
	return ok
}

// cutLabel cuts "label:" or "label：" from the head of a line.
func cutLabel(l string, labels ...string) (string, bool) {
	for _, label := range labels {
		if len(l) > len(label) && strings.EqualFold(l[:len(label)], label) {
			rest := l[len(label):]
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
	if v, ok := cutLabel(s, "Destructive", "Dangerous", "高危", "危险操作"); ok {
		return v, true
	}
	return s, false
}

// shellLike reports that a block is made to be typed in.
func shellLike(lang, code string) bool {
	switch strings.ToLower(lang) {
	case "bash", "sh", "shell", "console", "shell-session", "shellsession", "zsh", "sql", "mysql", "psql", "redis", "promql", "powershell", "terminal", "cmd", "bat":
		return true
	case "", "text", "txt", "plain":
		for l := range strings.Lines(code) {
			l = strings.TrimSpace(l)
			if l == "" || strings.HasPrefix(l, "#") {
				continue
			}
			return prompt(l) > 0 || commandLine(l)
		}
	}
	return false
}

// instructs reports a sentence that begins with what to do.
func instructs(s string) bool {
	for _, v := range [...]string{"检查", "查看", "确认", "执行", "重启", "登录", "运行", "使用", "修改", "删除", "停止", "启动", "安装", "配置", "清理", "备份", "恢复", "切换", "扩容", "回滚", "打开", "关闭", "验证", "进入", "编辑", "排查", "联系", "观察"} {
		if strings.HasPrefix(s, v) {
			return true
		}
	}
	w, _, _ := strings.Cut(s, " ")
	switch strings.ToLower(strings.TrimRight(w, ",:;")) {
	case "check", "verify", "run", "restart", "look", "inspect", "confirm", "execute", "open", "stop", "start", "delete", "remove", "add", "increase", "decrease", "ensure", "make", "use", "try", "find", "scale",
		"drain", "cordon", "log", "login", "ssh", "connect", "get", "list", "review", "investigate", "identify", "determine", "apply", "edit", "set", "update", "upgrade", "install", "configure", "create", "clean", "clear", "free", "move", "copy", "wait", "test", "contact", "escalate", "roll", "revert", "rollback", "disable", "enable", "reduce", "see", "monitor", "query", "compare", "collect", "kill", "reboot", "force", "fix", "change", "mount", "unmount", "reload":
		return strings.Contains(s, " ")
	}
	return false
}
