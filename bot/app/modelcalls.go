package app

import (
	"log/slog"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"cairn/bot/config"
	"cairn/retrieval/llm"
	"cairn/retrieval/llm/audit"
	"cairn/retrieval/llm/mask"
)

// modelCalls are told of every call of the model: for the audit log always,
// for metrics while serve runs.
type modelCalls struct {
	log     *audit.Log
	metrics atomic.Pointer[callMetrics]
}

func newModelCalls(lg *slog.Logger, cfg *config.Config) *modelCalls {
	return &modelCalls{log: audit.New(lg, cfg.Data, &audit.Options{Text: cfg.LLM.AuditText, PersonID: cfg.LLM.AuditPerson == "id"})}
}

func (m *modelCalls) observe(c llm.Call) {
	m.log.Record(c)
	if to := m.metrics.Load(); to != nil {
		to.observe(c)
	}
}

// callMetrics are the model's calls in numbers.
type callMetrics struct {
	calls, tokens, cost, masks *prometheus.CounterVec
	seconds                    *prometheus.HistogramVec
}

func newCallMetrics(reg prometheus.Registerer) *callMetrics {
	m := &callMetrics{
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cairn_model_calls_total", Help: "Calls of the model server by kind (chat, embed, rerank) and outcome: ok, or why they gave nothing.",
		}, []string{"kind", "outcome"}),
		tokens: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cairn_model_tokens_total", Help: "Tokens used, by kind of call and direction; estimated where the server reports none.",
		}, []string{"kind", "direction"}),
		cost: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cairn_model_cost_total", Help: "What tokens cost by the configured prices, by kind of call.",
		}, []string{"kind"}),
		masks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cairn_model_masks_total", Help: "Secrets and personal data hidden from the model, by kind.",
		}, []string{"kind"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "cairn_model_call_seconds", Help: "Time of a call of the model server with its retries.",
			Buckets: prometheus.ExponentialBuckets(0.02, 2.5, 9),
		}, []string{"kind"}),
	}
	reg.MustRegister(m.calls, m.tokens, m.cost, m.masks, m.seconds)
	return m
}

func (m *callMetrics) observe(c llm.Call) {
	outcome := "ok"
	if c.Reason != "" {
		outcome = string(c.Reason)
	}
	m.calls.WithLabelValues(c.Kind, outcome).Inc()
	m.tokens.WithLabelValues(c.Kind, "input").Add(float64(c.Usage.Input))
	m.tokens.WithLabelValues(c.Kind, "output").Add(float64(c.Usage.Output))
	m.cost.WithLabelValues(c.Kind).Add(c.Cost)
	if !c.Refused {
		m.seconds.WithLabelValues(c.Kind).Observe(c.Took.Seconds())
	}
	for kind, n := range mask.Count(string(c.Sent)) {
		m.masks.WithLabelValues(string(kind)).Add(float64(n))
	}
}
