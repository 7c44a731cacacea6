package discord

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"cairn/adapters/discord/discordtest"
)

// binary builds cairn once for all tests.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "cairn-discord-")
	if err != nil {
		return "", err
	}
	built = dir
	bin := filepath.Join(dir, "cairn")
	out, err := exec.Command("go", "build", "-o", bin, "cairn").CombinedOutput()
	if err != nil {
		return "", &exec.Error{Name: string(out), Err: err}
	}
	return bin, nil
})

var built string // removed by TestMain

// serverFor starts a fake for whole processes, which is patient with them as far
// as o says nothing else. Building the binary does not count.
func serverFor(t *testing.T, o discordtest.Options) (*discordtest.Server, context.Context) {
	t.Helper()
	if testing.Short() {
		t.Skip("builds the whole binary")
	}
	if _, err := binary(); err != nil {
		t.Fatal(err)
	}
	if o.AnswerWithin == 0 {
		o.AnswerWithin = patience
	}
	s := discordtest.Start(&o)
	t.Cleanup(s.Close)
	ctx, cancel := context.WithTimeout(t.Context(), 5*patience)
	t.Cleanup(cancel)
	return s, ctx
}

// A process is `cairn serve` connected to a fake Discord.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	log   *safeBuffer
	ended chan error
	stop  sync.Once
	// failing processes may end with an error.
	failing bool
}

// serve starts the whole binary over the built-in library, with its state in
// dir.
func serve(t *testing.T, s *discordtest.Server, dir string, env ...string) *process {
	t.Helper()
	bin, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, cmd: exec.Command(bin, "serve", "--listen", "127.0.0.1:0", "--data", dir), log: &safeBuffer{}, ended: make(chan error, 1)}
	p.cmd.Env = append(append(os.Environ(), s.Env()...), env...)
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.ended <- p.cmd.Wait() }()
	t.Cleanup(func() {
		p.end(syscall.SIGTERM)
		if strings.Contains(p.log.String(), discordtest.Token) || strings.Contains(p.log.String(), "-secret") {
			t.Error("a token stands in the log")
		}
		if t.Failed() {
			t.Log(cut(p.log.String(), 20000))
		}
	})
	return p
}

// end sends the signal and waits.
func (p *process) end(signal syscall.Signal) {
	p.t.Helper()
	p.stop.Do(func() {
		_ = p.cmd.Process.Signal(signal)
		late := time.AfterFunc(2*patience, func() { _ = p.cmd.Process.Kill() })
		defer late.Stop()
		if err := <-p.ended; err != nil && signal != syscall.SIGKILL && !p.failing {
			p.t.Errorf("serve ended with %v", err)
		}
	})
}

func refusals(t *testing.T, s *discordtest.Server) {
	t.Helper()
	for _, p := range s.Problems() {
		t.Errorf("Discord would refuse: %s", p)
	}
}

// TestWholeBinary builds cairn, connects it to the fake, and asks it by
// mention, by slash command and by button.
func TestWholeBinary(t *testing.T) {
	t.Parallel()
	s, ctx := serverFor(t, discordtest.Options{})
	dir := t.TempDir()
	first := serve(t, s, dir)
	defer refusals(t, s)
	if err := s.AwaitSession(ctx, 1); err != nil {
		t.Fatal(err)
	}
	q := s.Mention(discordtest.General, discordtest.Ada, "502 troubleshooting")
	m, err := s.Await(ctx, "", func(m discordtest.Message) bool {
		return strings.Contains(m.Visible(), "502") && (m.ReplyTo == q || m.Channel == q) && len(m.Read().Commands) > 0
	})
	if err != nil {
		t.Fatal(err)
	}
	if r := m.Read(); len(r.Pings) > 0 {
		t.Errorf("pings: %q", r.Pings)
	}
	id := s.SlashIn("zh-CN", discordtest.General, discordtest.Bo, "ask", map[string]any{"question": "k8s node NotReady 怎么排查"})
	private, err := s.Await(ctx, "", func(m discordtest.Message) bool {
		return m.Ephemeral == discordtest.Bo && strings.Contains(m.Visible(), "NotReady")
	})
	if err != nil {
		t.Fatal(err)
	}
	if x := s.Interaction(id); !x.Ephemeral || x.Original == nil || x.Original.ID != private.ID {
		t.Errorf("interaction: %+v", x)
	}
	press := func(action string) {
		t.Helper()
		for _, b := range private.Buttons() {
			if strings.HasPrefix(b.CustomID, action+":") {
				s.Press(discordtest.General, discordtest.Bo, private.ID, b.CustomID)
				return
			}
		}
		t.Errorf("no button %q under the answer: %+v", action, private.Buttons())
	}
	press("feedback")
	if _, err := s.Await(ctx, "", func(m discordtest.Message) bool { return m.Ephemeral == discordtest.Bo && m.ID != private.ID }); err != nil {
		t.Errorf("no thanks for the feedback: %v", err)
	}
	press("share")
	if _, err := s.Await(ctx, discordtest.General, func(m discordtest.Message) bool {
		return m.Ephemeral == "" && strings.Contains(m.Visible(), "NotReady") && len(m.Read().Commands) > 0
	}); err != nil {
		t.Errorf("not shared: %v", err)
	}

	// After a restart nothing is answered again, neither what the catch-up
	// finds nor what Discord delivers once more.
	first.end(syscall.SIGTERM)
	before := len(s.Messages(""))
	serve(t, s, dir)
	if err := s.AwaitSession(ctx, 1); err != nil {
		t.Fatal(err)
	}
	s.Again()
	s.AgainInteraction(id)
	last := s.Direct(discordtest.Ada, "disk full")
	if _, err := s.Await(ctx, s.DirectChannel(discordtest.Ada), nil); err != nil {
		t.Errorf("%s is not answered: %v", last, err)
	}
	if n := len(s.Messages("")) - before; n != 1 {
		t.Errorf("%d messages after the restart, want 1", n)
	}
}

