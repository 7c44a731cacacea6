package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"cairn/adapters/web"
	"cairn/bot/store"
)

// doctorTimeout bounds all checks together.
const doctorTimeout = 60 * time.Second

// A check is one thing that doctor looked at.
type check struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
	// Fix says what to do; empty when OK.
	Fix string `json:"fix,omitempty"`
}

func newDoctor() *cobra.Command {
	var (
		f    common
		asJS bool
	)
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check configuration, library, store, model, tokens, scopes and clock",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), doctorTimeout)
			defer cancel()
			checks, err := diagnose(ctx, cmd, &f)
			if err != nil {
				return err
			}
			if asJS {
				if err := printJSON(cmd.OutOrStdout(), checks); err != nil {
					return err
				}
			} else {
				printChecks(cmd.OutOrStdout(), checks)
			}
			for _, c := range checks {
				if !c.OK {
					return errors.New("something needs attention")
				}
			}
			return nil
		},
	}
	f.register(cmd)
	cmd.Flags().BoolVar(&asJS, "json", false, "print a JSON array")
	return cmd
}

func printChecks(w io.Writer, checks []check) {
	for _, c := range checks {
		mark := "ok  "
		if !c.OK {
			mark = "FAIL"
		}
		fmt.Fprintf(w, "%s  %-14s %s\n", mark, c.Name, printable(c.Detail))
		if c.Fix != "" {
			fmt.Fprintf(w, "      %-14s %s\n", "", printable(c.Fix))
		}
	}
}

// diagnose runs every check, each on its own, so that one failure hides none
// of the others.
func diagnose(ctx context.Context, cmd *cobra.Command, f *common) ([]check, error) {
	s, err := f.openFor(cmd, purposeTools)
	if err != nil {
		return nil, err
	}
	checks := []check{
		{Name: "configuration", OK: true, Detail: fmt.Sprintf("%s, data in %s", counted(len(s.catalog.Libraries()), "library", "libraries"), s.cfg.Data)},
		s.checkLibrary(ctx),
		s.checkData(),
		s.checkStore(ctx),
		s.checkListen(ctx),
		s.checkSchedules(),
	}
	checks = append(checks, s.checkModel(ctx)...)
	checks = append(checks, s.checkAdapters(ctx)...)
	return append(checks, checkClock()), nil
}

func (s *session) checkLibrary(ctx context.Context) check {
	c := check{Name: "library"}
	_, r, err := s.current(ctx)
	if err != nil {
		c.Detail, c.Fix = err.Error(), "give a readable folder of documents with --library DIR or libraries: in the configuration"
		return c
	}
	c.OK = len(r.Stale) == 0
	c.Detail = fmt.Sprintf("%d documents, %d passages, %d files skipped, %d stale", r.Documents, r.Passages, len(r.Skipped), len(r.Stale))
	if !c.OK {
		c.Fix = "make these readable again: " + r.Stale[0].Path + " (" + r.Stale[0].Reason + ")"
	}
	return c
}

func (s *session) checkData() check {
	c := check{Name: "data directory", Detail: s.cfg.Data}
	if err := os.MkdirAll(s.cfg.Data, 0o700); err != nil {
		c.Detail, c.Fix = err.Error(), "choose a directory that can be written with --data DIR"
		return c
	}
	probe := filepath.Join(s.cfg.Data, ".doctor")
	if err := os.WriteFile(probe, []byte("x"), 0o600); err != nil {
		c.Detail, c.Fix = err.Error(), "make it writable and see that it has space left, or choose another directory with --data DIR"
		return c
	}
	os.Remove(probe)
	c.OK = true
	return c
}

