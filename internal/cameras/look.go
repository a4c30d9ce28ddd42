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
		trouble, troubled := s.troubles[h.Name]
		switch {
		case troubled && trouble.Closed != "":
			continue // its end is being announced
		case !h.Offline.IsZero():
			s.forget(h.Name)
			if !troubled {
				reported = append(reported, cameras.Trouble{Camera: h.Name, Reported: true, Since: h.Offline, Heard: h.NormalSeq, Announced: true})
			}
			continue
		case troubled && h.NormalSeq > trouble.Heard:
			s.returning[h.Name] = event.CameraBack
			continue
		case h.Ended > s.handled[h.Name] && !troubled:
			s.returning[h.Name] = event.CameraBack // it was offline for less than a look
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
	after := automatic(h)
	setting, set := s.settings[h.Name]
	if set {
		after = setting
	}
	silent := now.Sub(h.Normal)
	over := h.NormalSeq != 0 && after > 0 && silent >= after
	switch {
	case troubled && s.troubles[h.Name].Reported:
		// Its report is removed from the log, so that its state is unknown.
	case troubled && !over:
		s.returning[h.Name] = event.CameraRejudged
	case troubled:
		delete(s.returning, h.Name)
	case !over || now.Sub(s.begun) < after || s.gone(h, now):
		delete(s.falling, h.Name)
		delete(s.quiet, h.Name)
	case !set && after <= quietPause && silent < quietLongest && s.store.Counters.SilentAsUsual(h.Name, now, silent):
		delete(s.falling, h.Name)
		s.quiet[h.Name] = struct{}{}
	default:
		delete(s.quiet, h.Name)
		s.falling[h.Name] = struct{}{}
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
