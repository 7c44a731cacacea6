package judge

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"cairn/bot/answer/ground"
)

// examLines are sentences in both languages with what is known of them. All
// figures and names of the false ones stand in their passages, so that nobody
// but the judge can fail them.
//
//go:embed exam.jsonl
var examLines []byte

type question struct {
	Text     string            `json:"text"`
	Follows  bool              `json:"follows"`
	Evidence []ground.Evidence `json:"evidence"`
}

func (q *question) statement() Statement { return Statement{Text: q.Text, Evidence: q.Evidence} }

var exam = sync.OnceValue(func() []question {
	var out []question
	lines := bufio.NewScanner(bytes.NewReader(examLines))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var q question
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
			panic(fmt.Sprintf("exam.jsonl: %v", err)) // embedded; a test reads it
		}
		out = append(out, q)
	}
	return out
})

// version names the prompt and the exam: a model that has passed another one
// has shown nothing.
var version = sync.OnceValue(func() string {
	h := sha256.New()
	h.Write([]byte(system))
	h.Write(examLines)
	return hex.EncodeToString(h.Sum(nil))[:16]
})

// What a model must reach in the exam: of its 64 false sentences at most one
// passes, of its 32 true ones three in four are kept.
const (
	mostFalse = 1
	leastTrue = 0.75
)

// A Record is what an exam gave.
type Record struct {
	// Model and Server name who was asked.
	Model  string `json:"model"`
	Server string `json:"server"`
	// Version names the prompt and the questions.
	Version string `json:"version"`
	// False and True count the questions, FalsePassed and TruePassed those that
	// the model said follow.
	False       int `json:"false"`
	FalsePassed int `json:"false_passed"`
	True        int `json:"true"`
	TruePassed  int `json:"true_passed"`
	// Void counts calls whose controls were answered wrongly; nothing of them
	// passed.
	Void int       `json:"void"`
	Time time.Time `json:"time"`
}

// Passed reports whether the model may judge. What no exam can have given is
// not passed.
func (r Record) Passed() bool {
	trues := 0
	for _, q := range exam() {
		if q.Follows {
			trues++
		}
	}
	return r.Version == version() && r.True == trues && r.False == len(exam())-trues &&
		r.FalsePassed >= 0 && r.FalsePassed <= mostFalse &&
		r.TruePassed <= r.True && float64(r.TruePassed) >= leastTrue*float64(r.True)
}

// ExamCalls is how many calls an exam makes.
func ExamCalls() int { return (len(exam()) + AtOnce - 1) / AtOnce }

// Examine puts the exam to the model, two dozen calls one after another, since
// nobody waits for an answer and a server may take one at a time. each is told
// after every call how many are done; it may be nil. A call that fails ends the
// exam with an error: nothing is known then. The caller fills Server and Time.
func (j *Judge) Examine(ctx context.Context, each func(done int)) (Record, error) {
	questions := exam()
	r := Record{Model: j.chat.Model(), Version: version()}
	for from := 0; from < len(questions); from += AtOnce {
		part := questions[from:min(from+AtOnce, len(questions))]
		list := make([]Statement, len(part))
		for i := range part {
			list[i] = part[i].statement()
		}
		follows, err := j.ask(ctx, "", j.newSheet(list))
		if errors.Is(err, ErrControls) {
			r.Void++
		} else if err != nil {
			return Record{}, fmt.Errorf("examine %s as a judge: %w", j.chat.Model(), err)
		}
		for i, q := range part {
			passed := err == nil && follows[i]
			switch {
			case q.Follows && passed:
				r.TruePassed++
			case passed:
				r.FalsePassed++
			}
			if q.Follows {
				r.True++
			} else {
				r.False++
			}
		}
		if each != nil {
			each(from/AtOnce + 1)
		}
	}
	return r, nil
}
