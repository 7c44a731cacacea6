package app

// newAdapters makes every adapter that has its tokens, and says how to connect
// the others. An adapter is one case here.
func (s *session) newAdapters(p *parts) error {
	if s.cfg.Slack.BotToken.IsZero() {
		p.connected = append(p.connected, "Slack      not connected: set SLACK_BOT_TOKEN and SLACK_APP_TOKEN (docs/adapters/slack.md)")
	}
	if s.cfg.Discord.BotToken.IsZero() {
		p.connected = append(p.connected, "Discord    not connected: set DISCORD_BOT_TOKEN (docs/adapters/discord.md)")
	}
	return nil
}
