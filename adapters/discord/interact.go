package discord

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"cairn/adapters"
)

// The answers to an interaction.
const (
	answerMessage      = 4
	answerDeferred     = 5 // "is thinking", to be edited
	answerDeferUpdate  = 6 // nothing to be seen
	answerUpdate       = 7
	answerAutocomplete = 8
)

// deferWithin is how long Discord waits for the first answer.
const deferWithin = 3 * time.Second

// An acknowledgement is what is known of an interaction that was taken here.
type acknowledgement struct {
	done chan struct{} // closed when Discord has been answered
	ok   bool          // valid after done: the token may be used
	at   time.Time

	mu   sync.Mutex
	used bool // the deferred message has been filled
}

// fill notes that the deferred message is one no longer.
func (k *acknowledgement) fill() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.used = true
}

// pending holds the interactions of the last fifteen minutes by their token.
type pending struct {
	mu sync.Mutex
	m  map[string]*acknowledgement
}

// add notes an interaction; nil when it came before.
func (p *pending) add(token string, now time.Time) *acknowledgement {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.m[token] != nil {
		return nil
	}
	if p.m == nil {
		p.m = map[string]*acknowledgement{}
	}
	if len(p.m) >= 4096 && len(p.m)%512 == 0 {
		for k, v := range p.m {
			if now.Sub(v.at) > tokenLasts {
				delete(p.m, k)
			}
		}
	}
	k := &acknowledgement{done: make(chan struct{}), at: now}
	p.m[token] = k
	return k
}

// taken is the acknowledgement of an interaction that an earlier process has
// taken: whether Discord has it, the first answer shows.
func (p *pending) taken(token string, now time.Time) *acknowledgement {
	if k := p.get(token); k != nil {
		return k
	}
	k := p.add(token, now)
	if k == nil {
		return p.get(token) // taken in this moment
	}
	k.ok = true
	close(k.done)
	return k
}

func (p *pending) get(token string) *acknowledgement {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.m[token]
}

// callback is the first answer to an interaction.
type callback struct {
	Type int `json:"type"`
	Data any `json:"data,omitempty"`
}

func (a *Adapter) callBack(ctx context.Context, in *wireInteraction, c callback) error {
	return a.call(ctx, request{
		op: "answer interaction " + in.ID, method: "POST", path: "/interactions/" + in.ID + "/" + in.Token + "/callback", body: c, exempt: true,
		repeatable: true, // a second one is refused as acknowledged already
	})
}

