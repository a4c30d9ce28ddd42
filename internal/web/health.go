package web

import (
	"context"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"postern/internal/problem"
	"postern/internal/web/respond"
)

// readyFor is how long a probe of the store is valid, so that frequent requests
// of readyz don't cause frequent writes.
const readyFor = time.Second

// readiness remembers the last probe of the store.
type readiness struct {
	mu       sync.Mutex
	stopping bool
	at       time.Time
	err      error
}

// stop makes readyz report that the process is stopping.
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

// healthz reports that the process is up.
func (s *Server) healthz(c *fiber.Ctx) error {
	return respond.JSON(c, map[string]string{"status": "ok", "version": s.version})
}

// readyz reports whether events can be accepted and delivered: the store is
// writable, and the delivery workers run.
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
			return &problem.Error{Code: problem.Unavailable, Detail: t.Kind.Detail()}
		}
	}
	return respond.JSON(c, readyJSON{"ready", s.degraded()})
}

// readyJSON is the answer of readyz while events are accepted and delivered.
type readyJSON struct {
	Status string `json:"status"`
	// Degraded lists the problems that need a person nevertheless.
	Degraded []string `json:"degraded,omitempty"`
}

// degraded returns the problems that need a person although events are accepted
// and delivered, in sentences.
func (s *Server) degraded() (list []string) {
	if clock := s.store.Clock(); clock.Held {
		list = append(list, "The clock jumped and is not trusted. "+
			"Retention by age waits until a person confirms the clock, or it is right for an hour.")
	}
	if n := s.store.Metrics().Damaged; n > 0 {
		list = append(list, "Events can't be read: they were changed on the disk. Run postern verify.")
	}
	for _, t := range s.store.DB.Troubles() {
		list = append(list, t.Kind.Detail())
	}
	return list
}
