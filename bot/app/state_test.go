package app

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cairn/bot/store/storetest/pgtest"
)

// gaps and tip do not read DATABASE_URL, which may be another program's, and
// say what to set instead; CAIRN_STORE_URL they read.
func TestDatabaseURLIsExplained(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	env := []string{"CAIRN_DATA=" + data, "DATABASE_URL=postgres://nobody@127.0.0.1:1/other"}
	for _, args := range [][]string{{"gaps"}, {"tip", "--dry-run"}} {
		r := cairnWith(t, env, "", args...)
		if r.code != exitDone {
			t.Fatalf("%v: exit %d\n%s", args, r.code, r.err)
		}
		for _, want := range []string{"only `cairn serve` and `cairn data` read it", "CAIRN_STORE_URL", filepath.Join(data, stateFile)} {
			if !strings.Contains(r.err, want) {
				t.Errorf("%v says nothing of %q:\n%s", args, want, r.err)
			}
		}
		if strings.Contains(r.out, "DATABASE_URL") || strings.Contains(r.err, "nobody") {
			t.Errorf("%v: the note is in the result, or shows the address:\n%s%s", args, r.out, r.err)
		}
		if quiet := cairnWith(t, []string{"CAIRN_DATA=" + data}, "", args...); strings.Contains(quiet.err, "DATABASE_URL") {
			t.Errorf("%v without a DATABASE_URL: %s", args, quiet.err)
		}
	}
	url := pgtest.URL(t)
	r := cairnWith(t, append(env, "CAIRN_STORE_URL="+url), "", "gaps")
	if r.code != exitDone || !strings.Contains(r.err, "PostgreSQL") || strings.Contains(r.err, "DATABASE_URL is set") {
		t.Errorf("gaps with CAIRN_STORE_URL: exit %d\n%s", r.code, r.err)
	}
}