func (s *session) checkStore(ctx context.Context) check {
	st, where, err := s.openState(ctx)
	if err != nil {
		return check{Name: "store", Detail: err.Error(), Fix: "check DATABASE_URL, or the permissions of the data directory"}
	}
	lost, err := st.ListDeliveries(ctx, store.DeliveryFilter{
		States: []string{store.DeliveryUnknown}, Since: time.Now().Add(-7 * 24 * time.Hour), Limit: 5,
	})
	if err = errors.Join(err, st.Close()); err != nil {
		return check{Name: "store", Detail: err.Error(), Fix: "see the error"}
	}
	if len(lost) > 0 {
		// Rather lost than doubled, never silently.
		d := lost[0]
		return check{
			Name: "store", Detail: fmt.Sprintf("%s; nobody knows whether the message of %s at %s was sent: %s", where, d.Schedule, d.Slot.Format(time.RFC3339), d.Note),
			Fix: "look into the channel; give the bot the right to read its history so that it can look itself",
		}
	}
	return check{Name: "store", OK: true, Detail: where}
}

// checkSchedules says when each schedule fires next.
func (s *session) checkSchedules() check {
	list, err := s.schedules()
	if err != nil {
		return check{Name: "schedules", Detail: err.Error(), Fix: "correct the schedule in the configuration"}
	}
	c := check{Name: "schedules", OK: true, Detail: "none"}
	var next []string
	for _, sch := range list {
		next = append(next, fmt.Sprintf("%s next %s", sch.Name, sch.Next(time.Now()).Format("Mon 2006-01-02 15:04 MST")))
	}
	if len(next) > 0 {
		c.Detail = strings.Join(next, "; ")
	}
	return c
}

func (s *session) checkListen(ctx context.Context) check {
	c := check{Name: "web page", Detail: s.cfg.Listen}
	if err := web.CheckListen(s.cfg.Listen, s.cfg.AccessToken, s.cfg.Insecure); err != nil {
		c.Detail, c.Fix = err.Error(), "set access_token (CAIRN_ACCESS_TOKEN), or listen on 127.0.0.1"
		return c
	}
	l, err := net.Listen("tcp", s.cfg.Listen)
	if err == nil {
		l.Close()
		c.OK = true
		return c
	}
	switch ready, isCairn := askReadiness(ctx, s.cfg.Listen); {
	case isCairn && ready:
		c.OK, c.Detail = true, s.cfg.Listen+", a running cairn serve answers there"
	case isCairn:
		c.Detail, c.Fix = s.cfg.Listen+": a running cairn serve is not ready", "see its log, and http://"+dialable(s.cfg.Listen)+"/readyz"
	default:
		c.Detail, c.Fix = err.Error(), "stop what has this port, or choose another address with --listen"
	}
	return c
}

// readyTimeout bounds the question to whatever listens on our address.
const readyTimeout = 3 * time.Second

// askReadiness asks what listens on an address whether it is a cairn serve, and
// whether that is ready.
func askReadiness(ctx context.Context, listen string) (ready, isCairn bool) {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+dialable(listen)+"/readyz", nil)
	if err != nil {
		return false, false
	}
	// Our own address: no proxy, no redirect to elsewhere.
	t := &http.Transport{DisableKeepAlives: true}
	defer t.CloseIdleConnections()
	client := &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		return false, false
	}
	defer resp.Body.Close()
	var body struct {
		Ready  *bool             `json:"ready"`
		Checks map[string]string `json:"checks"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 64<<10)).Decode(&body); err != nil || body.Ready == nil || body.Checks["library"] == "" {
		return false, false
	}
	return *body.Ready, true
}

// dialable is a listening address as one connects to it.
func dialable(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return listen
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
		if ip != nil && ip.To4() == nil {
			host = "::1"
		}
	}
	return net.JoinHostPort(host, port)
}

// counted is a number with its noun.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// checkClock catches a clock that was never set; skew against the platforms is
// the adapters' check.
func checkClock() check {
	now := time.Now()
	c := check{Name: "clock", OK: now.Year() >= 2026, Detail: now.Format(time.RFC3339)}
	if !c.OK {
		c.Fix = "set the clock: signatures of chat platforms and certificates depend on it"
	}
	return c
}
