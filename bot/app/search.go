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

	"cairn/adapters"
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

func newSearch(lang string) *cobra.Command {
	var (
		f             common
		queries, out  string
		k             int
		explain, asJS bool
	)
	cmd := &cobra.Command{
		Use:   both(`search [--queries FILE --out RUN | "query"]`, `search [--queries FILE --out RUN | "查询"]`).In(lang),
		Short: both("Show the passages that a query finds, with their scores", "显示查询命中的段落及得分").In(lang),
		Example: both(`  cairn search --explain "disk full"
  cairn search --library ~/wiki --queries questions.jsonl --out run.jsonl`, `  cairn search --explain "磁盘满"
  cairn search --library ~/wiki --queries questions.jsonl --out run.jsonl`).In(lang),
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return seeHelp(cmd, both("got %d queries, want one; quote its words", "只能有一个查询，实际给了 %d 个；多个词请加引号").Err(len(args)))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if (queries == "") == (len(args) == 0) {
				return wrongUse(both("give either a query or --queries FILE", "查询和 --queries FILE 请二选一"))
			}
			if queries == "" && strings.TrimSpace(args[0]) == "" {
				return wrongUse(both("the query is empty; give what to look for", "查询是空的；请写明要找什么"))
			}
			if k < 1 || k > 100 {
				return wrongUse(both("-k: got %d, want 1 to 100", "-k：%d 无效，应为 1 到 100"), k)
			}
			s, err := f.open(cmd, newProgress(cmd.ErrOrStderr(), lang).show)
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
			return printSearch(s.out, lang, r)
		},
	}
	f.register(cmd, lang)
	cmd.Flags().StringVar(&queries, "queries", "", both("`FILE` of lines {\"id\",\"query\"}", "查询文件 `FILE`，每行一个 {\"id\",\"query\"}").In(lang))
	cmd.Flags().StringVar(&out, "out", "-", both("`FILE` for the results of --queries; - is stdout", "--queries 的结果写入 `FILE`，- 为标准输出").In(lang))
	cmd.Flags().IntVarP(&k, "k", "k", 10, both("how many passages, `N`", "返回 `N` 个段落").In(lang))
	cmd.Flags().BoolVar(&explain, "explain", false, both("show the named parts of every score", "显示每个得分的构成").In(lang))
	jsonFlag(cmd, &asJS, both("print one JSON object", "输出一个 JSON 对象").In(lang))
	return cmd
}

// search runs one query and times it.
func search(ctx context.Context, ix *retrieval.Index, q retrieval.Query) (searchResult, error) {
	start := time.Now()
	found, err := ix.Search(ctx, q)
	took := time.Since(start)
	if err != nil {
		return searchResult{}, both("search: %v", "搜索失败：%v").Err(err)
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
		return wrongUse(both("open the queries: %v", "打开查询文件失败：%v"), err)
	}
	defer in.Close()
	w := stdout
	if out != "-" {
		f, err := os.Create(out)
		if err != nil {
			return both("create the results: %v", "创建结果文件失败：%v").Err(err)
		}
		defer func() {
			if cerr := f.Close(); err == nil && cerr != nil {
				err = both("write the results: %v", "写入结果失败：%v").Err(cerr)
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
			return both(`%s:%d: %v; a line is such as {"id": "1", "query": "disk full"}`, `%s:%d：%v；每行形如 {"id": "1", "query": "磁盘满了"}`).Err(queries, n, err)
		}
		r, err := search(ctx, ix, retrieval.Query{Text: q.Query, K: k})
		if err != nil {
			return both("%s:%d: %v", "%s:%d：%v").Err(queries, n, err)
		}
		r.ID = q.ID
		if err := enc.Encode(r); err != nil {
			return both("write the results: %v", "写入结果失败：%v").Err(err)
		}
	}
	if err := lines.Err(); err != nil {
		return both("read %s: %v", "读取 %s 失败：%v").Err(queries, err)
	}
	if err := buf.Flush(); err != nil {
		return both("write the results: %v", "写入结果失败：%v").Err(err)
	}
	return nil
}

// printSearch prints hits for people.
func printSearch(w io.Writer, lang string, r searchResult) error {
	fmt.Fprintf(w, both("%s, confidence %.2f, coverage %.2f, %d hits, %.2f ms\n", "%s，置信度 %.2f，覆盖率 %.2f，命中 %d 个，%.2f ms\n").In(lang),
		verdictName(r.Verdict).In(lang), r.Confidence, r.Coverage, len(r.Results), float64(r.TookUS)/1000)
	for i, h := range r.Results {
		fmt.Fprintf(w, "\n%2d  %8.4f  %s/%s:%d-%d\n", i+1, h.Score, h.Library, h.Document, h.StartLine, h.EndLine)
		for _, p := range h.Parts {
			fmt.Fprintf(w, "      %+8.4f  %-12s %s\n", p.Value, p.Name, printable(p.Note))
		}
		fmt.Fprintf(w, "      %s\n", excerpt(h.Text, 160))
	}
	return nil
}

// verdictName is a verdict for people.
func verdictName(v string) adapters.Text {
	switch v {
	case retrieval.Sure.String():
		return both("sure", "有把握")
	case retrieval.Unsure.String():
		return both("unsure", "没有把握")
	default:
		return both("abstain", "不作答")
	}
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
