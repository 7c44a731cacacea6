package audit

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"cairn/retrieval/llm"
	"cairn/retrieval/llm/mask"
)

// Folder is where the log lies in the data directory.
const Folder = "audit"

// Options tune a [Log]; nil and zero fields mean the defaults.
type Options struct {
	// Text keeps the masked texts too. Defaults to false.
	Text bool
	// PersonID keeps a person's id as it is. Defaults to a hash with a salt
	// that never leaves the data directory.
	PersonID bool
	// MaxSize is the size of one file in bytes. Defaults to 8 MiB.
	MaxSize int64
	// Files is how many files are kept. Defaults to 16.
	Files int
}

// A Line is one call in the log.
type Line struct {
	Time  time.Time `json:"time"` // when it began, in UTC
	Kind  string    `json:"kind"` // chat, embed or rerank
	Model string    `json:"model,omitempty"`
	Host  string    `json:"host"`
	// Person is a hash of 16 hexadecimal digits, or the id; empty where the
	// call is nobody's.
	Person string `json:"person,omitempty"`
	// Outcome is "ok", or why the call gave nothing: an answer of another form
	// than the asked one gave nothing either.
	Outcome string `json:"outcome"`
	// Refused says that nothing left this machine.
	Refused bool `json:"refused,omitempty"`
	// The SHA-256 and size of what went out and what came back; empty where
	// nothing did.
	SentSHA256     string `json:"sent_sha256,omitempty"`
	SentBytes      int    `json:"sent_bytes"`
	ReceivedSHA256 string `json:"received_sha256,omitempty"`
	ReceivedBytes  int    `json:"received_bytes"`
	InputTokens    int    `json:"input_tokens"`
	OutputTokens   int    `json:"output_tokens"`
	// Estimated says that the server reported no tokens.
	Estimated bool    `json:"estimated,omitempty"`
	Cost      float64 `json:"cost"` // in the prices' currency
	TookMS    int64   `json:"took_ms"`
	// Masks counts what was hidden in what was sent, by kind.
	Masks map[mask.Kind]int `json:"masks,omitempty"`
	// Sent and Received are the masked texts, when they are kept.
	Sent     string `json:"sent,omitempty"`
	Received string `json:"received,omitempty"`
}

// maxText bounds each text in a line.
const maxText = 64 << 10

// A Log appends lines. Make one with [New].
type Log struct {
	lg   *slog.Logger
	dir  string
	opts Options

	salt func() ([]byte, error)

	mu     sync.Mutex
	told   bool // of a failure
	day    string
	number int
}

// New returns a log in the data directory. It does no I/O before the first
// call.
func New(lg *slog.Logger, dataDir string, o *Options) *Log {
	l := &Log{lg: lg.With("component", "audit"), dir: filepath.Join(dataDir, Folder)}
	if o != nil {
		l.opts = *o
	}
	if l.opts.MaxSize <= 0 {
		l.opts.MaxSize = 8 << 20
	}
	if l.opts.Files <= 0 {
		l.opts.Files = 16
	}
	l.salt = sync.OnceValues(l.readSalt)
	return l
}

// Record appends a call. What goes wrong is logged once.
func (l *Log) Record(c llm.Call) {
	line, err := l.line(c)
	if err == nil {
		err = l.append(line)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil && !l.told {
		l.lg.Error("calls of the model are not recorded", "err", err)
	} else if err == nil && l.told {
		l.lg.Info("calls of the model are recorded again")
	}
	l.told = err != nil
}

func (l *Log) line(c llm.Call) (Line, error) {
	person, err := l.person(c.Person)
	if err != nil {
		return Line{}, err
	}
	out := Line{
		Time: c.Start.UTC(), Kind: c.Kind, Model: c.Model, Host: c.Host, Person: person,
		Outcome: "ok", Refused: c.Refused,
		SentSHA256: sum(c.Sent), SentBytes: len(c.Sent), ReceivedSHA256: sum(c.Received), ReceivedBytes: len(c.Received),
		InputTokens: c.Usage.Input, OutputTokens: c.Usage.Output, Estimated: c.Usage.Estimated,
		Cost: c.Cost, TookMS: c.Took.Milliseconds(),
	}
	if c.Reason != "" {
		out.Outcome = string(c.Reason)
	}
	if n := mask.Count(string(c.Sent)); len(n) > 0 {
		out.Masks = n
	}
	if l.opts.Text {
		out.Sent = bounded(c.Sent)
		if c.Kind != llm.KindEmbed {
			out.Received = bounded(c.Received)
		}
	}
	return out, nil
}

func sum(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

func bounded(b []byte) string {
	return strings.ToValidUTF8(string(b[:min(len(b), maxText)]), "")
}

// person is how a person stands in the log.
func (l *Log) person(id string) (string, error) {
	if id == "" || l.opts.PersonID {
		return id, nil
	}
	salt, err := l.salt()
	if err != nil {
		return "", err
	}
	h := hmac.New(sha256.New, salt)
	h.Write([]byte(id))
	return hex.EncodeToString(h.Sum(nil)[:8]), nil
}

// readSalt returns the installation's salt, making it where there is none. Of
// several processes that make one, the first to have it in place counts.
func (l *Log) readSalt() ([]byte, error) {
	name := filepath.Join(l.dir, "salt")
	if err := os.MkdirAll(l.dir, 0o700); err != nil {
		return nil, fmt.Errorf("create the audit folder: %w", err)
	}
	salt, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		fresh := make([]byte, 32)
		rand.Read(fresh) // never fails
		tmp, err := os.CreateTemp(l.dir, "salt-*")
		if err != nil {
			return nil, fmt.Errorf("make the salt for people's names: %w", err)
		}
		defer os.Remove(tmp.Name())
		_, err = tmp.Write(fresh)
		if err = errors.Join(err, tmp.Close()); err != nil {
			return nil, fmt.Errorf("make the salt for people's names: %w", err)
		}
		if err := os.Link(tmp.Name(), name); err != nil && !errors.Is(err, fs.ErrExist) {
			if err := os.Rename(tmp.Name(), name); err != nil { // no hard links here
				return nil, fmt.Errorf("make the salt for people's names: %w", err)
			}
		}
		salt, err = os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read the salt for people's names: %w", err)
		}
		return salt, nil
	}
	if err != nil || len(salt) < 16 {
		return nil, fmt.Errorf("read the salt for people's names %s (%d bytes): %w", name, len(salt), err)
	}
	return salt, nil
}

