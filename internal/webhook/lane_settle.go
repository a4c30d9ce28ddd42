package webhook

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"postern/internal/delivery"
	"postern/internal/store"
)

// batch is a settlement, and who waits for it.
type batch struct {
	store.Settlement
	waiters []chan error // each buffered
	isDone  map[int64]struct{}
}

// unsettled counts the results that the store doesn't have yet.
func (l *lane) unsettled() int {
	n := len(l.next.Attempts)
	if l.settling != nil {
		n += len(l.settling.Attempts)
	}
	return n
}

// put notes a pending delivery for the next settlement.
func (l *lane) put(p delivery.Pending) { l.next.put(p) }

// put adds a pending delivery. Where it was finished before, it is no more: a
// person asked for it again.
func (b *batch) put(p delivery.Pending) {
	b.Put = append(b.Put, p)
	if _, done := b.isDone[p.Seq]; done {
		delete(b.isDone, p.Seq)
		b.Done = slices.DeleteFunc(b.Done, func(seq int64) bool { return seq == p.Seq })
	}
}

// done adds deliveries that are pending no more.
func (b *batch) done(seqs ...int64) {
	if b.isDone == nil {
		b.isDone = make(map[int64]struct{}, len(seqs))
	}
	for _, seq := range seqs {
		b.isDone[seq] = struct{}{}
	}
	b.Done = append(b.Done, seqs...)
}

// settle sends what was gathered to the store, one settlement at a time:
// while one is on its way the next one gathers more. On a slow disk the store
// may keep one waiting for seconds. It doesn't where a person waits for the
// outcome, or the lane would soon stop.
func (l *lane) settle(ctx context.Context) {
	now := time.Now()
	if l.settling != nil {
		if len(l.next.waiters) > 0 || l.unsettled() >= maxUnsettled/2 {
			l.hurry()
		}
		return
	}
	if now.Before(l.settleAt) {
		return
	}
	s := l.next
	s.Endpoint, s.FailingSince = l.endpoint.N, l.health.since
	s.Cursor = l.settledThrough(now)
	l.progress(&s.Settlement, now)
	if len(s.Attempts) == 0 && len(s.Put) == 0 && len(s.Done) == 0 && s.Expired == 0 && s.Suppressed == 0 &&
		s.State == nil && len(s.Replays) == 0 && len(s.waiters) == 0 {
		// Only the cursor moved. It is worth a write when it has moved far
		// or for long: after a crash the lane reads that much again.
		if s.Cursor == l.cursor || now.Before(l.settleAt.Add(idleTick)) {
			return
		}
	}
	if len(s.Attempts) > 0 {
		s.Hours = l.day.encode(now)
	}
	l.next, l.settling = &batch{}, s
	ctx, l.hurry = context.WithCancel(ctx) // Settle commits at once when it ends
	if len(s.waiters) > 0 {
		l.hurry()
	}
	go func() { l.settled <- l.store.Settle(ctx, &s.Settlement) }()
}

// settledThrough returns the number up to which everything is settled or has
// a row of its own. A request that takes long gets its row here.
func (l *lane) settledThrough(now time.Time) int64 {
	through := l.position()
	for key, d := range l.inFlight {
		if d.kept || d.run != nil {
			continue
		}
		if now.Sub(d.started) < stragglerAge {
			through = min(through, key.seq-1)
			continue
		}
		d.kept = true
		l.put(delivery.Pending{Seq: key.seq, Tries: d.tries, Due: d.started, Replay: d.Replay})
	}
	return through
}

// afterSettle takes the store's answer. What it refused is offered again,
// with what has come since behind it.
func (l *lane) afterSettle(err error) {
	s := l.settling
	l.settling = nil
	l.hurry()
	if err == nil {
		l.cursor = s.Cursor
		l.settleAt = time.Now()
		l.status.Cursor = s.Cursor
		if s.State != nil {
			l.stateSettled()
		}
		for _, w := range s.waiters {
			w <- nil
		}
		return
	}
	l.log.Error("deliveries not recorded", slog.Any("error", err))
	l.settleAt = time.Now().Add(settleRetry)
	later := l.next
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
	s.Replays = append(s.Replays, later.Replays...)
	s.Requests = append(s.Requests, later.Requests...)
	if later.State != nil {
		s.State = later.State
	}
	// Who waits is told; what they asked for is offered again all the same.
	for _, w := range append(s.waiters, later.waiters...) {
		w <- err
	}
	s.waiters = nil
	l.next = s
}

// drain waits for the requests in flight, which the caller bounds, and
// settles. ctx has ended: the last settlement waits for no append.
func (l *lane) drain(ctx context.Context) {
	l.await(func() bool { return len(l.inFlight) > 0 || l.settling != nil })
	l.settleAt = time.Time{}
	l.settle(ctx)
	l.await(func() bool { return l.settling != nil })
	l.publish()
}

// await takes results and answers while the condition holds.
func (l *lane) await(while func() bool) {
	for while() {
		select {
		case r := <-l.results:
			l.record(*r)
		case err := <-l.settled:
			l.afterSettle(err)
		}
	}
}
