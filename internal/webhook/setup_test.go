package webhook

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"postern/internal/hubtest"
	"postern/internal/webhook/webhooktest"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/hub"
	"postern/internal/store"
	"postern/internal/store/deliveries"
	"postern/internal/webhook/egress"
)

// site is one run of Postern's inside: a store in a folder, the hub over it
// and the service over both.
type site struct {
	t       testing.TB
	dir     string
	store   *store.Store
	hub     *hub.Hub
	service *Service
	log     *logBook

	end context.CancelFunc // of Run; nil while it doesn't run
	ran chan error
}

// loopback is what a test's receivers need to be called at all.
var loopback = Options{
	Egress: egress.Policy{
		AllowHTTP:    true,
		AllowTargets: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")},
	},
	Version: "1.2.3",
}

// openSite opens the store in dir and a service that isn't running yet. A
// nil world means real HTTP.
func openSite(t testing.TB, dir string, w *world) *site {
	t.Helper()
	return openSiteWith(t, dir, w, store.Options{}, hub.Options{})
}

func openSiteWith(t testing.TB, dir string, w *world, kept store.Options, opts hub.Options) *site {
	t.Helper()
	events := hubtest.Open(t, hubtest.Options{Dir: dir, Store: kept, Hub: opts})
	j, h := events.Store, events.Hub
	settings, log := loopback, new(logBook)
	settings.Logger = slog.New(slog.NewTextHandler(log, nil))
	service, err := New(t.Context(), j, h, settings)
	if err != nil {
		t.Fatal(err)
	}
	if w != nil {
		// These tests count what producers send; announce_test.go counts what
		// Postern itself says.
		service.publish = func(context.Context, []*event.Event) (int, error) { return 0, nil }
		service.newSender = w.newSender
	}
	s := &site{t: t, dir: dir, store: j, hub: h, service: service, log: log}
	t.Cleanup(func() { s.stop() })
	return s
}

// startSite opens a site and runs its workers.
func startSite(t testing.TB, dir string, w *world) *site {
	t.Helper()
	s := openSite(t, dir, w)
	s.run()
	return s
}

func (s *site) run() {
	ctx, cancel := context.WithCancel(context.WithoutCancel(s.t.Context()))
	s.end, s.ran = cancel, make(chan error, 1)
	go func() { s.ran <- s.service.Run(ctx) }()
}

// stopWorkers ends Run and returns once it has returned.
func (s *site) stopWorkers() {
	s.t.Helper()
	if s.end == nil {
		return
	}
	s.end()
	s.end = nil
	if err := <-s.ran; err != nil {
		s.t.Errorf("Run returned %v", err)
	}
}

// stop stops everything, from the outside in. Stopping again does nothing.
func (s *site) stop() {
	s.t.Helper()
	s.hub.Close()
	s.stopWorkers()
	if err := s.store.Close(); err != nil {
		s.t.Error(err)
	}
}

// restart stops the site and starts another one over the same folder.
func (s *site) restart(w *world) *site {
	s.t.Helper()
	s.stop()
	return startSite(s.t, s.dir, w)
}

// restartWithoutHistory is restart with a hub that keeps next to nothing in
// memory, so that workers read the log.
func (s *site) restartWithoutHistory(w *world) *site {
	s.t.Helper()
	s.stop()
	after := openSiteWith(s.t, s.dir, w, store.Options{}, hub.Options{History: 1})
	after.run()
	return after
}

// register registers a webhook that must be acceptable.
func (s *site) register(url, secret string, types ...string) *delivery.Endpoint {
	s.t.Helper()
	e, _, err := s.service.Register(s.t.Context(), Registration{URL: url, EventTypes: types, Secret: secret})
	if err != nil {
		s.t.Fatalf("register %s: %v", url, err)
	}
	return e
}

// publish publishes an event of each type in one request.
func (s *site) publish(types ...string) []*event.Event {
	s.t.Helper()
	lines := make([]string, len(types))
	for i, name := range types {
		lines[i] = fmt.Sprintf(`{"type": %q, "source": "face_pipeline", "camera_id": "lobby-cam-1", "data": {"label": "Zoë <&> \u00e9",`+
			` "similarity": 0.910, "n": %d}}`, name, i)
	}
	return s.publishJSON(strings.Join(lines, "\n"))
}

// publishMany publishes n events of one type in one request.
func (s *site) publishMany(n int, name string) []*event.Event {
	s.t.Helper()
	names := make([]string, n)
	for i := range names {
		names[i] = name
	}
	return s.publish(names...)
}

func (s *site) publishJSON(body string) []*event.Event {
	s.t.Helper()
	events, err := event.Decode([]byte(body), time.Now())
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.hub.Publish(s.t.Context(), events); err != nil {
		s.t.Fatal(err)
	}
	return events
}

// kept returns the endpoint as the store has it.
func (s *site) kept(id string) *deliveries.EndpointRecord {
	s.t.Helper()
	all, err := s.store.Deliveries.Endpoints(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	for _, e := range all {
		if e.ID == id {
			return e
		}
	}
	s.t.Fatalf("the store has no webhook %s", id)
	return nil
}

// pending returns what the store has pending for the endpoint.
func (s *site) pending(id string) map[int64]delivery.Pending {
	s.t.Helper()
	list, err := s.store.Deliveries.PendingOf(s.t.Context(), s.kept(id).N)
	if err != nil {
		s.t.Fatal(err)
	}
	pending := make(map[int64]delivery.Pending, len(list))
	for _, p := range list {
		pending[p.Seq] = p
	}
	return pending
}

// attempts returns all of an endpoint's attempts, newest first.
func (s *site) attempts(id string) []delivery.Attempt {
	s.t.Helper()
	var all []delivery.Attempt
	q := AttemptQuery{Limit: event.MaxPageEvents}
	for {
		page, err := s.service.Attempts(s.t.Context(), id, q)
		if err != nil {
			s.t.Fatal(err)
		}
		all = append(all, page.Attempts...)
		if q.Cursor = page.Next; q.Cursor == "" {
			return all
		}
	}
}

// copyFolder copies the data folder as it lies on disk at this moment: what a
// power cut would leave. Nothing may be writing.
func copyFolder(t testing.TB, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	// The lock is the other process's.
	if err := os.Remove(filepath.Join(to, "lock")); err != nil {
		t.Fatal(err)
	}
}

func seqs(events []*event.Event) []int64 {
	list := make([]int64, len(events))
	for i, e := range events {
		list[i] = e.Seq
	}
	return list
}

// waitFor waits, on real time, until what other goroutines do has come true.
func waitFor(t testing.TB, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(webhooktest.TooLong); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("waited in vain")
		}
	}
}

// logBook keeps what is logged.
type logBook struct {
	mu   sync.Mutex
	text []byte
}

func (l *logBook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, p...)
	return len(p), nil
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}

// count returns how often something was logged.
func (l *logBook) count(text string) int { return strings.Count(l.String(), text) }

// execute runs a statement on the store's file from the side.
func execute(t testing.TB, dir, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, "postern.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

// newestOf is the text of an endpoint's newest secret; empty for none.
func newestOf(e *deliveries.EndpointRecord) string {
	if len(e.Secrets) == 0 {
		return ""
	}
	return e.Secrets[0].Text
}

var someTime = time.Date(2026, 3, 19, 10, 32, 15, 0, time.UTC)

// designedDelays are the design's own retry delays.
var designedDelays = []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute,
	2 * time.Hour, 5 * time.Hour, 10 * time.Hour}

// within reports whether d is want give or take a fifth.
func within(d, want time.Duration) bool {
	return d >= want*8/10 && d <= want*12/10
}
