package worker

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"postern/internal/delivery"
	"postern/internal/store/deliveries"
)

// batch is a settlement, and the commands that wait until it is stored.
type batch struct {
	deliveries.Settlement
	waiters []chan error // each buffered
	isDone  map[int64]struct{}
	held    int // unsent events
}

// unsettled returns the number of results that aren't stored yet, and of unsent events
// that aren't recorded yet.
func (w *Worker) unsettled() int {
	n := len(w.batch.Attempts) + w.batch.held
	if w.settling != nil {
		n += len(w.settling.Attempts) + w.settling.held
	}
	return n
}

// put adds a pending delivery to the next settlement.
func (w *Worker) put(p delivery.Pending) { w.batch.put(p) }

// put adds a pending delivery. If the same settlement had finished it, it is
// pending again: a person has resent it.
func (b *batch) put(p delivery.Pending) {
	b.Put = append(b.Put, p)
	if _, done := b.isDone[p.Seq]; done {
		delete(b.isDone, p.Seq)
		b.Done = slices.DeleteFunc(b.Done, func(seq int64) bool { return seq == p.Seq })
	}
}

// done adds deliveries that are no longer pending.
func (b *batch) done(seqs ...int64) {
	if b.isDone == nil {
		b.isDone = make(map[int64]struct{}, len(seqs))
	}
	for _, seq := range seqs {
		b.isDone[seq] = struct{}{}
	}
	b.Done = append(b.Done, seqs...)
}

// unsent adds an event that isn't sent. Such events come in the log's order, and most
// share an entry.
func (b *batch) unsent(cause delivery.UnsentCause, seq int64, at time.Time) {
	b.held++
	if n := len(b.Unsent); n > 0 {
		if last := &b.Unsent[n-1]; last.Cause == cause && len(last.Seqs) > 0 && last.Seqs[len(last.Seqs)-1] < seq {
			last.Seqs, last.At = append(last.Seqs, seq), at
			return
		}
	}
	b.Unsent = append(b.Unsent, deliveries.UnsentEvents{Cause: cause, At: at, Seqs: []int64{seq}})
}

// settle hands the gathered settlement to the store, one at a time. On a slow
// disk the store may delay one for seconds; settle has it committed at once if
// a command waits for it, or the worker would soon have to stop.
func (w *Worker) settle(ctx context.Context) {
	now := time.Now()
	if w.settling != nil {
		if len(w.batch.waiters) > 0 || w.unsettled() >= MaxUnsettled/2 {
			w.commitNow()
		}
		return
	}
	if now.Before(w.settleAt) {
		return
	}
	s := w.batch
	s.Endpoint, s.FailingSince = w.endpoint.N, w.health.since
	s.Cursor = w.settledThrough(now)
	w.settleReplays(&s.Settlement, now)
	if len(s.Attempts) == 0 && len(s.Put) == 0 && len(s.Done) == 0 && s.Expired == 0 && s.Suppressed == 0 &&
		s.State == nil && s.Settings == nil && len(s.Unsent) == 0 && len(s.Replays) == 0 && len(s.waiters) == 0 {
		// Only the cursor moved. Storing it is worth a commit once it
		// has moved for long: after a crash the worker reads those
		// events again.
		if s.Cursor == w.cursor || now.Before(w.settleAt.Add(IdleTick)) {
			return
		}
	}
	if len(s.Attempts) > 0 {
		s.Hours = w.hours.Encode(now)
	}
	w.batch, w.settling = &batch{}, s
	ctx, w.commitNow = context.WithCancel(ctx) // Settle commits at once when it ends
	if len(s.waiters) > 0 {
		w.commitNow()
	}
	go func() { w.settled <- w.store.Deliveries.Settle(ctx, &s.Settlement) }()
}

// settledThrough returns the number up to which every event is settled or has a
// row of its own. A request that takes long gets its row here.
func (w *Worker) settledThrough(now time.Time) int64 {
	through := w.position()
	for key, d := range w.inFlight {
		if d.persisted || d.run != nil {
			continue
		}
		if now.Sub(d.started) < stragglerAge {
			through = min(through, key.seq-1)
			continue
		}
		d.persisted = true
		w.put(delivery.Pending{Seq: key.seq, Attempts: d.attempts, Due: d.started, Replay: d.Replay})
	}
	return through
}

// afterSettle handles the store's answer. A settlement that failed is offered
// again, together with the newer results.
func (l *Worker) afterSettle(err error) {
	s := l.settling
	l.settling = nil
	l.commitNow()
	if err == nil {
		l.cursor = s.Cursor
		l.settleAt = time.Now()
		l.status.Cursor = s.Cursor
		if s.State != nil {
			l.shared.StateSettled()
		}
		for _, w := range s.waiters {
			w <- nil
		}
		return
	}
	l.log.Error("deliveries not recorded", slog.Any("error", err))
	l.settleAt = time.Now().Add(SettleRetry)
	later := l.batch
	for _, p := range later.Put {
		s.put(p)
	}
	s.done(later.Done...)
	s.Attempts = append(s.Attempts, later.Attempts...)
	s.Delivered += later.Delivered
	s.Failed += later.Failed
	s.Expired += later.Expired
	s.ExpiredRetries += later.ExpiredRetries
	s.Suppressed += later.Suppressed
	s.Unsent, s.held = append(s.Unsent, later.Unsent...), s.held+later.held
	if later.Settings != nil {
		s.Settings = later.Settings
	}
	s.Replays = append(s.Replays, later.Replays...)
	s.Requests = append(s.Requests, later.Requests...)
	if later.State != nil {
		s.State = later.State
	}
	// The waiting commands get the error; their effects are offered again
	// nevertheless.
	for _, w := range append(s.waiters, later.waiters...) {
		w <- err
	}
	s.waiters = nil
	l.batch = s
}

// drain waits for the requests in flight, which the caller bounds, and settles.
// ctx has ended, so the last settlement waits for no append.
func (w *Worker) drain(ctx context.Context) {
	w.await(func() bool { return len(w.inFlight) > 0 || w.settling != nil })
	w.settleAt = time.Time{}
	w.settle(ctx)
	w.await(func() bool { return w.settling != nil })
	w.publish()
}

// await handles results and the store's answers while the condition holds.
func (w *Worker) await(while func() bool) {
	for while() {
		select {
		case r := <-w.results:
			w.record(*r)
		case err := <-w.settled:
			w.afterSettle(err)
		}
	}
}
