package slack

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"cairn/adapters"
	"cairn/adapters/adaptertest"
	"cairn/adapters/slack/slacktest"
)

// Every request that the adapter makes fits Slack's own typings.
func TestRequestsFitTheSchema(t *testing.T) {
	t.Parallel()
	path := sharedDir(t, "specs", "slack_methods.schema.json")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(raw)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("slack.json", doc); err != nil {
		t.Fatal(err)
	}
	known := doc.(map[string]any)["definitions"].(map[string]any)
	r := newRig(t, rigOptions{opts: Options{Titles: fakeTitles{}}})
	exercise(t, r)
	checked := map[string]int{}
	for _, call := range r.slack.Calls("") {
		name := "method:" + call.Method
		if known[name] == nil {
			continue
		}
		schema, err := c.Compile("slack.json#/definitions/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name))
		if err != nil {
			t.Fatal(err)
		}
		args := map[string]any{}
		for k, v := range call.Args {
			x, err := jsonschema.UnmarshalJSON(strings.NewReader(string(v)))
			if err != nil {
				t.Fatal(err)
			}
			args[k] = typed(k, x)
		}
		if err := schema.Validate(args); err != nil {
			t.Errorf("%s: %v\n%s", call.Method, err, mustJSON(args))
		}
		checked[call.Method]++
		args["no_such_argument"] = true
		if call.Method != "apps.connections.open" && schema.Validate(args) == nil {
			t.Errorf("%s: the schema takes everything", call.Method)
		}
	}
	for _, m := range []string{"chat.postMessage", "chat.postEphemeral", "chat.update", "chat.startStream", "chat.appendStream", "chat.stopStream", "reactions.add", "reactions.remove",
		"conversations.history", "conversations.replies", "conversations.open", "conversations.info", "users.info", "views.publish", "assistant.threads.setStatus", "assistant.threads.setSuggestedPrompts"} {
		if checked[m] == 0 {
			t.Errorf("no request to %s was made", m)
		}
	}
}

// typed undoes what a form does to numbers and truth.
func typed(key string, x any) any {
	s, ok := x.(string)
	if !ok {
		return x
	}
	switch key {
	case "limit":
		return json.Number(s)
	case "unfurl_links", "unfurl_media", "inclusive", "include_all_metadata", "include_locale", "return_im", "include_num_members", "prevent_creation":
		return s == "true" || s == "1"
	}
	return s
}

func mustJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// exercise makes the adapter do everything it can.
func exercise(t *testing.T, r *rig) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	r.slack.Mention("C1", "U1", "502?", "")
	ev := r.h.wait(t, 1)
	r.Busy(r.ctx, ev)()
	ref, err := r.Reply(r.ctx, ev, answerMessage())
	must(err)
	must(r.Edit(r.ctx, ref, answerMessage()))
	owners := answerMessage()
	owners.Notify = "S0123ABCD"
	_, err = r.Send(r.ctx, adapters.Destination{User: "U1"}, owners)
	must(err)
	for _, m := range []adapters.Message{adaptertest.Answer(40), {Lang: "en", Text: "x", Quotes: []adapters.Quote{{Text: strings.Repeat("line\n", 5000), Citation: 1}}}} {
		m.AnswerID = ""
		_, err = r.Reply(r.ctx, ev, m)
		must(err)
	}
	private := ev
	private.Private = true
	_, err = r.Reply(r.ctx, private, answerMessage())
	must(err)
	for _, to := range []adapters.Destination{{Channel: "C1"}, {Channel: "C1", Thread: ev.Thread}} {
		_, _, err = r.Find(r.ctx, to, "a-none", ev.Time)
		must(err)
	}
	messages := make(chan adapters.Message, 2)
	m := answerMessage()
	m.Notes = []string{"prose"}
	messages <- m
	close(messages)
	_, err = r.Stream(r.ctx, ev, messages)
	must(err)
	must(r.ShowHome(r.ctx, adapters.User{ID: "U1"}, answerMessage()))
	direct := adapters.Event{Kind: adapters.EventAsk, Surface: adapters.SurfaceDirect, Channel: "D1", Thread: "1700000000.000100", Message: "1700000000.000100", User: adapters.User{ID: "U1"}}
	r.Busy(r.ctx, direct)()
	r.slack.OpenHome("U1", "messages", "D1")
	r.slack.Slash("C1", "U1", "help")
	r.awaitCall(t, "assistant.threads.setSuggestedPrompts", 1)
	r.awaitCall(t, "reactions.remove", 1)
	r.awaitCall(t, "users.info", 1)
	r.slack.Event(map[string]any{"type": "app_mention", "user": "U1", "text": "<@" + slacktest.BotUser + "> x", "ts": "1700000000.000100", "channel": "C77"})
	r.awaitCall(t, "conversations.info", 1)
}

// The renderer keeps the limits whatever a library holds: every size of every
// part, alone and together.
func TestLimitsHold(t *testing.T) {
	t.Parallel()
	texts := []string{"", "x", strings.Repeat("word ", 700), strings.Repeat("很长的一句话。", 900), strings.Repeat("`code` & <tag> ", 600), strings.Repeat("a", 9000), strings.Repeat("line\n", 3000), "\xff\xfe bad"}
	for _, lang := range []string{"en", "zh"} {
		for i, a := range texts {
			b := texts[(i+3)%len(texts)]
			for _, n := range []int{0, 1, 9, 70} {
				m := adapters.Message{Lang: lang, Text: a, Title: b, Lead: a, UnderstoodAs: b, Confidence: "likely", Warnings: []string{a, b}, Notes: []string{b}, RelatedTitle: a, Mark: b, AnswerID: "a1", Feedback: &adapters.Feedback{}}
				for k := range n {
					m.Steps = append(m.Steps, adapters.Step{N: k + 1, Section: b, Text: a, Commands: []adapters.Command{{Text: b}, {Text: a}}, Expect: b, IfNot: a, Before: []string{b}, Risk: adapters.Caution, Citation: k + 1, Links: []adapters.Link{{Title: "word", URL: "https://x.example.com/" + fmt.Sprint(k)}}})
					m.Citations = append(m.Citations, adapters.Citation{N: k + 1, Label: a, Heading: []string{b}, URL: "https://x.example.com/" + strings.Repeat("p", k*20)})
					m.Related = append(m.Related, adapters.Link{Title: a, Detail: b, URL: "https://x.example.com"})
					m.Quotes = append(m.Quotes, adapters.Quote{Text: a + "\n  " + b, Citation: k + 1})
					m.Choices = append(m.Choices, adapters.Button{ID: "pick", Value: "v", Label: a})
				}
				for _, paged := range []string{"a1", ""} {
					m.AnswerID = paged
					parts := render(m, n%2 == 0)
					if len(parts) > maxParts {
						t.Fatalf("%d messages", len(parts))
					}
					for _, p := range parts {
						if bad := slacktest.Validate(payloadOf(t, p)); len(bad) > 0 {
							t.Fatalf("text %d, %d of each: %q", i, n, bad[:min(len(bad), 5)])
						}
					}
				}
			}
		}
	}
}
