package adapters

import (
	"context"
	"errors"
	"time"
)

// An Asker answers a question at once, for surfaces that wait: the web page
// and the terminal.
type Asker interface {
	// Ask answers within ctx. An abstention is a Reply, not an error. The
	// error's text is for logs; the sentence for the user is in Reply.Message
	// even when err is not nil.
	Ask(ctx context.Context, q Question) (Reply, error)
}

// A Question is what somebody asked on a page.
type Question struct {
	Text string
	// Lang is the preferred language of the surroundings ("en", "zh" or "");
	// the answer follows the question's own language where it has one.
	Lang string
	// Viewer is who asks, for libraries that are limited to some.
	Viewer Viewer
	// Record keeps the question for `cairn gaps` and feedback.
	Record bool
	// Later asks for the first stage of an answer at once; what a model adds
	// comes by [GrowingAsker.Continue].
	Later bool
}

// A Viewer says on whose behalf something is shown; the zero value sees only
// libraries that are open to everybody.
type Viewer struct {
	Adapter   string `json:"adapter,omitempty"`
	Workspace string `json:"workspace,omitempty"`
	Channel   string `json:"channel,omitempty"`
	User      string `json:"user,omitempty"`
}

// A Reply is an answer for a page.
type Reply struct {
	Message Message
	// Object marshals to the JSON object that `cairn ask --json` prints.
	Object any
	// Abstained reports that there was no answer good enough.
	Abstained bool
	// Grows reports that Continue may add to the answer.
	Grows bool
}

// ErrEmptyQuestion is returned by an [Asker] for a question that nothing is
// left of once white space and invisible characters are gone. The reply's
// message says what to ask.
var ErrEmptyQuestion = errors.New("empty question")

// A GrowingAsker shows an answer while a model adds to it. The calls of each
// come one at a time, from another goroutine than the caller's, and end before
// the method returns; each must not block. What one reply shows, every later
// one shows at the same place, but for the last, which is returned and counts:
// when the model fails it is the first stage again.
type GrowingAsker interface {
	Asker
	// AskGrowing is Ask; each gets the first stage and the answer again as
	// often as it grows. A nil each is told nothing.
	AskGrowing(ctx context.Context, q Question, each func(Reply)) (Reply, error)
	// Continue goes on with an answer that v got with [Question.Later]. An
	// answer that is not there or not v's is [ErrNotFound]; one that is whole,
	// or that a model is adding to already, is returned as it is.
	Continue(ctx context.Context, v Viewer, answerID string, each func(Reply)) (Reply, error)
}

// ErrNotFound is returned by Documents for what is not there or not for the
// viewer.
var ErrNotFound = errors.New("not found")

// Documents shows documents as they were indexed.
type Documents interface {
	// Document returns a document's text, or [ErrNotFound].
	Document(ctx context.Context, v Viewer, library, path string) (DocumentPage, error)
}

// A DocumentPage is one document for display.
type DocumentPage struct {
	Library, Path, Title, Lang string
	// Text is the indexed text; lines end in \n.
	Text string
	// Stale says in words why the text may differ from the file ("changed
	// since", "unreadable since"); "" when it does not.
	Stale string
	// SourceURL is the document's own address; may be empty.
	SourceURL string
}

// Titles completes and lists runbook titles.
type Titles interface {
	// Complete returns at most n titles that fit the prefix or its words, best
	// first, those in lang ("en", "zh" or "") first.
	Complete(ctx context.Context, v Viewer, prefix, lang string, n int) []TitleEntry
	// Services returns the services of the library with their number of
	// runbooks, by name. A runbook in two languages counts once.
	Services(ctx context.Context, v Viewer) []ServiceEntry
	// ByService returns the titles of one service, as many as Services counts:
	// those in lang first, then what the library has in another language only.
	ByService(ctx context.Context, v Viewer, service, lang string) []TitleEntry
}

// A TitleEntry is one runbook.
type TitleEntry struct {
	Title, Library, Document, Service, Lang, URL string
	// Twin is the same runbook in the other language. Only ByService fills it;
	// nil where there is none.
	Twin *TitleEntry
}

// A ServiceEntry is one service.
type ServiceEntry struct {
	Name  string
	Count int
}

// A Prompter suggests what to ask.
type Prompter interface {
	// Prompts returns at most n questions that the viewer may get an answer
	// to, the most useful first: runbooks that others were helped by lately,
	// then the most severe ones. They are in lang ("en", "zh"; "" is any)
	// where the library has them in it.
	Prompts(ctx context.Context, v Viewer, lang string, n int) []Prompt
}

// A Prompt is a question to begin with.
type Prompt struct {
	// Title is the runbook's, to be shown; Question is what is then asked.
	Title, Question string
}

// Status tells how the bot is.
type Status interface {
	Status(ctx context.Context, v Viewer) StatusInfo
}

// StatusInfo is the state of the library and of the connections.
type StatusInfo struct {
	Version   string
	Documents int
	Passages  int
	// IndexedAt is when the serving index was made.
	IndexedAt time.Time
	// Stale counts documents that serve an older version of their file.
	Stale int
	// Model is the configured model's name, or "".
	Model string
	// Adapters says for each adapter why it is not ready; "" means ready.
	Adapters map[string]string
}

// Unanswered lists questions that found no answer.
type Unanswered interface {
	// Recent returns at most n: the viewer's own and those asked in public
	// channels, without names.
	Recent(ctx context.Context, v Viewer, n int) ([]UnansweredEntry, error)
}

// An UnansweredEntry is a question without an answer.
type UnansweredEntry struct {
	Question string
	Asked    time.Time
	Count    int
	Closest  []string
}

// A FeedbackTaker records whether an answer helped.
type FeedbackTaker interface {
	// Feedback records the verdict of one person; a second one replaces the
	// first. An unknown answer is [ErrNotFound].
	Feedback(ctx context.Context, v Viewer, answerID string, helpful bool) error
}
