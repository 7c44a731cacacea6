package discord

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bwmarrin/discordgo"

	"cairn/adapters"
)

// places remember guilds, channels and threads as the gateway tells of them,
// and what was looked up over REST where it did not.
type places struct {
	mu       sync.Mutex
	self     string
	guilds   map[string]*guild
	channels map[string]*channel
	missing  map[string]time.Time // looked up in vain
	direct   map[string]string    // user -> direct channel
	heard    map[string]lastMessage
}

type guild struct {
	id, owner string
	roles     map[string]int64 // permissions by role; the guild's id is @everyone
	selfRoles []string
}

type channel struct {
	wireChannel
	last string // the newest message known
}

const (
	maxPlaces    = 100000
	missingFor   = time.Minute
	lookupWithin = 900 * time.Millisecond
)

func newPlaces() *places {
	return &places{guilds: map[string]*guild{}, channels: map[string]*channel{}, missing: map[string]time.Time{}, direct: map[string]string{}, heard: map[string]lastMessage{}}
}

func (p *places) setSelf(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.self = id
}

// setGuild takes a guild as GUILD_CREATE gives it.
func (p *places) setGuild(g *wireGuild) {
	p.mu.Lock()
	defer p.mu.Unlock()
	known := &guild{id: g.ID, owner: g.OwnerID, roles: map[string]int64{}}
	if old := p.guilds[g.ID]; old != nil {
		known.selfRoles = old.selfRoles
	}
	for _, r := range g.Roles {
		known.roles[r.ID] = r.Permissions.bits()
	}
	for _, m := range g.Members {
		if m.User != nil && m.User.ID == p.self {
			known.selfRoles = m.Roles
		}
	}
	p.guilds[g.ID] = known
	for _, list := range [][]wireChannel{g.Channels, g.Threads} {
		for _, c := range list {
			c.GuildID = g.ID
			p.setLocked(c)
		}
	}
}

func (p *places) setLocked(c wireChannel) {
	if c.ID == "" {
		return
	}
	if len(p.channels) > maxPlaces {
		p.channels = map[string]*channel{}
	}
	last := c.LastMessageID
	if old := p.channels[c.ID]; old != nil {
		if newer(old.last, last) {
			last = old.last
		}
		if c.GuildID == "" {
			c.GuildID = old.GuildID
		}
	}
	p.channels[c.ID] = &channel{wireChannel: c, last: last}
	delete(p.missing, c.ID)
}

func (p *places) set(c wireChannel) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.setLocked(c)
}

func (p *places) drop(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.channels, id)
	delete(p.heard, id)
	if len(p.missing) > maxPlaces {
		clear(p.missing)
	}
	p.missing[id] = time.Now()
}

func (p *places) dropGuild(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.guilds, id)
	for k, c := range p.channels {
		if c.GuildID == id {
			delete(p.channels, k)
		}
	}
}

func (p *places) setRole(guildID string, r wireRole, gone bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	g := p.guilds[guildID]
	switch {
	case g == nil:
	case gone:
		delete(g.roles, r.ID)
	default:
		g.roles[r.ID] = r.Permissions.bits()
	}
}

// seen notes a channel's newest message.
func (p *places) seen(channelID, guildID, message string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c := p.channels[channelID]; c != nil && newer(message, c.last) {
		c.last = message
	}
	if channelID == "" {
		return
	}
	if len(p.heard) > maxPlaces {
		clear(p.heard)
	}
	if h := p.heard[channelID]; newer(message, h.last) {
		p.heard[channelID] = lastMessage{guildID, message}
	}
}

// A lastMessage is the newest one that came over the gateway.
type lastMessage struct {
	guild, last string
}

// lastOf is the newest message that came from a channel.
func (p *places) lastOf(channelID string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.heard[channelID].last
}

// heardIn are the channels in which something was said.
func (p *places) heardIn() map[string]lastMessage {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.heard)
}

// lastIn are the newest messages that came from a guild's channels.
func (p *places) lastIn(g *wireGuild) map[string]string {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := map[string]string{}
	for _, c := range slices.Concat(g.Channels, g.Threads) {
		if h, ok := p.heard[c.ID]; ok {
			out[c.ID] = h.last
		}
	}
	return out
}

func (p *places) get(id string) (wireChannel, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c := p.channels[id]; c != nil {
		return c.wireChannel, true
	}
	return wireChannel{}, false
}

// selfRoles are the bot's roles that are its own: mentioning one calls it.
func (p *places) rolesOf(guildID string) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if g := p.guilds[guildID]; g != nil {
		return g.selfRoles
	}
	return nil
}

// where tells a message's place by what is known.
func (p *places) where(channelID, guildID string) place {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := place{channel: channelID, guild: guildID, direct: guildID == ""}
	c := p.channels[channelID]
	if c == nil {
		return out
	}
	if out.guild == "" {
		out.guild = c.GuildID
	}
	out.direct = out.guild == "" && (c.Type == typeDM || c.Type == typeGroupDM)
	private := c.Type == typePrivate
	if c.thread() && c.ParentID != "" {
		out.channel, out.thread = c.ParentID, channelID
		c = p.channels[c.ParentID]
	}
	out.public = !private && !out.direct && c != nil && p.publicLocked(c)
	return out
}

// publicLocked reports whether everybody in the guild may read a channel.
func (p *places) publicLocked(c *channel) bool {
	g := p.guilds[c.GuildID]
	if g == nil {
		return false
	}
	everyone := g.roles[g.id]
	if everyone&discordgo.PermissionAdministrator != 0 {
		return true
	}
	for _, o := range c.Overwrites {
		if o.ID == g.id && o.Type == 0 {
			everyone = everyone&^o.Deny.bits() | o.Allow.bits()
		}
	}
	return everyone&discordgo.PermissionViewChannel != 0
}

