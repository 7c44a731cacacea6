package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"cairn/adapters"
	"cairn/bot/store"
	"cairn/runbooks"
)

// A Command is something that can be asked of the bot beside a question.
// Implementations that own buttons are [Actor] too.
type Command interface {
	// Names are the words that call it, the first being the one shown in help
	// and sent by slash commands. Lower case.
	Names() []string
	// Help is its line in the help text; "" hides it.
	Help(lang string) string
	// Run carries it out for the event, whose Text is the argument, and
	// returns the answer; a message without Text says nothing. An error is
	// shown to the user as a sentence with a reference and logged.
	Run(ctx context.Context, ev adapters.Event, lang string) (adapters.Message, error)
}

// An ArgumentCommand can also be called by a mention with an argument
// ("@cairn tip kafka"). Without it, a mention calls the command only by its
// name alone, so that "progress deadline exceeded" stays a question.
type ArgumentCommand interface {
	Command
	// Takes reports whether the rest of the text is an argument of the command.
	Takes(argument string) bool
}

// An Actor handles buttons.
type Actor interface {
	Command
	// Actions are the [adapters.Button.ID] values that it handles.
	Actions() []string
	// Act handles a pressed button and returns the answer; a message without
	// Text says nothing.
	Act(ctx context.Context, ev adapters.Event, lang string) (adapters.Message, error)
}

// commandTable finds commands by name and actors by action.
type commandTable struct {
	ordered []Command
	names   map[string]Command
	actions map[string]Actor
}

func newCommandTable(commands []Command) (commandTable, error) {
	t := commandTable{ordered: commands, names: map[string]Command{}, actions: map[string]Actor{}}
	for _, c := range commands {
		for _, n := range c.Names() {
			if _, taken := t.names[n]; taken || n != strings.ToLower(n) {
				return t, fmt.Errorf("register command %q: the name is taken or not lower case", n)
			}
			t.names[n] = c
		}
		a, ok := c.(Actor)
		if !ok {
			continue
		}
		for _, id := range a.Actions() {
			if _, taken := t.actions[id]; taken || slices.Contains(ownActions(), id) {
				return t, fmt.Errorf("register command %q: the action %q is taken", c.Names()[0], id)
			}
			t.actions[id] = a
		}
	}
	return t, nil
}

// inText finds a command called by a message that begins with its name.
func (t commandTable) inText(text string) (c Command, argument string, ok bool) {
	text = strings.TrimSpace(strings.TrimPrefix(text, "/cairn "))
	name, rest, _ := strings.Cut(text, " ")
	rest = strings.TrimSpace(rest)
	c, ok = t.names[strings.ToLower(strings.TrimRight(name, "!！.。?？"))]
	if !ok {
		return nil, "", false
	}
	if rest == "" {
		return c, "", true
	}
	if ac, takes := c.(ArgumentCommand); takes && ac.Takes(rest) {
		return c, rest, true
	}
	return nil, "", false
}

// inlineCommand runs a command that a message calls by name.
func (b *Bot) inlineCommand(ctx context.Context, j *job, text, lang string) (handled bool, outcome string, err error) {
	c, argument, ok := b.commands.inText(text)
	if !ok {
		return false, "", nil
	}
	if !addressed(j.ev) {
		// Without a mention only the wish for quiet is heard.
		if _, quiet := c.(quietCommand); !quiet || j.ev.Surface != adapters.SurfaceThread {
			return false, "", nil
		}
		if conv, err := b.conversation(ctx, j.ev); err != nil || !takesPart(conv) {
			return true, "quiet", err
		}
	}
	ev := j.ev
	ev.Text, ev.Command = argument, c.Names()[0]
	outcome, err = b.runCommand(ctx, j, ev, c, commandLang(text, ev.User.Locale))
	return true, outcome, err
}

// onCommand runs a command that the platform decoded. One that nobody knows is
// a question.
func (b *Bot) onCommand(ctx context.Context, j *job) (string, error) {
	name := strings.ToLower(strings.TrimSpace(j.ev.Command))
	c, ok := b.commands.names[name]
	if ac, takes := c.(ArgumentCommand); takes && strings.TrimSpace(j.ev.Text) != "" && !ac.Takes(strings.TrimSpace(j.ev.Text)) {
		ok = false // "progress deadline exceeded" is a question
	}
	if ok {
		return b.runCommand(ctx, j, j.ev, c, commandLang(j.ev.Command+" "+j.ev.Text, j.ev.User.Locale))
	}
	ask := *j
	ask.ev.Kind = adapters.EventAsk
	switch {
	case name == "" && strings.TrimSpace(j.ev.Text) == "":
		return b.runCommand(ctx, j, j.ev, b.commands.names["help"], uiLang("", j.ev.User.Locale))
	case name != "ask" && name != "":
		ask.ev.Text = strings.TrimSpace(j.ev.Command + " " + j.ev.Text)
	}
	if ask.ev.Surface == "" {
		ask.ev.Surface = adapters.SurfaceSlash
	}
	return b.onAsk(ctx, &ask)
}

