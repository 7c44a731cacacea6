package risk

import (
	"os"
	"strings"
	"testing"
)

type sample struct{ level, lang, command string }

func samples(t testing.TB) []sample {
	t.Helper()
	raw, err := os.ReadFile("testdata/commands.txt")
	if err != nil {
		t.Fatal(err)
	}
	var out []sample
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || strings.HasPrefix(line, "# ") {
			continue
		}
		f := strings.SplitN(line, " ", 3)
		if len(f) != 3 {
			t.Fatalf("line %q has no command", line)
		}
		lang := f[1]
		if lang == "-" {
			lang = ""
		}
		command := f[2]
		if !strings.Contains(command, `\G`) {
			command = strings.ReplaceAll(command, `\n`, "\n")
		}
		out = append(out, sample{f[0], lang, command})
	}
	return out
}

func TestClassify(t *testing.T) {
	t.Parallel()
	all := samples(t)
	if len(all) < 200 {
		t.Errorf("the table has %d commands, want at least 200", len(all))
	}
	for _, s := range all {
		got, why := Classify(s.command, s.lang)
		if string(got) != s.level {
			t.Errorf("%q (%s) is %s because of %q, want %s", s.command, s.lang, got, why, s.level)
		}
		if got == Safe && why != "" || got != Safe && (why.Text("en") == "" || why.Text("zh") == "" || why.Text("en") == why.Text("zh")) {
			t.Errorf("%q is %s with the reason %q", s.command, got, why)
		}
	}
}

// Wrapping a command never makes it milder.
func TestWrappersHideNothing(t *testing.T) {
	t.Parallel()
	for _, s := range samples(t) {
		if s.lang != "" || strings.ContainsAny(s.command, "'\"\n<>#$:&;\\") || s.level == string(Safe) || strings.Contains(s.command, "(") || s.command == strings.ToUpper(s.command) || strings.HasPrefix(s.command, "D") {
			continue
		}
		for _, wrap := range []string{
			"sudo %", "sudo -u root -E %", "nohup % &", "time %", "timeout 5s %", "ssh host '%'", "bash -c '%'", "sh -xc \"%\"", "( % )", "{ %; }", "x | xargs %", "if true; then %; fi",
			"kubectl exec -it p -n n -- sh -c '%'", "docker exec c sh -c '%'", "env A=b %", "echo a && %", "echo a; % | cat", "! %", "for i in 1 2; do %; done", "nice -n 10 ionice -c 3 %", "watch '%'", "x=$(%)", "su - u -c '%'",
		} {
			command := strings.ReplaceAll(wrap, "%", s.command)
			if got, _ := Classify(command, "bash"); rank(got) < rank(Level(s.level)) {
				t.Errorf("%q is %s, but %q alone is %s", command, got, s.command, s.level)
			}
		}
	}
}

func TestRulesAreWellFormed(t *testing.T) {
	t.Parallel()
	for n, line := range strings.Split(rulesText, "\n") {
		f := strings.Fields(line)
		if len(f) == 0 || f[0][0] == '#' {
			continue
		}
		if len(f) < 3 {
			t.Errorf("rules.txt:%d: %q is too short", n+1, line)
			continue
		}
		if l := Level(f[0]); l != Caution && l != Destructive {
			t.Errorf("rules.txt:%d: level %q", n+1, f[0])
		}
		if Reason(f[1]).Text("en") == "" {
			t.Errorf("rules.txt:%d: reason %q", n+1, f[1])
		}
		for _, program := range strings.Split(f[2], "|") {
			if got := programName(program); got != program {
				t.Errorf("rules.txt:%d: program %q is looked up as %q", n+1, program, got)
			}
		}
	}
}

func TestLongInput(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		command string
		least   Level
	}{
		"at the end":      {strings.Repeat("echo a\n", 100_000) + "rm -rf /data", Destructive},
		"beyond":          {strings.Repeat("echo a\n", 200_000) + "rm -rf /data", Caution},
		"nested":          {strings.Repeat("$(", 5000) + "rm -rf /" + strings.Repeat(")", 5000), Caution},
		"wrapped in sudo": {strings.Repeat("sudo ", 3000) + "rm -rf /data", Caution},
		"many options":    {"gcloud " + strings.Repeat("-a b ", 3000) + "delete x", Caution},
		"bash in bash":    {strings.Repeat("eval eval ", 50) + "rm -rf /data", Caution},
	} {
		if got, _ := Classify(tc.command, ""); rank(got) < rank(tc.least) {
			t.Errorf("%s: %s, want at least %s", name, got, tc.least)
		}
	}
}

func FuzzClassify(f *testing.F) {
	for _, s := range samples(f) {
		f.Add(s.command, s.lang)
	}
	f.Fuzz(func(t *testing.T, command, lang string) {
		level, why := Classify(command, lang)
		if rank(level) == 0 && (level != Safe || why != "") || rank(level) > 0 && why.Text("en") == "" {
			t.Errorf("%q (%s) is %q because of %q", command, lang, level, why)
		}
		if again, _ := Classify(command, lang); again != level {
			t.Errorf("%q (%s) is %s, then %s", command, lang, level, again)
		}
	})
}

func BenchmarkClassify(b *testing.B) {
	for b.Loop() {
		Classify("kubectl get pod | grep Evicted | awk '{print $1}' | xargs kubectl delete pod", "bash")
	}
}
