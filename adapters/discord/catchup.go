package discord

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/bwmarrin/discordgo"

	"cairn/adapters"
)

const (
	// catchUpMost is how far back a break of the connection is caught up.
	catchUpMost = 6 * time.Hour
	// catchUpMargin covers the difference of two clocks.
	catchUpMargin = time.Minute
	catchUpPages  = 10 // of 100 messages, per channel
	// catchUpPatience is how long the gateway may take to tell of its guilds.
	catchUpPatience = 3 * time.Second
)

// beginCatchUp notes what is to be read over REST now that a session began
// that continues no other: guilds come one by one after READY.
func (a *Adapter) beginCatchUp(ctx context.Context, c *connection, guilds []string) {
	now := a.opts.Now()
	if a.opts.CatchUp < 0 {
		return
	}
	from := now.Add(-a.opts.CatchUp)
	if !c.lastSeen.IsZero() {
		from = later(c.lastSeen.Add(-catchUpMargin), now.Add(-catchUpMost))
	}
	since := snowflakeAt(from)
	b := &catchUp{since: since, began: now, guilds: map[string]bool{}}
	for _, g := range guilds {
		b.guilds[g] = false
	}
	c.shard.catchUp = b
	a.tasks.Go(func() { a.guarded("catch-up", func() { a.catchUpRest(ctx, c.shard, b) }) })
	if c.id != 0 {
		return // direct messages come to the first shard
	}
	known := a.directs()
	for _, id := range known {
		from := sinceIn(since, a.places.lastOf(id))
		a.inLane(ctx, id, func(ctx context.Context) { a.catchUpChannel(ctx, id, "", from) })
	}
	if c.recalled {
		return
	}
	c.recalled = true
	a.tasks.Go(func() { // what the store takes its time for must not hold the gateway up
		for _, id := range a.recallDirects(ctx) {
			if !slices.Contains(known, id) {
				a.inLane(ctx, id, func(ctx context.Context) { a.catchUpChannel(ctx, id, "", since) })
			}
		}
	})
}

// A catchUp is what is still to be read since the session before.
type catchUp struct {
	since string
	began time.Time

	mu     sync.Mutex
	guilds map[string]bool // whether they were read
}

// take reports whether a guild is to be read, and notes that it is.
func (b *catchUp) take(guild string, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	read, listed := b.guilds[guild]
	if read || !listed && now.Sub(b.began) > catchUpMargin {
		return false // a guild that the bot has just come to has nothing for it
	}
	b.guilds[guild] = true
	return true
}

// catchUpGuild reads the channels of a guild in which something was said since
// the session before, once. It stands in the channel's lane, so that what is
// said from now on comes after it.
func (a *Adapter) catchUpGuild(ctx context.Context, s *shard, g *wireGuild, known map[string]string) {
	b := s.catchUp
	if b == nil || !b.take(g.ID, a.opts.Now()) {
		return
	}
	for _, ch := range slices.Concat(g.Channels, g.Threads) {
		readable := ch.Type == typeText || ch.Type == typeAnnouncement || ch.Type == 2 || ch.Type == 13 || ch.thread()
		from := sinceIn(b.since, known[ch.ID])
		if !readable || ch.LastMessageID != "" && !newer(ch.LastMessageID, from) || ch.LastMessageID == "" && known[ch.ID] == "" {
			continue
		}
		const want = discordgo.PermissionViewChannel | discordgo.PermissionReadMessageHistory
		if have, known := a.places.permissions(ch.ID); known && have&want != want {
			continue
		}
		a.inLane(ctx, ch.ID, func(ctx context.Context) { a.catchUpChannel(ctx, ch.ID, g.ID, from) })
	}
}

// sinceIn is where to begin in a channel: at the time, or at the last message
// known where its id tells no time.
func sinceIn(since, last string) string {
	if last != "" && snowflakeTime(last).IsZero() {
		return last
	}
	return since
}

// catchUpRest reads the channels that something was said in earlier and whose
// guild the gateway has not told of.
func (a *Adapter) catchUpRest(ctx context.Context, s *shard, b *catchUp) {
	if a.limiter.pause(ctx, catchUpPatience, nil) != nil {
		return
	}
	for id, m := range a.places.heardIn() {
		if m.guild == "" || !s.concerns(m.guild) || !b.unread(m.guild) {
			continue
		}
		from := sinceIn(b.since, m.last)
		a.inLane(ctx, id, func(ctx context.Context) { a.catchUpChannel(ctx, id, m.guild, from) })
	}
}

func (b *catchUp) unread(guild string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return !b.guilds[guild]
}

// concerns reports whether a guild's events come to the shard.
func (s *shard) concerns(guild string) bool {
	n, err := strconv.ParseUint(guild, 10, 64)
	return s.count <= 1 || err == nil && int((n>>22)%uint64(s.count)) == s.id
}

// catchUpChannel hands over what was said in a channel since then.
func (a *Adapter) catchUpChannel(ctx context.Context, id, guildID, since string) {
	found := 0
	for range catchUpPages {
		var page []json.RawMessage
		err := a.call(ctx, request{
			op: "read channel " + id, method: "GET", path: "/channels/" + id + "/messages", query: url.Values{"after": {since}, "limit": {"100"}}, out: &page, repeatable: true,
		})
		if err != nil {
			if k := adapters.KindOf(err); k == adapters.KindNotFound {
				a.places.drop(id)
			} else if ctx.Err() == nil {
				a.lg.Warn("channel not caught up", "channel", id, "permission", a.missing(id, false, false), "err", err)
			}
			return
		}
		var messages []wireIncoming
		for _, raw := range page {
			var m wireIncoming
			if err := decode(raw, &m); err != nil {
				a.lg.Warn("message cannot be read", "channel", id, "err", err)
				continue
			}
			messages = append(messages, m)
		}
		slices.SortFunc(messages, func(x, y wireIncoming) int {
			switch {
			case newer(x.ID, y.ID):
				return 1
			case x.ID == y.ID:
				return 0
			}
			return -1
		})
		d := a.decoder(guildID)
		for i := range messages {
			m := &messages[i]
			m.GuildID, m.ChannelID = guildID, id
			since = m.ID
			if ev, ok := d.from(m, false); ok {
				found++
				a.take(ctx, ev, false)
			}
		}
		if len(page) < 100 {
			break
		}
	}
	if found > 0 {
		a.lg.Info("caught up after a break", "channel", id, "messages", found)
	}
}
