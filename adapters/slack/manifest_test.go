package slack

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	slackapi "github.com/slack-go/slack"
	"go.yaml.in/yaml/v3"
)

func readManifest(t *testing.T) slackapi.Manifest {
	t.Helper()
	raw, err := os.ReadFile("../../deploy/slack-manifest.yaml")
	if err != nil {
		t.Fatal(err)
	}
	dec := yaml.NewDecoder(strings.NewReader(string(raw)))
	dec.KnownFields(true)
	var m slackapi.Manifest
	if err := dec.Decode(&m); err != nil {
		t.Fatalf("deploy/slack-manifest.yaml: %v", err)
	}
	return m
}

// Every event, command, scope and interaction used in code is in the manifest,
// and nothing more.
func TestManifest(t *testing.T) {
	t.Parallel()
	m := readManifest(t)
	var scopes, events []string
	for _, s := range Scopes() {
		scopes = append(scopes, s.Name)
		events = append(events, s.Events...)
	}
	events = append(events, "app_home_opened") // needs no scope
	slices.Sort(events)
	if got := m.OAuthConfig.Scopes.Bot; !slices.Equal(got, scopes) {
		t.Errorf("scopes: manifest has %v, code uses %v", got, scopes)
	}
	if got := m.Settings.EventSubscriptions.BotEvents; !slices.Equal(got, botEvents) || !slices.Equal(events, botEvents) {
		t.Errorf("events: manifest has %v, scopes give %v, code reads %v", got, events, botEvents)
	}
	if len(m.OAuthConfig.Scopes.User)+len(m.Settings.EventSubscriptions.UserEvents) > 0 {
		t.Error("the manifest asks for a user's scopes or events")
	}
	if c := m.Features.SlashCommands; len(c) != 1 || c[0].Command != commandName {
		t.Errorf("commands: got %+v, want %s alone", c, commandName)
	}
	if s := m.Features.Shortcuts; len(s) != 1 || s[0].CallbackID != shortcutID || s[0].Type != slackapi.MessageShortcut {
		t.Errorf("shortcuts: got %+v, want %s alone", s, shortcutID)
	}
	if m.Settings.Interactivity == nil || !m.Settings.Interactivity.IsEnabled {
		t.Error("buttons need interactivity")
	}
	if !m.Features.AppHome.HomeTabEnabled || !m.Features.AppHome.MessagesTabEnabled || m.Features.AppHome.MessagesTabReadOnlyEnabled {
		t.Errorf("app home: got %+v", m.Features.AppHome)
	}
	if v := m.Features.AgentView; v == nil || len(v.AgentDescription) > 300 {
		t.Errorf("agent view: got %+v, want a description of at most 300 characters", v)
	}
	if !m.Settings.SocketModeEnabled {
		t.Error("socket mode is off")
	}
}

// methodOf are the library's calls and the Web API methods behind them.
var methodOf = map[string]string{
	"AuthTestContext": "", "StartSocketModeContext": "", "PublishViewContext": "", // need no bot scope
	"OpenConversationContext": "conversations.open", "GetConversationInfoContext": "conversations.info", "GetUsersInConversationContext": "conversations.members", "GetConversationsForUserContext": "users.conversations",
	"GetUserInfoContext": "users.info",
	"AddReactionContext": "reactions.add", "RemoveReactionContext": "reactions.remove",
	"SendMessageContext": "chat.postMessage chat.update", "PostEphemeralContext": "chat.postEphemeral", "DeleteMessageContext": "chat.delete",
	"StartStreamContext": "chat.startStream", "AppendStreamContext": "chat.appendStream", "StopStreamContext": "chat.stopStream",
	"SetAssistantThreadsStatusContext": "assistant.threads.setStatus", "SetAssistantThreadsSuggestedPromptsContext": "assistant.threads.setSuggestedPrompts",
}

// The calls that the code makes are the methods that the scopes are for.
func TestScopesAreUsed(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	called := map[string]bool{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		// What the adapter reads without the library goes through history, by
		// the method's name.
		var byName []string
		reads := false
		ast.Inspect(f, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING && strings.HasPrefix(lit.Value, `"conversations.`) {
				byName = append(byName, strings.Trim(lit.Value, `"`))
			}
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			reads = reads || sel.Sel.Name == "history"
			if x, ok := sel.X.(*ast.SelectorExpr); ok && x.Sel.Name == "api" {
				methods, known := methodOf[sel.Sel.Name]
				if !known {
					t.Errorf("%s calls %s, whose scope is not known here", name, sel.Sel.Name)
				}
				for _, m := range strings.Fields(methods) {
					called[m] = true
				}
			}
			return true
		})
		if reads {
			for _, m := range byName {
				called[m] = true
			}
		}
	}
	needed := map[string]bool{}
	for _, s := range Scopes() {
		for _, m := range s.Methods {
			needed[m] = true
			if !called[m] {
				t.Errorf("scope %s is for %s, which nothing calls", s.Name, m)
			}
		}
	}
	for m := range called {
		if !needed[m] {
			t.Errorf("%s is called, but no scope is for it", m)
		}
	}
}

// The documentation names every scope with its reason.
func TestScopesAreDocumented(t *testing.T) {
	t.Parallel()
	for _, page := range []string{"../../docs/adapters/slack.md", "../../docs/adapters/slack.zh.md"} {
		raw, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		var rows []string
		for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_:]+)` \\|").FindAllStringSubmatch(string(raw), -1) {
			rows = append(rows, m[1])
		}
		for i, s := range Scopes() {
			if i >= len(rows) || rows[i] != s.Name {
				t.Errorf("%s: the table of scopes has %v, want row %s to be %s", page, rows, strconv.Itoa(i+1), s.Name)
				break
			}
			if strings.HasSuffix(page, "slack.md") && !strings.Contains(string(raw), s.Why) {
				t.Errorf("%s: the reason for %s is not %q", page, s.Name, s.Why)
			}
		}
	}
}
