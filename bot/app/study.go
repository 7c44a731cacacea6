package app

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"cairn/adapters"
	"cairn/bot"
	"cairn/bot/answer"
	"cairn/bot/quiz"
	"cairn/bot/schedule"
	"cairn/bot/store"
	"cairn/bot/tips"
	"cairn/runbooks"
	"cairn/runbooks/risk"
)

// A study is what teaches: tips, cards, paths and what sends them.
type study struct {
	s      *session
	shelf  *shelf
	tips   *tips.Service
	quiz   *quiz.Service
	runner *schedule.Runner
}

// newStudy makes tips, quizzes and schedules, and adds their commands to the
// bot's.
func (s *session) newStudy(p *parts, opts *bot.Options, reg prometheus.Registerer, st stateStore) error {
	y := &study{s: s, shelf: &shelf{s: s}}
	var err error
	if y.tips, err = y.newTips(st); err != nil {
		return err
	}
	y.quiz, err = quiz.New(s.lg, st, func(v adapters.Viewer) []quiz.Library {
		return forViewer(y.shelf, v, func(name string, docs []*runbooks.Document) quiz.Library {
			return quiz.Library{Name: name, Documents: docs}
		})
	}, &quiz.Options{
		Link: y.link, Risk: stepRisk, NextDaily: schedule.NextDaily, PageURL: y.pageURL(),
		SessionFor: s.cfg.Quiz.LinkLifetime, Now: time.Now,
	})
	if err != nil {
		return err
	}
	if y.runner, err = y.newRunner(reg, st); err != nil {
		return err
	}
	opts.Commands = append(opts.Commands, y.tips)
	for _, c := range y.quiz.Commands() {
		opts.Commands = append(opts.Commands, c)
	}
	p.study = y
	p.mounts = append(p.mounts, y.mountStudy)
	p.background = append(p.background,
		backgroundPart{"cards", true, y.sync},
		backgroundPart{"schedules", false, y.runner.Run})
	return nil
}

func (y *study) newTips(st tips.Store) (*tips.Service, error) {
	return tips.New(y.s.lg, st, func(v adapters.Viewer) []tips.Library {
		return forViewer(y.shelf, v, func(name string, docs []*runbooks.Document) tips.Library {
			return tips.Library{Name: name, Documents: docs}
		})
	}, &tips.Options{Link: y.link, Risk: riskOf, Lately: y.s.cfg.Tips.RecentIncidents, Now: time.Now})
}

// link is the address of a document's lines for chat.
func (y *study) link(library, document string, start, end int) string {
	opts := y.s.botOptions()
	l := answer.Links{Patterns: opts.Patterns, Page: opts.PublicURL, Outward: true}
	hash := ""
	if ix := y.s.catalog.Index(); ix != nil {
		if d, ok := ix.Document(library, document); ok {
			hash = d.Hash
		}
	}
	return l.URL(library, document, hash, start, end)
}

// pageURL returns the address of personal pages, or nil where the page cannot
// be reached from outside.
func (y *study) pageURL() func(string) string {
	if y.s.cfg.PublicURL == "" {
		return nil
	}
	return func(token string) string { return y.s.cfg.PublicURL + "/me/" + token }
}

// riskOf names the risk of a step's commands in the reader's language.
func riskOf(commands []string, lang string) (adapters.Risk, string) {
	level := risk.Safe
	for _, c := range commands {
		l, _ := risk.Classify(c, "")
		level = risk.Max(level, l)
	}
	return adapters.Risk(level), bot.RiskLabel(level, lang)
}

// stepRisk is riskOf for a step that the document itself may mark.
func stepRisk(commands []string, destructive bool, lang string) (adapters.Risk, string) {
	if destructive {
		return adapters.Destructive, bot.RiskLabel(risk.Destructive, lang)
	}
	return riskOf(commands, lang)
}

// schedules compiles the configuration's schedules. Its error names every one
// that cannot fire, and where it is written.
func (s *session) schedules() (list []*schedule.Schedule, err error) {
	var errs []error
	for i := range s.cfg.Schedules {
		c := &s.cfg.Schedules[i]
		sch, err := schedule.New(schedule.Config{
			Name: c.Name, Cron: c.Cron, Zone: c.Zone, Adapter: c.Adapter, To: c.To(),
			Topics: c.Topics, Language: c.Language, QuietDays: c.QuietDays,
		})
		if err != nil {
			if at := s.cfg.Origin(fmt.Sprintf("schedules[%d].cron", i)); at != "" {
				err = both("%s: %v", "%s：%v").Err(at, err)
			}
			errs = append(errs, err)
			continue
		}
		list = append(list, sch)
	}
	if len(errs) > 0 {
		return nil, usageError{errors.Join(errs...)}
	}
	return list, nil
}

