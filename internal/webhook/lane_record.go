package webhook

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"postern/internal/webhook/send"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/store"
)

// record takes what became of a request into account.
func (l *lane) record(o outcome) {
	d, r := l.inFlight[o.key], o.Result
	delete(l.inFlight, o.key)
	l.taken -= d.bytes
	seq := d.Event.Seq
	if d.run != nil {
		d.run.inFlight--
	}
	if r.Interrupted {
		// It uses up no try, and is the first thing to do after a restart. A
		// replay's position hasn't passed it.
		if !d.kept && d.run == nil {
			l.put(delivery.Pending{Seq: seq, Tries: d.tries, Due: r.At, Replay: d.Replay})
		}
		return
	}
	if r.Class != delivery.ClassNone && !d.setAside && l.heartbeat.interrupted(r) {
		l.repeat(d, r.At.Add(r.Duration))
		return
	}
	if !d.Event.Erased.IsZero() || d.Event.IsGone() {
		r.Detail, r.Response = store.ErasedWords, ""
	}
	attempt := r.Attempt(seq, d.tries+1, d.Replay)
	l.next.Attempts = append(l.next.Attempts, attempt)
	l.note(attempt)
	l.counters.count(d, r)
	if r.Class == delivery.ClassNone {
		l.delivered(d, r)
	} else {
		l.failed(d, r)
	}
}

func (l *lane) delivered(d *task, r send.Result) {
	l.next.Delivered++
	l.window.succeeded()
	l.row++ // earlier refusals are attributed to their events
	seq, ended := d.Event.Seq, r.At.Add(r.Duration)
	if l.exhausted.Has(seq) || d.kept {
		l.finish(seq)
	}
	if d.run != nil {
		d.run.sent++
		d.run.finished(seq)
	}
	if l.settings.Ordered {
		l.passed(seq)
	}
	if l.health.succeeded(ended) {
		l.recover(ended)
	}
}

// recover ends the failing state.
func (l *lane) recover(at time.Time) {
	l.more = true
	l.changeState(delivery.Active, event.WebhookRecovered, at, "The receiver accepts events again.")
	l.log.Info("webhook recovered")
}

// finish forgets a pending delivery.
func (l *lane) finish(seq int64) {
	l.exhausted.Remove(seq)
	delete(l.notes, seq)
	l.unblock(seq)
	l.next.done(seq)
}

func (l *lane) failed(d *task, r send.Result) {
	l.next.Failed++
	ended := r.At.Add(r.Duration)
	answered := !r.Class.Unanswered()
	spent := answered && !l.health.out()
	if r.Status == http.StatusTooManyRequests || r.Status == http.StatusServiceUnavailable {
		l.window.slowDown(r.At, ended, r.RetryAfter)
	}
	gone := r.Status == http.StatusGone && !l.halted()
	begins := !gone && l.health.failed(failure{
		began: r.At, ended: ended, answered: answered,
		counts: d.first || l.settings.Ordered, ordered: l.settings.Ordered,
		announcement: announcedWebhook(d.Event) != "",
	})
	if l.health.quiet && l.health.others {
		l.announceFailing(ended)
	}
	if d.run != nil {
		d.run.failed++
		d.run.finished(d.Event.Seq) // from here on it is a retry like any other
	}
	// A replay's and a live delivery may both fail; one retry is enough.
	if !l.waiting.has(d.Event.Seq) && (d.run == nil || !l.isWaiting(d.Event.Seq)) {
		l.retryLater(d, r, spent && !gone)
	}
	switch {
	case gone:
		l.changeState(delivery.Disabled, event.WebhookDisabled, ended, "The receiver answered 410 Gone: it wants no more events.")
	case begins:
		l.fail(ended, l.failingCause())
	}
}

// retryLater lets a failed delivery wait for its next attempt, or exhausts it.
// spent means that the attempt counts against the event.
func (l *lane) retryLater(d *task, r send.Result, spent bool) {
	seq, ended := d.Event.Seq, r.At.Add(r.Duration)
	p := delivery.Pending{Seq: seq, Tries: d.tries, Due: ended, Replay: d.Replay}
	n := l.notes[seq]
	n.suppressed, n.refused = d.Suppressed, !r.Class.Unanswered()
	if n.row != l.row {
		n.row, n.undecided = l.row, 0
	}
	switch {
	case spent:
		p.Tries++
		n.undecided++
		n.unanswered = 0
	case !n.refused:
		n.unanswered++
	}
	if spent && p.Tries > len(retryDelays) || d.setAside {
		l.exhaust(p)
		if !d.setAside {
			l.log.Warn("delivery exhausted", slog.Int64("seq", seq), slog.String("class", r.Class.String()), slog.Int("status", r.Status))
		}
		return
	}
	if !l.health.out() && (spent || !n.refused) { // else the state decides when
		p.Due = later(nextTry(ended, p.Tries+n.unanswered), ended.Add(r.RetryAfter))
	}
	l.put(p)
	l.exhausted.Remove(seq)
	l.notes[seq] = n
	l.waiting.push(p)
	if l.settings.Ordered && n.refused && (l.blocking == nil || l.blocking.Seq > seq) {
		l.blocking = d.Event
	}
}

