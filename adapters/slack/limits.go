package slack

// What Slack takes, from https://docs.slack.dev/reference/block-kit/blocks and
// https://docs.slack.dev/apis/web-api/rate-limits, and what we send: a margin
// below, since some limits are undocumented and count differently.
const (
	// LimitBlocks is how many blocks a message may have; LimitHomeBlocks a view.
	LimitBlocks     = 50
	LimitHomeBlocks = 100
	// LimitHeader is a header's length, LimitSection a text's, LimitButton a
	// button's label, LimitActions the elements of an actions block.
	LimitHeader  = 150
	LimitSection = 3000
	LimitButton  = 75
	LimitActions = 25
	// LimitTotal is the sum of a message's text, beyond which Slack answers
	// msg_blocks_too_long (observed, github.com/slackapi/bolt-js/issues/2509).
	LimitTotal = 13000

	maxBlocks  = 45
	maxTotal   = 10500
	maxElement = 2800
	maxCommand = 6000 // a command is one element, to be copied as a whole
	maxText    = 3500 // the notification text; chat.update takes 4,000
	maxParts   = 6    // messages that one answer may become
	maxPrompts = 4    // of assistant.threads.setSuggestedPrompts
	stepsPage  = 8    // steps shown before a button offers the rest
	pageChars  = 7000

	maxBody        = 1 << 20 // a request from Slack
	maxShortcut    = 8000    // text gathered from a message
	responseUses   = 5       // of one response_url, in its 30 minutes
	maxStreamChars = 9500    // https://github.com/CopilotKit/CopilotKit/pull/6064
)
