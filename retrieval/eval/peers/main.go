package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"syscall"
	"time"
	"unicode"

	"github.com/blevesearch/bleve/v2"
	_ "github.com/blevesearch/bleve/v2/analysis/lang/cjk"
	"github.com/blevesearch/bleve/v2/mapping"
	_ "modernc.org/sqlite"

	"cairn/retrieval"
	"cairn/runbooks"
)

type passage struct{ id, title, heading, text string }

func main() {
	shared := flag.String("shared", "../../../../shared", "the folder of the development sets")
	want := flag.Int("passages", 14000, "how many passages")
	engines := flag.String("engines", "cairn,hybrid,bleve,sqlite", "which engines; hybrid is cairn with the built-in embedder")
	keep := flag.String("keep", "", "leave Cairn's index and the questions in this folder, as index and questions.txt")
	profile := flag.String("cpuprofile", "", "write a CPU profile of all of it to this file")
	flag.Parse()
	if *profile != "" {
		f, err := os.Create(*profile)
		if err != nil {
			log.Fatal(err)
		}
		if err := pprof.StartCPUProfile(f); err != nil {
			log.Fatal(err)
		}
		defer pprof.StopCPUProfile()
	}
	if err := run(*shared, *want, *engines, *keep); err != nil {
		log.Fatal(err)
	}
}

func run(shared string, want int, engines, keep string) error {
	docs, err := corpus(filepath.Join(shared, "eval"), want)
	if err != nil {
		return err
	}
	var passages []passage
	for _, d := range docs {
		for i, p := range runbooks.Passages(d) {
			passages = append(passages, passage{fmt.Sprintf("%s#%d", d.Path, i), d.Title, strings.Join(p.Heading, " "), d.Slice(p.Span)})
		}
	}
	questions, err := questions(filepath.Join(shared, "eval"))
	if err != nil {
		return err
	}
	fmt.Printf("%d documents, %d passages, %d questions, %d CPUs\n", len(docs), len(passages), len(questions), runtime.GOMAXPROCS(0))
	for _, e := range strings.Split(engines, ",") {
		runtime.GC()
		switch e {
		case "cairn":
			err = runCairn(docs, questions, keep)
		case "hybrid":
			err = runHybrid(docs, questions)
		case "bleve":
			err = runBleve(passages, questions)
		case "sqlite":
			err = runSQLite(passages, questions)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", e, err)
		}
	}
	return nil
}

