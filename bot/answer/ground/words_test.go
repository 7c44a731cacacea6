package ground

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// A wordGroup is a concept of data/words.txt, or an opposite: then the sides
// are the two that exclude each other, else English and Chinese.
type wordGroup struct {
	line     int
	opposite bool
	sides    [2][]string
}

var (
	wordSection = regexp.MustCompile(`^\[[a-z]+( [a-z]+)*\]$`)
	englishForm = regexp.MustCompile(`^[a-z0-9][a-z0-9'./+-]*( [a-z0-9'./+-]+){0,5}$`)
	chineseForm = regexp.MustCompile(`^\p{Han}{1,8}$`)
)

// readWordGroups reads the form of words.txt and says what offends against it.
func readWordGroups(data string) (groups []wordGroup, faults []string) {
	if !utf8.ValidString(data) {
		return nil, []string{"not UTF-8"}
	}
	section, whole := "", map[string]int{}
	for i, line := range strings.Split(strings.TrimSuffix(data, "\n"), "\n") {
		fault := func(format string, args ...any) {
			faults = append(faults, fmt.Sprintf("line %d: ", i+1)+fmt.Sprintf(format, args...))
		}
		switch {
		case line == "" || line[0] == '#':
			continue
		case line[0] == '[':
			if !wordSection.MatchString(line) {
				fault("section %q", line)
			}
			section = line
			continue
		case section == "":
			fault("stands before the first section")
		}
		if first, ok := whole[line]; ok {
			fault("stands at line %d too", first)
		}
		whole[line] = i + 1
		g := wordGroup{line: i + 1}
		var ok bool
		if g.sides, g.opposite, ok = wordSides(line); !ok {
			fault("got %q, want en: … | zh: … or opposite: … <> …", line)
			continue
		}
		if g.opposite != (section == "[opposites]") {
			fault("stands in section %s", section)
		}
		once, n := map[string]bool{}, 0
		for side, forms := range g.sides {
			for _, f := range forms {
				n++
				english := side == 0
				if g.opposite {
					english = englishForm.MatchString(g.sides[0][0])
				}
				switch {
				case once[f]:
					fault("%q stands twice", f)
				case english && !englishForm.MatchString(f):
					fault("%q is not an English form", f)
				case !english && !chineseForm.MatchString(f):
					fault("%q is not a Chinese form", f)
				}
				once[f] = true
			}
		}
		if n < 2 {
			fault("has one form only")
		}
		groups = append(groups, g)
	}
	return groups, append(faults, opposedInOne(groups)...)
}

// opposedInOne finds the concepts that hold forms of both sides of an opposite.
func opposedInOne(groups []wordGroup) (faults []string) {
	in := map[string]map[int]bool{} // the lines of the concepts of a form
	for _, g := range groups {
		for _, f := range slices.Concat(g.sides[0], g.sides[1]) {
			if in[f] == nil {
				in[f] = map[int]bool{}
			}
			in[f][g.line] = !g.opposite
		}
	}
	for _, g := range groups {
		if !g.opposite {
			continue
		}
		for _, a := range g.sides[0] {
			for _, b := range g.sides[1] {
				for line, concept := range in[a] {
					if concept && in[b][line] {
						faults = append(faults, fmt.Sprintf("line %d: %q and %q are opposites at line %d", line, a, b, g.line))
					}
				}
			}
		}
	}
	return faults
}

// wordSides cuts a line at its marks.
func wordSides(line string) (sides [2][]string, opposite, ok bool) {
	forms := func(s string) []string { return strings.Split(s, ", ") }
	if rest, found := strings.CutPrefix(line, "opposite: "); found {
		a, b, ok := strings.Cut(rest, " <> ")
		return [2][]string{forms(a), forms(b)}, true, ok
	}
	en, zh, both := strings.Cut(line, " | ")
	if !both && strings.HasPrefix(line, "zh: ") {
		en, zh = "", line
	}
	en, okEN := strings.CutPrefix(en, "en: ")
	zh, okZH := strings.CutPrefix(zh, "zh: ")
	if okEN {
		sides[0] = forms(en)
	}
	if okZH {
		sides[1] = forms(zh)
	}
	return sides, false, okEN && (okZH || !both) || okZH && !both
}

func TestWords(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("data/words.txt")
	if err != nil {
		t.Fatal(err)
	}
	groups, faults := readWordGroups(string(data))
	for _, f := range faults {
		t.Error("words.txt " + f)
	}
	concepts := 0
	for _, g := range groups {
		if !g.opposite {
			concepts++
		}
	}
	if concepts < 3500 {
		t.Errorf("got %d concepts, want 3500 or more", concepts)
	}
}

func TestWordsForm(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, data, fault string }{
		{"both sides", "[words]\nen: check, look at | zh: 检查, 查看\n", ""},
		{"one side", "[words]\nen: check, look at\nzh: 检查, 查看\n", ""},
		{"opposite", "[words]\nen: start, launch\n[opposites]\nopposite: start <> stop\nopposite: 启动 <> 停止\n", ""},
		{"twice in a line", "[words]\nen: check, check | zh: 检查\n", `"check" stands twice`},
		{"line twice", "[words]\nen: a, b\nen: a, b\n", "stands at line 2 too"},
		{"empty part", "[words]\nen: check,  | zh: 检查\n", "is not an English form"},
		{"empty side", "[words]\nen: check, see | zh: \n", "is not a Chinese form"},
		{"one form", "[words]\nen: check\n", "one form only"},
		{"wrong side", "[words]\nen: 检查 | zh: 查看\n", "not an English form"},
		{"mixed opposite", "[opposites]\nopposite: start <> 停止\n", "not an English form"},
		{"no mark", "[words]\ncheck, see\n", "want en"},
		{"section", "[Words]\nen: check, see\n", "section"},
		{"no section", "en: check, see\n", "before the first section"},
		{"opposite elsewhere", "[words]\nopposite: start <> stop\n", "stands in section"},
		{"opposites grouped", "[words]\nen: start, stop\n[opposites]\nopposite: start <> stop\n", "are opposites at line 4"},
		{"opposite of itself", "[opposites]\nopposite: start <> start\n", "stands twice"},
		{"not UTF-8", "[words]\nen: a, \xff\n", "not UTF-8"},
	} {
		_, faults := readWordGroups(test.data)
		got := strings.Join(faults, "\n")
		if test.fault == "" && got != "" || test.fault != "" && !strings.Contains(got, test.fault) {
			t.Errorf("%s: got faults %q, want %q", test.name, got, test.fault)
		}
	}
}