// append writes a line to the current file.
func (l *Log) append(line Line) error {
	raw, err := json.Marshal(line)
	if err != nil {
		return fmt.Errorf("encode a line of the audit log: %w", err) // unreachable: texts and finite numbers marshal
	}
	raw = append(raw, '\n')
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := os.MkdirAll(l.dir, 0o700); err != nil {
		return fmt.Errorf("create the audit folder: %w", err)
	}
	if day := line.Time.Format(time.DateOnly); day != l.day {
		l.day, l.number = day, 0
	}
	for ; ; l.number++ {
		f, err := l.open()
		if err != nil {
			return fmt.Errorf("open the audit log: %w", err)
		}
		fi, err := f.Stat()
		if err == nil && fi.Size() > 0 && fi.Size()+int64(len(raw)) > l.opts.MaxSize {
			f.Close()
			continue
		}
		if err == nil {
			_, err = f.Write(raw)
		}
		if err = errors.Join(err, f.Close()); err != nil {
			return fmt.Errorf("write the audit log: %w", err)
		}
		if fi.Size() == 0 {
			return l.prune()
		}
		return nil
	}
}

// open opens the day's current file. Where it is not there, another process, or
// this one before a restart, may have deleted it as too old: then the newest
// counts, since a file with a smaller number would be the next to be deleted.
func (l *Log) open() (*os.File, error) {
	f, err := os.OpenFile(l.file(l.number), os.O_APPEND|os.O_WRONLY, 0o600)
	if !errors.Is(err, fs.ErrNotExist) {
		return f, err
	}
	names, err := l.filesOf(l.day)
	if err != nil {
		return nil, err
	}
	if len(names) > 0 {
		l.number = max(l.number, numberOf(names[len(names)-1]))
	}
	return os.OpenFile(l.file(l.number), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
}

func (l *Log) file(n int) string {
	return filepath.Join(l.dir, fmt.Sprintf("model-%s.%d.jsonl", l.day, n))
}

// numberOf is the number in a file's name, -1 where it has none.
func numberOf(name string) int {
	parts := strings.Split(filepath.Base(name), ".")
	if len(parts) != 3 {
		return -1
	}
	n, err := strconv.Atoi(parts[1])
	if err != nil {
		return -1
	}
	return n
}

// prune deletes the oldest files.
func (l *Log) prune() error {
	names, err := l.files()
	if err != nil {
		return err
	}
	for _, name := range names[:max(0, len(names)-l.opts.Files)] {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("delete an old audit log: %w", err)
		}
	}
	return nil
}

// files lists the log's files, oldest first.
func (l *Log) files() ([]string, error) { return l.filesOf("") }

// filesOf lists the files of one day, of every day for "", oldest first.
func (l *Log) filesOf(day string) ([]string, error) {
	entries, err := os.ReadDir(l.dir)
	if err != nil {
		return nil, fmt.Errorf("list the audit logs: %w", err)
	}
	var names []string
	for _, e := range entries {
		if name := e.Name(); strings.HasPrefix(name, "model-"+day) && strings.HasSuffix(name, ".jsonl") {
			names = append(names, filepath.Join(l.dir, name))
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		dayA, _, _ := strings.Cut(filepath.Base(a), ".")
		dayB, _, _ := strings.Cut(filepath.Base(b), ".")
		return cmp.Or(strings.Compare(dayA, dayB), numberOf(a)-numberOf(b), strings.Compare(a, b)) // .9 before .10
	})
	return names, nil
}

// Spent adds up what was charged since an hour began, to a person or ("") to
// all. Lines that cannot be read count nothing. It fits llm.Config.Spent.
func (l *Log) Spent(hour time.Time, person string) (tokens int, cost float64) {
	name, err := l.person(person)
	if err != nil {
		return 0, 0
	}
	hour = hour.UTC()
	// An hour is in one day of UTC, and in that day's last files.
	files, _ := l.filesOf(hour.Format(time.DateOnly)) // none: nothing was used
	since := []byte(`{"time":"` + hour.Format("2006-01-02T15"))
	for _, f := range files {
		t, c := spentIn(f, since, name)
		tokens, cost = tokens+t, cost+c
	}
	return tokens, cost
}

// spentIn adds up the lines of one file from a time on.
func spentIn(file string, since []byte, person string) (tokens int, cost float64) {
	f, err := os.Open(file)
	if err != nil {
		return 0, 0
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(make([]byte, 64<<10), 1<<20)
	for lines.Scan() {
		b := lines.Bytes()
		if len(b) < len(since) || bytes.Compare(b[:len(since)], since) < 0 {
			continue
		}
		var line Line
		if json.Unmarshal(b, &line) != nil || person != "" && line.Person != person {
			continue
		}
		tokens += line.InputTokens + line.OutputTokens
		cost += line.Cost
	}
	return tokens, cost
}
