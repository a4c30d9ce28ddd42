package stream

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"postern/internal/event"
	"postern/internal/hub"
	"postern/internal/web/bulkread"
)

// follower is one open stream.
type follower struct {
	streams *Streams
	filter  event.Filter
	sub     *hub.Subscription
	out     *writer
	turns   *turns
	due     atomic.Bool // a heartbeat
	room    [batchEvents]*event.Event
}

// follow sends the events after the start position, and new events as they
// arrive, until ctx ends or a write fails. The error says why.
func (s *Streams) follow(ctx context.Context, from Start, out *writer) error {
	f := &follower{streams: s, filter: from.Filter, out: out, turns: s.scheduler.enter()}
	defer f.turns.leave()
	f.sub = s.hub.SubscribeFunc(from.Filter, from.After, hub.Durable, f.turns.due)
	defer f.sub.Close()
	err := f.run(ctx)
	switch {
	case errors.Is(err, errLeft):
	case errors.Is(err, errCut):
		// Writes to a client that has left fail too.
		if ctx.Err() == nil {
			s.cut.Add(1)
		}
	case errors.Is(err, errStopped):
		out.end(f.sub.Position(), "Postern is stopping. Connect again in a moment and go on after this seq.")
	case errors.Is(err, errEnded):
		out.end(f.sub.Position(), "The key or session of this stream has ended, or its rights have changed. "+
			"Connect again with one that holds and go on after this seq.")
	default:
		s.log.Error("stream failed", slog.Any("error", err))
		out.end(f.sub.Position(), "Something went wrong inside Postern. Its log has the cause. Connect again and go on after this seq.")
	}
	return err
}

// run is follow without the end message.
func (f *follower) run(ctx context.Context) error {
	// Everything that a stream waits for wakes it through one channel: a select
	// and a timer to reset for each event would cost about as much as the write.
	defer context.AfterFunc(ctx, f.turns.wake)()
	beat := time.AfterFunc(f.streams.Heartbeat, func() {
		f.due.Store(true)
		f.turns.wake()
	})
	defer beat.Stop()
	// The first heartbeat carries the position, so that a client can go on from
	// there even if it is disconnected before the first event.
	if ctx.Err() == nil {
		if err := f.out.heartbeat(f.sub.Position()); err != nil {
			return err
		}
	}
	for more := true; ; {
		if !more {
			<-f.turns.woken
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		var late bool
		var err error
		if more, late, err = f.pass(ctx); err != nil {
			return err
		}
		// After the read, so that the heartbeat's position is beyond the events
		// that the filter leaves out.
		if f.due.Swap(false) || late {
			if err := f.out.heartbeat(f.sub.Position()); err != nil {
				return err
			}
			beat.Reset(f.streams.Heartbeat)
		}
	}
}

// pass sends the next few events. It reports whether there are more, and
// whether it searched so long without a match that a heartbeat is due.
func (f *follower) pass(ctx context.Context) (more, late bool, err error) {
	reading := ctx
	rewritten := f.streams.redactions.Load()
	var batch hub.Batch
	if f.sub.Recent() {
		batch, err = f.sub.PollInto(ctx, f.room[:0], batchEvents)
	} else {
		var cancel context.CancelFunc
		reading, cancel = context.WithTimeout(ctx, heartbeatInterval)
		defer cancel()
		err = f.streams.reads.Do(reading, bulkread.Stream, func() (err error) {
			batch, err = f.sub.PollInto(reading, f.room[:0], batchEvents)
			return err
		})
	}
	defer clear(batch.Events) // an event that is erased later must not stay in memory
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return false, false, context.Cause(ctx)
	case reading.Err() != nil:
		return true, true, nil
	case errors.Is(err, hub.ErrClosed):
		return false, false, errStopped
	default:
		return false, false, err
	}
	if batch.Missed > 0 {
		through := f.sub.Position()
		if len(batch.Events) > 0 {
			through = batch.Events[0].Seq - 1
		}
		f.miss(through, batch.Missed)
	}
	for _, e := range batch.Events {
		if f.streams.redactions.Load() != rewritten {
			if e, err = f.reread(ctx, e); err != nil {
				return false, false, err
			}
			if e == nil {
				continue
			}
		}
		if err := f.out.event(e); err != nil {
			return false, false, err
		}
	}
	return batch.More, false, f.out.flush()
}

// reread reads an event again that was read before an erasure and waited for a
// slow client, so that no erased data is sent. It returns nil if the event was
// removed or no longer matches the filter.
func (f *follower) reread(ctx context.Context, e *event.Event) (*event.Event, error) {
	now, err := f.streams.hub.At(ctx, e.Seq)
	switch {
	case err == nil && f.filter.Match(now):
		return now, nil
	case err == nil:
		return nil, nil
	case errors.Is(err, event.ErrNotFound):
		f.miss(e.Seq, 1)
		return nil, nil
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	}
	return nil, err
}

// miss counts and sends that n events, through seq, are missing.
func (f *follower) miss(seq, n int64) {
	f.streams.missed.Add(n)
	f.out.missed(seq, n)
}
