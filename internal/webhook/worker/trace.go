package worker

import (
	"net/url"

	"postern/internal/webhook/send"

	"postern/internal/delivery"
	"postern/internal/store/deliveries"
	"postern/internal/trace"
)

// traceAttempt begins the span of an attempt.
func (w *Worker) traceAttempt(d *task) *trace.Attempt {
	if w.shared.Tracer == nil {
		return nil
	}
	return w.shared.Tracer.Attempt(trace.Delivery{
		Seq: d.Event.Seq, Webhook: w.endpoint.ID, Host: hostOf(w.endpoint), Attempt: d.attempts + 1, Again: d.Replay,
	})
}

// traceResult ends the span of an attempt. An interrupted attempt has neither a
// status nor a class.
func traceResult(a *trace.Attempt, r send.Result) {
	if a == nil {
		return
	}
	class := ""
	if r.Class != delivery.ClassNone {
		class = r.Class.String()
	}
	a.End(r.Status, class)
}

func hostOf(e *deliveries.EndpointRecord) string {
	u, err := url.Parse(e.URL)
	if err != nil {
		return ""
	}
	return u.Hostname()
}