// onInteraction takes a command, a pressed button or a request for titles.
// What goes to the handler is acknowledged when the handler has recorded it.
func (a *Adapter) onInteraction(ctx context.Context, data []byte, at time.Time) {
	var in wireInteraction
	if err := decode(data, &in); err != nil {
		a.lg.Warn("interaction cannot be read", "err", err)
		return
	}
	if !usable(in.ID) || !usableToken(in.Token) || in.ApplicationID != "" && !usable(in.ApplicationID) {
		a.lg.Warn("interaction with a token that cannot be used")
		return
	}
	ctx, cancel := context.WithDeadline(ctx, at.Add(a.deferWithin))
	defer cancel()
	if in.ApplicationID == "" {
		in.ApplicationID, _ = a.identity()
	}
	if in.Channel != nil && in.ChannelID == "" {
		in.ChannelID = in.Channel.ID
	}
	if in.GuildID != "" && in.Channel != nil {
		if _, known := a.places.get(in.ChannelID); !known {
			c := *in.Channel
			c.ID, c.GuildID = in.ChannelID, in.GuildID
			if c.thread() {
				a.places.set(c)
			}
		}
	}
	if in.Type == interactionPing {
		return
	}
	ev, ok, err := a.decoder(in.GuildID).interaction(&in)
	if err != nil || in.Type < interactionCommand || in.Type > interactionAutocomplete {
		a.lg.Warn("interaction cannot be read", "type", in.Type, "err", err)
		a.refuseInteraction(ctx, &in, textOutdated)
		return
	}
	if in.GuildID == "" {
		a.rememberDirect(ev.User.ID, in.ChannelID)
		ev.Private = false // nobody else is there
	}
	if in.Type == interactionAutocomplete {
		a.complete(ctx, &in, ev)
		return
	}
	if !ok {
		a.browse(ctx, &in, ev)
		return
	}
	ack := a.pending.add(ev.ReplyToken.Reveal(), a.opts.Now())
	if ack == nil {
		a.lg.Debug("interaction came twice")
		return
	}
	defer close(ack.done)
	actx, acancel := context.WithTimeout(ctx, acceptWithin)
	err = a.handler.Accept(actx, ev)
	acancel()
	if err != nil {
		t := textNotTaken
		if errors.Is(err, adapters.ErrQueueFull) {
			a.lg.Warn("interaction refused, too much waits", "kind", ev.Kind)
			t = textQueueFull
		} else {
			a.lg.Error("interaction not recorded", "kind", ev.Kind, "err", err)
		}
		p := render(sentence(langOf(ev.Text, ev.User.Locale), t)).parts[0]
		p.Flags = flagEphemeral
		if err := a.callBack(ctx, &in, callback{Type: answerMessage, Data: p}); err != nil {
			a.lg.Warn("asker not told", "err", err)
		}
		return
	}
	c := callback{Type: answerDeferUpdate}
	if ev.Kind != adapters.EventAction {
		c.Type = answerDeferred
		if ev.Private {
			c.Data = map[string]int{"flags": flagEphemeral}
		}
	}
	err = a.callBack(ctx, &in, c)
	switch {
	case err == nil, codeOf(err) == codeAcknowledged:
		ack.ok = true
	case adapters.KindOf(err) == adapters.KindTimeout, adapters.KindOf(err) == adapters.KindServer:
		ack.ok = true // it may have arrived; the answer's own error tells
		a.lg.Warn("interaction perhaps not acknowledged in time", "err", err)
	default:
		a.lg.Warn("interaction not acknowledged in time, answering without it", "err", err, "took", time.Since(at))
	}
}

// refuseInteraction tells the asker alone why nothing comes of it.
func (a *Adapter) refuseInteraction(ctx context.Context, in *wireInteraction, t text) {
	p := render(sentence(langOf("", in.Locale), t)).parts[0]
	p.Flags = flagEphemeral
	if err := a.callBack(ctx, in, callback{Type: answerMessage, Data: p}); err != nil {
		a.lg.Warn("asker not told", "err", err)
	}
}

func viewer(ev adapters.Event) adapters.Viewer {
	return adapters.Viewer{Adapter: Name, Workspace: ev.Workspace, Channel: ev.Channel, User: ev.User.ID}
}

// A choice is one suggestion of autocomplete.
type choice struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// complete suggests titles, or services, for what is being typed.
func (a *Adapter) complete(ctx context.Context, in *wireInteraction, ev adapters.Event) {
	choices := []choice{}
	add := func(name, value string) {
		name, value = cut(oneLine(name), LimitOption), cut(oneLine(value), LimitOption)
		if name != "" && len(choices) < LimitOptions && !slices.ContainsFunc(choices, func(c choice) bool { return c.Value == value }) {
			choices = append(choices, choice{inert(name), value})
		}
	}
	typed, option := focused(in.Data.Options)
	lang := langOf("", in.Locale)
	if a.opts.Titles != nil {
		switch option {
		case "service", "topic":
			for _, s := range a.opts.Titles.Services(ctx, viewer(ev)) {
				if strings.Contains(strings.ToLower(s.Name), strings.ToLower(typed)) {
					add(fmt.Sprintf("%s (%d)", cut(s.Name, 90), s.Count), s.Name)
				}
			}
		default:
			for _, t := range a.opts.Titles.Complete(ctx, viewer(ev), typed, lang, LimitOptions) {
				add(t.Title, t.Title)
			}
		}
	}
	if err := a.callBack(ctx, in, callback{Type: answerAutocomplete, Data: map[string]any{"choices": choices}}); err != nil {
		a.lg.Debug("titles not suggested", "err", err)
	}
}

func focused(options []wireOption) (typed, name string) {
	for _, o := range options {
		if o.Focused {
			return strings.TrimSpace(o.text()), o.Name
		}
		if t, n := focused(o.Options); n != "" {
			return t, n
		}
	}
	return "", ""
}
