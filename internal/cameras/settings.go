package cameras

import (
	"context"

	"postern/internal/event"
	"postern/internal/store/cameras"
)

// Change edits a camera's settings and saves them, unless edit fails. No other
// change is made meanwhile. The camera may be one without events.
func (s *Service) Change(ctx context.Context, id string, edit func(settings *cameras.Settings) error) (Camera, error) {
	if err := CheckID(id); err != nil {
		return Camera{}, err
	}
	s.setting.Lock()
	defer s.setting.Unlock()
	s.mu.RLock()
	to := s.settings[id]
	s.mu.RUnlock()
	if err := edit(&to); err != nil {
		return Camera{}, err
	}
	if err := Check(to); err != nil {
		return Camera{}, err
	}
	if err := s.store.Cameras.Set(ctx, id, to); err != nil {
		return Camera{}, err
	}
	s.mu.Lock()
	if delete(s.settings, id); !to.None() {
		s.settings[id] = to
	}
	s.mu.Unlock()
	select {
	case s.changed <- struct{}{}:
	default:
	}
	return s.Camera(id), nil
}

// Name returns a camera's name; empty where it has none. It reads memory only.
func (s *Service) Name(id string) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.settings[id].Name
}

// Named returns the id of the one camera with a name, without regard to case and
// accents; empty if none or several have it.
func (s *Service) Named(name string, allow func(id string) bool) (id string) {
	name = event.Fold(name)
	s.mu.RLock()
	defer s.mu.RUnlock()
	for known, set := range s.settings {
		if set.Name == "" || event.Fold(set.Name) != name || !allow(known) {
			continue
		}
		if id != "" {
			return ""
		}
		id = known
	}
	return id
}