// corpus reads the real documents and makes more until there are enough
// passages.
func corpus(root string, want int) ([]*runbooks.Document, error) {
	var docs []*runbooks.Document
	n := 0
	for _, set := range []string{"k8s-en", "k8s-zh", "prometheus"} {
		dir := filepath.Join(root, set, "docs")
		err := filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || n >= want {
				return err
			}
			raw, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			d, err := runbooks.Parse(set+strings.TrimPrefix(p, dir), raw, nil)
			if err != nil {
				return err
			}
			docs = append(docs, d)
			n += len(runbooks.Passages(d))
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	lines := map[runbooks.Lang][]string{}
	for _, d := range docs {
		for l := range strings.Lines(d.Text[d.Meta.Span.End:]) {
			if t := strings.TrimSpace(l); len(t) > 20 && t[0] != '#' {
				lines[d.Lang] = append(lines[d.Lang], t)
			}
		}
	}
	r := rand.New(rand.NewPCG(3, 5))
	real := len(docs)
	for copyNo := 1; n < want; copyNo++ {
		for _, d := range docs[:real] {
			if n >= want {
				break
			}
			var b strings.Builder
			fmt.Fprintf(&b, "# %s %d\n\n", d.Title, copyNo)
			for i := range d.Sections {
				s := &d.Sections[i]
				if s.Heading != "" && s.Level > 1 {
					fmt.Fprintf(&b, "\n## %s\n\n", s.Heading)
				}
				for k := strings.Count(d.Slice(s.Body), "\n"); k > 0; k-- {
					pool := lines[d.Lang]
					if len(pool) == 0 {
						break
					}
					b.WriteString(pool[r.IntN(len(pool))])
					b.WriteByte('\n')
				}
			}
			nd, err := runbooks.Parse(fmt.Sprintf("copy-%d/%s", copyNo, d.Path), []byte(b.String()), nil)
			if err != nil {
				return nil, err
			}
			docs = append(docs, nd)
			n += len(runbooks.Passages(nd))
		}
	}
	return docs, nil
}

func questions(root string) ([]string, error) {
	var out []string
	for _, f := range []string{
		"k8s-zh/queries-en.jsonl", "k8s-en/queries-zh.jsonl", "k8s-en/queries-titles-zh.jsonl", "k8s-zh/queries-titles-en.jsonl",
		"prometheus/queries.jsonl", "prometheus/queries-zh.jsonl",
	} {
		raw, err := os.ReadFile(filepath.Join(root, f))
		if err != nil {
			return nil, err
		}
		for l := range strings.Lines(string(raw)) {
			var q struct{ Query string }
			if err := json.Unmarshal([]byte(l), &q); err != nil {
				return nil, err
			}
			out = append(out, q.Query)
		}
	}
	return out, nil
}

// measure asks all questions twice and prints the second time's latencies.
func measure(name string, questions []string, ask func(string) (int, error)) error {
	var took []time.Duration
	found := 0
	for round := range 2 {
		took, found = took[:0], 0
		for _, q := range questions {
			start := time.Now()
			n, err := ask(q)
			if err != nil {
				return fmt.Errorf("question %q: %w", q, err)
			}
			took = append(took, time.Since(start))
			found += n
		}
		if round == 0 {
			fmt.Printf("%-8s first round mean %s\n", name, sum(took)/time.Duration(len(took)))
		}
	}
	slices.Sort(took)
	fmt.Printf("%-8s search p50 %v  p90 %v  p99 %v  mean %v  (%d hits)\n", name,
		took[len(took)/2], took[len(took)*9/10], took[len(took)*99/100], sum(took)/time.Duration(len(took)), found)
	return nil
}

func sum(ds []time.Duration) (s time.Duration) {
	for _, d := range ds {
		s += d
	}
	return s
}

// A stopwatch measures wall time and what the program's threads had of the
// processors meanwhile, which other programs disturb less.
type stopwatch struct{ wall, cpu time.Duration }

var begin = time.Now()

func now() stopwatch {
	var r syscall.Rusage
	// It fails for a wrong argument only.
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return stopwatch{time.Since(begin), time.Duration(r.Utime.Nano() + r.Stime.Nano())}
}

// since tells of the time since then.
func (s stopwatch) since() string {
	t := now()
	return fmt.Sprintf("%.2fs (%.2fs of CPU)", (t.wall - s.wall).Seconds(), (t.cpu - s.cpu).Seconds())
}

func heap() float64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / (1 << 20)
}

// build makes an index and writes it to a file, as the other engines do.
func build(docs []*runbooks.Document, opts *retrieval.Options, path string) (*retrieval.Index, int64, error) {
	libs := []retrieval.Library{{Name: "bench", Documents: docs}}
	ix, _, err := retrieval.Build(context.Background(), slog.New(slog.DiscardHandler), libs, nil, opts)
	if err != nil {
		return nil, 0, err
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, 0, err
	}
	size, err := ix.WriteTo(f)
	return ix, size, errors.Join(err, f.Close())
}

