package web

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"postern/internal/event"
	"postern/internal/hub"
)

// follower is one stream on its way through the log.
type follower struct {
	streams *streams
	filter  event.Filter
	sub     *hub.Subscription
	out     *streamOut
	turns   *streamTurns
	due     atomic.Bool // a heartbeat
	room    [streamEvents]*event.Event
}

// follow sends what the log has after the place, and goes on with what comes,
// until ctx ends or the client can't be written to. The error says why.
func (s *streams) follow(ctx context.Context, from place, out *streamOut) error {
	f := &follower{streams: s, filter: from.filter, out: out, turns: s.pace.enter()}
	defer f.turns.leave()
	f.sub = s.hub.SubscribeFunc(from.filter, from.after, hub.Durable, f.turns.due)
	defer f.sub.Close()
	err := f.run(ctx)
	switch {
	case errors.Is(err, errStreamLeft):
	case errors.Is(err, errStreamCut):
		// Writing to a client that has left fails too.
		if ctx.Err() == nil {
			s.cut.Add(1)
		}
	case errors.Is(err, errStreamStopped):
		out.end(f.sub.Position(), "Postern is stopping. Connect again in a moment and go on after this seq.")
	case errors.Is(err, errStreamEnded):
		out.end(f.sub.Position(), "The key or session of this stream has ended, or its rights have changed. Connect again with one that holds and go on after this seq.")
	default:
		s.log.Error("stream failed", slog.Any("error", err))
		out.end(f.sub.Position(), "Something went wrong inside Postern. Its log has the cause. Connect again and go on after this seq.")
	}
	return err
}

// run is follow without the last words.
func (f *follower) run(ctx context.Context) error {
	// All that a stream waits for arrives on one channel: a select, and timers to
	// set and stop for each event, would cost about as much as writing.
	defer context.AfterFunc(ctx, f.turns.wake)()
	beat := time.AfterFunc(f.streams.beat, func() {
		f.due.Store(true)
		f.turns.wake()
	})
	defer beat.Stop()
	// The first heartbeat says where the stream stands, so that a client can
	// go on from there even if nothing comes before it is cut.
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
		// After the look, so that a heartbeat tells of a place beyond what
		// the filter leaves out.
		if f.due.Swap(false) || late {
			if err := f.out.heartbeat(f.sub.Position()); err != nil {
				return err
			}
			beat.Reset(f.streams.beat)
		}
	}
}

// pass sends the next few events. It reports whether there are more, and
// whether so much was looked at without a match that a heartbeat is due.
func (f *follower) pass(ctx context.Context) (more, late bool, err error) {
	looking := ctx
	rewritten := f.streams.rewritten.Load()
	var batch hub.Batch
	if f.sub.Recent() {
		batch, err = f.sub.PollInto(ctx, f.room[:0], streamEvents)
	} else {
		var cancel context.CancelFunc
		looking, cancel = context.WithTimeout(ctx, streamBeat)
		defer cancel()
		err = f.streams.bulk.read(looking, streamReader, func() (err error) {
			batch, err = f.sub.PollInto(looking, f.room[:0], streamEvents)
			return err
		})
	}
	defer clear(batch.Events) // nothing is held for the next that may be erased till then
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return false, false, context.Cause(ctx)
	case looking.Err() != nil:
		return true, true, nil
	case errors.Is(err, hub.ErrClosed):
		return false, false, errStreamStopped
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
		if f.streams.rewritten.Load() != rewritten {
			if e, err = f.anew(ctx, e); err != nil {
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

// anew returns what an event has become that was read before an erasure, and
// waited here for a slow client: what was erased must not go out any more. Of
// one that isn't to be sent now it returns nil.
func (f *follower) anew(ctx context.Context, e *event.Event) (*event.Event, error) {
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

// miss says that n events, through seq, are gone.
func (f *follower) miss(seq, n int64) {
	f.streams.missed.Add(n)
	f.out.missed(seq, n)
}
