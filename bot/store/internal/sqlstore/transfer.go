package sqlstore

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"cairn/bot/store"
)

// A table says what of a table is exported.
type table struct {
	name string
	// columns are those exported; a trailing ! marks bytes, # a floating point
	// number, % a whole number.
	columns string
	// owner chooses one person's rows by adapter and user; "" where rows
	// belong to nobody.
	owner string
	// only chooses the rows that are exported at all.
	only string
}

const own = "adapter = ? AND user_id = ?"

// tables are in an order in which what is referred to comes first.
var tables = []table{
	// A payload may hold a reply token, so unfinished events stay behind; their
	// keys go, so that they are not answered twice.
	{name: "events", columns: "adapter key ordering at% outcome finished_at%", only: "finished_at > 0"},
	{name: "event_keys", columns: "adapter key at%"},
	{name: "questions", columns: `id text lang adapter workspace channel thread user_id public% outcome confidence#
		library document start_line% end_line% title closest terms answer! at%`, owner: own},
	{name: "feedback", columns: "question_id adapter user_id helpful% at%", owner: own},
	{name: "conversations", columns: "adapter channel thread quiet% at%"},
	{name: "turns", columns: "adapter channel thread n% role user_id text question_id at%", owner: own},
	{name: "schedules", columns: "name cursor_at%"},
	{name: "deliveries", columns: `id schedule kind slot_at% adapter channel user_id thread state owner ready_at%
		attempts% maybe_sent% item payload! ref note done_at%`, owner: own},
	{name: "tips_shown", columns: "stream id round% at%"},
	{name: "cards", columns: "id library document kind lang content! hash updated_at% retired_at%"},
	{name: "card_states", columns: `adapter user_id card_id due_at% stability# difficulty# scheduled_days% reps% lapses% state%
		last_review_at% remaining_steps%`, owner: own},
	{name: "reviews", columns: "adapter user_id card_id prompt grade% at% before", owner: own},
	{name: "people", columns: `adapter user_id workspace name lang zone leaderboard% streak% longest% freezes% last_day
		created_at% updated_at%`, owner: own},
	{name: "subscriptions", columns: "adapter user_id kind channel wall_time zone topics lang detail next_at% created_at%", owner: own},
	{name: "paths", columns: "adapter user_id path started_at% updated_at%", owner: own},
	{name: "path_units", columns: "adapter user_id path unit at%", owner: own},
}

// A column is a name and its type's mark.
func (t table) parse() (names []string, marks []byte) {
	for c := range strings.FieldsSeq(t.columns) {
		mark := c[len(c)-1]
		if strings.IndexByte("!#%", mark) < 0 {
			mark = 0
		} else {
			c = c[:len(c)-1]
		}
		names, marks = append(names, c), append(marks, mark)
	}
	return names, marks
}

// header is the first line of an export.
type header struct {
	Format  string `json:"format"`
	Version int    `json:"version"`
}

const (
	exportFormat  = "cairn-data"
	exportVersion = 1
	// maxLine bounds a line of an import.
	maxLine = 16 << 20
)

// Export implements [store.Admin]. All records are of one moment.
func (s *Store) Export(ctx context.Context, w io.Writer, f store.DataFilter) (n int, err error) {
	if (f.Adapter == "") != (f.User == "") {
		return 0, errors.New("export: one person's data needs both adapter and user")
	}
	out := bufio.NewWriter(w)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	err = s.engine.Snapshot(ctx, func(ctx context.Context, q Q) error {
		if err := enc.Encode(header{exportFormat, exportVersion}); err != nil {
			return err
		}
		for _, t := range tables {
			m, err := exportTable(ctx, q, enc, t, f)
			if err != nil {
				return fmt.Errorf("%s: %w", t.name, err)
			}
			n += m
		}
		return nil
	})
	if err != nil {
		return n, wrap(err, "export")
	}
	return n, wrap(out.Flush(), "export")
}

