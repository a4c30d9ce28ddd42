package worker

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"postern/internal/webhook/send"

	"postern/internal/delivery"
	"postern/internal/event"
)

// record records the outcome of a request.
func (w *Worker) record(o outcome) {
	d, r := w.inFlight[o.key], o.Result
	delete(w.inFlight, o.key)
	w.bytesInFlight -= d.bytes
	seq := d.Event.Seq
	if d.run != nil {
		d.run.inFlight--
	}
	if r.Interrupted {
		// An interrupted request costs no attempt, and is the first one
		// after a restart. A replay's position hasn't passed it.
		if !d.persisted && d.run == nil {
			w.put(delivery.Pending{Seq: seq, Attempts: d.attempts, Due: r.At, Replay: d.Replay})
		}
		return
	}
	if r.Class != delivery.ClassNone && !d.setAside && w.shared.Heartbeat.interrupted(r) {
		w.repeat(d, r.At.Add(r.Duration))
		return
	}
	if !w.keepsTimeline(&r) {
		r.Timeline = nil
	}
	attempt := r.Attempt(seq, d.attempts+1, d.Replay)
	if attempt.Timeline != nil {
		attempt.Timeline.CommitTook = d.Event.CommitTook
	}
	if !d.Event.Erased.IsZero() || d.Event.IsRemoved() {
		attempt.Redact()
	}
	w.batch.Attempts = append(w.batch.Attempts, attempt)
	w.countAttempt(attempt)
	w.shared.Counters.count(d, r)
	if r.Class == delivery.ClassNone {
		w.delivered(d, r)
	} else {
		w.failed(d, r)
	}
}

func (w *Worker) delivered(d *task, r send.Result) {
	w.batch.Delivered++
	w.concurrencyLimit.succeeded()
	w.successes++ // earlier refusals are attributed to their events
	seq, ended := d.Event.Seq, r.At.Add(r.Duration)
	if w.exhausted.Has(seq) || d.persisted {
		w.finish(seq)
	}
	if d.run != nil {
		d.run.sent++
		d.run.finished(seq)
	}
	for _, r := range w.replays {
		if r.recovers() {
			r.forget(seq)
		}
	}
	if w.settings.Ordered {
		w.passed(seq)
	}
	if w.health.succeeded(ended) {
		w.recover(ended)
	}
}

// recover ends the failing state.
func (w *Worker) recover(at time.Time) {
	w.unreadEvents = true
	w.changeState(delivery.Active, event.WebhookRecovered, at, "The receiver accepts events again.")
	w.log.Info("webhook recovered")
}

// finish forgets a pending delivery.
func (w *Worker) finish(seq int64) {
	w.exhausted.Remove(seq)
	delete(w.attemptNotes, seq)
	w.unblock(seq)
	w.batch.done(seq)
}

func (w *Worker) failed(d *task, r send.Result) {
	w.batch.Failed++
	ended := r.At.Add(r.Duration)
	answered := !r.Class.Unanswered()
	spent := answered && !w.health.out()
	if r.Status == http.StatusTooManyRequests || r.Status == http.StatusServiceUnavailable {
		w.concurrencyLimit.slowDown(r.At, ended, r.RetryAfter)
	}
	gone := r.Status == http.StatusGone && !w.halted()
	begins := !gone && w.health.failed(failure{
		began: r.At, ended: ended, answered: answered,
		counts: d.first || w.settings.Ordered, ordered: w.settings.Ordered,
		announcement: d.Event.AnnouncedWebhook() != "",
	})
	if w.health.quiet && w.health.others {
		w.announceFailing(ended)
	}
	if d.run != nil {
		d.run.failed++
		d.run.finished(d.Event.Seq) // from here on it is a retry like any other
	}
	// A replay's and a live delivery may both fail; one retry is enough.
	if !w.retries.has(d.Event.Seq) && (d.run == nil || !w.isWaiting(d.Event.Seq)) {
		w.retryLater(d, r, spent && !gone)
	}
	switch {
	case gone:
		w.changeState(delivery.Disabled, event.WebhookDisabled, ended, "The receiver answered 410 Gone: it wants no more events.")
	case begins:
		w.fail(ended, w.failingCause())
	}
}

// retryLater lets a failed delivery wait for its next attempt, or exhausts it.
// spent means that the attempt counts against the event.
func (w *Worker) retryLater(d *task, r send.Result, spent bool) {
	seq, ended := d.Event.Seq, r.At.Add(r.Duration)
	p := delivery.Pending{Seq: seq, Attempts: d.attempts, Due: ended, Replay: d.Replay}
	n := w.attemptNotes[seq]
	n.suppressed, n.refused = d.Suppressed, !r.Class.Unanswered()
	if n.successes != w.successes {
		n.successes, n.undecided = w.successes, 0
	}
	switch {
	case spent:
		p.Attempts++
		n.undecided++
		n.unanswered = 0
	case !n.refused:
		n.unanswered++
	}
	if spent && p.Attempts > len(RetryDelays) || d.setAside {
		p.Aside = d.setAside
		w.exhaust(p)
		if !d.setAside {
			w.log.Warn("delivery exhausted", slog.Int64("seq", seq), slog.String("class", r.Class.String()), slog.Int("status", r.Status))
		}
		return
	}
	if !w.health.out() && (spent || !n.refused) { // else the state decides when
		p.Due = later(nextAttempt(ended, p.Attempts+n.unanswered), ended.Add(r.RetryAfter))
	}
	w.put(p)
	w.exhausted.Remove(seq)
	w.attemptNotes[seq] = n
	w.retries.push(p)
	if w.settings.Ordered && n.refused && (w.blocking == nil || w.blocking.Seq > seq) {
		w.blocking = d.Event
	}
}