// permissions are the bot's in a channel; ok is false when they are not known.
func (p *places) permissions(channelID string) (have int64, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.channels[channelID]
	if c != nil && c.thread() {
		c = p.channels[c.ParentID]
	}
	if c == nil {
		return 0, false
	}
	g := p.guilds[c.GuildID]
	if g == nil || g.selfRoles == nil {
		return 0, false
	}
	have, ok = g.roles[g.id]
	if !ok {
		return 0, false // what everybody may is not known
	}
	for _, r := range g.selfRoles {
		have |= g.roles[r]
	}
	if have&discordgo.PermissionAdministrator != 0 || g.owner == p.self && p.self != "" {
		return ^int64(0), true
	}
	apply := func(match func(wireOverwrite) bool) {
		var allow, deny int64
		for _, o := range c.Overwrites {
			if match(o) {
				allow, deny = allow|o.Allow.bits(), deny|o.Deny.bits()
			}
		}
		have = have&^deny | allow
	}
	apply(func(o wireOverwrite) bool { return o.Type == 0 && o.ID == g.id })
	apply(func(o wireOverwrite) bool { return o.Type == 0 && o.ID != g.id && slices.Contains(g.selfRoles, o.ID) })
	apply(func(o wireOverwrite) bool { return o.Type == 1 && o.ID == p.self })
	return have, true
}

// A permission that the adapter needs, with what for.
type permission struct {
	bit    int64
	name   string
	reason string
}

// needed are the permissions of the invite link.
func needed() []permission {
	return []permission{
		{discordgo.PermissionViewChannel, "View Channels", "to see the channels it answers in"},
		{discordgo.PermissionSendMessages, "Send Messages", "to answer"},
		{discordgo.PermissionSendMessagesInThreads, "Send Messages in Threads", "to answer in threads"},
		{discordgo.PermissionCreatePublicThreads, "Create Public Threads", "to put long answers into a thread"},
		{discordgo.PermissionEmbedLinks, "Embed Links", "answers are embeds"},
		{discordgo.PermissionReadMessageHistory, "Read Message History", "to reply to questions and to catch up after a break"},
	}
}

// missing names the permissions that an operation lacks in a channel, or ""
// where they are not known.
func (a *Adapter) missing(channelID string, inThread bool, forThread bool) string {
	have, ok := a.places.permissions(channelID)
	if !ok {
		return ""
	}
	var names []string
	for _, n := range needed() {
		switch n.bit {
		case discordgo.PermissionSendMessages:
			if inThread {
				continue
			}
		case discordgo.PermissionSendMessagesInThreads:
			if !inThread && !forThread {
				continue
			}
		case discordgo.PermissionCreatePublicThreads:
			if !forThread {
				continue
			}
		}
		if have&n.bit == 0 {
			names = append(names, n.name)
		}
	}
	return strings.Join(names, ", ")
}

// lookUp makes sure that a channel is known; one that is not there is not
// asked for again for a while.
func (a *Adapter) lookUp(ctx context.Context, id string) (wireChannel, bool) {
	if c, ok := a.places.get(id); ok || !usable(id) {
		return c, ok
	}
	a.places.mu.Lock()
	at, gone := a.places.missing[id]
	a.places.mu.Unlock()
	if gone && time.Since(at) < missingFor {
		return wireChannel{}, false
	}
	ctx, cancel := context.WithTimeout(ctx, a.lookupWithin)
	defer cancel()
	var c wireChannel
	err := a.call(ctx, request{op: "read channel " + id, method: "GET", path: "/channels/" + id, out: &c, once: true})
	if err != nil {
		if k := adapters.KindOf(err); k == adapters.KindNotFound || k == adapters.KindPermission {
			a.places.drop(id)
		}
		return wireChannel{}, false
	}
	c.ID = id
	a.places.set(c)
	return c, true
}

// directChannel opens the direct conversation with a user.
func (a *Adapter) directChannel(ctx context.Context, user string) (string, error) {
	a.places.mu.Lock()
	id := a.places.direct[user]
	a.places.mu.Unlock()
	if id != "" {
		return id, nil
	}
	var c wireChannel
	err := a.call(ctx, request{
		op: "open a direct conversation", method: "POST", path: "/users/@me/channels", body: map[string]string{"recipient_id": user}, out: &c, repeatable: true,
	})
	if err != nil {
		return "", err
	}
	a.rememberDirect(user, c.ID)
	return c.ID, nil
}

func (a *Adapter) rememberDirect(user, channelID string) {
	if user == "" || channelID == "" {
		return
	}
	p := a.places
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.direct) > maxPlaces {
		clear(p.direct)
	}
	p.direct[user] = channelID
	if p.channels[channelID] == nil {
		p.setLocked(wireChannel{ID: channelID, Type: typeDM})
	}
}

// A memory keeps the newest entries of a map.
type memory struct {
	mu    sync.Mutex
	max   int
	m     map[string]string
	order []string
}

func newMemory(max int) *memory { return &memory{max: max, m: map[string]string{}} }

func (r *memory) put(k, v string) {
	if k == "" || v == "" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.m[k]; !ok {
		r.order = append(r.order, k)
		if len(r.order) > r.max {
			half := r.max / 2
			for _, old := range r.order[:half] {
				delete(r.m, old)
			}
			r.order = append([]string(nil), r.order[half:]...)
		}
	}
	r.m[k] = v
}

func (r *memory) get(k string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.m[k]
}