func runCairn(docs []*runbooks.Document, questions []string, keep string) error {
	ctx := context.Background()
	before := heap()
	path := filepath.Join(os.TempDir(), fmt.Sprintf("cairn-peers-%d", os.Getpid()))
	if keep != "" {
		path = filepath.Join(keep, "index")
		if err := os.WriteFile(filepath.Join(keep, "questions.txt"), []byte(strings.Join(questions, "\n")+"\n"), 0o644); err != nil {
			return err
		}
	} else {
		defer os.Remove(path)
	}
	watch := now()
	ix, size, err := build(docs, nil, path)
	if err != nil {
		return err
	}
	built := watch.since()
	stats := ix.Stats()
	ix = nil
	runtime.GC()
	start := time.Now()
	ix, err = retrieval.OpenFile(path, nil)
	if err != nil {
		return err
	}
	opened := time.Since(start)
	fmt.Printf("cairn    build %s  open %v  file %d MB  %d terms  %d postings\n", built, opened, size>>20, stats.Terms, stats.Postings)
	err = measure("cairn", questions, func(q string) (int, error) {
		r, err := ix.Search(ctx, retrieval.Query{Text: q})
		if err != nil {
			return 0, err
		}
		return len(r.Hits), nil
	})
	fmt.Printf("cairn    heap grew by %.0f MB with the index open\n", heap()-before)
	limits(ix, questions)
	runtime.KeepAlive(ix)
	return err
}

func runBleve(passages []passage, questions []string) error {
	dir, err := os.MkdirTemp("", "bleve")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	m := mapping.NewIndexMapping()
	m.ScoringModel = "bm25"
	m.DefaultAnalyzer = "cjk"
	watch := now()
	ix, err := bleve.New(filepath.Join(dir, "ix"), m)
	if err != nil {
		return err
	}
	defer ix.Close()
	batch := ix.NewBatch()
	for i, p := range passages {
		if err := batch.Index(p.id, struct{ Body string }{p.title + "\n" + p.heading + "\n" + p.text}); err != nil {
			return err
		}
		if batch.Size() == 1000 || i == len(passages)-1 {
			if err := ix.Batch(batch); err != nil {
				return err
			}
			batch = ix.NewBatch()
		}
	}
	fmt.Printf("bleve    build %s\n", watch.since())
	return measure("bleve", questions, func(q string) (int, error) {
		mq := bleve.NewMatchQuery(q)
		mq.SetField("Body")
		r, err := ix.Search(bleve.NewSearchRequestOptions(mq, 10, 0, false))
		if err != nil {
			return 0, err
		}
		return len(r.Hits), nil
	})
}

func runSQLite(passages []passage, questions []string) error {
	dir, err := os.MkdirTemp("", "fts5")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	db, err := sql.Open("sqlite", filepath.Join(dir, "x.db"))
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	watch := now()
	if _, err := db.Exec(`create virtual table p using fts5(id unindexed, body, tokenize='porter unicode61')`); err != nil {
		return err
	}
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	ins, err := tx.Prepare(`insert into p values (?, ?)`)
	if err != nil {
		return err
	}
	for _, p := range passages {
		if _, err := ins.Exec(p.id, pairs(p.title+"\n"+p.heading+"\n"+p.text)); err != nil {
			return err
		}
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	fmt.Printf("sqlite   build %s\n", watch.since())
	get, err := db.Prepare(`select id, bm25(p) from p where p match ? order by rank limit 10`)
	if err != nil {
		return err
	}
	return measure("sqlite", questions, func(q string) (int, error) {
		var terms []string
		for _, w := range strings.FieldsFunc(pairs(q), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			terms = append(terms, `"`+w+`"`)
		}
		if len(terms) == 0 {
			return 0, nil
		}
		rows, err := get.Query(strings.Join(terms, " OR "))
		if err != nil {
			return 0, err
		}
		defer rows.Close()
		n := 0
		for rows.Next() {
			var id string
			var score float64
			if err := rows.Scan(&id, &score); err != nil {
				return 0, err
			}
			n++
		}
		return n, rows.Err()
	})
}

// pairs writes Han text as pairs of characters, since FTS5 takes a whole run
// for one word.
func pairs(s string) string {
	var b strings.Builder
	var prev rune
	for _, r := range s {
		if unicode.Is(unicode.Han, r) {
			if prev != 0 {
				b.WriteByte(' ')
				b.WriteRune(prev)
				b.WriteRune(r)
				b.WriteByte(' ')
			}
			prev = r
			continue
		}
		prev = 0
		b.WriteRune(r)
	}
	return b.String()
}
