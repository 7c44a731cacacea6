package answer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"cairn/bot/answer/ground"
	"cairn/bot/answer/judge"
	"cairn/retrieval"
	"cairn/retrieval/llm"
)

// Reasons for which an answer shows no model's words, beside those of
// [llm.Reason].
const (
	// ReasonEmpty: the model had nothing to say.
	ReasonEmpty llm.Reason = "empty_answer"
	// ReasonUngrounded: too much of what it said does not follow from what it
	// cites.
	ReasonUngrounded llm.Reason = "ungrounded"
)

// WriterOptions tune a [Writer]; nil and zero fields mean the defaults.
type WriterOptions struct {
	// Send is what may leave: [SendPassages], [SendTitles] or [SendNothing].
	// Defaults to SendPassages.
	Send string
	// Masker makes what hides secrets and personal data in one call. Defaults
	// to hiding nothing.
	Masker func() interface {
		Mask(string) string
		Restore(string) string
	}
	// MaxAdded is how many further passages a model may add. Defaults to two.
	MaxAdded int
	// Judge decides which sentences follow from what they cite, where passages
	// may be sent. Defaults to nobody: then the lexical check decides alone.
	Judge *judge.Judge
	// JudgeAfter lets the judge wait until the model has written, for servers
	// that take one call at a time. Defaults to judging beside it.
	JudgeAfter bool
	// JudgeCalls is how many calls judge at a time. Defaults to one.
	JudgeCalls int
	// Timeout bounds an answer's writing and judging together. Defaults to 20 s.
	Timeout time.Duration
}

// A Writer lets a model connect and explain what was found. It adds to an
// answer and never changes what stands in it. Safe for concurrent use.
type Writer struct {
	lg    *slog.Logger
	chat  llm.Chatter
	check *ground.Checker
	opts  WriterOptions
}

// NewWriter returns a writer, or an error that names the wrong option.
func NewWriter(lg *slog.Logger, chat llm.Chatter, check *ground.Checker, o *WriterOptions) (*Writer, error) {
	var opts WriterOptions
	if o != nil {
		opts = *o
	}
	if opts.Send == "" {
		opts.Send = SendPassages
	}
	if !slices.Contains([]string{SendPassages, SendTitles, SendNothing}, opts.Send) {
		return nil, fmt.Errorf("writer option Send: got %q, want passages, titles or nothing", opts.Send)
	}
	if opts.MaxAdded == 0 {
		opts.MaxAdded = 2
	}
	if opts.MaxAdded < 0 {
		return nil, fmt.Errorf("writer option MaxAdded: got %d, want a positive value", opts.MaxAdded)
	}
	if opts.Timeout == 0 {
		opts.Timeout = 20 * time.Second
	}
	if opts.Timeout < 0 {
		return nil, fmt.Errorf("writer option Timeout: got %v, want a positive value", opts.Timeout)
	}
	if opts.Send != SendPassages {
		opts.Judge = nil // it would have to see passages
	}
	if chat == nil || check == nil {
		return nil, errors.New("make writer: a chat model and a checker are needed")
	}
	return &Writer{lg: lg.With("component", "writer"), chat: chat, check: check, opts: opts}, nil
}

// A WriteRequest is an answer with what it came from.
type WriteRequest struct {
	// Answer is what the first stage made.
	Answer Answer
	// Question is the question as it was searched for.
	Question string
	// Hits are what the search found, all of it open to the asker.
	Hits []retrieval.Hit
	// Index is what the hits came from.
	Index Index
	// Person is whom the budget is charged to; may be empty.
	Person string
	// Cache remembers checked steps. Defaults to none.
	Cache *Cache
}

// An Outcome says what became of a model's words.
type Outcome struct {
	// Reason is why nothing of them is shown; empty when something is.
	Reason llm.Reason
	// Kept and Dropped count sentences; DroppedFor counts them by reason.
	Kept, Dropped int
	DroppedFor    map[ground.Reason]int
	// Added counts further passages.
	Added int
	Took  time.Duration
	// Err is what failed; nil when the model answered as it should.
	Err error
	// Judged counts the sentences that came before the judge. Judge is why the
	// lexical check had to decide about some in its place; nil when it had not.
	Judged int
	Judge  error
}

// Write adds a model's sentences to an answer. Each is handed to grow with all
// that stands before it once it has passed its check; grow may be nil. What
// the first stage made stays as it is and where it is: further passages and
// sentences come after it. When the model fails or says too much that does not
// follow from what it cites, Write returns the answer as it came in, with Mode
// [ModeFallback] and the reason in the outcome. An answer that abstains is
// returned as it is.
func (w *Writer) Write(ctx context.Context, req WriteRequest, grow func(Answer)) (Answer, Outcome) {
	if req.Answer.Abstained || len(req.Answer.Citations) == 0 || w.opts.Send == SendNothing {
		return req.Answer, Outcome{}
	}
	if grow == nil {
		grow = func(Answer) {}
	}
	start := time.Now()
	ctx, cancel := context.WithTimeout(ctx, w.opts.Timeout)
	defer cancel()
	d := w.newDraft(req, grow)
	err := d.read(ctx)
	out := Outcome{Kept: d.kept, Dropped: d.dropped, DroppedFor: d.droppedFor, Added: d.added, Err: err, Judged: d.judged, Judge: d.judging, Took: time.Since(start)}
	if out.Judge != nil {
		w.lg.Warn("sentences checked without the judge", "reason", string(judge.ReasonOf(out.Judge)), "model", w.chat.Model(), "err", out.Judge)
	}
	switch {
	case errors.Is(err, errUngrounded):
		out.Reason = ReasonUngrounded
	case errors.Is(err, errPanic):
		out.Reason = judge.ReasonFailed
	case err != nil:
		if out.Reason = llm.ReasonOf(err); out.Reason == "" {
			out.Reason = llm.ReasonFormat
		}
	case d.kept == 0 && d.dropped > d.unheard, d.tooMuch():
		out.Reason = ReasonUngrounded
	case d.kept == 0 && d.added == 0 && d.unheard > 0:
		// The words were free for the judge to judge, and it was not heard.
		out.Reason = judge.ReasonOf(d.judging)
	case d.kept == 0 && d.added == 0 && len(d.a.Missing) == 0:
		out.Reason = ReasonEmpty
	}
	if out.Reason != "" {
		a := req.Answer
		a.Mode = ModeFallback
		w.lg.Warn("answered without the model", "reason", string(out.Reason), "model", w.chat.Model(),
			"kept", out.Kept, "dropped", out.Dropped, "seconds", out.Took.Seconds(), "err", cmp.Or(err, errNothing))
		return a, out
	}
	d.a.Mode = ModeModel
	return d.a, out
}

// errNothing is the error of an answer that came whole and is of no use.
var errNothing = errors.New("nothing that it said can be shown")

var errUngrounded = errors.New("too much of the model's answer does not follow from its sources")

// errPanic is the error of an answer whose reading has met a fault of our own.
var errPanic = errors.New("panic while reading the model's answer")
