package discord

// What Discord takes, from
// https://docs.discord.com/developers/resources/message#embed-object-embed-limits
// and https://docs.discord.com/developers/components/reference.
const (
	LimitContent     = 2000
	LimitEmbeds      = 10
	LimitEmbedTotal  = 6000 // of all embeds of a message together
	LimitTitle       = 256
	LimitDescription = 4096
	LimitFields      = 25
	LimitFieldName   = 256
	LimitFieldValue  = 1024
	LimitFooter      = 2048
	LimitAuthor      = 256
	LimitRows        = 5
	LimitRowButtons  = 5
	LimitLabel       = 80
	LimitCustomID    = 100
	LimitOptions     = 25 // of a select menu, of autocomplete
	LimitOption      = 100
	LimitThreadName  = 100
	LimitNonce       = 25
)

// What we send: a margin below, since Discord may count differently.
const (
	maxDescription = 3800
	maxTotal       = 5500
	maxPiece       = 3400 // one text or fence, which is never split further
	maxParts       = 6    // messages that one answer may become
	stepsPage      = 8    // steps shown before a button offers the rest
	pageChars      = 4200
	maxLink        = 1200
	maxShortcut    = 8000 // text gathered from a message

	flagEphemeral = 1 << 6
)

// Rates, from https://docs.discord.com/developers/topics/rate-limits.
const (
	globalPerSecond = 50    // requests of a bot
	globalBurst     = 10    // of these at once; the rest evenly
	invalidWindow   = 600   // seconds
	invalidLimit    = 10000 // requests answered 401, 403 or 429 within it
	invalidStop     = 9000
)
