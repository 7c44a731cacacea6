package adapters

import "time"

// EventKind says what happened.
type EventKind string

// The kinds of event.
const (
	// EventAsk is a question: a mention, a direct message, a command's argument, a
	// message in an onboarding channel, a follow-up in a thread.
	EventAsk EventKind = "ask"
	// EventCommand is a command other than ask: [Event.Command] names it, Text
	// holds its argument.
	EventCommand EventKind = "command"
	// EventAction is a pressed button or a chosen option: see [Event.Action].
	EventAction EventKind = "action"
	// EventEdit is an edited question; Message names the message edited.
	EventEdit EventKind = "edit"
	// EventDelete is a deleted message.
	EventDelete EventKind = "delete"
	// EventHome is a user opening the bot's own page.
	EventHome EventKind = "home"
	// EventChatter is a message that was not meant for the bot but shows that
	// people talk in a thread it takes part in.
	EventChatter EventKind = "chatter"
)

// Surface says where the event came from; it decides manners.
type Surface string

// The surfaces.
const (
	SurfaceMention    Surface = "mention"    // the bot was named in a channel
	SurfaceDirect     Surface = "direct"     // a direct message
	SurfaceSlash      Surface = "slash"      // a slash command: the answer is private by default
	SurfaceShortcut   Surface = "shortcut"   // "Find runbook" on somebody's message
	SurfaceThread     Surface = "thread"     // a message without mention in a thread the bot takes part in
	SurfaceOnboarding Surface = "onboarding" // a message without mention in an onboarding channel
	SurfacePage       Surface = "page"       // the web page, the terminal
)

// An Event is something that happened on a platform, decoded. It survives a
// round trip through JSON, since it is stored before it is acknowledged.
type Event struct {
	// Adapter is the adapter's name, such as "slack".
	Adapter string `json:"adapter"`
	// Keys identify the event for deduplication: an event is a duplicate when
	// any of its keys was seen before. At least one; unique within the adapter.
	Keys    []string  `json:"keys"`
	Kind    EventKind `json:"kind"`
	Surface Surface   `json:"surface"`
	// Time is when it happened, by the platform's clock.
	Time time.Time `json:"time"`

	// Workspace is the platform's team or guild, "" in direct messages where
	// the platform has none there.
	Workspace string `json:"workspace,omitempty"`
	// Channel is the conversation's id.
	Channel string `json:"channel,omitempty"`
	// ChannelPublic reports that everybody in the workspace may read Channel.
	ChannelPublic bool `json:"channel_public,omitempty"`
	// Thread is the thread to answer in; "" means the top level.
	Thread string `json:"thread,omitempty"`
	// Message is the id of the message that the event is about.
	Message string `json:"message,omitempty"`
	// User is who did it.
	User User `json:"user"`

	// Text is the question or the command's argument: plain text, without the
	// bot's mention, platform escapes undone. For a shortcut it is the text
	// gathered from the message, its attachments and blocks.
	Text string `json:"text,omitempty"`
	// About is the text of the message that a short question was asked under,
	// such as an alert's post ("@cairn what now?" in its thread); read only
	// where the question alone says too little. May be empty.
	About string `json:"about,omitempty"`
	// Command names the command of an EventCommand, such as "help".
	Command string `json:"command,omitempty"`
	// Options are a command's named options.
	Options map[string]string `json:"options,omitempty"`
	// EventAction is what was pressed; zero but for EventAction.
	Action ActionValue `json:"action,omitzero"`
	// Private asks for an answer that only the user sees.
	Private bool `json:"private,omitempty"`
	// ReplyToken is what the adapter needs to answer (a response URL, an
	// interaction token). It is a secret with a short life.
	ReplyToken Secret `json:"reply_token,omitzero"`
	// ReplyUntil is when ReplyToken lapses; zero means never or no token.
	ReplyUntil time.Time `json:"reply_until,omitzero"`
}

// A User is somebody on a platform.
type User struct {
	ID string `json:"id"`
	// Name is for display only, never for decisions; may be empty.
	Name string `json:"name,omitempty"`
	// Locale is the user's own, such as "zh-CN"; may be empty. Answers follow
	// the question's language, commands without text follow this.
	Locale string `json:"locale,omitempty"`
}

// An ActionValue says which button was pressed.
type ActionValue struct {
	// ID is the [Button.ID].
	ID string `json:"id"`
	// Value is the [Button.Value] or the chosen option.
	Value string `json:"value,omitempty"`
	// On is the message the button stands on.
	On Ref `json:"on,omitzero"`
}

// A Ref names a message that was sent.
type Ref struct {
	Adapter string `json:"adapter,omitempty"`
	Channel string `json:"channel,omitempty"`
	Thread  string `json:"thread,omitempty"`
	Message string `json:"message,omitempty"`
}

// A Destination is where to send what nobody asked for.
type Destination struct {
	// Channel is a channel's id; empty when User is set.
	Channel string `json:"channel,omitempty"`
	// User is a user's id, to be reached by direct message.
	User string `json:"user,omitempty"`
	// Thread is a thread within Channel, or "".
	Thread string `json:"thread,omitempty"`
}
