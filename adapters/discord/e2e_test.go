package discord

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"cairn/adapters/discord/discordtest"
)

// TestWholeBinary builds cairn, connects it to the fake, and asks it by
// mention, by slash command and by button.
func TestWholeBinary(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the whole binary")
	}
	t.Parallel()
	bin := filepath.Join(t.TempDir(), "cairn")
	if out, err := exec.Command("go", "build", "-o", bin, "cairn").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	s := discordtest.Start(nil)
	defer s.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, bin, "serve", "--listen", "127.0.0.1:0", "--data", t.TempDir())
	cmd.Env = append(os.Environ(), s.Env()...)
	log := &safeBuffer{}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	defer func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := <-ended; err != nil {
			t.Errorf("serve ended with %v", err)
		}
		if strings.Contains(log.String(), discordtest.Token) || strings.Contains(log.String(), "-secret") {
			t.Error("a token stands in the log")
		}
		if t.Failed() {
			t.Log(log.String())
		}
		for _, p := range s.Problems() {
			t.Errorf("Discord would refuse: %s", p)
		}
	}()
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
	for _, b := range private.Buttons() {
		if strings.HasPrefix(b.CustomID, "feedback:") {
			s.Press(discordtest.General, discordtest.Bo, private.ID, b.CustomID)
			break
		}
	}
	if _, err := s.Await(ctx, "", func(m discordtest.Message) bool { return m.Ephemeral == discordtest.Bo && m.ID != private.ID }); err != nil {
		t.Errorf("no thanks for the feedback: %v", err)
	}
}
