package webhook

import (
	"net/url"

	"postern/internal/delivery"
	"postern/internal/store"
	"postern/internal/trace"
)

// traceAttempt begins the span of an attempt.
func (l *lane) traceAttempt(d *task) *trace.Attempt {
	if l.tracer == nil {
		return nil
	}
	return l.tracer.Attempt(trace.Delivery{
		Seq: d.event.Seq, Webhook: l.endpoint.ID, Host: hostOf(l.endpoint), Try: d.tries + 1, Again: d.replay,
	})
}

// traceResult ends the span of an attempt. One that Postern itself ended has
// neither a status nor a class.
func traceResult(a *trace.Attempt, r result) {
	if a == nil {
		return
	}
	class := ""
	if r.class != delivery.ClassNone {
		class = r.class.String()
	}
	a.End(r.status, class)
}

func hostOf(e *store.EndpointRecord) string {
	u, err := url.Parse(e.URL)
	if err != nil {
		return ""
	}
	return u.Hostname()
}
