package app

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"cairn/bot"
	"cairn/bot/answer"
	"cairn/bot/answer/judge"
	"cairn/bot/store"
)

var _ bot.Observer = (*observer)(nil)

// An observer turns what the bot tells into metrics.
type observer struct {
	questions *prometheus.CounterVec
	seconds   *prometheus.HistogramVec
	events    *prometheus.CounterVec
	queue     prometheus.Gauge
	model     *prometheus.CounterVec
	sentences *prometheus.CounterVec
	judge     *prometheus.CounterVec
	writing   prometheus.Histogram
}

func newObserver(reg prometheus.Registerer) *observer {
	o := &observer{
		questions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cairn_questions_total", Help: "Questions by adapter and outcome.",
		}, []string{"adapter", "outcome"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "cairn_question_seconds", Help: "Time from a question to its answer.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 4, 9),
		}, []string{"adapter"}),
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cairn_events_total", Help: "Events from chat platforms by what became of them.",
		}, []string{"adapter", "result"}),
		queue: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "cairn_queue_length", Help: "Events that wait to be handled.",
		}),
		model: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cairn_model_answers_total", Help: "Answers that a model was asked to add to, by outcome: written, or why nothing of it is shown.",
		}, []string{"outcome"}),
		sentences: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cairn_model_sentences_total", Help: "Sentences that a model wrote, by outcome: shown, withdrawn because the rest failed, or why it was dropped.",
		}, []string{"outcome"}),
		judge: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cairn_model_judge_total", Help: "Answers whose sentences came before the judge, by outcome: heard, or why the lexical check decided in its place.",
		}, []string{"outcome"}),
		writing: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "cairn_model_seconds", Help: "Time that a model took to add to an answer.",
			Buckets: prometheus.ExponentialBuckets(0.1, 2, 9),
		}),
	}
	reg.MustRegister(o.questions, o.seconds, o.events, o.queue, o.model, o.sentences, o.judge, o.writing)
	return o
}

func (o *observer) Question(adapter, outcome string, took time.Duration) {
	o.questions.WithLabelValues(adapter, outcome).Inc()
	o.seconds.WithLabelValues(adapter).Observe(took.Seconds())
}

func (o *observer) Event(adapter, what string) { o.events.WithLabelValues(adapter, what).Inc() }

func (o *observer) Queue(n int) { o.queue.Set(float64(n)) }

func (o *observer) Model(outcome string, out answer.Outcome) {
	o.model.WithLabelValues(outcome).Inc()
	o.writing.Observe(out.Took.Seconds())
	kept := "shown"
	if out.Reason != "" {
		kept = "withdrawn" // with the rest of what the model said
	}
	if out.Kept > 0 {
		o.sentences.WithLabelValues(kept).Add(float64(out.Kept))
	}
	for reason, n := range out.DroppedFor {
		o.sentences.WithLabelValues(string(reason)).Add(float64(n))
	}
	if out.Judged > 0 {
		heard := "heard"
		if out.Judge != nil {
			heard = string(judge.ReasonOf(out.Judge))
		}
		o.judge.WithLabelValues(heard).Inc()
	}
}

// retention deletes once a day what is older than the configuration keeps it.
func (s *session) retention(st stateStore) func(context.Context) error {
	keep := s.retentionPeriods()
	return func(ctx context.Context) error {
		tick := time.NewTicker(24 * time.Hour)
		defer tick.Stop()
		for {
			if n, err := st.Purge(ctx, keep, time.Now()); err != nil && ctx.Err() == nil {
				s.lg.Error("old records were not deleted", "err", err)
			} else if err == nil {
				s.lg.Debug("old records deleted", "counts", n)
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
}

// retentionPeriods are the configuration's, as the store wants them.
func (s *session) retentionPeriods() store.Retention {
	return store.Retention{
		Events: forever(s.cfg.Retention.Events), Questions: forever(s.cfg.Retention.Questions),
		Conversations: forever(s.cfg.Retention.Conversations), Deliveries: forever(s.cfg.Retention.Deliveries),
	}
}

// forever translates the configuration's 0 to the store's negative value.
func forever(d time.Duration) time.Duration {
	if d == 0 {
		return -1
	}
	return d
}
