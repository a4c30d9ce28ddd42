package worker

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"postern/internal/webhook/send"

	"postern/internal/delivery"
)

// Rules about times in which Postern doesn't run: the machine is suspended, or
// the process is stopped.
const (
	// BeatEvery is the interval of the heartbeat that detects such a time,
	// and SuspendedAfter the shortest that it detects.
	BeatEvery      = 2 * time.Second
	SuspendedAfter = 6 * time.Second
	// resumeGrace is how long after it attempts may get no answer because the
	// machine's network isn't back yet.
	resumeGrace = 10 * time.Second
)

// Heartbeat detects times in which Postern didn't run. Attempts that were in
// flight then have timed out, or lost their connections, through no fault of
// their receivers.
type Heartbeat struct {
	log *slog.Logger

	mu    sync.Mutex
	last  time.Time // the last beat; zero while it doesn't run
	ended time.Time // of the last time in which Postern didn't run
}

// NewHeartbeat returns a heartbeat that doesn't run yet.
func NewHeartbeat(log *slog.Logger) *Heartbeat { return &Heartbeat{log: log} }

// Run beats until ctx ends.
func (h *Heartbeat) Run(ctx context.Context) {
	ticker := time.NewTicker(BeatEvery)
	defer ticker.Stop()
	h.Set(time.Now())
	defer h.Set(time.Time{})
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			h.beat(time.Now())
		}
	}
}

// Set sets the last beat. Zero means that the heartbeat doesn't run, and detects
// nothing until the next Set.
func (h *Heartbeat) Set(last time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last = last
}

// beat records that Postern runs, and returns when it last began to run again;
// zero for never. While a machine is suspended, the monotonic clock may stand
// still, and while a process is stopped the wall clock may be set, so both are
// compared.
func (h *Heartbeat) beat(now time.Time) (ended time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.last.IsZero() {
		return h.ended
	}
	if away := max(now.Sub(h.last), now.Round(0).Sub(h.last.Round(0))); away >= SuspendedAfter {
		h.ended = now
		h.log.Warn("postern did not run for a while; attempts that were in flight are repeated", slog.Duration("duration", away))
	}
	if now.After(h.last) {
		h.last = now
	}
	return h.ended
}

// interrupted reports whether a failed attempt says nothing about its receiver,
// because Postern didn't run during it or shortly before it. The result may
// arrive before the next beat, so this is a beat, too.
func (h *Heartbeat) interrupted(r send.Result) bool {
	ended := h.beat(time.Now())
	if ended.IsZero() {
		return false
	}
	return r.At.Before(ended) || r.Class.Unanswered() && r.At.Before(ended.Add(resumeGrace))
}

// repeat queues a delivery whose attempt was interrupted. The attempt isn't
// recorded and doesn't count for the event or the endpoint's state.
func (w *Worker) repeat(d *task, ended time.Time) {
	seq := d.Event.Seq
	due := ended.Add(spread(RetryDelays[0]))
	w.health.probeAt = later(w.health.probeAt, due) // should it have been a probe
	if d.run != nil {
		d.run.finished(seq) // from here on it is a retry like any other
	}
	if w.retries.has(seq) || d.run != nil && w.isWaiting(seq) {
		return
	}
	p := delivery.Pending{Seq: seq, Attempts: d.attempts, Due: due, Replay: d.Replay}
	w.put(p)
	w.exhausted.Remove(seq)
	n := w.attemptNotes[seq]
	n.suppressed = d.Suppressed
	w.attemptNotes[seq] = n
	w.retries.push(p)
}
