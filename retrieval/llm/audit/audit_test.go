package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairn/retrieval/llm"
	"cairn/retrieval/llm/mask"
)

var at = time.Date(2026, 11, 29, 10, 30, 0, 0, time.UTC)

func call() llm.Call {
	return llm.Call{
		Start: at, Took: 1500 * time.Millisecond, Kind: llm.KindChat, Model: "m", Host: "models.example.com", Person: "slack:U1",
		Sent: []byte(`[{"Role":"user","Content":"mysql -pMASKED_PASSWORD_1_abcdefgh, mail MASKED_EMAIL_2_abcdefgh"}]`), Received: []byte("check it"),
		Usage: llm.Usage{Input: 40, Output: 2, Estimated: true}, Cost: 0.25,
	}
}

func lines(t *testing.T, dir string) []Line {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, Folder, "model-*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var out []Line
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for l := range strings.Lines(string(raw)) {
			var line Line
			if err := json.Unmarshal([]byte(l), &line); err != nil {
				t.Fatalf("%s: %v: %s", f, err, l)
			}
			out = append(out, line)
		}
	}
	return out
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func TestLine(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	New(quiet(), dir, nil).Record(call())
	got := lines(t, dir)
	if len(got) != 1 || len(got[0].Person) != 16 || strings.Contains(got[0].Person, "U1") {
		t.Fatalf("lines %+v", got)
	}
	want := Line{
		Time: at, Kind: "chat", Model: "m", Host: "models.example.com", Person: got[0].Person, Outcome: "ok",
		SentSHA256: sum(call().Sent), SentBytes: len(call().Sent), ReceivedSHA256: sum([]byte("check it")), ReceivedBytes: 8,
		InputTokens: 40, OutputTokens: 2, Estimated: true, Cost: 0.25, TookMS: 1500,
		Masks: map[mask.Kind]int{mask.Password: 1, mask.Email: 1},
	}
	if diff := cmp.Diff(want, got[0]); diff != "" {
		t.Errorf("line (-want +got):\n%s", diff)
	}
	if runtime.GOOS != "windows" {
		files, _ := filepath.Glob(filepath.Join(dir, Folder, "*"))
		for _, f := range files {
			if fi, err := os.Stat(f); err != nil || fi.Mode().Perm() != 0o600 {
				t.Errorf("%s has mode %v (%v), want 0600", f, fi.Mode(), err)
			}
		}
	}
	// The same person has the same hash after a restart, another another one,
	// and another installation none of these.
	again := New(quiet(), dir, nil)
	a, _ := again.person("slack:U1")
	b, _ := again.person("slack:U2")
	c, _ := New(quiet(), t.TempDir(), nil).person("slack:U1")
	if a != got[0].Person || b == a || c == a {
		t.Errorf("persons: %s, %s, %s; first %s", a, b, c, got[0].Person)
	}
}

func TestTextAndID(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := New(quiet(), dir, &Options{Text: true, PersonID: true})
	l.Record(call())
	embed := call()
	embed.Kind, embed.Reason, embed.Refused, embed.Sent = llm.KindEmbed, llm.ReasonBudget, true, nil
	l.Record(embed)
	got := lines(t, dir)
	if len(got) != 2 || got[0].Sent != string(call().Sent) || got[0].Received != "check it" || got[0].Person != "slack:U1" {
		t.Errorf("lines %+v", got)
	}
	if got[1].Outcome != "budget_spent" || !got[1].Refused || got[1].Received != "" || got[1].SentSHA256 != "" {
		t.Errorf("refused: %+v", got[1])
	}
}

// The log stays within its bounds and keeps what is newest.
func TestBounds(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := New(quiet(), dir, &Options{MaxSize: 2000, Files: 12})
	for i := range 200 {
		c := call()
		c.Start = at.Add(time.Duration(i) * time.Minute)
		c.Model = fmt.Sprint("m", i)
		l.Record(c)
	}
	files, _ := l.files()
	if len(files) != 12 {
		t.Errorf("%d files, want 12", len(files))
	}
	for _, f := range files {
		if fi, err := os.Stat(f); err != nil || fi.Size() > 2000 {
			t.Errorf("%s: %d bytes, %v", f, fi.Size(), err)
		}
	}
	newest := false
	for _, line := range lines(t, dir) {
		newest = newest || line.Model == "m199"
		if line.Model == "m0" {
			t.Error("the oldest line is still there")
		}
	}
	if !newest {
		t.Error("the newest line is gone")
	}
}

// Several logs on one directory, as several processes have, lose no line and
// mix none.
func TestSeveralWriters(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const writers, each = 4, 50
	var wg sync.WaitGroup
	for range writers {
		l := New(quiet(), dir, &Options{MaxSize: 10_000, Files: 100, Text: true})
		for range 2 {
			wg.Go(func() {
				for range each / 2 {
					l.Record(call())
				}
			})
		}
	}
	wg.Wait()
	got := lines(t, dir)
	if len(got) != writers*each {
		t.Errorf("%d lines, want %d", len(got), writers*each)
	}
	for _, line := range got {
		if line.Person != got[0].Person {
			t.Fatalf("two salts: %s and %s", line.Person, got[0].Person)
		}
	}
	if tokens, cost := New(quiet(), dir, nil).Spent(at.Truncate(time.Hour), ""); tokens != writers*each*42 || cost != writers*each*0.25 {
		t.Errorf("spent %d tokens and %v", tokens, cost)
	}
}

// What cannot be written is told of once and stops nothing.
func TestUnwritable(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	dir := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	l := New(slog.New(slog.NewTextHandler(&out, nil)), dir, nil)
	for range 5 {
		l.Record(call())
	}
	if n := strings.Count(out.String(), "\n"); n != 1 || !strings.Contains(out.String(), "not recorded") {
		t.Errorf("%d lines logged:\n%s", n, out.String())
	}
	if tokens, _ := l.Spent(at, ""); tokens != 0 {
		t.Errorf("%d tokens from nowhere", tokens)
	}
}

// Spent counts this hour alone, one person or all, and passes over what it
// cannot read.
func TestSpent(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := New(quiet(), dir, nil)
	for i, minutes := range []int{-45, -31, -29, 0, 20} {
		c := call()
		c.Start = at.Add(time.Duration(minutes) * time.Minute)
		if i == 3 {
			c.Person = "slack:U2"
		}
		l.Record(c)
	}
	f, err := os.OpenFile(l.file(0), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteString("{\"time\":\"2026-11-29T10:59:59Z\", broken\n\n")
	f.Close()
	hour := at.Truncate(time.Hour)
	fresh := New(quiet(), dir, nil)
	if tokens, cost := fresh.Spent(hour, ""); tokens != 3*42 || cost != 0.75 {
		t.Errorf("all: %d, %v", tokens, cost)
	}
	if tokens, _ := fresh.Spent(hour, "slack:U1"); tokens != 2*42 {
		t.Errorf("one person: %d", tokens)
	}
}
