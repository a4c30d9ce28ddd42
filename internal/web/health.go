package web

import (
	"context"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"postern/internal/problem"
	"postern/internal/web/respond"
)

// readyFor is how long an answer of readyz holds, so that asking often
// doesn't write often.
const readyFor = time.Second

// readiness remembers the last probe of the store.
type readiness struct {
	mu       sync.Mutex
	stopping bool
	at       time.Time
	err      error
}

// stop makes readyz say that the process is going.
func (r *readiness) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopping = true
}

// isStopping reports whether stop was called.
func (r *readiness) isStopping() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stopping
}

func (r *readiness) check(ctx context.Context, now time.Time, probe func(context.Context) error) (stopping bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now.Sub(r.at) >= readyFor {
		r.at, r.err = now, probe(ctx)
	}
	return r.stopping, r.err
}

// healthz says that the process is up.
func (s *Server) healthz(c *fiber.Ctx) error {
	return respond.JSON(c, map[string]string{"status": "ok", "version": s.version})
}

// readyz says whether events can be taken and delivered: the store can be
// written and the delivery workers run.
func (s *Server) readyz(c *fiber.Ctx) error {
	stopping, err := s.ready.check(c.UserContext(), time.Now(), s.store.DB.Probe)
	switch {
	case err != nil:
		return err
	case stopping:
		return problem.New(problem.Unavailable, "Postern is stopping.")
	case !s.webhooks.Running():
		return problem.New(problem.Unavailable, "The delivery workers don't run yet.")
	}
	for _, t := range s.store.DB.Troubles() {
		if t.Kind.Refuses() {
			return &problem.Error{Code: problem.Unavailable, Detail: troubleWords[t.Kind].sentences}
		}
	}
	return respond.JSON(c, readyJSON{"ready", s.degraded()})
}

// readyJSON is the answer of readyz while events are taken and delivered.
type readyJSON struct {
	Status string `json:"status"`
	// Degraded says what isn't well all the same.
	Degraded []string `json:"degraded,omitempty"`
}

// degraded are sentences about what needs a person although events are taken
// and delivered.
func (s *Server) degraded() (list []string) {
	if clock := s.store.Clock(); clock.Held {
		list = append(list, "The clock jumped and is not believed: retention by age waits until it is confirmed, or right for an hour.")
	}
	if n := s.store.Metrics().Damaged; n > 0 {
		list = append(list, "Events can't be read: they were changed on the disk. Run postern verify.")
	}
	for _, t := range s.store.DB.Troubles() {
		list = append(list, troubleWords[t.Kind].sentences)
	}
	return list
}
