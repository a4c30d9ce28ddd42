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
	"postern/internal/lograte"
	"postern/internal/problem"
)

// Bounds of the streams.
const (
	maxStreams     = 1000
	streamEvents   = 32 // read at once; a slow client holds no more than these
	streamBeat     = 15 * time.Second
	streamPatience = time.Minute // a client that takes nothing for so long is cut
	streamGoodbye  = time.Second // for the last words to a client that may not listen
)

var (
	errStreamsFull = &problem.Error{
		Code:       problem.Unavailable,
		Detail:     "As many streams are open as Postern serves at once. Close some, or try again later.",
		RetryAfter: 10 * time.Second,
		Cause:      errors.New("too many streams"),
	}
	errStreamLeft    = errors.New("the client has left")
	errStreamStopped = errors.New("the streams are stopping")
	errStreamCut     = errors.New("the client took nothing")
	errStreamEnded   = errors.New("the client may not any more")
)

// refusedEvery is the least time between two log lines about refused streams, or
// about refused live pages.
const refusedEvery = time.Minute

// streams are the open streams of programs. Each reads the log through a
// durable subscription of its own, at its client's pace.
type streams struct {
	hub  *hub.Hub
	bulk *bulkPace
	log  *slog.Logger
	most int
	// The constants, but for tests.
	beat, patience time.Duration

	mu      sync.Mutex
	open    map[*context.CancelCauseFunc]struct{}
	stopped bool
	running sync.WaitGroup
	pace    streamPace

	cut, missed atomic.Int64 // streams, events
	refused     atomic.Int64 // streams
	logRefused  *lograte.Line
	rewritten   atomic.Int64 // how often events have become others
}

func newStreams(h *hub.Hub, bulk *bulkPace, log *slog.Logger) *streams {
	s := &streams{
		hub: h, bulk: bulk, log: log, most: maxStreams, beat: streamBeat, patience: streamPatience,
		open:       make(map[*context.CancelCauseFunc]struct{}),
		logRefused: lograte.New(log, slog.LevelWarn, "streams are refused: as many are open as Postern serves", "streams", refusedEvery),
	}
	h.OnRewritten(func([]*event.Event) { s.rewritten.Add(1) })
	return s
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

// room returns errStreamsFull where another stream would be refused now.
func (s *streams) room() error {
	if s.count() < s.most {
		return nil
	}
	return s.refuse()
}

// refuse counts a stream that is refused.
func (s *streams) refuse() error {
	s.refused.Add(1)
	s.logRefused.Add(1, slog.Int("max_streams", s.most))
	return errStreamsFull
}

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
		return nil, nil, nil, s.refuse()
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
	// beyond is set where the client's start position is after the newest
	// event; after is then the newest event's number. The stream sends an end
	// message and ends.
	beyond bool
}
