package adapters

// A Message is what the bot says, without any platform's markup. Adapters
// render the parts in the order of the fields and leave out empty ones. Text
// fields follow the rule in the package comment. All words in it are already
// in the reader's language; adapters add none but the few they own (such as
// "Steps 9-16"), from their own two-language table.
type Message struct {
	// Lang is "en" or "zh".
	Lang string `json:"lang"`
	// Text is the whole message as plain text, for notifications, for screen
	// readers and for surfaces without blocks. Never empty.
	Text string `json:"text"`
	// Title heads the message: the runbook's title for an answer.
	Title string `json:"title,omitempty"`
	// TitleURL opens the document; may be empty.
	TitleURL string `json:"title_url,omitempty"`
	// Confidence in words, such as "likely"; empty where it has no meaning.
	Confidence string `json:"confidence,omitempty"`
	// Lead is said before everything else: an apology, a sentence that nothing
	// was found, a tip's body.
	Lead string `json:"lead,omitempty"`
	// UnderstoodAs is the standalone question that was searched for, where it
	// differs from what was typed.
	UnderstoodAs string `json:"understood_as,omitempty"`
	// Warnings stand between Lead and the steps, such as "this file has
	// changed since it was indexed".
	Warnings []string `json:"warnings,omitempty"`
	// Steps are the runbook's steps, in order.
	Steps []Step `json:"steps,omitempty"`
	// Quotes are passages quoted as they stand, for answers without steps.
	Quotes []Quote `json:"quotes,omitempty"`
	// Notes are sentences after the steps: a model's prose has its place in
	// [Step.Before] instead.
	Notes []string `json:"notes,omitempty"`
	// Citations are the sources, numbered as steps and quotes refer to them.
	Citations []Citation `json:"citations,omitempty"`
	// Related are other runbooks, or the closest titles when abstaining.
	Related []Link `json:"related,omitempty"`
	// RelatedTitle heads Related.
	RelatedTitle string `json:"related_title,omitempty"`
	// Choices are buttons that belong to the content: a quiz's answers,
	// candidates to choose from.
	Choices []Button `json:"choices,omitempty"`
	// Buttons are the actions under the message.
	Buttons []Button `json:"buttons,omitempty"`
	// Feedback asks whether the answer helped; nil asks nothing.
	Feedback *Feedback `json:"feedback,omitempty"`
	// Mark is a small mark at the end, such as "answered without the model".
	Mark string `json:"mark,omitempty"`
	// Marker is an id that the adapter hides in the message so that
	// [Finder.Find] finds it again; at most 40 characters of [a-z0-9-].
	Marker string `json:"marker,omitempty"`
	// Private asks the adapter to show the message to one person only.
	Private bool `json:"private,omitempty"`
	// Notify is the id of the configured owner group, to be mentioned at the
	// message's beginning so that it is notified. It comes from configuration
	// only and is the one mention that ever goes out.
	Notify string `json:"notify,omitempty"`
	// FirstStep is the index in Steps to begin with, for answers that are
	// paged; the adapter decides how many fit and offers the rest by a button
	// with the id "steps" whose value is "<AnswerID>:<index>".
	FirstStep int `json:"first_step,omitempty"`
	// AnswerID names the stored answer that paging, feedback and sharing refer
	// to; may be empty.
	AnswerID string `json:"answer_id,omitempty"`
}

// Risk says how dangerous a step's commands are.
type Risk string

// The risks, mildest first.
const (
	Safe        Risk = "safe"
	Caution     Risk = "caution"
	Destructive Risk = "destructive"
)

// A Step is one instruction of a runbook.
type Step struct {
	// N runs through the whole answer from 1.
	N int `json:"n"`
	// Section is the heading that the step stands under. Adapters print it
	// once, when it changes.
	Section string `json:"section,omitempty"`
	// Before are sentences to show above the step.
	Before []string `json:"before,omitempty"`
	Text   string   `json:"text"`
	// Commands are to be shown so that copying gives exactly these bytes.
	Commands []Command `json:"commands,omitempty"`
	Expect   string    `json:"expect,omitempty"`
	IfNot    string    `json:"if_not,omitempty"`
	Risk     Risk      `json:"risk"`
	// RiskLabel is the risk in the reader's words; empty when safe.
	RiskLabel string `json:"risk_label,omitempty"`
	// Links stand in the step's source text.
	Links []Link `json:"links,omitempty"`
	// Citation is the number of the citation that the step comes from.
	Citation int `json:"citation"`
}

// A Command is one block to copy.
type Command struct {
	Text string `json:"text"`
	// Lang is a hint for highlighting, such as "sql"; may be empty.
	Lang string `json:"lang,omitempty"`
}

// A Quote is a passage as it stands in its document. Text may have several
// lines; its line breaks and its indentation are to be kept.
type Quote struct {
	Text     string `json:"text"`
	Links    []Link `json:"links,omitempty"`
	Citation int    `json:"citation"`
}

// A Citation names where something stands.
type Citation struct {
	N int `json:"n"`
	// Label is "path:start-end", to be shown.
	Label string `json:"label"`
	// Heading is the heading path, outermost first.
	Heading []string `json:"heading,omitempty"`
	// URL opens the document at the lines; empty where there is none.
	URL string `json:"url,omitempty"`
}

// A Link is a title with an address, an action, or neither.
type Link struct {
	Title string `json:"title"`
	// URL is http or https, or a path on the web page; may be empty.
	URL string `json:"url,omitempty"`
	// Detail is shown after the title, such as "path:12".
	Detail string `json:"detail,omitempty"`
}

// A Button sends an [ActionValue] back.
type Button struct {
	// ID is the action, such as "share"; at most 40 characters of [a-z0-9_-].
	ID string `json:"id"`
	// Value travels with it; at most 55 bytes, so that both fit a custom id.
	Value string `json:"value,omitempty"`
	Label string `json:"label"`
	// Style is "", "primary" or "danger".
	Style string `json:"style,omitempty"`
}

// Feedback asks whether an answer helped. Its two buttons send the action
// "feedback" with the value "<AnswerID>:up" or "<AnswerID>:down".
type Feedback struct {
	UpLabel   string `json:"up_label"`
	DownLabel string `json:"down_label"`
}