// exhaust ends a delivery's attempts. The delivery stays visible, and a person
// can resend it.
func (l *lane) exhaust(p delivery.Pending) {
	p.Due = time.Time{}
	l.put(p)
	l.exhausted.Add(p.Seq)
	delete(l.notes, p.Seq)
	l.unblock(p.Seq)
}

// unblock takes into account that an event no longer waits.
func (l *lane) unblock(seq int64) {
	if l.blocking != nil && l.blocking.Seq == seq {
		l.blocking = nil
	}
}

// fail begins the failing state. No event has been accepted since the run of
// failures began, so the endpoint caused them: the events get these attempts
// back.
func (l *lane) fail(at time.Time, cause string) {
	refund := func(seq int64) int {
		n := l.notes[seq]
		if n.row != l.row || n.undecided == 0 {
			return 0
		}
		spent := n.undecided
		n.undecided = 0
		l.notes[seq] = n
		return spent
	}
	l.waiting.each(func(p *delivery.Pending) {
		if spent := refund(p.Seq); spent > 0 || l.notes[p.Seq].unanswered > 0 {
			p.Tries, p.Due = max(0, p.Tries-spent), at
			l.put(*p)
		}
	})
	for key, d := range l.inFlight {
		d.tries = max(0, d.tries-refund(key.seq))
	}
	l.probeNew = !l.settings.Ordered
	l.changeState(delivery.Failing, event.WebhookFailing, at, cause)
	if last := l.status.LastError; last != nil {
		l.log.Warn("webhook is failing", slog.String("class", last.Class.String()), slog.Int("status", last.Status))
	}
}

// makeRoom exhausts deliveries early where too many wait for a retry and the
// receiver accepts other events: these must not be delayed. It picks the
// deliveries that are due last.
func (l *lane) makeRoom(now time.Time) bool {
	if l.settings.Ordered || !l.health.accepts(now) {
		return false
	}
	removed := l.waiting.removeLast(maxWaiting / 10)
	for _, p := range removed {
		l.exhaust(p)
	}
	l.log.Warn("deliveries exhausted early: too many wait for a retry", slog.Int("deliveries", len(removed)))
	return true
}

// failingCause says why an endpoint is failing now.
func (l *lane) failingCause() string {
	detail := l.lastDetail()
	switch {
	case l.health.unanswered >= failingAfterUnanswered:
		return fmt.Sprintf("The last %d attempts got no answer. %s", l.health.unanswered, detail)
	case l.settings.Ordered:
		return "The receiver refuses one event. This webhook is ordered, so the events behind it wait. " + detail
	}
	return fmt.Sprintf("The receiver accepts no event: it refused the last %d and more. %s", failingAfter, detail)
}

// changeState records a new state that the lane has found. The settlement keeps
// it together with its announcement.
func (l *lane) changeState(to delivery.State, kind event.Kind, at time.Time, cause string) {
	quiet := to == delivery.Failing && !l.health.others
	l.health.enter(to, at)
	change := stateChange(l.endpoint.ID, to, kind, at, cause)
	if l.health.quiet = quiet; quiet {
		change.Announcement = ""
	}
	l.next.State = &change
	l.status.StateAt, l.status.StateCause = at, cause
	if to == delivery.Disabled {
		l.log.Warn("webhook is disabled", slog.String("cause", cause))
	}
}

// announceFailing has a failing state announced that began with announcements
// alone, once another event has failed as well.
func (l *lane) announceFailing(at time.Time) {
	l.health.quiet = false
	change := stateChange(l.endpoint.ID, delivery.Failing, event.WebhookFailing, at, l.status.StateCause)
	if l.next.State != nil && l.next.State.State == delivery.Failing {
		l.next.State.Announcement = change.Announcement
		return
	}
	l.next.State = &change
}

// loadQuiet finds out whether the failing state that the endpoint is in was not
// to be announced.
func (l *lane) loadQuiet(ctx context.Context) error {
	if !l.health.failing() {
		return nil
	}
	changes, err := l.store.StateChanges(ctx, l.endpoint.N, 1)
	if err != nil {
		return err
	}
	l.health.quiet = len(changes) > 0 && changes[0].Announcement == "" && !changes[0].Decided
	return nil
}
