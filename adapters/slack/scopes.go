package slack

// A Scope is a permission of the bot token.
type Scope struct {
	Name string
	// Why is what it is for, as docs/adapters/slack.md says.
	Why string
	// Methods and Events are what needs it.
	Methods, Events []string
}

// Scopes are the bot scopes that the adapter uses: deploy/slack-manifest.yaml
// asks for these and no others.
func Scopes() []Scope {
	return []Scope{
		{Name: "app_mentions:read", Why: "hear @cairn in channels", Events: []string{"app_mention"}},
		{Name: "assistant:write", Why: "suggested prompts and the searching status on the agent surface", Methods: []string{"assistant.threads.setStatus", "assistant.threads.setSuggestedPrompts"}},
		{Name: "channels:history", Why: "follow-ups without a mention, onboarding channels and linked messages in public channels", Methods: []string{"conversations.history", "conversations.replies"}, Events: []string{"message.channels"}},
		{Name: "channels:read", Why: "tell public channels from private ones, and who is in them, before a linked message is read", Methods: []string{"conversations.info", "conversations.members", "users.conversations"}},
		{Name: "chat:write", Why: "answer", Methods: []string{"chat.postMessage", "chat.postEphemeral", "chat.update", "chat.delete", "chat.startStream", "chat.appendStream", "chat.stopStream"}},
		{Name: "commands", Why: "/cairn and the message shortcut"},
		{Name: "groups:history", Why: "the same as channels:history in private channels that Cairn was invited to", Methods: []string{"conversations.history", "conversations.replies"}, Events: []string{"message.groups"}},
		{Name: "groups:read", Why: "the same as channels:read in private channels", Methods: []string{"conversations.info", "conversations.members", "users.conversations"}},
		{Name: "im:history", Why: "questions in direct messages", Methods: []string{"conversations.history", "conversations.replies"}, Events: []string{"message.im"}},
		{Name: "im:write", Why: "open a direct message for private answers and cards", Methods: []string{"conversations.open"}},
		{Name: "mpim:history", Why: "questions and follow-ups in group messages", Methods: []string{"conversations.history", "conversations.replies"}, Events: []string{"message.mpim"}},
		{Name: "reactions:write", Why: "show within a second that an answer is on its way", Methods: []string{"reactions.add", "reactions.remove"}},
		{Name: "users:read", Why: "the language of whoever types a command, and whether a linked message's reader is a guest", Methods: []string{"users.info"}},
	}
}