// A question without an answer is kept where gaps looks for it: in
// CAIRN_STORE_URL, or the file that holds it, and never in DATABASE_URL. A
// store that is away keeps nobody from asking.
func TestAskKeepsQuestionsInTheStore(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	file := filepath.Join(t.TempDir(), "url")
	if err := os.WriteFile(file, []byte(url+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for i, setting := range []string{"CAIRN_STORE_URL=" + url, "CAIRN_STORE_URL_FILE=" + file} {
		data := t.TempDir()
		env := []string{"CAIRN_DATA=" + data, setting, withPatience}
		question := []string{"how do I bake bread with rye", "how do I knit a woollen scarf"}[i]
		if r := cairnWith(t, env, "", "ask", question); r.code != exitAbstained || r.err != "" {
			t.Errorf("ask with %s: exit %d\n%s", setting, r.code, r.err)
		}
		if r := cairnWith(t, env, "", "gaps"); !strings.Contains(r.out, question) {
			t.Errorf("gaps with %s: exit %d\n%s%s", setting, r.code, r.out, r.err)
		}
		if _, err := os.Stat(filepath.Join(data, stateFile)); err == nil {
			t.Errorf("with %s there is a database in the data directory too", setting)
		}
	}
	data := t.TempDir()
	away := []string{"CAIRN_DATA=" + data, "CAIRN_STORE_URL=postgres://nobody:secret@127.0.0.1:1/other"}
	r := cairnWith(t, away, "", "ask", "how do I bake bread with rye")
	if r.code != exitAbstained || r.out == "" || !strings.Contains(r.err, "question not stored") || strings.Contains(r.err, "secret") {
		t.Errorf("with a store that is away: exit %d, %q\n%s", r.code, r.out, r.err)
	}
	missing := cairnWith(t, []string{"CAIRN_DATA=" + data, "CAIRN_STORE_URL_FILE=" + file + ".none"}, "", "ask", "disk full")
	if missing.code != exitDone {
		t.Errorf("with an address in a file that is not there: exit %d\n%s", missing.code, missing.err)
	}
	if r := cairnWith(t, []string{"CAIRN_DATA=" + data, "DATABASE_URL=" + url}, "", "ask", "how do I tune a violin"); r.code != exitAbstained || r.err != "" {
		t.Errorf("ask with DATABASE_URL: exit %d\n%s", r.code, r.err)
	}
	if r := cairnWith(t, []string{"CAIRN_DATA=" + data}, "", "gaps"); !strings.Contains(r.out, "violin") {
		t.Errorf("with DATABASE_URL the question is not in the data directory:\n%s", r.out)
	}
}

// What is stored can be taken out, put back elsewhere, backed up and deleted,
// for everybody or for one person.
func TestData(t *testing.T) {
	t.Parallel()
	from := t.TempDir()
	at := func(dir string, args ...string) result {
		t.Helper()
		r := cairnWith(t, []string{"CAIRN_DATA=" + dir}, "", args...)
		if r.code != exitDone {
			t.Fatalf("cairn %v: exit %d\n%s", args, r.code, r.err)
		}
		return r
	}
	if r := cairnWith(t, []string{"CAIRN_DATA=" + from}, "", "ask", "how do I bake bread with rye"); r.code != exitAbstained {
		t.Fatalf("ask: exit %d\n%s", r.code, r.err)
	}
	backup := filepath.Join(t.TempDir(), "copy.db")
	at(from, "data", "backup", backup)
	if fi, err := os.Stat(backup); err != nil || fi.Mode().Perm()&0o077 != 0 {
		t.Errorf("the backup: %v, %v, want a file for its owner alone", fi, err)
	}
	file := filepath.Join(t.TempDir(), "export.jsonl")
	at(from, "data", "export", "--out", file)
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if !json.Valid([]byte(line)) {
			t.Errorf("a line of the export is no JSON: %s", line)
		}
	}
	if !strings.Contains(string(b), "rye") {
		t.Fatalf("the export lacks the question:\n%s", b)
	}
	if r := cairnWith(t, []string{"CAIRN_DATA=" + from}, "", "data", "export", "--out", file); r.code == exitDone {
		t.Error("an export overwrote a file")
	}
	to := t.TempDir()
	at(to, "data", "import", file)
	if r := at(to, "gaps"); !strings.Contains(r.out, "rye") {
		t.Errorf("gaps after the import:\n%s", r.out)
	}
	// The same again adds nothing.
	if r := at(to, "data", "import", file); !strings.Contains(r.err, "0 records added") {
		t.Errorf("a second import: %s", r.err)
	}
	// One person's data, on request.
	header, _, _ := strings.Cut(string(b), "\n")
	header += "\n"
	var line string
	for l := range strings.Lines(string(b)) {
		if strings.Contains(l, `"table":"questions"`) {
			line = l
		}
	}
	var record map[string]any
	if err := json.Unmarshal([]byte(line), &record); err != nil {
		t.Fatalf("%v in %s", err, line)
	}
	record["id"], record["adapter"], record["user_id"], record["text"], record["standalone"] = "of-ada", "slack", "U1", "how do I knit a scarf", ""
	ada, err := json.Marshal(record)
	if err != nil {
		t.Fatal(err)
	}
	if r := cairnWith(t, []string{"CAIRN_DATA=" + to}, header+string(ada)+"\n", "data", "import", "-"); r.code != exitDone {
		t.Fatalf("import: exit %d\n%s", r.code, r.err)
	}
	if r := at(to, "data", "export", "--user", "slack:U1"); !strings.Contains(r.out, "scarf") || strings.Contains(r.out, "rye") {
		t.Errorf("the person's export:\n%s", r.out)
	}
	at(to, "data", "purge", "--user", "slack:U1")
	if r := at(to, "gaps"); strings.Contains(r.out, "scarf") || !strings.Contains(r.out, "rye") {
		t.Errorf("gaps after one person was forgotten:\n%s", r.out)
	}
	// The backup is a database of its own.
	restored := t.TempDir()
	copied, err := os.ReadFile(backup)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(restored, stateFile), copied, 0o600); err != nil {
		t.Fatal(err)
	}
	if r := at(restored, "gaps"); !strings.Contains(r.out, "rye") {
		t.Errorf("gaps from the backup:\n%s", r.out)
	}
	for _, args := range [][]string{{"data", "purge", "--user", "nobody"}, {"data", "import", filepath.Join(to, "missing")}} {
		if r := cairnWith(t, []string{"CAIRN_DATA=" + to}, "", args...); r.code != exitUsage {
			t.Errorf("cairn %v: exit %d, want %d\n%s", args, r.code, exitUsage, r.err)
		}
	}
}
