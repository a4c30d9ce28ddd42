package scoped

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"postern/internal/store/erasure"
)

// eraseTime is how long a response waits for an erasure, which continues after
// that.
const eraseTime = 10 * time.Second

// Erasure is the result of an erasure.
type Erasure struct {
	Events int64 `json:"events"`
	// Complete says that no data about the identity is left in memory or in the
	// file.
	Complete bool `json:"complete"`
}

// Erase erases all data about an identity, for the API and for the page.
func (s *Service) Erase(c *fiber.Ctx, identity string) (Erasure, error) {
	events, done, err := s.store.Erasure.Erase(c.UserContext(), identity)
	if err != nil {
		return Erasure{}, err
	}
	timer := time.NewTimer(eraseTime)
	defer timer.Stop()
	select {
	case <-done:
		return Erasure{Events: events, Complete: true}, nil
	case <-timer.C:
	case <-s.hub.Done():
	}
	return Erasure{Events: events}, nil
}

// Identity counts the data about an identity. The request is audited like a
// search.
func (s *Service) Identity(c *fiber.Ctx, identity string) (erasure.Identity, error) {
	if err := s.audit.Identity(c, identity); err != nil {
		return erasure.Identity{}, err
	}
	return s.store.Erasure.Identity(c.UserContext(), identity)
}