// commandLang is the language in which a command is answered. Words such as
// "subscribe 9:30 Europe/Berlin" have none, so the locale tells more than they
// do; Chinese ones have.
func commandLang(words, locale string) string {
	if strings.ContainsFunc(words, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		return string(runbooks.Chinese)
	}
	return uiLang("", locale)
}

func (b *Bot) runCommand(ctx context.Context, j *job, ev adapters.Event, c Command, lang string) (string, error) {
	m, err := c.Run(ctx, ev, lang)
	return b.conclude(ctx, j, m, err, lang, "command")
}

// conclude sends what a command or an action returned.
func (b *Bot) conclude(ctx context.Context, j *job, m adapters.Message, err error, lang, outcome string) (string, error) {
	if err != nil {
		ref := reference()
		s, known := sentence(err, lang, ref)
		if !known {
			b.lg.Error("command not carried out", "adapter", j.ev.Adapter, "reference", ref, "err", err)
			outcome = store.OutcomeError
		}
		m = plainMessage(lang, s)
		m.Private = true
	}
	if m.Text == "" {
		return outcome, nil
	}
	_, err = b.deliver(ctx, j, m)
	return outcome, err
}

// builtinCommands are the commands that every bot has.
func (b *Bot) builtinCommands() []Command {
	return []Command{helpCommand{b}, statusCommand{b}, quietCommand{b}}
}

type helpCommand struct{ b *Bot }

func (helpCommand) Names() []string { return []string{"help", "帮助", "?", "？"} }

func (helpCommand) Help(lang string) string { return say(lang, textHelpHelp) }

func (c helpCommand) Run(_ context.Context, _ adapters.Event, lang string) (adapters.Message, error) {
	return c.b.helpMessage(lang), nil
}

func (b *Bot) helpMessage(lang string) adapters.Message {
	m := adapters.Message{Lang: lang, Title: say(lang, textHelpTitle), Lead: say(lang, textHelpAsk)}
	for _, c := range b.commands.ordered {
		if h := c.Help(lang); h != "" {
			m.Notes = append(m.Notes, h)
		}
	}
	m.Notes = append(m.Notes, say(lang, textHelpFollow))
	m.Text = plain(m)
	return m
}

type statusCommand struct{ b *Bot }

func (statusCommand) Names() []string { return []string{"status", "状态"} }

func (statusCommand) Help(lang string) string { return say(lang, textHelpStatus) }

func (c statusCommand) Run(ctx context.Context, ev adapters.Event, lang string) (adapters.Message, error) {
	m := adapters.Message{Lang: lang, Title: say(lang, textStatusTitle), Notes: c.b.statusNotes(ctx, viewerOf(ev), lang)}
	m.Text = plain(m)
	return m, nil
}

func (b *Bot) statusNotes(ctx context.Context, v adapters.Viewer, lang string) []string {
	s := b.Status(ctx, v)
	notes := []string{say(lang, textStatusDocuments, s.Documents, s.Passages)}
	if !s.IndexedAt.IsZero() {
		notes = append(notes, say(lang, textStatusIndexed, s.IndexedAt.Format("2006-01-02 15:04 MST")))
	}
	if s.Stale > 0 {
		notes = append(notes, say(lang, textStatusStale, s.Stale))
	}
	if s.Model != "" {
		notes = append(notes, say(lang, textStatusModel, s.Model))
	}
	names := make([]string, 0, len(s.Adapters))
	for n := range s.Adapters {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		if why := s.Adapters[n]; why != "" {
			notes = append(notes, say(lang, textStatusNotReady, n, line(why, 120)))
		} else {
			notes = append(notes, say(lang, textStatusReady, n))
		}
	}
	if s.Version != "" {
		notes = append(notes, "cairn "+s.Version)
	}
	return notes
}

type quietCommand struct{ b *Bot }

func (quietCommand) Names() []string {
	return []string{"quiet", "stop", "shut up", "be quiet", "安静", "闭嘴", "别说了", "别回了"}
}

func (quietCommand) Help(lang string) string { return say(lang, textHelpQuiet) }

func (c quietCommand) Run(ctx context.Context, ev adapters.Event, lang string) (adapters.Message, error) {
	if ev.Channel == "" {
		return adapters.Message{}, errors.New("quiet needs a channel")
	}
	c.b.setQuiet(ctx, ev, true)
	return plainMessage(lang, say(lang, textQuiet)), nil
}
