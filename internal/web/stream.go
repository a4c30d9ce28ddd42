package web

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"postern/internal/event"
	"postern/internal/hub"
)

// Bounds of the streams.
const (
	maxStreams     = 1000
	streamEvents   = 32 // read at once; a slow client holds no more than these
	streamBeat     = 15 * time.Second
	streamPatience = time.Minute // a client that takes nothing for so long is cut
	streamGoodbye  = time.Second // for the last words to a client that may not listen
	// streamRest is the time between two looks at the log. What comes after
	// a rest is sent at once; under a flood it makes one write of many.
	streamRest = 10 * time.Millisecond
)

var (
	errStreamsFull   = errors.New("too many streams")
	errStreamLeft    = errors.New("the client has left")
	errStreamStopped = errors.New("the streams are stopping")
	errStreamCut     = errors.New("the client took nothing")
	errStreamEnded   = errors.New("the client may not any more")
)

// streams are the open streams of programs. Each reads the log through a
// durable subscription of its own, at its client's pace.
type streams struct {
	hub  *hub.Hub
	log  *slog.Logger
	most int
	// The constants, but for tests.
	beat, patience time.Duration

	mu      sync.Mutex
	open    map[*context.CancelCauseFunc]struct{}
	stopped bool
	running sync.WaitGroup

	cut, missed atomic.Int64 // streams, events
}

func newStreams(h *hub.Hub, log *slog.Logger) *streams {
	return &streams{
		hub: h, log: log, most: maxStreams, beat: streamBeat, patience: streamPatience,
		open: make(map[*context.CancelCauseFunc]struct{}),
	}
}

// Run waits for ctx to end, tells every stream's client to come back, and
// returns when the last stream is gone.
func (s *streams) Run(ctx context.Context) error {
	<-ctx.Done()
	s.mu.Lock()
	s.stopped = true
	for end := range s.open {
		(*end)(errStreamStopped)
	}
	s.mu.Unlock()
	s.running.Wait()
	return nil
}

// full reports whether another stream would be refused.
func (s *streams) full() bool { return s.count() >= s.most }

// count is how many streams are open.
func (s *streams) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open)
}

// enter opens a stream, whose context ends when end is called, when ended is
// closed, or for a reason of the server's. Whoever enters must leave.
func (s *streams) enter(ended <-chan struct{}) (ctx context.Context, end context.CancelCauseFunc, leave func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.stopped:
		return nil, nil, nil, errStreamStopped
	case len(s.open) >= s.most:
		return nil, nil, nil, errStreamsFull
	}
	ctx, end = context.WithCancelCause(context.Background())
	s.open[&end] = struct{}{}
	s.running.Add(1)
	if ended != nil {
		s.running.Go(func() {
			select {
			case <-ended:
				end(errStreamEnded)
			case <-ctx.Done():
			}
		})
	}
	return ctx, end, func() {
		end(errStreamLeft)
		s.mu.Lock()
		delete(s.open, &end)
		s.mu.Unlock()
		s.running.Done()
	}, nil
}

// place is where a stream begins, and what it lets through.
type place struct {
	filter event.Filter
	after  int64           // sequence number
	ended  <-chan struct{} // closed once its client may not any more; nil for never
}

// follow sends what the log has after the place, and goes on with what comes,
// until ctx ends or the client can't be written to. The error says why.
func (s *streams) follow(ctx context.Context, from place, out *streamOut) error {
	sub := s.hub.Subscribe(from.filter, from.after, hub.Durable)
	defer sub.Close()
	err := s.copy(ctx, sub, out)
	switch {
	case errors.Is(err, errStreamLeft):
	case errors.Is(err, errStreamCut):
		// Writing to a client that has left fails too.
		if ctx.Err() == nil {
			s.cut.Add(1)
		}
	case errors.Is(err, errStreamStopped):
		out.end(sub.Position(), "Postern is stopping. Connect again in a moment and go on after this seq.")
	case errors.Is(err, errStreamEnded):
		out.end(sub.Position(), "The key or session of this stream has ended, or its rights have changed. Connect again with one that holds and go on after this seq.")
	default:
		s.log.Error("stream failed", slog.Any("error", err))
		out.end(sub.Position(), "Something went wrong inside Postern; its log says what. Connect again and go on after this seq.")
	}
	return err
}

// copy is follow without the last words.
func (s *streams) copy(ctx context.Context, sub *hub.Subscription, out *streamOut) error {
	beat := time.NewTicker(s.beat)
	defer beat.Stop()
	rest := time.NewTimer(0)
	defer rest.Stop()
	// The first heartbeat says where the stream stands, so that a client can
	// go on from there even if nothing comes before it is cut.
	due, more := true, true
	ready := sub.Ready()
	for {
		if more {
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-beat.C:
				due = true
			default:
			}
			if due {
				if err := out.heartbeat(sub.Position()); err != nil {
					return err
				}
				due = false
			}
			var err error
			if more, due, err = s.pass(ctx, sub, out); err != nil {
				return err
			}
			if !more {
				ready = nil
				rest.Reset(streamRest)
			}
			continue
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-rest.C:
			ready = sub.Ready()
		case <-ready:
			more = true
		case <-beat.C:
			// A look first: the heartbeat then tells of a place beyond what
			// the filter leaves out.
			var err error
			if more, _, err = s.pass(ctx, sub, out); err != nil {
				return err
			}
			if err := out.heartbeat(sub.Position()); err != nil {
				return err
			}
		}
	}
}

// pass sends the next few events. It reports whether there may be more, and
// whether so much was looked at without a match that a heartbeat is due.
func (s *streams) pass(ctx context.Context, sub *hub.Subscription, out *streamOut) (more, due bool, err error) {
	looking, cancel := context.WithTimeout(ctx, streamBeat)
	defer cancel()
	batch, err := sub.Poll(looking, streamEvents)
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
		through := sub.Position()
		if len(batch.Events) > 0 {
			through = batch.Events[0].Seq - 1
		}
		out.missed(through, batch.Missed)
		s.missed.Add(batch.Missed)
	}
	for _, e := range batch.Events {
		if err := out.event(e); err != nil {
			return false, false, err
		}
	}
	return len(batch.Events) > 0 || batch.Missed > 0, false, out.flush()
}
