package runbooks

import (
	"bytes"
	"encoding/binary"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "rewrite the wanted output in testdata")

// outline prints all that a document was parsed to.
func outline(d *Document) string {
	var sb strings.Builder
	kinds := [...]string{"paragraph", "item", "code", "table", "quote", "link", "raw"}
	passages := [...]string{"prose", "steps", "links", "boilerplate"}
	fmt.Fprintf(&sb, "title %q lang %q encoding %s\n", d.Title, d.Lang, d.Encoding)
	if d.Meta.Span.Len() > 0 || d.Meta.Err != nil {
		fmt.Fprintf(&sb, "meta service %q tags %q questions %q err %v\n", d.Meta.Service, d.Meta.Tags, d.Meta.Questions, d.Meta.Err)
	}
	ps := Passages(d)
	for i := range d.Sections {
		s := &d.Sections[i]
		from, to := d.Lines(s.Span)
		note := ""
		if s.Boilerplate {
			note = " boilerplate"
		}
		fmt.Fprintf(&sb, "section %d %q lines %d-%d path %q%s\n", s.Level, s.Heading, from, to, s.Path, note)
		for _, b := range s.Blocks {
			from, to := d.Lines(b.Span)
			fmt.Fprintf(&sb, "  %s %d-%d", kinds[b.Kind], from, to)
			if b.Depth > 0 {
				fmt.Fprintf(&sb, " depth %d", b.Depth)
			}
			if b.Lang != "" {
				fmt.Fprintf(&sb, " lang %s", b.Lang)
			}
			if b.URL != "" {
				fmt.Fprintf(&sb, " url %s", b.URL)
			}
			fmt.Fprintf(&sb, " %q\n", b.Text)
		}
		for _, st := range s.Steps {
			from, to := d.Lines(st.Span)
			fmt.Fprintf(&sb, "  step %q %d-%d %q", st.Label, from, to, st.Text)
			for _, c := range st.Commands {
				fmt.Fprintf(&sb, " command %q", c.Text)
			}
			if st.Expect != "" {
				fmt.Fprintf(&sb, " expect %q", st.Expect)
			}
			if st.IfNot != "" {
				fmt.Fprintf(&sb, " if not %q", st.IfNot)
			}
			if st.Marked {
				sb.WriteString(" destructive")
			}
			sb.WriteByte('\n')
		}
		for _, p := range ps {
			if p.Section == i {
				fmt.Fprintf(&sb, "  passage %d-%d %s steps %d-%d\n", p.StartLine, p.EndLine, passages[p.Kind], p.FirstStep, p.LastStep)
			}
		}
	}
	return sb.String()
}

func archives(t *testing.T, f func(t *testing.T, name string, a *txtar.Archive, part map[string]string)) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("testdata", "*.txtar"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no archives in testdata: %v", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			t.Parallel()
			a, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			part := map[string]string{}
			for _, file := range a.Files {
				part[file.Name] = string(file.Data)
			}
			f(t, name, a, part)
		})
	}
}

func TestGolden(t *testing.T) {
	t.Parallel()
	archives(t, func(t *testing.T, name string, a *txtar.Archive, part map[string]string) {
		d, err := Parse("notes/page.txt", []byte(part["in"]), nil)
		if err != nil {
			t.Fatal(err)
		}
		check(t, d)
		checkFolds(t, d)
		got := outline(d)
		if *update {
			for i := range a.Files {
				if a.Files[i].Name == "want" {
					a.Files[i].Data = []byte(got)
				}
			}
			if err := os.WriteFile(name, txtar.Format(a), 0o644); err != nil {
				t.Fatal(err)
			}
			return
		}
		if diff := cmp.Diff(part["want"], got); diff != "" {
			t.Errorf("%s(-want +got):\n%s", a.Comment, diff)
		}
	})
}

// expected reports what of the expectations the document lacks. A line names a
// section, and the lines below it what must stand in that section.
func expected(d *Document, lines string) []string {
	var missing []string
	var in []*Section
	for l := range strings.Lines(lines) {
		l = strings.TrimSpace(l)
		key, want, ok := strings.Cut(l, ": ")
		if !ok {
			continue
		}
		found := false
		if key == "section" {
			in = nil
			for i := range d.Sections {
				if d.Sections[i].Heading == want && !d.Sections[i].Boilerplate {
					in = append(in, &d.Sections[i])
				}
			}
			if len(in) == 0 {
				missing = append(missing, l)
			}
			continue
		}
		look := in
		if in == nil || key == "menu" {
			look = nil
			for i := range d.Sections {
				look = append(look, &d.Sections[i])
			}
		}
		for _, s := range look {
			switch key {
			case "step", "command":
				for _, st := range s.Steps {
					found = found || key == "step" && st.Text == want
					for _, c := range st.Commands {
						found = found || key == "command" && strings.HasPrefix(c.Text, want)
					}
				}
			default:
				for _, b := range s.Blocks {
					switch key {
					case "link":
						found = found || b.Kind == Link && b.Text == want
					case "item":
						found = found || b.Kind == ListItem && b.Text == want
					case "code":
						found = found || b.Kind == Code && strings.Contains(b.Text, want)
					case "text":
						found = found || strings.Contains(b.Text, want)
					case "menu":
						found = found || s.Boilerplate && b.Text == want
					}
				}
			}
		}
		if !found {
			missing = append(missing, l)
		}
	}
	return missing
}

func utf16Bytes(s string, order binary.AppendByteOrder, bom bool) []byte {
	var out []byte
	if bom {
		out = order.AppendUint16(out, 0xFEFF)
	}
	for _, u := range utf16.Encode([]rune(s)) {
		out = order.AppendUint16(out, u)
	}
	return out
}

