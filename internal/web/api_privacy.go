package web

import (
	"net/url"
	"time"

	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/store"
	"postern/internal/web/respond"
)

// eraseTime is how long a response waits for an erasure, which continues after
// that.
const eraseTime = 10 * time.Second

// identityParam reads an identity from the URL.
func identityParam(c *fiber.Ctx) (string, error) {
	id, err := url.PathUnescape(c.Params("id"))
	if err != nil {
		return "", problem.InvalidField("identity_id", "The identity_id is not encoded for a URL; write a percent sign as %%25.")
	}
	return id, event.CheckIdentity(id)
}

// erasure is the result of an erasure.
type erasure struct {
	Events int64 `json:"events"`
	// Complete says that no data about the identity is left in memory or in the
	// file.
	Complete bool `json:"complete"`
}

// eraseIdentity erases all data about an identity, for the API and for the page.
func (s *Server) eraseIdentity(c *fiber.Ctx, identity string) (erasure, error) {
	events, done, err := s.store.Erase(c.UserContext(), identity)
	if err != nil {
		return erasure{}, err
	}
	timer := time.NewTimer(eraseTime)
	defer timer.Stop()
	select {
	case <-done:
		return erasure{Events: events, Complete: true}, nil
	case <-timer.C:
	case <-s.hub.Done():
	}
	return erasure{Events: events}, nil
}

// identityDelete erases all data about an identity. It answers 200 once that is
// complete, and 202 if the erasure continues after the response.
func (s *Server) identityDelete(c *fiber.Ctx) error {
	identity, err := identityParam(c)
	if err != nil {
		return err
	}
	done, err := s.eraseIdentity(c, identity)
	if err != nil {
		return err
	}
	if !done.Complete {
		c.Status(fiber.StatusAccepted)
	}
	return respond.JSON(c, done)
}

// identityJSON counts the data about an identity, and lists its erasures.
type identityJSON struct {
	Events   int64         `json:"events"`
	Attempts int64         `json:"failed_attempts"`
	Pending  int64         `json:"pending_deliveries"`
	Erasing  string        `json:"erasing_since,omitempty"`
	Erased   []erasureJSON `json:"erased"`
}

type erasureJSON struct {
	At     string `json:"at"`
	Events int64  `json:"events"`
}

// identity counts the data about an identity. The request is audited like a
// search.
func (s *Server) identity(c *fiber.Ctx, identity string) (store.Identity, error) {
	if err := s.auditRead(c, access.EventSearch, "", access.Details{"identity": s.store.Secrets.Digest(identity)}); err != nil {
		return store.Identity{}, err
	}
	return s.store.Identity(c.UserContext(), identity)
}

// identityGet answers with the amount of data about an identity, and with the
// times of its erasures.
func (s *Server) identityGet(c *fiber.Ctx) error {
	identity, err := identityParam(c)
	if err != nil {
		return err
	}
	known, err := s.identity(c, identity)
	if err != nil {
		return err
	}
	answer := identityJSON{Events: known.Events, Attempts: known.Attempts, Pending: known.Pending, Erased: []erasureJSON{}}
	if !known.Erasing.IsZero() {
		answer.Erasing = event.FormatTime(known.Erasing)
	}
	for _, e := range known.Erased {
		answer.Erased = append(answer.Erased, erasureJSON{event.FormatTime(e.At), e.Events})
	}
	return respond.JSON(c, answer)
}
