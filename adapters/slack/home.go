package slack

import (
	"context"
	"sync"

	slackapi "github.com/slack-go/slack"

	"cairn/adapters"
)

// ShowHome implements [adapters.HomePage].
func (a *Adapter) ShowHome(ctx context.Context, user adapters.User, m adapters.Message) error {
	m.Feedback = nil
	var blocks []slackapi.Block
	for _, p := range render(m, plain) {
		blocks = append(blocks, p.blocks...)
	}
	if len(blocks) > LimitHomeBlocks {
		blocks = blocks[:LimitHomeBlocks]
	}
	return a.call(ctx, "views.publish", user.ID, func(ctx context.Context) error {
		_, err := a.api.PublishViewContext(ctx, slackapi.PublishViewContextRequest{
			UserID: user.ID, View: slackapi.HomeTabViewRequest{Type: slackapi.VTHomeTab, Blocks: slackapi.Blocks{BlockSet: blocks}},
		})
		return err
	})
}

// suggest offers questions of the library as prompts to somebody who opens the
// conversation with the app. Workspaces without the agent surface refuse, which
// is no loss and tells that there is none.
func (a *Adapter) suggest(ctx context.Context, channel, user string) {
	if a.opts.Prompts == nil || channel == "" || a.gates.left("assistant.threads.setSuggestedPrompts", "", a.opts.Now) > 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 2*a.signWithin)
	defer cancel()
	turn := a.agent.ask()
	_, team := a.identity()
	lang := "en"
	if l := a.locale(ctx, user); len(l) >= 2 && l[:2] == "zh" {
		lang = "zh"
	}
	v := adapters.Viewer{Adapter: Name, Workspace: team, Channel: channel, User: user}
	var prompts []slackapi.AssistantThreadsPrompt
	for _, p := range a.opts.Prompts.Prompts(ctx, v, lang, maxPrompts) {
		title, question := cut(oneLine(p.Title), 70), cut(oneLine(p.Question), 200)
		if len(prompts) < maxPrompts && title != "" && question != "" {
			prompts = append(prompts, slackapi.AssistantThreadsPrompt{Title: title, Message: question})
		}
	}
	if len(prompts) == 0 {
		return
	}
	var refusal error
	took := a.sign(ctx, "assistant.threads.setSuggestedPrompts", channel, func(ctx context.Context) error {
		refusal = a.api.SetAssistantThreadsSuggestedPromptsContext(ctx, slackapi.AssistantThreadsSetSuggestedPromptsParameters{
			ChannelID: channel, Title: say(lang, textPrompts), Prompts: prompts,
		})
		return refusal
	})
	switch {
	case took:
		a.agent.learn(turn, true)
	case code(refusal) != "" && kindOf(refusal) != adapters.KindRateLimited && kindOf(refusal) != adapters.KindServer:
		a.agent.learn(turn, false)
	}
}

// surface is whether the workspace has the agent's surface. It is learned from
// calls that run side by side: of two answers the one to the later call holds,
// whichever comes first.
type surface struct {
	mu           sync.Mutex
	asked, heard uint64
	there        bool
}

// ask returns the turn of a call.
func (s *surface) ask() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	return s.asked
}

func (s *surface) learn(turn uint64, there bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if turn > s.heard {
		s.heard, s.there = turn, there
	}
}

// known reports whether the surface is there, as far as is known.
func (s *surface) known() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.there
}
