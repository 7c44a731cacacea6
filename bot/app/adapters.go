package app

import (
	"context"

	"cairn/adapters/discord"
	"cairn/adapters/slack"
	"cairn/adapters/web"
	"cairn/bot/server"
)

// newAdapters makes every adapter that has its tokens, and says how to connect
// the others. An adapter is one case here.
func (s *session) newAdapters(p *parts, st stateStore) error {
	if s.cfg.Slack.BotToken.IsZero() {
		p.connected = append(p.connected, connection{"Slack", both("not connected: set SLACK_BOT_TOKEN and SLACK_APP_TOKEN (docs/adapters/slack.md)", "未连接：请设置 SLACK_BOT_TOKEN 和 SLACK_APP_TOKEN（docs/adapters/slack.zh.md）")})
	} else {
		a, err := slack.New(s.lg, s.slackConfig(), &slack.Options{Prompts: p.bot})
		if err != nil {
			return usageError{err}
		}
		p.adapters = append(p.adapters, a)
		p.connected = append(p.connected, connection{"Slack", both("connecting in %s mode; mention @Cairn or use /cairn ask", "正在以 %s 模式连接；@Cairn 或用 /cairn ask 提问").With(s.cfg.Slack.Mode)})
		if a.HTTPMode() {
			p.mounts = append(p.mounts, func(srv *server.Server, _ *web.Web) { srv.Handle("/slack/", a.Handler()) })
		}
	}
	if s.cfg.Discord.BotToken.IsZero() {
		p.connected = append(p.connected, connection{"Discord", both("not connected: set DISCORD_BOT_TOKEN (docs/adapters/discord.md)", "未连接：请设置 DISCORD_BOT_TOKEN（docs/adapters/discord.zh.md）")})
	} else {
		a, err := discord.New(s.lg, s.discordConfig(), &discord.Options{Titles: p.bot, Leaser: newLeaser(st), History: history{st}})
		if err != nil {
			return usageError{err}
		}
		p.adapters = append(p.adapters, a)
		p.connected = append(p.connected, connection{"Discord", both("connecting; use /ask or mention the bot", "正在连接；用 /ask 或 @ 机器人提问")})
	}
	return nil
}

func (s *session) discordConfig() discord.Config {
	c := s.cfg.Discord
	return discord.Config{
		BotToken: c.BotToken, APIURL: c.APIURL, MessageContent: c.MessageContent,
		OnboardingChannels: c.OnboardingChannels, OwnerGroup: c.OwnerGroup,
	}
}

func (s *session) slackConfig() slack.Config {
	c := s.cfg.Slack
	return slack.Config{
		Mode: c.Mode, BotToken: c.BotToken, AppToken: c.AppToken, SigningSecret: c.SigningSecret,
		APIURL: c.APIURL, OnboardingChannels: c.OnboardingChannels, OwnerGroup: c.OwnerGroup,
	}
}

// destinations are the channels that schedules send to on a platform.
func (s *session) destinations(adapter string) (channels []string) {
	for _, sched := range s.cfg.Schedules {
		if to := sched.To(); sched.Adapter == adapter && to.Channel != "" {
			channels = append(channels, to.Channel)
		}
	}
	return channels
}

// checkAdapters asks every configured platform, for doctor.
func (s *session) checkAdapters(ctx context.Context) []check {
	var out []check
	if s.cfg.Slack.BotToken.IsZero() {
		out = append(out, check{Name: "slack", OK: true, Detail: both("not configured; set SLACK_BOT_TOKEN to connect it", "未配置；设置 SLACK_BOT_TOKEN 即可连接").In(s.lang)})
	} else if a, err := slack.New(s.lg, s.slackConfig(), &slack.Options{Channels: s.destinations("slack")}); err != nil {
		out = append(out, check{Name: "slack", Detail: s.explain(err), Fix: both("see docs/adapters/slack.md", "见 docs/adapters/slack.zh.md").In(s.lang)})
	} else {
		for _, c := range a.Doctor(ctx, s.lang) {
			out = append(out, check(c))
		}
	}
	if s.cfg.Discord.BotToken.IsZero() {
		out = append(out, check{Name: "discord", OK: true, Detail: both("not configured; set DISCORD_BOT_TOKEN to connect it", "未配置；设置 DISCORD_BOT_TOKEN 即可连接").In(s.lang)})
	} else {
		for _, c := range discord.Diagnose(ctx, s.lg, s.discordConfig(), s.lang, nil) {
			out = append(out, check(c))
		}
	}
	return out
}
