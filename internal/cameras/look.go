package cameras

import (
	"context"
	"log/slog"
	"time"

	"postern/internal/event"
	"postern/internal/store"
	"postern/internal/store/counters"
)

// shareFor is for how long cameras that fall silent, or that come back, are
// gathered into one announcement.
const shareFor = time.Minute

// look judges every camera, and makes the announcements that are due.
func (s *Service) look(ctx context.Context, now time.Time) {
	hearings := s.store.Counters.LastSeen()
	reported := s.judge(hearings, now, s.store.DB.Refusing())
	if err := s.change(ctx, reported, s.removed(hearings)); err != nil {
		s.log.Error("camera states not kept", slog.Any("error", err))
	}
	if len(s.falling) > 0 && now.Sub(s.fallingSince) >= shareFor {
		s.fall(ctx, hearings, now)
	}
	if len(s.returning) > 0 && now.Sub(s.returningSince) >= shareFor {
		s.comeBack(ctx, now)
	}
	s.publish(ctx)
}

// removed are the cameras in trouble of which the log has nothing any more.
func (s *Service) removed(hearings []counters.LastSeen) (gone []string) {
	for name, t := range s.troubles {
		if _, heard := find(hearings, name); !heard && t.Closed == "" && t.Announced {
			gone = append(gone, name)
		}
	}
	return gone
}

// judge sorts the cameras by what has become of them since the last look, and
// returns the troubles that need no announcement: those that cameras report
// themselves.
func (s *Service) judge(hearings []counters.LastSeen, now time.Time, refusing bool) (reported []store.CameraTrouble) {
	s.mu.Lock()
	defer s.mu.Unlock()
	// What could not be heard is no camera's silence.
	if away := now.Sub(s.lookedAt); !s.lookedAt.IsZero() && (away > frozenAfter || away < -frozenAfter) || refusing {
		s.begun = now
	}
	s.lookedAt = now
	noneFalls, noneReturns := len(s.falling) == 0, len(s.returning) == 0
	for _, h := range hearings {
		trouble, troubled := s.troubles[h.Name]
		switch {
		case troubled && trouble.Closed != "":
			continue // its end is being announced
		case !h.Offline.IsZero():
			s.forget(h.Name)
			if !troubled {
				reported = append(reported, store.CameraTrouble{Camera: h.Name, Reported: true, Since: h.Offline, Heard: h.NormalSeq, Announced: true})
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

// judgeSilence judges a camera that didn't say it is offline. The caller holds
// mu.
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
		// Its report is gone from the log, and nothing else is known.
	case troubled && !over:
		s.returning[h.Name] = event.CameraRejudged
	case troubled:
		delete(s.returning, h.Name)
	case !over || now.Sub(s.begun) < after || s.gone(h, now):
		delete(s.falling, h.Name)
		delete(s.quiet, h.Name)
	case !set && after <= quietRhythm && silent < quietLongest && s.store.Counters.SilentAsUsual(h.Name, now, silent):
		delete(s.falling, h.Name)
		s.quiet[h.Name] = struct{}{}
	default:
		delete(s.quiet, h.Name)
		s.falling[h.Name] = struct{}{}
	}
}

// forget takes a camera off all that is about to be announced. The caller holds
// mu.
func (s *Service) forget(name string) {
	delete(s.falling, name)
	delete(s.returning, name)
	delete(s.quiet, name)
}

// change keeps troubles in the store, and then in memory.
func (s *Service) change(ctx context.Context, put []store.CameraTrouble, remove []string) error {
	if len(put)+len(remove) == 0 {
		return nil
	}
	if err := s.store.ChangeCameraTroubles(ctx, put, remove); err != nil {
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
