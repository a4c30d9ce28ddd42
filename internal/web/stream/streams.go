package stream

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"postern/internal/event"
	"postern/internal/hub"
	"postern/internal/lograte"
	"postern/internal/problem"
	"postern/internal/web/bulkread"
)

const (
	// DefaultLimit is how many streams may be open at once.
	DefaultLimit = 1000

	batchEvents       = 32 // read at once; also the most that a slow client holds in memory
	heartbeatInterval = 15 * time.Second
	writeTimeout      = time.Minute // a client that reads nothing for so long is disconnected
	closeTimeout      = time.Second // for the end message
)

var (
	// ErrFull refuses a stream because Limit streams are open.
	ErrFull = &problem.Error{
		Code:       problem.Unavailable,
		Detail:     "As many streams are open as Postern serves at once. Close some, or try again later.",
		RetryAfter: 10 * time.Second,
		Cause:      errors.New("too many streams"),
	}
	errLeft    = errors.New("the client has left")
	errStopped = errors.New("the streams are stopping")
	errCut     = errors.New("the client read nothing in time")
	errEnded   = errors.New("the client's permission has ended")
)

// Streams are the open streams.
type Streams struct {
	hub   *hub.Hub
	reads *bulkread.Limiter
	log   *slog.Logger
	// The limits are the constants; tests change them before the first stream.
	Limit                   int
	Heartbeat, WriteTimeout time.Duration

	mu        sync.Mutex
	open      map[*context.CancelCauseFunc]struct{}
	stopped   bool
	running   sync.WaitGroup
	scheduler scheduler

	cut, missed atomic.Int64 // streams, events
	refused     atomic.Int64 // streams
	logRefused  *lograte.Line
	redactions  atomic.Int64 // erasures so far
}

// New returns streams that read from a hub. The limiter bounds their reads of
// events that are no longer in the hub's ring.
func New(h *hub.Hub, bulk *bulkread.Limiter, log *slog.Logger) *Streams {
	s := &Streams{
		hub: h, reads: bulk, log: log, Limit: DefaultLimit, Heartbeat: heartbeatInterval, WriteTimeout: writeTimeout,
		open:       make(map[*context.CancelCauseFunc]struct{}),
		logRefused: lograte.New(log, slog.LevelWarn, "streams refused: too many are open", "streams", time.Minute),
	}
	h.OnRedacted(func(events []*event.Event) {
		if slices.ContainsFunc(events, (*event.Event).Redacted) {
			s.redactions.Add(1)
		}
	})
	return s
}

// Run waits for ctx to end, ends every stream with a message that asks the
// client to reconnect, and returns when the last stream has ended.
func (s *Streams) Run(ctx context.Context) error {
	<-ctx.Done()
	s.mu.Lock()
	s.stopped = true
	for end := range s.open {
		(*end)(errStopped)
	}
	s.mu.Unlock()
	s.running.Wait()
	return nil
}

// CheckCapacity returns ErrFull if another stream would be refused now.
func (s *Streams) CheckCapacity() error {
	if s.Open() < s.Limit {
		return nil
	}
	return s.refuse()
}

// refuse counts and logs a refused stream.
func (s *Streams) refuse() error {
	s.refused.Add(1)
	s.logRefused.Add(1, slog.Int("max_streams", s.Limit))
	return ErrFull
}

// Metrics are what the streams count.
type Metrics struct {
	Open, Limit int
	Refused     int64 // streams
	Cut         int64 // streams whose client read nothing
	Missed      int64 // events that retention removed before they were sent
}

// Metrics returns the counts since the start.
func (s *Streams) Metrics() Metrics {
	return Metrics{Open: s.Open(), Limit: s.Limit, Refused: s.refused.Load(), Cut: s.cut.Load(), Missed: s.missed.Load()}
}

// Open returns how many streams are open.
func (s *Streams) Open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open)
}

// enter registers a stream. Its context ends when end is called, when ended is
// closed, or when the server stops. The caller calls leave.
func (s *Streams) enter(ended <-chan struct{}) (ctx context.Context, end context.CancelCauseFunc, leave func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.stopped:
		return nil, nil, nil, errStopped
	case len(s.open) >= s.Limit:
		return nil, nil, nil, s.refuse()
	}
	ctx, end = context.WithCancelCause(context.Background())
	s.open[&end] = struct{}{}
	s.running.Add(1)
	if ended != nil {
		s.running.Go(func() {
			select {
			case <-ended:
				end(errEnded)
			case <-ctx.Done():
			}
		})
	}
	return ctx, end, func() {
		end(errLeft)
		s.mu.Lock()
		delete(s.open, &end)
		s.mu.Unlock()
		s.running.Done()
	}, nil
}

// Start is a stream's filter and start position.
type Start struct {
	Filter event.Filter
	After  int64           // the sequence number after which the stream begins
	Ended  <-chan struct{} // closed when the client's permission ends; nil for never
	// Beyond says that the client's start position is after the newest event;
	// After is then the newest event's number. The stream sends an end message
	// and ends.
	Beyond bool
}
