package webhook

import (
	"log/slog"
	"maps"
	"net/http"
	"time"

	"postern/internal/journal"
)

// record takes what became of a request into account.
func (l *lane) record(r result) {
	d := l.inFlight[r.key]
	delete(l.inFlight, r.key)
	seq := d.event.Seq
	if d.run != nil {
		d.run.inFlight--
	}
	if r.interrupted {
		// It uses up no try, and is the first thing to do after a restart. A
		// replay's position hasn't passed it.
		if !d.kept && d.run == nil {
			l.put(journal.Pending{Seq: seq, Tries: d.tries, Due: r.at, Replay: d.replay})
		}
		return
	}
	if !d.event.Erased.IsZero() || d.event.IsGone() {
		r.detail, r.response = journal.ErasedWords, ""
	}
	attempt := journal.Attempt{
		Seq: seq, At: r.at, Duration: r.duration, Try: d.tries + 1, Replay: d.replay,
		Status: r.status, Class: uint8(r.class), Detail: r.detail, Response: r.response,
	}
	l.next.Attempts = append(l.next.Attempts, attempt)
	l.note(attempt)
	l.counters.count(d, r)
	if r.class == ClassNone {
		l.delivered(d, r)
	} else {
		l.failed(d, r)
	}
}

func (l *lane) delivered(d *delivery, r result) {
	l.next.Delivered++
	l.window.succeeded()
	seq := d.event.Seq
	if _, was := l.given[seq]; was || d.kept {
		l.finish(seq)
	}
	if d.run != nil {
		d.run.sent++
		d.run.finished(seq)
	}
	if l.health.succeeded() {
		l.more = true
		l.changeState(Active, r.at.Add(r.duration), "It answered again.")
		l.log.Info("webhook recovered")
	}
}

// forgetRemoved forgets what was given up of events that retention has removed
// since: there is nothing to send again, and the journal has dropped it. What
// waits for another try counts as expired when that is due.
func (l *lane) forgetRemoved() {
	first := l.hub.First()
	if first == l.first {
		return
	}
	l.first = first
	maps.DeleteFunc(l.given, func(seq int64, _ int) bool { return seq < first })
	maps.DeleteFunc(l.ahead, func(seq int64, _ bool) bool { return seq < first && !l.waiting.has(seq) })
}

// finish forgets a pending delivery.
func (l *lane) finish(seq int64) {
	delete(l.given, seq)
	delete(l.held, seq)
	l.next.Done = append(l.next.Done, seq)
}

func (l *lane) failed(d *delivery, r result) {
	l.next.Failed++
	ended := r.at.Add(r.duration)
	spent := !l.health.out()
	slowed := r.status == http.StatusTooManyRequests || r.status == http.StatusServiceUnavailable
	if slowed {
		l.window.slowDown(r.at, ended, r.retryAfter)
	}
	switch {
	case r.status == http.StatusGone && !l.halted():
		spent = false
		l.changeState(Disabled, ended, "The receiver answered 410 Gone: it wants no more events.")
	case l.health.failed(r.at, ended, l.settings.Ordered):
		l.changeState(Failing, ended, failingCause(r))
		l.log.Warn("webhook is failing", slog.String("class", r.class.String()), slog.Int("status", r.status))
	}
	if d.run != nil {
		d.run.failed++
		d.run.finished(d.event.Seq) // from here on it is a retry like any other
	}
	if l.waiting.has(d.event.Seq) || d.run != nil && l.isWaiting(d.event.Seq) {
		return // a replay's and a live delivery may both fail; one try is enough
	}
	p := journal.Pending{Seq: d.event.Seq, Tries: d.tries, Due: ended, Replay: d.replay}
	if spent {
		p.Tries++
		var again bool
		if p.Due, again = nextTry(ended, p.Tries); !again {
			p.Due = time.Time{}
			l.log.Warn("delivery exhausted", slog.Int64("seq", p.Seq), slog.String("class", r.class.String()), slog.Int("status", r.status))
		} else if asked := ended.Add(r.retryAfter); asked.After(p.Due) {
			p.Due = asked
		}
	}
	l.put(p)
	if p.Due.IsZero() {
		l.given[p.Seq] = p.Tries
		delete(l.held, p.Seq)
		return
	}
	delete(l.given, p.Seq)
	if d.suppressed > 0 {
		l.held[p.Seq] = d.suppressed
	}
	l.waiting.push(p)
}

// failingCause says why an endpoint is failing now.
func failingCause(r result) string {
	return "Tries keep failing, whichever events they are for. The last one: " + r.detail
}

// changeState records a new state that the lane has found, and tells of it.
func (l *lane) changeState(to State, at time.Time, cause string) {
	l.health.enter(to, at)
	change := journal.StateChange{State: string(to), At: at, Cause: cause}
	l.next.State = &change
	l.status.StateAt, l.status.StateCause = at, cause
	if to == Disabled {
		l.log.Warn("webhook is disabled", slog.String("cause", cause))
	}
	l.announceChange(to, change)
}
