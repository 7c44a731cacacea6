package app

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"cairn/retrieval"
)

// maxQueryLine bounds a line of a query file.
const maxQueryLine = 1 << 20

// A searchResult is one line of `cairn search --queries` and the object of
// `cairn search --json`.
type searchResult struct {
	ID         string      `json:"id,omitempty"`
	Query      string      `json:"query,omitempty"`
	Confidence float64     `json:"confidence"`
	Coverage   float64     `json:"coverage"`
	Verdict    string      `json:"verdict"`
	Abstained  bool        `json:"abstained"`
	TookUS     int64       `json:"took_us"`
	Results    []searchHit `json:"results"`
}

type searchHit struct {
	Library   string  `json:"library"`
	Document  string  `json:"document"`
	StartLine int     `json:"start_line"`
	EndLine   int     `json:"end_line"`
	Text      string  `json:"text"`
	Score     float64 `json:"score"`
	Parts     []part  `json:"parts,omitempty"`
}

type part struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Note  string  `json:"note,omitempty"`
}

func newSearch() *cobra.Command {
	var (
		f             common
		queries, out  string
		k             int
		explain, asJS bool
	)
	cmd := &cobra.Command{
		Use:   `search [--queries FILE --out RUN | "query"]`,
		Short: "Show the passages that a query finds, with their scores",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if (queries == "") == (len(args) == 0) {
				return usagef("give either a query or --queries FILE")
			}
			if queries == "" && strings.TrimSpace(args[0]) == "" {
				return usagef("the query is empty; give what to look for")
			}
			if k < 1 || k > 100 {
				return usagef("-k: got %d, want 1 to 100", k)
			}
			s, err := f.open(cmd, newProgress(cmd.ErrOrStderr()).show)
			if err != nil {
				return err
			}
			ix, _, err := s.current(cmd.Context())
			if err != nil {
				return err
			}
			if queries != "" {
				return searchFile(cmd.Context(), ix, queries, out, k, s.out)
			}
			r, err := search(cmd.Context(), ix, retrieval.Query{Text: args[0], K: k, Explain: explain})
			if err != nil {
				return err
			}
			if asJS {
				r.Query = args[0]
				return printJSON(s.out, r)
			}
			return printSearch(s.out, r)
		},
	}
	f.register(cmd)
	cmd.Flags().StringVar(&queries, "queries", "", `file of lines {"id","query"}`)
	cmd.Flags().StringVar(&out, "out", "-", "file for the results of --queries")
	cmd.Flags().IntVarP(&k, "k", "k", 10, "how many passages")
	cmd.Flags().BoolVar(&explain, "explain", false, "show the named parts of every score")
	cmd.Flags().BoolVar(&asJS, "json", false, "print one JSON object")
	return cmd
}

// search runs one query and times it.
func search(ctx context.Context, ix *retrieval.Index, q retrieval.Query) (searchResult, error) {
	start := time.Now()
	found, err := ix.Search(ctx, q)
	took := time.Since(start)
	if err != nil {
		return searchResult{}, fmt.Errorf("search: %w", err)
	}
	r := searchResult{
		Confidence: found.Confidence, Coverage: found.Coverage, Verdict: found.Verdict.String(),
		Abstained: found.Verdict == retrieval.Abstain, TookUS: took.Microseconds(),
		Results: make([]searchHit, 0, len(found.Hits)),
	}
	for _, h := range found.Hits {
		hit := searchHit{
			Library: h.Library, Document: h.Document.Path, Text: h.Text(), Score: h.Score,
			StartLine: h.Passage.StartLine, EndLine: h.Passage.EndLine,
		}
		for _, p := range h.Parts {
			hit.Parts = append(hit.Parts, part{p.Name, p.Value, p.Note})
		}
		r.Results = append(r.Results, hit)
	}
	return r, nil
}

// searchFile answers a file of queries, line for line in the same order.
func searchFile(ctx context.Context, ix *retrieval.Index, queries, out string, k int, stdout io.Writer) (err error) {
	in, err := os.Open(queries)
	if err != nil {
		return usagef("open the queries: %w", err)
	}
	defer in.Close()
	w := stdout
	if out != "-" {
		f, err := os.Create(out)
		if err != nil {
			return fmt.Errorf("create the results: %w", err)
		}
		defer func() {
			if cerr := f.Close(); err == nil && cerr != nil {
				err = fmt.Errorf("write the results: %w", cerr)
			}
		}()
		w = f
	}
	buf := bufio.NewWriter(w)
	enc := json.NewEncoder(buf)
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 64<<10), maxQueryLine)
	for n := 1; lines.Scan(); n++ {
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		var q struct{ ID, Query string }
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
			return fmt.Errorf("%s:%d: %w", queries, n, err)
		}
		r, err := search(ctx, ix, retrieval.Query{Text: q.Query, K: k})
		if err != nil {
			return fmt.Errorf("%s:%d: %w", queries, n, err)
		}
		r.ID = q.ID
		if err := enc.Encode(r); err != nil {
			return fmt.Errorf("write the results: %w", err)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read %s: %w", queries, err)
	}
	if err := buf.Flush(); err != nil {
		return fmt.Errorf("write the results: %w", err)
	}
	return nil
}

// printSearch prints hits for people.
func printSearch(w io.Writer, r searchResult) error {
	fmt.Fprintf(w, "%s, confidence %.2f, coverage %.2f, %d hits, %.2f ms\n",
		r.Verdict, r.Confidence, r.Coverage, len(r.Results), float64(r.TookUS)/1000)
	for i, h := range r.Results {
		fmt.Fprintf(w, "\n%2d  %8.4f  %s/%s:%d-%d\n", i+1, h.Score, h.Library, h.Document, h.StartLine, h.EndLine)
		for _, p := range h.Parts {
			fmt.Fprintf(w, "      %+8.4f  %-12s %s\n", p.Value, p.Name, printable(p.Note))
		}
		fmt.Fprintf(w, "      %s\n", excerpt(h.Text, 160))
	}
	return nil
}

// excerpt is the beginning of a text on one line.
func excerpt(text string, runes int) string {
	line := strings.Join(strings.Fields(printable(text)), " ")
	if r := []rune(line); len(r) > runes {
		return string(r[:runes]) + "…"
	}
	return line
}

// printable replaces what could steer a terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return ' '
		}
		return r
	}, text)
}
