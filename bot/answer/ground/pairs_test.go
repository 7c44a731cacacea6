package ground

import (
	"flag"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cairn/retrieval/glossary"
)

var (
	parallel   = flag.String("parallel", "", "a file with further lines for -pairs: English, a tab, Chinese")
	writePairs = flag.Bool("pairs", false, "learn which words translate which from the built-in library and write data/pairs.txt")
)

// Bounds on what is kept of the learned translations.
const (
	pairRounds  = 10
	minTogether = 3    // lines in which both words stand
	minPair     = 0.10 // of the two probabilities' geometric mean
)

// TestPairs learns from the lines of the built-in library, which stand in both
// languages in the same order, which word is the other's translation: IBM's
// first model, both ways.
func TestPairs(t *testing.T) {
	if !*writePairs {
		return
	}
	lex := New(glossary.Default()).lexicon()
	var en, zh [][]string
	root := filepath.Join("..", "..", "..", "runbooks", "library")
	err := filepath.WalkDir(filepath.Join(root, "en"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".md" {
			return err
		}
		rel, _ := filepath.Rel(filepath.Join(root, "en"), path)
		a, b := proseLines(t, path), proseLines(t, filepath.Join(root, "zh", rel))
		if len(a) != len(b) {
			return nil
		}
		for i := range a {
			en, zh = append(en, pairWords(lex, a[i])), append(zh, pairWords(lex, b[i]))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d lines", len(en))
	if *parallel != "" {
		data, err := os.ReadFile(*parallel)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(data)) {
			a, b, _ := strings.Cut(strings.TrimSpace(line), "\t")
			en, zh = append(en, pairWords(lex, a)), append(zh, pairWords(lex, b))
		}
		t.Logf("%d lines with those of %s", len(en), *parallel)
	}
	forth, together := ibm(en, zh)
	back, _ := ibm(zh, en)
	type pair struct {
		word string
		p    float64
	}
	found := map[string][]pair{}
	for e, m := range forth {
		for z, p := range m {
			q := math.Sqrt(p * back[z][e])
			if e != z && e != "" && together[[2]string{e, z}] >= minTogether && q >= minPair {
				found[e] = append(found[e], pair{z, q})
			}
		}
	}
	var words []string
	for e := range found {
		words = append(words, e)
	}
	slices.Sort(words)
	var b strings.Builder
	b.WriteString("# Words that translate each other, with how surely, learned from the lines that\n# the built-in library has in both languages and from those of the documentation\n# of Apache APISIX, DolphinScheduler, RocketMQ and SeaTunnel (Apache License 2.0),\n# of which nothing else is kept:\n# go test ./bot/answer/ground -run TestPairs -args -pairs -parallel FILE\n")
	n := 0
	for _, e := range words {
		slices.SortFunc(found[e], func(a, b pair) int {
			if a.p != b.p {
				return int(math.Copysign(1, b.p-a.p))
			}
			return strings.Compare(a.word, b.word)
		})
		var out []string
		for _, p := range found[e] {
			out = append(out, fmt.Sprintf("%s %.2f", p.word, p.p))
			n++
		}
		fmt.Fprintf(&b, "%s = %s\n", e, strings.Join(out, ", "))
	}
	t.Logf("%d words, %d pairs", len(words), n)
	if err := os.WriteFile(filepath.Join("data", "pairs.txt"), []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// proseLines are the lines of a document without code blocks.
func proseLines(t *testing.T, path string) []string {
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	code := false
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "```"):
			code = !code
		case code, line == "":
		case strings.HasPrefix(line, "#"):
			out = append(out, strings.TrimLeft(line, "# "))
		default:
			out = append(out, line)
		}
	}
	return out
}

// pairWords are the words of a line; characters that no word has are joined.
func pairWords(lex *lexicon, line string) []string {
	var out []string
	add := func(w string) {
		if !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	toks := lex.scan(fold(line, maxSentence), false)
	for i := 0; i < len(toks); i++ {
		t := &toks[i]
		switch {
		case t.kind == kindWord:
			if t.marks()&markNone == 0 {
				add(t.text)
			}
		case t.kind == kindHan && t.form == nil:
			j := i
			w := ""
			for j < len(toks) && toks[j].kind == kindHan && toks[j].form == nil && (j == i || toks[j].start == toks[j-1].end) {
				w += toks[j].text
				j++
			}
			if n := len(w) / 3; n <= 3 {
				add(w)
			}
			i = j - 1
		case t.kind == kindHan && t.marks()&markNone == 0:
			add(t.text)
		}
	}
	return out
}

// ibm learns the probabilities of the words of b given one of a.
func ibm(a, b [][]string) (map[string]map[string]float64, map[[2]string]int) {
	p := map[string]map[string]float64{}
	together := map[[2]string]int{}
	for i := range a {
		for _, x := range append([]string{""}, a[i]...) {
			if p[x] == nil {
				p[x] = map[string]float64{}
			}
			for _, y := range b[i] {
				p[x][y] = 1
				together[[2]string{x, y}]++
			}
		}
	}
	for round := range pairRounds {
		count := map[string]map[string]float64{}
		for i := range a {
			from := append([]string{""}, a[i]...)
			for _, y := range b[i] {
				sum := 0.
				for _, x := range from {
					sum += p[x][y]
				}
				for _, x := range from {
					if count[x] == nil {
						count[x] = map[string]float64{}
					}
					count[x][y] += p[x][y] / sum
				}
			}
		}
		for x, m := range count {
			total := 0.
			for _, v := range m {
				total += v
			}
			for y, v := range m {
				m[y] = v / total
				if round > 2 && m[y] < 1e-4 {
					delete(m, y)
				}
			}
			p[x] = m
		}
	}
	return p, together
}