func exportTable(ctx context.Context, q Q, enc *json.Encoder, t table, f store.DataFilter) (n int, err error) {
	names, marks := t.parse()
	query := `SELECT ` + strings.Join(names, ", ") + ` FROM @` + t.name
	var args []any
	switch {
	case f.Adapter != "" && t.owner == "":
		return 0, nil
	case f.Adapter != "":
		query, args = query+` WHERE `+t.owner, []any{f.Adapter, f.User}
	case t.only != "":
		query += ` WHERE ` + t.only
	}
	err = q.each(ctx, func(r *sql.Rows) error {
		values := make([]any, len(names))
		for i, mark := range marks {
			switch mark {
			case '!':
				values[i] = new([]byte)
			case '#':
				values[i] = new(float64)
			case '%':
				values[i] = new(int64)
			default:
				values[i] = new(string)
			}
		}
		if err := r.Scan(values...); err != nil {
			return err
		}
		row := make(map[string]any, len(names)+1)
		row["table"] = t.name
		for i, name := range names {
			row[name] = values[i]
		}
		n++
		return enc.Encode(row)
	}, query, args...)
	return n, err
}

// Import implements [store.Admin].
func (s *Store) Import(ctx context.Context, r io.Reader) (n int, err error) {
	// The lines are read before the transaction, which may have to run again
	// and must not wait for a pipe.
	rows, err := readImport(r)
	if err != nil {
		return 0, err
	}
	err = s.engine.Write(ctx, func(ctx context.Context, q Q) error {
		n = 0
		for _, row := range rows {
			m, err := q.exec(ctx, row.query, row.args...)
			if err != nil {
				return fmt.Errorf("line %d: %w", row.line, err)
			}
			n += m
		}
		return nil
	})
	if err != nil {
		return 0, wrap(err, "import")
	}
	return n, nil
}

type importRow struct {
	line  int
	query string
	args  []any
}

func readImport(r io.Reader) ([]importRow, error) {
	type target struct {
		query string
		names []string
		marks []byte
	}
	targets := make(map[string]target, len(tables))
	for _, t := range tables {
		names, marks := t.parse()
		targets[t.name] = target{
			query: `INSERT INTO @` + t.name + ` (` + strings.Join(names, ", ") + `) VALUES ` + in(len(names)) + ` ON CONFLICT DO NOTHING`,
			names: names, marks: marks,
		}
	}
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	var rows []importRow
	line := 0
	for lines.Scan() {
		line++
		if line == 1 {
			var h header
			if err := json.Unmarshal(lines.Bytes(), &h); err != nil || h.Format != exportFormat {
				return nil, fmt.Errorf("import: line 1 is not the header of a %s export", exportFormat)
			}
			if h.Version > exportVersion {
				return nil, fmt.Errorf("import: the export has version %d, this binary knows %d: %w", h.Version, exportVersion, store.ErrNewerSchema)
			}
			continue
		}
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var row map[string]json.RawMessage
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			return nil, fmt.Errorf("import: line %d: %w", line, err)
		}
		var name string
		if err := json.Unmarshal(row["table"], &name); err != nil {
			return nil, fmt.Errorf("import: line %d names no table", line)
		}
		t, ok := targets[name]
		if !ok {
			return nil, fmt.Errorf("import: line %d: unknown table %q", line, name)
		}
		args, err := decodeRow(row, t.names, t.marks)
		if err != nil {
			return nil, fmt.Errorf("import: line %d: %w", line, err)
		}
		rows = append(rows, importRow{line: line, query: t.query, args: args})
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("import: %w", err)
	}
	if line == 0 {
		return nil, errors.New("import: it is empty, not even a header")
	}
	return rows, nil
}

func decodeRow(row map[string]json.RawMessage, names []string, marks []byte) ([]any, error) {
	args := make([]any, len(names))
	for i, name := range names {
		var err error
		raw, ok := row[name]
		if !ok {
			return nil, fmt.Errorf("column %s is missing", name)
		}
		switch marks[i] {
		case '!':
			args[i], err = decodeAs[[]byte](raw)
		case '#':
			args[i], err = decodeAs[float64](raw)
		case '%':
			args[i], err = decodeAs[int64](raw)
		default:
			args[i], err = decodeAs[string](raw)
		}
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", name, err)
		}
	}
	return args, nil
}

func decodeAs[T any](raw json.RawMessage) (any, error) {
	var v T
	err := json.Unmarshal(raw, &v)
	return v, err
}
