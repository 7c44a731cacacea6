package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"cairn/retrieval/lexical"
	"cairn/runbooks/library"
)

func main() {
	if err := run("ordinary.txt"); err != nil {
		fmt.Fprintln(os.Stderr, "ordinary:", err)
		os.Exit(1)
	}
}

// use is how a word is used.
type use struct {
	documents, all, capital int
}

func run(to string) error {
	uses := map[string]*use{}
	analyzer := lexical.NewAnalyzer(nil)
	err := fs.WalkDir(library.FS, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".md") {
			return err
		}
		raw, err := fs.ReadFile(library.FS, path)
		if err != nil {
			return err
		}
		count(analyzer, string(raw), uses)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the built-in library: %w", err)
	}
	var words []string
	for w, u := range uses {
		if u.documents > 1 && u.capital*10 < u.all*7 {
			words = append(words, w)
		}
	}
	slices.Sort(words)
	return os.WriteFile(to, lines(words), 0o644)
}

func count(a *lexical.Analyzer, text string, uses map[string]*use) {
	var s lexical.Scratch
	seen := map[string]bool{}
	a.Words(&s, text, func(t *lexical.Token) {
		if (t.Kind != lexical.Word || t.Part) && t.Kind != lexical.Bigram {
			return
		}
		w := string(t.Term)
		if strings.ContainsAny(w, "0123456789") {
			return
		}
		u := uses[w]
		if u == nil {
			u = new(use)
			uses[w] = u
		}
		u.all++
		if c := text[t.Start]; c >= 'A' && c <= 'Z' {
			u.capital++
		}
		if !seen[w] {
			seen[w] = true
			u.documents++
		}
	})
}

// lines writes the words that begin alike on one line.
func lines(words []string) []byte {
	byFirst := map[rune][]string{}
	for _, w := range words {
		r, _ := utf8.DecodeRuneInString(w)
		byFirst[r] = append(byFirst[r], w)
	}
	var b bytes.Buffer
	for _, r := range slices.Sorted(maps.Keys(byFirst)) {
		b.WriteString(strings.Join(byFirst[r], " "))
		b.WriteByte('\n')
	}
	return b.Bytes()
}