// TestBinaryRefused looks what the operator sees when Discord refuses for good.
func TestBinaryRefused(t *testing.T) {
	t.Parallel()
	s, _ := serverFor(t, discordtest.Options{NoMessageContent: true})
	p := serve(t, s, t.TempDir(), "CAIRN_DISCORD_MESSAGE_CONTENT=true")
	p.failing = true
	eventually(t, "it says why", func() bool { return strings.Contains(p.log.String(), "turn it on in the Developer Portal") })
	if n := s.Stats().Identifies; n != 1 {
		t.Errorf("%d identifies, want 1", n)
	}
}

// TestCrash kills the process while one command is recorded but not deferred,
// and another is deferred but not answered. The next process answers each
// once: through the webhook while Discord takes the token, else as a plain
// message. A direct message of meanwhile is found.
func TestCrash(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		plain bool
	}{{"token valid", false}, {"token lapsed", true}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, ctx := serverFor(t, discordtest.Options{})
			dir := t.TempDir()
			first := serve(t, s, dir)
			defer refusals(t, s)
			if err := s.AwaitSession(ctx, 1); err != nil {
				t.Fatal(err)
			}
			called := func(method, path string) {
				t.Helper()
				if err := s.AwaitCalls(ctx, method, path, 1); err != nil {
					t.Fatalf("%s %s is not called: %v", method, path, err)
				}
			}
			s.Direct(discordtest.Bo, "disk full")
			if _, err := s.Await(ctx, s.DirectChannel(discordtest.Bo), nil); err != nil {
				t.Fatal(err)
			}
			s.Fail(1, discordtest.Fault{Method: "POST", Path: "/interactions/", Delay: time.Hour, Drop: true})
			undeferred := s.Slash(discordtest.General, discordtest.Ada, "ask", map[string]any{"question": "502 troubleshooting", "public": true})
			called("POST", "/interactions/"+undeferred)
			// The answer to the first one as well, should the process give up on
			// deferring it.
			s.Fail(2, discordtest.Fault{Method: "PATCH", Path: "/webhooks/", Delay: time.Hour, Drop: true})
			deferred := s.Slash(discordtest.General, discordtest.Bo, "ask", map[string]any{"question": "k8s node NotReady 怎么排查", "public": true})
			called("PATCH", s.WebhookPath(deferred))
			first.end(syscall.SIGKILL)
			s.Forgive()
			if c.plain {
				s.LapseTokens()
			}
			if x := s.Interaction(undeferred); x.Answer != 0 {
				t.Fatalf("it was deferred: %+v", x)
			}
			if x := s.Interaction(deferred); x.Answer != answerDeferred || x.Original != nil {
				t.Fatalf("it was answered: %+v", x)
			}
			s.Forget()
			s.Direct(discordtest.Bo, "redis 内存满了怎么办")
			serve(t, s, dir)
			about := func(words string) func(discordtest.Message) bool {
				return func(m discordtest.Message) bool {
					return m.Channel == discordtest.General && strings.Contains(m.Visible(), words)
				}
			}
			m, err := s.Await(ctx, discordtest.General, about("502"))
			if err != nil || m.Followup {
				t.Errorf("the one not deferred: %v, want a plain message: %+v", err, m)
			}
			if m, err = s.Await(ctx, discordtest.General, about("NotReady")); err != nil || m.Followup == c.plain {
				t.Errorf("the one deferred: %v, want a plain message %v: %+v", err, c.plain, m)
			}
			if x := s.Interaction(deferred); !c.plain && (x.Original == nil || x.Original.ID != m.ID) {
				t.Errorf("the deferred message was not filled: %+v", x)
			}
			if _, err := s.Await(ctx, s.DirectChannel(discordtest.Bo), func(m discordtest.Message) bool { return strings.Contains(m.Visible(), "redis") }); err != nil {
				t.Error(err)
			}
			// Everything else would be sent by now.
			last := s.Mention(discordtest.General, discordtest.Ada, "disk full")
			if _, err := s.Await(ctx, "", func(m discordtest.Message) bool { return m.ReplyTo == last || m.Channel == last }); err != nil {
				t.Error(err)
			}
			count := map[string]int{}
			for _, m := range s.Messages(discordtest.General) {
				for _, words := range []string{"502", "NotReady"} {
					if about(words)(m) {
						count[words]++
					}
				}
			}
			if n := len(s.Messages(s.DirectChannel(discordtest.Bo))); count["502"] != 1 || count["NotReady"] != 1 || n != 2 {
				t.Errorf("answers: %v and %d direct ones, want one each and 2", count, n)
			}
		})
	}
}