// exhaust ends a delivery's attempts. The delivery stays visible, and a person
// can resend it.
func (w *Worker) exhaust(p delivery.Pending) {
	p.Due = time.Time{}
	w.put(p)
	w.exhausted.Add(p.Seq)
	delete(w.attemptNotes, p.Seq)
	w.unblock(p.Seq)
}

// unblock notes that an event no longer waits for a retry.
func (w *Worker) unblock(seq int64) {
	if w.blocking != nil && w.blocking.Seq == seq {
		w.blocking = nil
	}
}

// fail begins the failing state. No event has been accepted since the run of
// failures began, so the endpoint caused them: the events get these attempts
// back.
func (w *Worker) fail(at time.Time, cause string) {
	refund := func(seq int64) int {
		n := w.attemptNotes[seq]
		if n.successes != w.successes || n.undecided == 0 {
			return 0
		}
		spent := n.undecided
		n.undecided = 0
		w.attemptNotes[seq] = n
		return spent
	}
	w.retries.each(func(p *delivery.Pending) {
		if spent := refund(p.Seq); spent > 0 || w.attemptNotes[p.Seq].unanswered > 0 {
			p.Attempts, p.Due = max(0, p.Attempts-spent), at
			w.put(*p)
		}
	})
	for key, d := range w.inFlight {
		d.attempts = max(0, d.attempts-refund(key.seq))
	}
	w.probeNew = !w.settings.Ordered
	w.changeState(delivery.Failing, event.WebhookFailing, at, cause)
	if last := w.status.LastError; last != nil {
		w.log.Warn("webhook is failing", slog.String("class", last.Class.String()), slog.Int("status", last.Status))
	}
}

// makeRoom exhausts deliveries early if too many wait for a retry while the
// receiver accepts other events: those must not be delayed. It picks the
// deliveries that are due last.
func (w *Worker) makeRoom(now time.Time) bool {
	if w.settings.Ordered || !w.health.accepts(now) {
		return false
	}
	removed := w.retries.removeLast(MaxRetries / 10)
	for _, p := range removed {
		w.exhaust(p)
	}
	w.log.Warn("deliveries exhausted early: too many wait for a retry", slog.Int("deliveries", len(removed)))
	return true
}

// failingCause says why an endpoint is failing now.
func (w *Worker) failingCause() string {
	detail := w.lastDetail()
	switch {
	case w.health.unanswered >= failingAfterUnanswered:
		return fmt.Sprintf("The last %d attempts got no answer. %s", w.health.unanswered, detail)
	case w.settings.Ordered:
		return "The receiver refuses one event. This webhook is ordered, so the events behind it wait. " + detail
	}
	return fmt.Sprintf("The receiver accepts no event: it refused the last %d and more. %s", FailingAfter, detail)
}

// changeState records a new state that the worker has found. The settlement
// stores it together with its announcement.
func (w *Worker) changeState(to delivery.State, kind event.Kind, at time.Time, cause string) {
	quiet := to == delivery.Failing && !w.health.others
	w.health.enter(to, at)
	change := NewStateChange(w.endpoint.ID, to, kind, at, cause)
	if w.health.quiet = quiet; quiet {
		change.Announcement = ""
	}
	w.batch.State = &change
	w.status.StateAt, w.status.StateCause = at, cause
	if to == delivery.Disabled {
		w.log.Warn("webhook is disabled", slog.String("cause", cause))
	}
}

// announceFailing announces a failing state that only announcements had caused
// so far, once another event has failed as well.
func (w *Worker) announceFailing(at time.Time) {
	w.health.quiet = false
	change := NewStateChange(w.endpoint.ID, delivery.Failing, event.WebhookFailing, at, w.status.StateCause)
	if w.batch.State != nil && w.batch.State.State == delivery.Failing {
		w.batch.State.Announcement = change.Announcement
		return
	}
	w.batch.State = &change
}

// loadQuiet restores whether the present failing state is to be announced.
func (w *Worker) loadQuiet(ctx context.Context) error {
	if !w.health.failing() {
		return nil
	}
	changes, err := w.store.Deliveries.StateChanges(ctx, w.endpoint.N, 1)
	if err != nil {
		return err
	}
	w.health.quiet = len(changes) > 0 && changes[0].Announcement == "" && !changes[0].Decided
	return nil
}