// newRunner makes what sends the schedules' tips and what people have
// subscribed to.
func (y *study) newRunner(reg prometheus.Registerer, st stateStore) (*schedule.Runner, error) {
	list, err := y.s.schedules()
	if err != nil {
		return nil, err
	}
	deliveries := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "cairn_deliveries_total", Help: "Scheduled messages by kind and the state they reached.",
	}, []string{"kind", "state"})
	reg.MustRegister(deliveries)
	return schedule.NewRunner(y.s.lg, st, list, map[string]schedule.Composer{
		schedule.KindTip:    schedule.ComposerFunc(y.composeTip),
		quiz.SubscribeCards: schedule.ComposerFunc(y.composeCards),
		quiz.SubscribePath:  schedule.ComposerFunc(y.composePath),
	}, &schedule.Options{
		CatchUp: y.s.cfg.Tips.CatchUp,
		Observe: func(d store.Delivery, state string) { deliveries.WithLabelValues(d.Kind, state).Inc() },
		Now:     time.Now,
	})
}

// viewerOf says for whom a delivery is composed.
func viewerOf(d store.Delivery) adapters.Viewer {
	return adapters.Viewer{Adapter: d.Adapter, Channel: d.Channel, User: d.User}
}

func (y *study) composeTip(ctx context.Context, j schedule.Job) (schedule.Content, error) {
	t, m, chosen, err := y.tips.Next(ctx, tips.Request{
		Stream: j.Delivery.Schedule, Lang: j.Lang, Topics: j.Topics, Viewer: viewerOf(j.Delivery), Buttons: true,
	})
	if errors.Is(err, tips.ErrNone) {
		return schedule.Content{}, schedule.ErrNothing
	}
	if err != nil {
		return schedule.Content{}, fmt.Errorf("choose a tip: %w", err)
	}
	return schedule.Content{Item: t.ID, Message: m, Chosen: chosen}, nil
}

func (y *study) composeCards(ctx context.Context, j schedule.Job) (schedule.Content, error) {
	id, m, ok, err := y.quiz.DueMessage(ctx, viewerOf(j.Delivery), j.Lang, j.Topics)
	return content(id, m, ok, err)
}

func (y *study) composePath(ctx context.Context, j schedule.Job) (schedule.Content, error) {
	id, m, ok, err := y.quiz.PathMessage(ctx, viewerOf(j.Delivery), j.Detail)
	return content(id, m, ok, err)
}

func content(id string, m adapters.Message, ok bool, err error) (schedule.Content, error) {
	if err == nil && !ok {
		err = schedule.ErrNothing
	}
	return schedule.Content{Item: id, Message: m}, err
}

// syncOnce brings the stored cards to the documents of the serving index.
func (y *study) syncOnce(ctx context.Context) (store.CardChange, error) {
	all, err := y.shelf.all(ctx)
	if err != nil {
		return store.CardChange{}, err
	}
	var libs []quiz.Library
	for _, l := range all {
		libs = append(libs, quiz.Library{Name: l.name, Documents: l.docs})
	}
	return y.quiz.Sync(ctx, libs)
}

// sync brings the stored cards to the documents at the start and whenever the
// index has changed.
func (y *study) sync(ctx context.Context) error {
	return follow(ctx, y.s.onUpdate(), func(ctx context.Context) error {
		change, err := y.syncOnce(ctx)
		switch {
		case err == nil:
			y.s.lg.Debug("cards are up to date", "change", change)
		case ctx.Err() == nil:
			y.s.lg.Error("cards were not brought up to date", "err", err, "again_in", followAgain)
		}
		debug.FreeOSMemory() // parsing all documents leaves more garbage than serving needs
		return err
	})
}

// followAgain is when what failed is tried again without a change.
const followAgain = time.Minute

// follow calls f at once and after each change, and again where it failed, until
// ctx ends; it returns ctx.Err().
func follow(ctx context.Context, changed <-chan struct{}, f func(context.Context) error) error {
	for ctx.Err() == nil {
		var again <-chan time.Time
		if err := f(ctx); err != nil {
			again = time.After(followAgain)
		}
		select {
		case <-changed:
		case <-again:
		case <-ctx.Done():
		}
	}
	return ctx.Err()
}
