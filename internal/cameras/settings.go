package cameras

import (
	"context"

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

// Label is what people call a camera, and the site that it is at. Both may be
// empty.
type Label struct{ Name, Site string }

// Label returns a camera's label. It reads memory only.
func (s *Service) Label(id string) Label {
	s.mu.RLock()
	defer s.mu.RUnlock()
	set := s.settings[id]
	return Label{set.Name, set.Site}
}
