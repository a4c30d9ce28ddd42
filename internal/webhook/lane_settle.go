package webhook

import (
	"context"
	"log/slog"
	"time"

	"postern/internal/journal"
)

// unsettled counts the results that the journal doesn't have yet.
func (l *lane) unsettled() int {
	n := len(l.next.Attempts)
	if l.settling != nil {
		n += len(l.settling.Attempts)
	}
	return n
}

// put notes a pending delivery for the next settlement.
func (l *lane) put(p journal.Pending) { l.next.Put = append(l.next.Put, p) }

// settle sends what was gathered to the journal, one settlement at a time:
// while one is on its way the next one gathers more.
func (l *lane) settle(ctx context.Context) {
	now := time.Now()
	if l.settling != nil || now.Before(l.settleAt) {
		return
	}
	s := l.next
	s.Endpoint, s.FailingSince = l.endpoint.N, l.health.since
	s.Cursor = l.settledThrough(now)
	if len(s.Attempts) == 0 && len(s.Put) == 0 && len(s.Done) == 0 && s.Expired == 0 {
		// Only the cursor moved. It is worth a write when it has moved far
		// or for long: after a crash the lane reads that much again.
		if s.Cursor == l.cursor || now.Before(l.settleAt.Add(idleTick)) {
			return
		}
	}
	l.next, l.settling = &journal.Settlement{}, s
	go func() { l.settled <- l.journal.Settle(ctx, s) }()
}

// settledThrough returns the number up to which everything is settled or has
// a row of its own. A request that takes long gets its row here.
func (l *lane) settledThrough(now time.Time) int64 {
	through := l.sub.Position()
	for seq, d := range l.inFlight {
		if d.kept {
			continue
		}
		if now.Sub(d.started) < stragglerAge {
			through = min(through, seq-1)
			continue
		}
		d.kept = true
		l.put(journal.Pending{Seq: seq, Tries: d.tries, Due: d.started})
	}
	return through
}

// afterSettle takes the journal's answer. What it refused is offered again,
// with what has come since behind it.
func (l *lane) afterSettle(err error) {
	s := l.settling
	l.settling = nil
	if err == nil {
		l.cursor = s.Cursor
		l.settleAt = time.Now()
		l.status.Cursor = s.Cursor
		return
	}
	l.log.Error("deliveries not recorded", slog.Any("error", err))
	l.settleAt = time.Now().Add(settleRetry)
	later := l.next
	s.Put = append(s.Put, later.Put...)
	s.Done = append(s.Done, later.Done...)
	s.Attempts = append(s.Attempts, later.Attempts...)
	s.Delivered += later.Delivered
	s.Failed += later.Failed
	s.Expired += later.Expired
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
			l.record(r)
		case err := <-l.settled:
			l.afterSettle(err)
		}
	}
}
