package discord

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"time"

	"cairn/adapters"
)

// A command is one that the adapter registers, with what it becomes.
type command struct {
	name, zh    string
	about, inZh string // descriptions, at most 100 characters
	options     []option
	argument    []string // options whose values make up the event's text
	as, prefix  string   // the bot's own name for it, where that differs
}

type option struct {
	name, zh    string
	about, inZh string
	kind        int // 3 text, 5 yes or no
	required    bool
	complete    bool
	choices     []string // values; shown as they are unless choiceZh has words
	choiceZh    []string
}

// The kinds of option.
const (
	optionText = 3
	optionBool = 5
)

// ownCommands are the slash commands. What they mean is decided by the bot;
// "runbook" alone is answered here.
func ownCommands() []command {
	public := option{name: "public", zh: "公开", about: "Show the answer to everyone here", inZh: "让频道里所有人都能看到回答", kind: optionBool}
	kind := option{name: "kind", zh: "类型", about: "What to get", inZh: "订阅内容", kind: optionText, choices: []string{"cards", "tip", "path"}, choiceZh: []string{"练习卡片", "知识点", "学习路线"}}
	return []command{
		{name: commandAsk, zh: "提问", about: "Ask the runbooks", inZh: "向 runbook 提问", options: []option{
			{name: "question", zh: "问题", about: "What is wrong, in your own words", inZh: "用自己的话描述遇到的问题", kind: optionText, required: true, complete: true}, public,
		}},
		{name: commandRunbook, zh: "手册", about: "Browse the library by service", inZh: "按服务浏览知识库", options: []option{
			{name: "service", zh: "服务", about: "The service to show", inZh: "要查看的服务", kind: optionText, complete: true},
		}},
		{name: "tip", zh: "知识点", about: "A tip right away", inZh: "立刻来一条知识点", argument: []string{"topic"}, options: []option{
			{name: "topic", zh: "主题", about: "A service, a tag or a library", inZh: "服务名、标签或文档库名", kind: optionText, complete: true}, public,
		}},
		{name: "quiz", zh: "练习", about: "Review what is due, or try something new", inZh: "复习到期的卡片，或学点新的", argument: []string{"topic"}, options: []option{
			{name: "topic", zh: "主题", about: "A service, a tag or a library", inZh: "服务名、标签或文档库名", kind: optionText, complete: true},
		}},
		{name: "progress", zh: "进度", about: "How your reviews are going", inZh: "查看自己的复习进度"},
		{name: "leaderboard", zh: "排行榜", about: "Who reviews most, among those who joined", inZh: "看谁复习得最多（只含主动加入的人）", as: "progress", prefix: "board", argument: []string{"join"}, options: []option{
			{name: "join", zh: "加入", about: "Join or leave the leaderboard", inZh: "加入或退出排行榜", kind: optionText, choices: []string{"on", "off"}, choiceZh: []string{"加入", "退出"}},
		}},
		{name: "subscribe", zh: "订阅", about: "Get cards, tips or a path every day", inZh: "每天收到卡片、知识点或学习路线", argument: []string{"kind", "time", "zone", "topic"}, options: []option{
			kind,
			{name: "time", zh: "时间", about: "Time of day, such as 09:30", inZh: "每天的时间，例如 09:30", kind: optionText},
			{name: "zone", zh: "时区", about: "Time zone, such as Europe/Berlin", inZh: "时区，例如 Asia/Shanghai", kind: optionText},
			{name: "topic", zh: "主题", about: "A service, a tag or a library", inZh: "服务名、标签或文档库名", kind: optionText, complete: true},
			{name: "here", zh: "发到本频道", about: "Here in this channel instead of by direct message", inZh: "发到这个频道，而不是私信", kind: optionBool},
		}},
		{name: "unsubscribe", zh: "退订", about: "Stop what comes every day", inZh: "停止每天的推送", argument: []string{"kind"}, options: []option{
			{name: "kind", zh: "类型", about: "What to stop", inZh: "要停止的内容", kind: optionText, choices: []string{"cards", "tip", "path", "all"}, choiceZh: []string{"练习卡片", "知识点", "学习路线", "全部"}},
		}},
		{name: "path", zh: "学习路线", about: "Follow a learning path", inZh: "按路线学习", argument: []string{"action", "name"}, options: []option{
			{name: "action", zh: "操作", about: "What to do", inZh: "要做什么", kind: optionText, choices: []string{"list", "start", "next", "done", "leave"}, choiceZh: []string{"列表", "开始", "下一步", "完成", "退出"}},
			{name: "name", zh: "名称", about: "The path's name", inZh: "路线名称", kind: optionText},
		}},
		{name: "help", zh: "帮助", about: "What Cairn can do", inZh: "Cairn 能做什么"},
		{name: "status", zh: "状态", about: "How the library and the connections are", inZh: "知识库和连接的状态", options: []option{public}},
	}
}

