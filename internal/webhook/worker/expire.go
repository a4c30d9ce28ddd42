package worker

import (
	"log/slog"
	"maps"

	"postern/internal/delivery"
)

// maxExpireStep is the number of deliveries that one settlement may remove
// because their events are gone: the writer must not be busy with it for long.
const maxExpireStep = 1000

// expired counts events that retention removed undelivered.
func (w *Worker) expired(n int64) {
	w.batch.Expired += n
	w.status.Expired += n
}

// expireRetries ends deliveries that waited for a retry and whose events
// retention has removed. The settlement that removes their rows counts them, so
// that each is counted once, whenever Postern is killed. One that the log has
// still to give is not counted here: the lane misses it there, or gets it as
// removed.
func (w *Worker) expireRetries(removed ...delivery.Pending) {
	n := int64(0)
	for _, p := range removed {
		if !w.committedAhead[p.Seq] {
			n++
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

// forgetRemoved takes into account that retention has removed the beginning of
// the log: exhausted deliveries can't be resent, and those that wait for a
// retry expire.
func (w *Worker) forgetRemoved() {
	through := w.store.LowWatermark()
	if through == w.removedThrough {
		return
	}
	w.exhausted.RemoveBefore(through + 1)
	// After a crash, the lane reads again from the settled cursor and counts
	// what it misses. So a delivery past the cursor is left until the cursor is
	// past it; else it would be counted twice.
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
