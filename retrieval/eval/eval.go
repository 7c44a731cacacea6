package eval

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// A Question is one line of a query file. Without gold it is out of domain: to
// abstain is right.
type Question struct {
	ID    string `json:"id"`
	Query string `json:"query"`
	Lang  string `json:"lang,omitempty"`
	Gold  []Gold `json:"gold,omitempty"`
}

// Gold is a right answer: a document and, where it matters, an exact piece of
// the wanted passage or the line it stands on. With LastLine, every passage
// that begins on one of the lines is right.
type Gold struct {
	Doc      string `json:"doc"`
	Contains string `json:"contains,omitempty"`
	Line     int    `json:"line,omitempty"`
	LastLine int    `json:"last_line,omitempty"`
}

// maxLine bounds a line of a query file.
const maxLine = 1 << 20

// ReadQuestions reads lines of JSON. Name is for errors.
func ReadQuestions(r io.Reader, name string) ([]Question, error) {
	var out []Question
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	for n := 1; lines.Scan(); n++ {
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		var q Question
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, n, err)
		}
		if q.Query == "" {
			return nil, fmt.Errorf("%s:%d: %w", name, n, errNoQuery)
		}
		out = append(out, q)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return out, nil
}

var errNoQuery = errors.New(`"query" is missing`)

// ReadFile reads a query file.
func ReadFile(path string) ([]Question, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the queries: %w", err)
	}
	defer f.Close()
	return ReadQuestions(f, path)
}