func ownCommand(name string) (command, bool) {
	all := ownCommands()
	i := slices.IndexFunc(all, func(c command) bool { return c.name == name })
	if i < 0 {
		return command{}, false
	}
	return all[i], true
}

// A definition is a command as Discord stores it. Fields that are not written
// here are not compared.
type definition struct {
	Type             int                `json:"type"`
	Name             string             `json:"name"`
	NameIn           map[string]string  `json:"name_localizations,omitempty"`
	Description      string             `json:"description,omitempty"`
	DescriptionIn    map[string]string  `json:"description_localizations,omitempty"`
	Options          []optionDefinition `json:"options,omitempty"`
	IntegrationTypes []int              `json:"integration_types,omitempty"`
	Contexts         []int              `json:"contexts,omitempty"`
}

type optionDefinition struct {
	Type          int                `json:"type"`
	Name          string             `json:"name"`
	NameIn        map[string]string  `json:"name_localizations,omitempty"`
	Description   string             `json:"description"`
	DescriptionIn map[string]string  `json:"description_localizations,omitempty"`
	Required      bool               `json:"required,omitempty"`
	Autocomplete  bool               `json:"autocomplete,omitempty"`
	MaxLength     int                `json:"max_length,omitempty"`
	Choices       []choiceDefinition `json:"choices,omitempty"`
}

type choiceDefinition struct {
	Name   string            `json:"name"`
	NameIn map[string]string `json:"name_localizations,omitempty"`
	Value  string            `json:"value"`
}

func inChinese(s string) map[string]string {
	return map[string]string{"zh-CN": s, "zh-TW": s}
}

// definitions are the commands to be registered.
func definitions() []definition {
	var out []definition
	guild := []int{0} // installed to a server
	contexts := []int{0, 1}
	for _, c := range ownCommands() {
		d := definition{Type: 1, Name: c.name, NameIn: inChinese(c.zh), Description: c.about, DescriptionIn: inChinese(c.inZh), IntegrationTypes: guild, Contexts: contexts}
		for _, o := range c.options {
			od := optionDefinition{
				Type: o.kind, Name: o.name, NameIn: inChinese(o.zh), Description: o.about, DescriptionIn: inChinese(o.inZh), Required: o.required, Autocomplete: o.complete,
			}
			if o.kind == optionText && len(o.choices) == 0 {
				od.MaxLength = 1000
			}
			for i, v := range o.choices {
				od.Choices = append(od.Choices, choiceDefinition{Name: v, NameIn: inChinese(o.choiceZh[i]), Value: v})
			}
			d.Options = append(d.Options, od)
		}
		out = append(out, d)
	}
	return append(out, definition{Type: 3, Name: messageCommand, NameIn: inChinese("查找 runbook"), IntegrationTypes: guild, Contexts: contexts})
}

// registerCommands overwrites the registered commands when they differ:
// Discord counts creations, and an overwrite makes clients load them anew.
func (a *Adapter) registerCommands(ctx context.Context) {
	app, _ := a.identity()
	if app == "" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	path := "/applications/" + app + "/commands"
	var have []definition
	err := a.call(ctx, request{op: "read the registered commands", method: "GET", path: path, query: url.Values{"with_localizations": {"true"}}, out: &have, repeatable: true})
	want := definitions()
	if err == nil && same(have, want) {
		return
	}
	if k := adapters.KindOf(err); err == nil || k == adapters.KindNotFound || k == adapters.KindClient {
		err = a.call(ctx, request{op: "register commands", method: "PUT", path: path, body: want, repeatable: true})
	}
	if err != nil {
		a.registered.Store(false) // tried again with the next session
		if ctx.Err() == nil || adapters.KindOf(err) != adapters.KindTimeout {
			a.lg.Error("commands not registered", "err", err)
		}
		return
	}
	a.lg.Info("commands registered", "count", len(want))
}

func same(have, want []definition) bool {
	order := func(x, y definition) int { return strings.Compare(x.Name, y.Name) }
	normal := func(list []definition) string {
		list = slices.Clone(list)
		slices.SortFunc(list, order)
		for i := range list {
			slices.Sort(list[i].Contexts)
		}
		b, err := json.Marshal(list)
		if err != nil {
			return ""
		}
		return string(b)
	}
	return normal(have) == normal(want)
}
