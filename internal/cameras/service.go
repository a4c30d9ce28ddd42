package cameras

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"postern/internal/event"
	"postern/internal/hub"
	"postern/internal/store"
	"postern/internal/store/cameras"
	"postern/internal/store/counters"
)

const (
	lookEvery = 5 * time.Second
	// frozenAfter is the time without a look after which Postern counts as down,
	// as while the machine sleeps.
	frozenAfter = time.Minute
)

// Options are the service's settings; the zero value works.
type Options struct {
	// Logger gets failures; nil means none.
	Logger *slog.Logger
}

// Service judges the cameras. Its methods are safe for concurrent use.
type Service struct {
	store   *store.Store
	hub     *hub.Hub
	log     *slog.Logger
	changed chan struct{} // capacity 1: settings have

	setting sync.Mutex // held while a setting is saved

	// Run alone writes the fields below, but for the settings, and reads them
	// without mu.
	mu       sync.RWMutex
	settings map[string]cameras.Settings
	troubles map[string]cameras.Trouble
	begun    time.Time           // since when Postern has taken events without a break
	falling  map[string]struct{} // silent, and not announced yet
	quiet    map[string]struct{} // silent as usual at this time

	// The rest belongs to Run.
	lookedAt       time.Time
	fallingSince   time.Time
	returning      map[string]event.Kind // no longer in trouble, with the reason
	returningSince time.Time
	handled        map[string]int64 // the offline reports whose end was announced or is about to be
}

// New returns the service with the settings and troubles of the store. Run begins
// to judge the cameras.
func New(ctx context.Context, j *store.Store, h *hub.Hub, opts Options) (*Service, error) {
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Service{
		store: j, hub: h, log: opts.Logger, changed: make(chan struct{}, 1), begun: j.Arrival(),
		troubles: make(map[string]cameras.Trouble), falling: make(map[string]struct{}), quiet: make(map[string]struct{}),
		returning: make(map[string]event.Kind), handled: make(map[string]int64),
	}
	var err error
	if s.settings, err = j.Cameras.Settings(ctx); err != nil {
		return nil, err
	}
	troubles, err := j.Cameras.Troubles(ctx)
	if err != nil {
		return nil, err
	}
	for _, t := range troubles {
		s.troubles[t.Camera] = t
	}
	return s, nil
}

// Run judges the cameras every few seconds, and makes the announcements, until ctx
// ends.
func (s *Service) Run(ctx context.Context) error {
	if err := s.store.Counters.LearnUsualPauses(ctx); err != nil && ctx.Err() == nil {
		s.log.Error("usual pauses of cameras not read", slog.Any("error", err))
	}
	for _, h := range s.store.Counters.LastSeen() {
		s.handled[h.ID] = h.Ended // it ended before the start
	}
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		s.look(ctx, s.store.Arrival())
		select {
		case <-ctx.Done():
			return nil
		case <-s.hub.Done():
			<-ctx.Done()
			return nil
		case <-s.changed:
		case <-tick.C:
		}
	}
}

// List returns the cameras that were seen lately and those with settings, by id.
func (s *Service) List() []Camera {
	seen, now := s.store.Counters.LastSeen(), s.store.Arrival()
	s.mu.RLock()
	defer s.mu.RUnlock()
	list := make([]Camera, 0, len(seen))
	for _, h := range seen {
		if !s.gone(h, now) {
			list = append(list, s.describe(h, now))
		}
	}
	for name := range s.settings {
		if _, found := find(seen, name); !found {
			list = append(list, s.describe(counters.LastSeen{ID: name}, now))
		}
	}
	slices.SortFunc(list, func(a, b Camera) int { return strings.Compare(a.ID, b.ID) })
	return list
}

func find(seen []counters.LastSeen, name string) (int, bool) {
	return slices.BinarySearchFunc(seen, name, func(h counters.LastSeen, name string) int { return strings.Compare(h.ID, name) })
}

// Camera returns a camera. A camera without events and without settings is
// unknown, and has its id only.
func (s *Service) Camera(name string) Camera {
	h := counters.LastSeen{ID: name}
	seen, now := s.store.Counters.LastSeen(), s.store.Arrival()
	if i, found := find(seen, name); found {
		h = seen[i]
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.describe(h, now)
}

// Count counts the listed cameras by state.
func (s *Service) Count() map[State]int {
	counts := make(map[State]int)
	for _, c := range s.List() {
		counts[c.State]++
	}
	return counts
}
