package cameras

import (
	"context"
	"log/slog"
	"time"

	"postern/internal/event"
	"postern/internal/store/cameras"
	"postern/internal/store/counters"
)

// shareFor is for how long an announcement waits for further cameras that fall
// silent or come back.
const shareFor = time.Minute

// look judges every camera, and makes the announcements that are due.
func (s *Service) look(ctx context.Context, now time.Time) {
	seen := s.store.Counters.LastSeen()
	reported := s.judge(seen, now, s.store.DB.Refusing())
	if err := s.change(ctx, reported, s.removed(seen)); err != nil {
		s.log.Error("camera states not kept", slog.Any("error", err))
	}
	if len(s.falling) > 0 && now.Sub(s.fallingSince) >= shareFor {
		s.fall(ctx, seen, now)
	}
	if len(s.returning) > 0 && now.Sub(s.returningSince) >= shareFor {
		s.comeBack(ctx, now)
	}
	s.publish(ctx)
}

// removed returns the cameras in trouble of which the log has no event any more.
func (s *Service) removed(seen []counters.LastSeen) (gone []string) {
	for name, t := range s.troubles {
		if _, found := find(seen, name); !found && t.Closed == "" && t.Announced {
			gone = append(gone, name)
		}
	}
	return gone
}

// judge sorts the cameras by how their states have changed since the last look.
// It returns the troubles that need no announcement: those that cameras report
// themselves.
func (s *Service) judge(seen []counters.LastSeen, now time.Time, refusing bool) (reported []cameras.Trouble) {
	s.mu.Lock()
	defer s.mu.Unlock()
	// Downtime and refused events are no camera's silence.
	if away := now.Sub(s.lookedAt); !s.lookedAt.IsZero() && (away > frozenAfter || away < -frozenAfter) || refusing {
		s.begun = now
	}
	s.lookedAt = now
	noneFalls, noneReturns := len(s.falling) == 0, len(s.returning) == 0
	for _, h := range seen {
		trouble, troubled := s.troubles[h.ID]
		switch {
		case troubled && trouble.Closed != "":
			continue // its end is being announced
		case !h.Offline.IsZero():
			s.forget(h.ID)
			if !troubled {
				reported = append(reported, cameras.Trouble{Camera: h.ID, Reported: true, Since: h.Offline, Heard: h.NormalSeq, Announced: true})
			}
			continue
		case troubled && h.NormalSeq > trouble.Heard:
			s.returning[h.ID] = event.CameraBack
			continue
		case h.Ended > s.handled[h.ID] && !troubled:
			s.returning[h.ID] = event.CameraBack // it was offline for less than a look
		}
		s.judgeSilence(h, now, troubled)
	}
	if noneFalls && len(s.falling) > 0 {
		s.fallingSince = now
	}
	if noneReturns && len(s.returning) > 0 {
		s.returningSince = now
	}
	return reported
}

// judgeSilence judges a camera that didn't report that it is offline. The caller
// holds mu.
func (s *Service) judgeSilence(h counters.LastSeen, now time.Time, troubled bool) {
	after, set := allowance(h, s.settings[h.ID])
	silent := now.Sub(h.Normal)
	over := h.NormalSeq != 0 && after > 0 && silent >= after
	switch {
	case troubled && s.troubles[h.ID].Reported:
		// Its report is removed from the log, so that its state is unknown.
	case troubled && !over:
		s.returning[h.ID] = event.CameraRejudged
	case troubled:
		delete(s.returning, h.ID)
	case !over || now.Sub(s.begun) < after || s.gone(h, now):
		delete(s.falling, h.ID)
		delete(s.quiet, h.ID)
	case !set && after <= quietPause && silent < quietLongest && s.store.Counters.SilentAsUsual(h.ID, now, silent):
		delete(s.falling, h.ID)
		s.quiet[h.ID] = struct{}{}
	default:
		delete(s.quiet, h.ID)
		s.falling[h.ID] = struct{}{}
	}
}

// forget removes a camera from the next announcements. The caller holds mu.
func (s *Service) forget(name string) {
	delete(s.falling, name)
	delete(s.returning, name)
	delete(s.quiet, name)
}

// change saves troubles in the store, and then in memory.
func (s *Service) change(ctx context.Context, put []cameras.Trouble, remove []string) error {
	if len(put)+len(remove) == 0 {
		return nil
	}
	if err := s.store.Cameras.ChangeTroubles(ctx, put, remove); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range put {
		s.troubles[t.Camera] = t
	}
	for _, name := range remove {
		delete(s.troubles, name)
	}
	return nil
}
