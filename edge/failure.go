package edge

import (
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"brink/edge/engine"
	"brink/edge/fetch"
	"brink/edge/message"
	"brink/edge/semantics"
	"brink/origin"
	"brink/store"
)

// failed answers if the origin failed: with a stale response if that is allowed (RFC 5861
// section 4), and with 502, 503 or 504 otherwise. If the request's content caused the
// failure, the answer says so. A client that has left gets no answer.
func (n *Node) failed(x *exchange, err error) {
	content := contentFaultOf(err)
	switch {
	case n.left(x) || content != nil && content.Left():
		n.clientGone(x)
		return
	case content != nil:
		n.refuseContent(x, content)
		return
	case slowClient(err):
		x.problem = origin.RequestError.String()
		n.refuse(x, origin.SlowClient.Status(), message.ReasonSlowClient)
		return
	}
	if n.standIn(x, failureOf(err)) {
		return
	}
	status, reason := 502, message.ReasonOriginDown
	x.problem = "proxy_internal_error"
	var fault *origin.Error
	switch {
	case errors.As(err, &fault) && fault.Kind == origin.Cancelled: // not by the client: the node ends
		status, reason, x.problem = 503, message.ReasonShutdown, ""
	case errors.As(err, &fault):
		status, reason = fault.Kind.Status(), failureReason(fault)
		x.problem = fault.Kind.String()
	case errors.Is(err, store.ErrLength):
		reason, x.problem = message.ReasonOriginResponse, origin.ResponseIncomplete.String()
	case errors.Is(err, fetch.ErrFault):
		status, reason = 500, message.ReasonPanic
	}
	x.status.Outcome, x.status.Reason, x.status.HasTTL, x.status.Detail = message.Failed, reason, false, ""
	if fault == nil || fault.Kind != origin.Cancelled { // the origin did not cause that
		n.logFailure(x.tables.state(x.site), err)
	}
	n.explainRefusal(x, status)
}

// failureOf says whether the origin could be reached at all.
func failureOf(err error) semantics.Failure {
	var fault *origin.Error
	if errors.As(err, &fault) && fault.Kind.Unreachable() {
		return semantics.Unreachable
	}
	return semantics.Answered
}

// contentFault is an engine's error: it could not read a request's content, because of the
// client.
type contentFault interface {
	error
	Status() int // to answer with
	Left() bool  // the client closed the connection before the content's end
}

// contentFaultOf returns the contentFault that caused err, and nil if something else did.
func contentFaultOf(err error) contentFault {
	var fault *origin.Error
	var content contentFault
	if errors.As(err, &fault) && fault.Kind == origin.RequestError && errors.As(fault.Err, &content) {
		return content
	}
	return nil
}

// slowClient reports whether the fetch was ended because its client was slow, and other
// requests waited for a connection.
func slowClient(err error) bool {
	var fault *origin.Error
	return errors.As(err, &fault) && fault.Kind == origin.SlowClient
}

// refuseContent answers a request whose content could not be read.
func (n *Node) refuseContent(x *exchange, content contentFault) {
	x.problem = origin.RequestError.String()
	n.refuse(x, content.Status(), engine.ReasonOf(content.Status()))
}

// failureReason returns the reason to report for an origin's failure.
func failureReason(e *origin.Error) message.Reason {
	switch e.Kind.Status() {
	case 503:
		if e.Kind == origin.NoDescriptors {
			return message.ReasonDescriptors
		}
		return message.ReasonOverload
	case 504:
		return message.ReasonOriginTimeout
	}
	if e.Kind.Connected() {
		return message.ReasonOriginResponse
	}
	return message.ReasonOriginDown
}

// logPause is the time between two log lines about failures of one site, at least.
const logPause = 1 * store.Second

// failureLog limits the log lines about a site's failures, so that an origin that is down
// does not flood the log.
type failureLog struct {
	next   atomic.Int64 // when the next line may be written, a store.Instant
	silent atomic.Int64 // failures since the last line
}

// logFailure logs a failure. If the last line is too recent, it counts the failure instead,
// and the next line tells the count.
func (n *Node) logFailure(s *siteState, err error) {
	l, now := &s.failures, n.now()
	next := l.next.Load()
	if int64(now) < next || !l.next.CompareAndSwap(next, int64(now+logPause)) {
		l.silent.Add(1)
		return
	}
	n.log.Warn("origin failed", slog.String("site", s.name), slog.Any("error", err),
		slog.Int64("more_since_last", l.silent.Swap(0)))
}

// logChange logs that an origin's server is left out, that it is used again, or that it sent
// an answer on an idle connection.
func (n *Node) logChange(c origin.Change) {
	at := []any{slog.String("origin", c.Origin), slog.String("server", c.Server)}
	if c.Unsolicited != 0 {
		n.log.Warn("origin server sent an answer that no request had asked for: its connections are not used again",
			append(at, slog.Duration("for", c.Unsolicited))...)
		return
	}
	if c.Err == nil {
		n.log.Info("origin server is back", at...)
		return
	}
	n.log.Warn("origin server failed and is left out",
		append(at, slog.Duration("for", c.Pause.Round(time.Millisecond)), slog.Any("error", c.Err))...)
}