// What a document says must be found whatever its bytes look like: in another
// encoding, with other line ends, other markers, other spacing.
// rewrap breaks the lines of a dump with hard-wrapped lines anew, at three
// quarters of their width: lines that were full are joined with what follows.
// Texts that are not such dumps stay as they are.
func rewrap(in string) string {
	lines := strings.Split(in, "\n")
	width, full := 0, 0
	for _, l := range lines {
		width = max(width, utf8.RuneCountInString(l))
	}
	isFull := func(l string) bool { return utf8.RuneCountInString(l) >= width*8/10 }
	for _, l := range lines {
		if isFull(l) {
			full++
		}
	}
	if width < 20 || width > 120 || full < 4 || strings.ContainsAny(in, "#`<|") {
		return in
	}
	var out []string
	open := false // the paragraph goes on
	for i, l := range lines {
		if l == "" && open && i+1 < len(lines) {
			continue // a double-spaced dump
		}
		if open && !strings.ContainsAny(l[:min(len(l), 1)], "0123456789-(") && !strings.HasPrefix(l, "（") && !strings.HasPrefix(l, "第") && !strings.HasPrefix(l, "①") {
			if last := out[len(out)-1]; last[len(last)-1] < utf8.RuneSelf && last[len(last)-1] != '-' {
				l = " " + l
			}
			out[len(out)-1] += l
		} else {
			out = append(out, l)
		}
		open = isFull(l)
	}
	narrow, end := width*3/4, "\n"
	if strings.Count(in, "\n\n") > len(lines)/3 {
		end = "\n\n"
	}
	var b strings.Builder
	for _, l := range out {
		r := []rune(l)
		for len(r) > narrow {
			cut := narrow
			for i := narrow; i > narrow-15; i-- {
				if r[i] == ' ' { // Latin words stay whole
					cut = i
					break
				}
			}
			b.WriteString(string(r[:cut]) + end)
			if r = r[cut:]; r[0] == ' ' {
				r = r[1:]
			}
		}
		b.WriteString(string(r) + "\n")
	}
	return b.String()
}

func TestMutations(t *testing.T) {
	t.Parallel()
	lines := func(s string, f func(l string) string) string {
		var sb strings.Builder
		fence := false
		for l := range strings.Lines(s) {
			if strings.HasPrefix(strings.TrimSpace(l), "```") && !strings.Contains(strings.TrimSpace(l)[3:], "```") {
				fence = !fence
			}
			if fence {
				sb.WriteString(l)
			} else {
				sb.WriteString(f(l))
			}
		}
		return sb.String()
	}
	mutations := []struct {
		name string
		f    func(in string) []byte
	}{
		{"none", func(in string) []byte { return []byte(in) }},
		{"byte order mark", func(in string) []byte { return []byte("\ufeff" + in) }},
		{"crlf", func(in string) []byte { return []byte(strings.ReplaceAll(in, "\n", "\r\n")) }},
		{"cr", func(in string) []byte { return []byte(strings.ReplaceAll(in, "\n", "\r")) }},
		{"utf-16le with mark", func(in string) []byte { return utf16Bytes(in, binary.LittleEndian, true) }},
		{"utf-16be with mark", func(in string) []byte { return utf16Bytes(in, binary.BigEndian, true) }},
		{"utf-16le", func(in string) []byte { return utf16Bytes(in, binary.LittleEndian, false) }},
		{"utf-16be", func(in string) []byte { return utf16Bytes(in, binary.BigEndian, false) }},
		{"gb18030", func(in string) []byte {
			out, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(in))
			if err != nil || bytes.Equal(out, []byte(in)) {
				return []byte(in)
			}
			return out
		}},
		{"trailing white space", func(in string) []byte {
			return []byte(lines(in, func(l string) string { return strings.TrimSuffix(l, "\n") + " \n" }))
		}},
		{"stars for dashes", func(in string) []byte {
			return []byte(lines(in, func(l string) string {
				if v, ok := strings.CutPrefix(l, "- "); ok {
					return "* " + v
				}
				return l
			}))
		}},
		{"brackets for points", func(in string) []byte {
			return []byte(lines(in, func(l string) string {
				if m := parseMark(l); m.style == dot && !strings.Contains(l, "### ") {
					return fmt.Sprintf("%d) %s", m.n, l[m.size:])
				}
				return l
			}))
		}},
		{"full-width brackets for pauses", func(in string) []byte {
			return []byte(lines(in, func(l string) string {
				if m := parseMark(l); m.style == pause || m.style == inParens {
					return fmt.Sprintf("（%d）%s", m.n, l[m.size:])
				}
				return l
			}))
		}},
		{"a page before it", func(in string) []byte {
			if strings.HasPrefix(in, "---") || strings.HasPrefix(in, "<") || !strings.HasPrefix(in, "#") {
				return []byte(in)
			}
			return []byte("# Something else\n\nA paragraph of another page.\n\n" + in)
		}},
		{"wrapped at another width", func(in string) []byte { return []byte(rewrap(in)) }},
		{"cut in the middle of a character", func(in string) []byte {
			return append([]byte(in), "\n\n结束"[:6]...)
		}},
	}
	archives(t, func(t *testing.T, _ string, _ *txtar.Archive, part map[string]string) {
		for _, m := range mutations {
			d, err := Parse("x.txt", m.f(part["in"]), nil)
			if err != nil {
				t.Errorf("%s: %v", m.name, err)
				continue
			}
			check(t, d)
			checkFolds(t, d)
			for _, l := range expected(d, part["expect"]) {
				t.Errorf("%s: lacks %s", m.name, l)
			}
		}
	})
}
