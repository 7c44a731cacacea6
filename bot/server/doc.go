// Package server is Cairn's HTTP listener: one mux for the web page, the
// webhooks of chat platforms, health, readiness and metrics, with its limits
// and its clean stop.
//
// # How data enters and leaves
//
// [Server.Handle] mounts handlers and [Server.Check] adds reasons why the
// process may not be ready; both before [Server.Run]. Handlers mounted here are
// bare: who may call them (host, origin, token, signature) is their own
// business, as with the page in adapters/web or a signed webhook. /healthz says
// that the process lives, /readyz that it can answer, /metrics is Prometheus.
//
// [Server.Listen] binds the address early, so that a port in use is said
// before anything else is started. [Server.Run] serves until its context ends,
// then turns unready, lets requests in flight finish and returns.
//
// # Concurrency
//
// Handle, Check, GuardMetrics and Listen are called before Run, from one goroutine. Metrics
// may be registered at any time.
package server
