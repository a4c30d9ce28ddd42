package cameras

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/event"
	"postern/internal/eventtest"
	"postern/internal/hub"
	"postern/internal/hubtest"
	"postern/internal/store"
	"postern/internal/store/alerts"
	stored "postern/internal/store/cameras"
)

// site is a store, a hub and the service over one folder, on simulated time.
type site struct {
	t     *testing.T
	dir   string
	store *store.Store
	hub   *hub.Hub
	*Service
	stop  func()
	ahead *atomic.Int64 // nanoseconds by which the wall clock is wrong
}

// simulated runs a test on simulated time, with a service that runs.
func simulated(t *testing.T, test func(s *site)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { test(start(t, t.TempDir(), new(atomic.Int64))) })
}

func start(t *testing.T, dir string, ahead *atomic.Int64) *site {
	t.Helper()
	began := time.Now()
	log := hubtest.Open(t, hubtest.Options{Dir: dir, Store: store.Options{
		Now:     func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) },
		Elapsed: func() time.Duration { return time.Since(began) },
	}})
	j, h := log.Store, log.Hub
	service, err := New(t.Context(), j, h, Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- service.Run(ctx) }()
	s := &site{t: t, dir: dir, store: j, hub: h, Service: service, ahead: ahead}
	s.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ran; err != nil {
			t.Error(err)
		}
		log.Close()
	})
	t.Cleanup(func() { s.stop() })
	return s
}

// again stops the service, lets time pass, and starts it over the same folder.
func (s *site) again(away time.Duration) {
	s.t.Helper()
	s.stop()
	time.Sleep(away)
	*s = *start(s.t, s.dir, s.ahead)
	s.rest(time.Second)
}

// set replaces a camera's settings.
func (s *site) set(camera string, to stored.Settings) (Camera, error) {
	return s.Change(s.t.Context(), camera, func(settings *stored.Settings) error {
		*settings = to
		return nil
	})
}

func (s *site) rest(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// send publishes an event of each camera.
func (s *site) send(kind event.Type, data string, cameras ...string) (sent []*event.Event) {
	s.t.Helper()
	for _, camera := range cameras {
		e := eventtest.New(eventtest.WithType(kind), eventtest.At(time.Now().UTC().Truncate(time.Microsecond)),
			eventtest.WithSource("engine"), eventtest.WithCamera(camera), eventtest.WithData(data))
		sent = append(sent, e)
	}
	if _, err := s.hub.Publish(s.t.Context(), sent); err != nil {
		s.t.Fatal(err)
	}
	return sent
}

// speak lets cameras speak at a pace for a time.
func (s *site) speak(every, during time.Duration, cameras ...string) {
	s.t.Helper()
	for range during / every {
		s.send(event.FaceDetected, `{}`, cameras...)
		s.rest(every)
	}
}

const offline = `{"code":"camera_offline","message":"No frames for 30 s"}`

func (s *site) want(camera string, want State) {
	s.t.Helper()
	if got := s.Camera(camera); got.State != want {
		s.t.Errorf("%s is %s, want %s: %+v", camera, got.State, want, got)
	}
}

// announced are Postern's own announcements, oldest first, as their kind, their
// cameras, and how many events each resolves.
func (s *site) announced() (said []string) {
	s.t.Helper()
	for _, e := range s.own() {
		var a event.Announcement
		if err := json.Unmarshal(e.Data, &a); err != nil {
			s.t.Fatal(err)
		}
		if e.Camera != "" {
			s.t.Errorf("an announcement has the camera_id %q", e.Camera)
		}
		words := fmt.Sprintf("%s %s", a.Kind, strings.Join(a.Cameras, " "))
		if ids, ends := e.Resolves(); ends {
			words += fmt.Sprintf(" resolves %d", len(ids))
		}
		said = append(said, words)
	}
	return said
}

func (s *site) own() []*event.Event {
	s.t.Helper()
	page, err := s.hub.Search(s.t.Context(), event.Query{Filter: event.Filter{Sources: []string{event.OwnSource}},
		Limit: event.MaxPageEvents, Ascending: true})
	if err != nil {
		s.t.Fatal(err)
	}
	return page.Events
}

func (s *site) wantAnnounced(want ...string) {
	s.t.Helper()
	if got := s.announced(); !slices.Equal(got, want) {
		s.t.Errorf("announced were %q, want %q", got, want)
	}
}

func (s *site) wantOpen(want int64) {
	s.t.Helper()
	if n, exact, err := s.store.Alerts.Count(s.t.Context(), alerts.Selection{}, 1000); err != nil || n != want || !exact {
		s.t.Errorf("%d alerts are open, %v; want %d", n, err, want)
	}
}

// execute changes the store's file from outside.
func (s *site) execute(statement string) {
	s.t.Helper()
	db, err := sql.Open("sqlite", "file:"+s.dir+"/postern.db")
	if err == nil {
		_, err = db.Exec(statement)
		_ = db.Close()
	}
	if err != nil {
		s.t.Fatal(err)
	}
}
