package worker

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"time"

	"postern/internal/delivery"
)

// maxExpireStep is the number of deliveries of removed events that one
// settlement may remove, so that the writer isn't blocked for long.
const maxExpireStep = 1000

// expired counts events that retention removed before they were delivered.
func (w *Worker) expired(n int64) {
	w.batch.Expired += n
	w.status.Expired += n
}

// oldestArrival is when the oldest event of the log arrived: those that retention has
// removed had arrived before.
func (w *Worker) oldestArrival() time.Time {
	if e, err := w.hub.At(context.Background(), w.hub.First()); err == nil {
		return e.Received
	}
	return time.Now()
}

// expireRetries ends deliveries that waited for a retry and whose events
// retention has removed. The settlement that removes their rows counts them, so
// that each is counted once, even after kill -9. An event that the log has yet
// to yield isn't counted here: the worker will miss it there, or read it as
// removed.
func (w *Worker) expireRetries(removed ...delivery.Pending) {
	n := int64(0)
	slices.SortFunc(removed, func(a, b delivery.Pending) int { return int(a.Seq - b.Seq) })
	for _, p := range removed {
		if !w.committedAhead[p.Seq] {
			n++
			w.batch.unsent(delivery.UnsentExpired, p.Seq, w.oldestArrival())
		}
		delete(w.committedAhead, p.Seq)
		w.finish(p.Seq)
	}
	if n == 0 {
		return
	}
	w.expired(n)
	w.batch.ExpiredRetries += n
	w.status.ExpiredRetries += n
	w.log.Warn("deliveries expired while they waited for a retry", slog.Int64("deliveries", n))
}

// forgetRemoved applies the removal of the beginning of the log by retention:
// exhausted deliveries of removed events can't be resent, and those that wait
// for a retry expire.
func (w *Worker) forgetRemoved() {
	through := w.store.LowWatermark()
	if through == w.removedThrough {
		return
	}
	w.exhausted.RemoveBefore(through + 1)
	// After a crash, the worker reads again from the settled cursor and
	// counts the events that it misses. So a delivery past the cursor is
	// left until the cursor has passed it; otherwise it would be counted
	// twice.
	left, room := false, maxExpireStep-len(w.batch.Done)
	w.expireRetries(w.retries.takeIf(func(p *delivery.Pending) bool {
		switch {
		case p.Seq > through:
			return false
		case room <= 0 || p.Seq > w.cursor && !w.committedAhead[p.Seq]:
			left = true
			return false
		}
		room--
		return true
	})...)
	maps.DeleteFunc(w.committedAhead, func(seq int64, _ bool) bool { return seq <= through && !w.retries.has(seq) })
	if !left {
		w.removedThrough = through
	}
}
