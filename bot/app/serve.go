package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"cairn/adapters"
	"cairn/adapters/terminal"
	"cairn/adapters/web"
	"cairn/bot"
	"cairn/bot/catalog"
	"cairn/bot/config"
	"cairn/bot/server"
)

func newServe(lang string) *cobra.Command {
	var (
		f        common
		listen   string
		insecure bool
	)
	cmd := &cobra.Command{
		Use:   "serve",
		Short: both("Run the web page and every configured adapter", "运行网页和所有已配置的聊天平台").In(lang),
		Long: both(`Serve answers on a web page (127.0.0.1:8080) and in every chat platform whose
tokens are set. It follows changes in the libraries; SIGHUP compares all files
at once, SIGTERM answers what is in flight and stops.`, `serve 在网页（127.0.0.1:8080）以及所有设置了令牌的聊天平台上回答问题。
文档库的改动会自动生效；SIGHUP 立即重新比对所有文件，SIGTERM 答完手头的问题后退出。`).In(lang),
		Example: "  cairn serve --library ~/wiki",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if listen != "" {
				f.extra = append(f.extra, config.Setting{Key: "listen", Value: listen, Flag: "--listen"})
			}
			if insecure {
				f.extra = append(f.extra, config.Setting{Key: "insecure", Value: "true", Flag: "--insecure"})
			}
			return serve(cmd, &f)
		},
	}
	f.register(cmd, lang)
	cmd.Flags().StringVar(&listen, "listen", "", both("`ADDRESS` of the web page (default 127.0.0.1:8080)", "网页监听地址 `ADDRESS`（默认 127.0.0.1:8080）").In(lang))
	cmd.Flags().BoolVar(&insecure, "insecure", false, both("allow an address that is not loopback without an access token", "允许在没有访问令牌时监听非回环地址").In(lang))
	return cmd
}

// serve runs until it is asked to stop.
func serve(cmd *cobra.Command, f *common) (err error) {
	ctx := cmd.Context()
	s, err := f.openFor(cmd, purposeServe)
	if err != nil {
		return err
	}
	if _, err := s.schedules(); err != nil {
		return err // a mistake in the configuration is said before anything is read
	}
	life := newLifecycle(s.lg)
	defer func() { err = errors.Join(err, life.stop()) }()

	srv, err := s.newServer()
	if err != nil {
		return err
	}
	// The address first: what is wrong with it is best said before the rest is
	// read.
	addr, err := srv.Listen()
	if err != nil {
		return err
	}
	life.onStop("listener", func(context.Context) error { srv.Close(); return nil })

	if err := s.firstIndex(ctx); err != nil {
		return err
	}
	state, where, err := s.openState(ctx)
	if err != nil {
		return err
	}
	life.onStop("store", func(context.Context) error { return state.Close() })

	parts, err := s.newParts(srv, state)
	if err != nil {
		return err
	}
	page, err := web.New(s.lg, parts.bot, parts.bot, s.webOptions(parts))
	if err != nil {
		return usageError{err}
	}
	srv.Handle("/", page)
	srv.GuardMetrics(page.Protect)
	parts.mount(srv, page)
	srv.Check("library", func() error {
		if s.catalog.Index() == nil {
			return errors.New("no index yet")
		}
		return nil
	})

	life.run("bot", false, parts.bot.Run)
	life.run("library", false, s.catalog.Run)
	for _, p := range parts.background {
		life.run(p.name, p.mayFail, p.run)
	}
	for _, a := range parts.adapters {
		srv.Check(a.Name(), a.Ready)
		life.run(a.Name(), true, func(ctx context.Context) error { return a.Run(ctx, parts.bot) })
	}
	life.run("web", false, srv.Run)
	s.greet(addr.String(), where, parts)
	return s.wait(ctx, life)
}

// firstIndex brings the index up to date before anything is served. With an
// older index at hand a library that cannot be read is only a warning.
func (s *session) firstIndex(ctx context.Context) error {
	report, err := s.update(ctx)
	switch {
	case err != nil && s.catalog.Index() != nil:
		s.lg.Error("library was not read, serving the index of the last time", "err", err)
		return nil
	case err != nil:
		return err
	}
	s.lg.Info("library ready", "documents", report.Documents, "passages", report.Passages,
		"indexed", report.Indexed, "skipped", len(report.Skipped), "seconds", report.Took.Seconds())
	for _, sk := range report.Skipped {
		s.lg.Warn("file skipped", "library", sk.Library, "path", sk.Path, "reason", sk.Reason)
	}
	return nil
}

