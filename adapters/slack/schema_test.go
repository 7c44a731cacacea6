package slack

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

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
	known := doc.(map[string]any)["definitions"].(map[string]any)
	addCitation(t, known)
	c := jsonschema.NewCompiler()
	if err := c.AddResource("slack.json", doc); err != nil {
		t.Fatal(err)
	}
	r := newRig(t, rigOptions{opts: Options{Prompts: fakePrompts{}, EditEvery: 10 * time.Millisecond}})
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

// addCitation adds the element that Slack documents and its typings lack:
// https://docs.slack.dev/reference/block-kit/block-elements/citation-element.
func addCitation(t *testing.T, known map[string]any) {
	t.Helper()
	element, err := jsonschema.UnmarshalJSON(strings.NewReader(`{"type": "object", "additionalProperties": false, "required": ["type", "url", "text", "index", "details"], "properties": {
		"type": {"const": "citation"}, "url": {"type": "string"}, "text": {"type": "string"}, "index": {"type": "number"}, "from_llm": {"type": "boolean"}, "is_slack_url": {"type": "boolean"},
		"details": {"type": "object", "additionalProperties": false, "required": ["citation_type", "display_name"], "properties": {
			"citation_type": {"const": "web"}, "display_name": {"type": "string"}, "title": {"type": "string"}, "snippet": {"type": "string"}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	union := known["RichTextElement"].(map[string]any)
	union["anyOf"] = append(union["anyOf"].([]any), element)
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
	must(r.ShowHome(r.ctx, adapters.User{ID: "U1"}, answerMessage()))
	root := r.slack.Put("D1", slacktest.Message{User: "U1", Text: "502?"})
	direct := adapters.Event{Kind: adapters.EventAsk, Surface: adapters.SurfaceDirect, Channel: "D1", Thread: root, Message: root, User: adapters.User{ID: "U1"}}
	r.Busy(r.ctx, direct)()
	for _, ev := range []adapters.Event{ev, direct} {
		m := answerMessage()
		st, err := r.Stream(r.ctx, ev, m)
		must(err)
		m.Notes = []string{"prose"}
		st.Update(m)
		if ev.Surface == adapters.SurfaceDirect {
			r.awaitCall(t, "chat.appendStream", 1)
		}
		m.Notes = append(m.Notes, "at the end")
		_, err = st.Close(r.ctx, m)
		must(err)
	}
	r.slack.Mention("C1", "U1", "why?", ev.Thread)
	r.Doctor(r.ctx, "en")
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
					parts := render(m, n%3)
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
