package admin

import (
	"log/slog"
	"net/http"
	"time"
)

// outcome is how a call to purge ended.
type outcome uint8

const (
	outcomeApplied outcome = iota
	outcomeBehind          // in force here, but not on all nodes that the call waited for
	outcomeRepeated
	outcomeNotDurable
	outcomeNotSent // in force here, but the fleet could not be reached
	outcomeInvalid
	outcomeUnauthorized
	outcomeForbidden
	outcomeConflict
	outcomeLimited
	outcomeFailed
	outcomeCount
)

var outcomes = [outcomeCount]string{
	"applied", "behind", "repeated", "not_durable", "not_sent", "invalid", "unauthorized", "forbidden", "conflict", "limited", "failed",
}

// inForce reports whether the call purged something, on this node at least.
func (o outcome) inForce() bool {
	switch o {
	case outcomeApplied, outcomeBehind, outcomeNotDurable, outcomeNotSent:
		return true
	}
	return false
}

func (o outcome) String() string { return outcomes[o] }

// outcome returns how a request to purge ended. A request without receipt and failure has
// panicked.
func (r *request) outcome() outcome {
	f := r.failure
	switch {
	case f == nil && r.receipt == nil:
		return outcomeFailed
	case f == nil && r.repeated:
		return outcomeRepeated
	case f == nil && !r.receipt.everywhere():
		return outcomeBehind
	case f == nil:
		return outcomeApplied
	case f.receipt != nil && f.Code == "not_sent":
		return outcomeNotSent
	case f.receipt != nil:
		return outcomeNotDurable
	}
	switch f.status {
	case http.StatusUnauthorized:
		return outcomeUnauthorized
	case http.StatusForbidden:
		return outcomeForbidden
	case http.StatusConflict:
		return outcomeConflict
	case http.StatusTooManyRequests:
		return outcomeLimited
	case http.StatusServiceUnavailable:
		return outcomeFailed
	}
	return outcomeInvalid
}

// audit logs a call to purge, refused or not. The line has no text of the request, which could
// be long, or a secret.
func (s *Server) audit(r *request) {
	if r.URL.Path != "/v1/purge" {
		return
	}
	outcome := r.outcome()
	s.metrics.purged(r.order, outcome)
	attrs := []slog.Attr{slog.String("outcome", outcome.String()), slog.String("address", r.RemoteAddr)}
	if r.token != nil {
		attrs = append(attrs, slog.String("token", r.token.name))
	}
	if r.failure != nil {
		attrs = append(attrs, slog.String("reason", r.failure.Code))
	}
	if r.receipt != nil {
		attrs = append(attrs, slog.Uint64("seq", uint64(r.receipt.Seq)))
	}
	if o := r.order; o != nil {
		for _, l := range lists {
			if n := len(o.names[l.kind]); n > 0 {
				attrs = append(attrs, slog.Int(l.name, n))
			}
		}
		attrs = append(attrs, slog.Bool("all", o.all), slog.Bool("soft", o.soft))
	}
	attrs = append(attrs, slog.Duration("duration", time.Since(r.began)))
	s.log.LogAttrs(r.Context(), slog.LevelInfo, "purge asked for", attrs...)
}