// wait returns when a signal or a part asks to stop. SIGHUP compares all
// files.
func (s *session) wait(ctx context.Context, life *lifecycle) error {
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	for {
		select {
		case <-hup:
			s.lg.Info("asked to compare all files")
			s.catalog.Rescan()
		case <-ctx.Done():
			s.lg.Info("stopping", "cause", context.Cause(ctx).Error())
			return nil
		case err := <-life.failed:
			return err
		}
	}
}

// greet says how to use what runs.
func (s *session) greet(addr, where string, p *parts) {
	shown := addr
	if s.cfg.PublicURL != "" {
		shown = s.cfg.PublicURL
	} else {
		shown = "http://" + addr
	}
	fmt.Fprintf(s.errOut, "\n%s\n\n", both("Cairn %s answers from %s.", "Cairn %s 已启动，回答依据：%s。").In(s.lang, versionString(), s.describeLibraries()))
	row := func(name adapters.Text, what string) {
		fmt.Fprintf(s.errOut, "  %s %s\n", terminal.Pad(name.In(s.lang), 10), what)
	}
	row(both("Web page", "网页"), shown)
	row(both("Terminal", "终端"), os.Args[0]+both(` ask "502 troubleshooting"`, ` ask "502 怎么排查"`).In(s.lang))
	for _, c := range p.connected {
		fmt.Fprintf(s.errOut, "  %-10s %s\n", c.platform, c.how.In(s.lang))
	}
	if s.writer != nil {
		row(both("Model", "模型"), s.describeJudge())
	}
	row(both("State", "存储"), where)
	fmt.Fprintln(s.errOut)
}

func (s *session) describeLibraries() string {
	stats := s.catalog.Index().Stats()
	what := both("your documents", "你们的文档")
	if catalog.OnlyBuiltin(s.catalog.Libraries()) {
		what = both("the built-in library", "内置文档库")
	}
	return both("%s (%d documents, %d passages)", "%s（%d 份文档，%d 个段落）").In(s.lang, what, stats.Documents, stats.Passages)
}

// newServer makes the listener with its metrics guarded where a token is set.
func (s *session) newServer() (*server.Server, error) {
	if err := web.CheckListen(s.cfg.Listen, s.cfg.AccessToken, s.cfg.Insecure); err != nil {
		return nil, usageError{err}
	}
	return server.New(s.lg, &server.Options{Listen: s.cfg.Listen, Grace: s.cfg.Web.Grace})
}

func (s *session) webOptions(p *parts) *web.Options {
	w := s.cfg.Web
	return &web.Options{
		Listen: s.cfg.Listen, PublicURL: s.cfg.PublicURL, AccessToken: s.cfg.AccessToken,
		Session: w.Session, Rate: w.Rate, Burst: w.Burst, MaxInFlight: w.MaxInFlight,
		MaxBody: int64(w.MaxBody), Timeout: w.Timeout, TrustedProxies: w.TrustedProxies,
		Titles: p.bot, Prompts: p.bot, Status: p.bot, Unanswered: p.bot, Feedback: p.bot,
		Nav: studyNav(),
	}
}

// botOptions are what the bot needs of configuration and catalog.
func (s *session) botOptions() *bot.Options {
	patterns := map[string]string{}
	for _, l := range s.cfg.Libraries {
		if l.URL != "" {
			patterns[l.Name] = l.URL
		}
	}
	return &bot.Options{
		Allows:     s.allows,
		Patterns:   patterns,
		PublicURL:  s.cfg.PublicURL,
		PerUser:    s.cfg.Questions.PerUser,
		Staleness:  func(library, path string) string { return string(s.catalog.Staleness(library, path)) },
		StaleCount: s.catalog.StaleCount,
		IndexedAt:  s.catalog.Made,
		Onboarding: map[string]bot.Onboarding{
			"slack":   {Channels: s.cfg.Slack.OnboardingChannels, Confidence: s.cfg.Slack.OnboardingConfidence, OwnerGroup: s.cfg.Slack.OwnerGroup},
			"discord": {Channels: s.cfg.Discord.OnboardingChannels, Confidence: s.cfg.Discord.OnboardingConfidence, OwnerGroup: s.cfg.Discord.OwnerGroup},
		},
		Workers: s.cfg.Questions.Workers, Queue: s.cfg.Questions.Queue,
		Deadline: s.cfg.Questions.Timeout, Recover: s.cfg.Questions.Recover,
		MaxQuestion: s.cfg.Questions.MaxLength,
		Writer:      s.writer,
		Version:     versionString(), Model: s.cfg.LLM.Model,
		Now: time.Now,
	}
}
