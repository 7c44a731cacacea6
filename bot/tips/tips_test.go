package tips

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"cairn/adapters"
	"cairn/bot/store"
	"cairn/bot/store/sqlite"
	"cairn/runbooks"
	"cairn/runbooks/library"
)

var update = flag.Bool("update", false, "rewrite the goldens")

func parse(t testing.TB, path, text string) *runbooks.Document {
	t.Helper()
	d, err := runbooks.Parse(path, []byte(text), nil)
	if err != nil {
		t.Fatalf("parse %s: %v", path, err)
	}
	return d
}

func builtin(t testing.TB) Library {
	t.Helper()
	l := Library{Name: "builtin"}
	err := fs.WalkDir(library.FS, ".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".md" {
			return err
		}
		b, err := library.FS.ReadFile(path)
		if err == nil {
			l.Documents = append(l.Documents, parse(t, path, string(b)))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestGenerateGolden(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("goldens: %v, %v", files, err)
	}
	for _, file := range files {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lib, want := Library{Name: "lib"}, ""
		var in []txtar.File
		for _, f := range ar.Files {
			if f.Name == "want" {
				want = string(f.Data)
				continue
			}
			in = append(in, f)
			lib.Documents = append(lib.Documents, parse(t, f.Name, string(f.Data)))
		}
		var b strings.Builder
		for _, tip := range Generate([]Library{lib}) {
			fmt.Fprintf(&b, "%s %s:%d-%d %s\n  %s\n", tip.Kind, tip.Document, tip.StartLine, tip.EndLine, tip.topic(), tip.Text)
			for _, c := range tip.Commands {
				fmt.Fprintf(&b, "  $ %s\n", c)
			}
		}
		if *update {
			ar.Files = append(in, txtar.File{Name: "want", Data: []byte(b.String())})
			if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if diff := cmp.Diff(want, b.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}
}

func FuzzGenerate(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.txtar")
	for _, file := range files {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(ar.Files[0].Data))
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := runbooks.Parse("a.md", []byte(text), nil)
		if err != nil {
			return
		}
		for _, tip := range Generate([]Library{{Name: "l", Documents: []*runbooks.Document{d}}}) {
			if why := faults(tip, d); len(why) > 0 {
				t.Errorf("%q: %q", tip.Text, why)
			}
		}
	})
}

func somePool(n int) []Tip {
	var pool []Tip
	for i := range n {
		pool = append(pool, Tip{ID: fmt.Sprint("t", i), Kind: KindConcept, Lang: []string{"en", "zh"}[i%2], Library: "lib",
			Document: fmt.Sprint("d", i/4), Topics: []string{"lib", []string{"kafka", "mysql"}[i/2%2]}})
	}
	return pool
}

// No tip comes again until all that fit have been shown, and then not twice in
// a row, whatever the weights.
func TestNoRepeats(t *testing.T) {
	t.Parallel()
	pool := somePool(20)
	asked := map[Ref]int{{"lib", "d1"}: 30}
	var shown []store.ShownTip
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	latest := map[string]int{}
	prev := ""
	for day := range 50 {
		tip, round, ok := Pick(pool, Choice{Lang: "en", Shown: shown, Asked: asked, Rand: rand.New(rand.NewPCG(uint64(day), 7))})
		if !ok {
			t.Fatal("nothing fits")
		}
		if want := day / 10; round != want {
			t.Fatalf("day %d is round %d, want %d", day, round, want)
		}
		if at, was := latest[tip.ID]; was && at == round {
			t.Errorf("day %d repeats %s within round %d", day, tip.ID, round)
		}
		if tip.ID == prev {
			t.Errorf("day %d shows %s twice in a row", day, tip.ID)
		}
		prev, latest[tip.ID] = tip.ID, round
		for i := range shown {
			if shown[i].ID == tip.ID {
				shown = append(shown[:i], shown[i+1:]...)
				break
			}
		}
		shown = append(shown, store.ShownTip{ID: tip.ID, Round: round, At: now.AddDate(0, 0, day)})
	}
	// A tip that is new comes before the round is over, and only once.
	pool = append(pool, Tip{ID: "new", Kind: KindConcept, Lang: "en", Library: "lib", Document: "new"})
	tip, round, _ := Pick(pool, Choice{Lang: "en", Shown: shown, Rand: rand.New(rand.NewPCG(1, 1))})
	if tip.ID != "new" || round != 4 {
		t.Errorf("after a full round the tip is %s in round %d, want the new one in round 4", tip.ID, round)
	}
}

func TestFilters(t *testing.T) {
	t.Parallel()
	pool := somePool(20)
	for seed := range 50 {
		r := rand.New(rand.NewPCG(uint64(seed), 1))
		if tip, _, ok := Pick(pool, Choice{Lang: "zh", Topics: []string{"Kafka", "x"}, Rand: r}); !ok || tip.Lang != "zh" || tip.Topics[1] != "kafka" {
			t.Fatalf("got %+v, %v", tip, ok)
		}
	}
	if _, _, ok := Pick(pool, Choice{Topics: []string{"nothing"}, Rand: rand.New(rand.NewPCG(1, 1))}); ok {
		t.Error("a topic without tips gave one")
	}
}

func TestWeights(t *testing.T) {
	t.Parallel()
	pool := somePool(40)
	share := func(c Choice) float64 {
		n := 0
		for seed := range 2000 {
			c.Rand = rand.New(rand.NewPCG(uint64(seed), 3))
			if tip, _, _ := Pick(pool, c); tip.Document == "d3" {
				n++
			}
		}
		return float64(n) / 2000
	}
	plain := share(Choice{})
	d3 := Ref{"lib", "d3"}
	if got := share(Choice{Asked: map[Ref]int{d3: 4}}); got < 2*plain {
		t.Errorf("an asked document comes %.2f of the time, without questions %.2f", got, plain)
	}
	if got := share(Choice{Changed: map[Ref]bool{d3: true}}); got < 2*plain {
		t.Errorf("a changed document comes %.2f of the time, unchanged %.2f", got, plain)
	}
	if got := share(Choice{Shown: []store.ShownTip{{ID: "t12", At: time.Unix(1, 0)}}}); got > plain/2 {
		t.Errorf("the document of the last tip comes %.2f of the time, else %.2f", got, plain)
	}
}

func newService(t *testing.T, now *time.Time, libs func(adapters.Viewer) []Library) (*Service, *sqlite.Store) {
	t.Helper()
	st, err := sqlite.Open(t.Context(), slog.New(slog.DiscardHandler), filepath.Join(t.TempDir(), "s.db"), &sqlite.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	s, err := New(slog.New(slog.DiscardHandler), st, libs, &Options{Now: func() time.Time { return *now }})
	if err != nil {
		t.Fatal(err)
	}
	return s, st
}

func TestService(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	lib := builtin(t)
	lib.Documents = slices.DeleteFunc(slices.Clone(lib.Documents), func(d *runbooks.Document) bool {
		return len(d.Meta.Alerts) == 0 || !strings.Contains(d.Path, "/linux/") // chance is to meet each
	})
	s, st := newService(t, &now, func(v adapters.Viewer) []Library {
		if v.Channel == "empty" {
			return nil
		}
		return []Library{lib}
	})
	seen := map[string]bool{}
	for range 30 {
		tip, m, chosen, err := s.Next(ctx, Request{Stream: "daily", Lang: "zh"})
		if err != nil {
			t.Fatal(err)
		}
		// Not yet chosen: the same again.
		if again, _, _, _ := s.Next(ctx, Request{Stream: "daily", Lang: "zh"}); again.ID != tip.ID {
			t.Errorf("asked twice for the next tip: %s and %s", tip.ID, again.ID)
		}
		if seen[tip.ID] || m.Lang != "zh" || len(m.Warnings) > 0 {
			t.Errorf("tip %s: seen %v, language %s, warnings %v", tip.ID, seen[tip.ID], m.Lang, m.Warnings)
		}
		seen[tip.ID] = true
		if err := chosen(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, _, err := s.Next(ctx, Request{Stream: "daily", Viewer: adapters.Viewer{Channel: "empty"}}); !errors.Is(err, ErrNone) {
		t.Errorf("no libraries: %v, want ErrNone", err)
	}
	// A document that changes is announced.
	d := lib.Documents[0]
	lib.Documents[0] = parse(t, d.Path, d.Text+"\n")
	now = now.Add(24 * time.Hour)
	if _, err := s.changed(ctx, s.pool([]Library{lib}), now); err != nil {
		t.Fatal(err)
	}
	announced := false
	for i := range 200 {
		tip, m, _, err := s.Next(ctx, Request{Stream: fmt.Sprint("x", i), Lang: string(d.Lang)})
		if err != nil {
			t.Fatal(err)
		}
		if changed := len(m.Warnings) == 1; changed != (tip.Document == d.Path) {
			t.Errorf("tip of %s has warnings %v", tip.Document, m.Warnings)
		}
		announced = announced || len(m.Warnings) == 1
	}
	if !announced {
		t.Error("the changed document never came")
	}
	// What was asked about this week weighs more.
	other := lib.Documents[4]
	count := func() (n int) {
		for i := range 400 {
			if tip, _, _, _ := s.Next(ctx, Request{Stream: fmt.Sprint("y", i), Lang: string(other.Lang)}); tip.Document == other.Path {
				n++
			}
		}
		return n
	}
	plain := count()
	for i := range 20 {
		if err := st.SaveQuestion(ctx, store.Question{ID: fmt.Sprint("q", i), Library: "builtin", Document: other.Path, At: now}); err != nil {
			t.Fatal(err)
		}
	}
	if got := count(); got < 2*plain+4 {
		t.Errorf("the document asked about came %d times in 400, without questions %d", got, plain)
	}
}

func TestToday(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	lib := builtin(t)
	s, _ := newService(t, &now, func(adapters.Viewer) []Library { return []Library{lib} })
	days := map[string]bool{}
	for range 10 {
		morning, _, err := s.Today(t.Context(), "en", adapters.Viewer{})
		if err != nil {
			t.Fatal(err)
		}
		now = now.Add(23 * time.Hour)
		if evening, _, _ := s.Today(t.Context(), "en", adapters.Viewer{}); evening.ID != morning.ID {
			t.Errorf("the day's tip changed from %s to %s", morning.ID, evening.ID)
		}
		now = now.Add(time.Hour)
		days[morning.ID] = true
	}
	if len(days) < 8 {
		t.Errorf("ten days had %d different tips", len(days))
	}
}

func TestCommand(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	lib := builtin(t)
	s, _ := newService(t, &now, func(adapters.Viewer) []Library { return []Library{lib} })
	ev := adapters.Event{Adapter: "slack", Channel: "C1", User: adapters.User{ID: "U1"}, Text: "now kafka"}
	m, err := s.Run(t.Context(), ev, "en")
	if err != nil || !strings.Contains(m.Citations[0].Label, "kafka") || len(m.Buttons) != 2 {
		t.Errorf("tip now kafka: %+v, %v", m, err)
	}
	ev.Text = "now `@channel`"
	if m, err = s.Run(t.Context(), ev, "zh"); err != nil || strings.Contains(m.Text, "`") || len(m.Citations) != 0 {
		t.Errorf("a topic without tips: %+v, %v", m, err)
	}
	for arg, want := range map[string]bool{"": true, "now": true, "now kafka": true, "over the edge": false} {
		if s.Takes(arg) != want {
			t.Errorf("tip takes %q: %v, want %v", arg, !want, want)
		}
	}
}
