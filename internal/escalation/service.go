package escalation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"postern/internal/alert"
	"postern/internal/event"
	"postern/internal/hub"
	"postern/internal/store"
	"postern/internal/store/alerts"
)

const (
	lookEvery = 15 * time.Second
	// groupsAtOnce bounds the announcements of one look. The next look announces more.
	groupsAtOnce = 50
)

// After says after how long an alert is escalated, by the meaning of its type; zero for
// never.
type After map[event.Meaning]time.Duration

// Service looks for alerts to escalate.
type Service struct {
	store *store.Store
	hub   *hub.Hub
	after After
	log   *slog.Logger
}

// New returns the service. The logger gets failures; nil means none.
func New(st *store.Store, h *hub.Hub, after After, log *slog.Logger) *Service {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Service{store: st, hub: h, after: after, log: log}
}

// Run escalates alerts until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		if err := s.look(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("alerts not escalated; the next look tries again", slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.hub.Done():
			<-ctx.Done()
			return nil
		case <-tick.C:
		}
	}
}

// look announces the groups of alerts that are due.
func (s *Service) look(ctx context.Context) error {
	for meaning, after := range s.after {
		if after <= 0 {
			continue
		}
		through, err := s.store.SeqAt(ctx, s.store.Arrival().Add(-after))
		if err != nil {
			return err
		}
		if through == 0 {
			continue
		}
		due, err := s.store.Alerts.Groups(ctx, alerts.GroupQuery{
			Selection: alerts.Selection{Filter: event.Filter{Types: typesOf(meaning)}, Through: through, Unescalated: true},
			Limit:     groupsAtOnce,
		})
		if err != nil {
			return err
		}
		for _, g := range due.Groups {
			if err := s.announce(ctx, g, after); err != nil {
				return err
			}
		}
	}
	return nil
}

// typesOf returns the types of a meaning.
func typesOf(meaning event.Meaning) (types event.TypeSet) {
	for _, t := range event.UrgentTypes.Each() {
		if t.Info().Meaning == meaning {
			types |= event.Types(t)
		}
	}
	return types
}

// announce publishes that the alerts of a group were not acknowledged in time. Its text
// names no person: whoever may read the event finds the alerts by the group's id.
func (s *Service) announce(ctx context.Context, g alert.Group, after time.Duration) error {
	a := event.Announcement{
		Module: "alerts", Kind: event.AlertEscalated, Group: g.ID.String(), Alerts: g.Count, Through: g.Last,
		EventType: g.Type.String(), Since: event.FormatTime(g.Since),
		Message: fmt.Sprintf("%s: %d not acknowledged within %s", g.Type.Info().Words, g.Count, after),
	}
	if g.Camera != "" {
		a.Cameras, a.CameraCount = []string{g.Camera}, 1
	}
	id := string(event.AlertEscalated) + "-" + g.ID.String() + "-" + strconv.FormatInt(g.Last, 36)
	e, err := a.Event(id, s.store.Arrival())
	if err != nil {
		return err
	}
	if _, err = s.hub.Publish(ctx, []*event.Event{e}); errors.Is(err, event.ErrConflict) {
		return nil // it is in the log with an earlier text
	}
	return err
}
