package webhook

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/webhook/worker"

	"postern/internal/webhook/webhooktest"

	"postern/internal/delivery"
	"postern/internal/event"
)

// echo is a real receiver that refuses everything while it is told to, and
// says back what it got. It can be made to hold its answers.
type echo struct {
	*httptest.Server
	mu     sync.Mutex
	bodies map[string][]string // by event id
	refuse bool
	gate   chan struct{}
}

func newEcho(t *testing.T) *echo {
	e := &echo{bodies: make(map[string][]string), gate: make(chan struct{})}
	close(e.gate)
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		e.mu.Lock()
		id := r.Header.Get("X-Event-ID")
		e.bodies[id] = append(e.bodies[id], string(body))
		refuse, gate := e.refuse, e.gate
		e.mu.Unlock()
		<-gate
		if refuse {
			w.WriteHeader(http.StatusInternalServerError)
		}
		_, _ = w.Write(body)
	}))
	t.Cleanup(e.Close)
	return e
}

func (e *echo) set(refuse bool, gate chan struct{}) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.refuse, e.gate = refuse, gate
}

// got returns what came for an event.
func (e *echo) got(id string) []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.bodies[id]
}

// eraseNow erases an identity, as Postern does while the workers run.
func (s *site) eraseNow(identity string) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(s.t.Context())
	ran := make(chan error, 1)
	go func() { ran <- s.store.Erasure.Run(ctx) }()
	_, done, err := s.store.Erasure.Erase(ctx, identity)
	if err != nil {
		s.t.Fatal(err)
	}
	select {
	case <-done:
	case <-time.After(webhooktest.TooLong):
		s.t.Fatal("the erasure isn't done")
	}
	cancel()
	if err := <-ran; err != nil {
		s.t.Error(err)
	}
}

// alice publishes n events about one person.
func (s *site) alice(n int) []*event.Event {
	s.t.Helper()
	return s.publishJSON(strings.Repeat(`{"type": "face_matched", "source": "face", "camera_id": "gate", "data": {"identity_id": `+
		`"person-77", "label": "Alice Smith"}}`+"\n", n))
}

func wantErased(t *testing.T, body string) {
	t.Helper()
	if strings.Contains(body, "Alice") || strings.Contains(body, "person-77") || !strings.Contains(body, `"data":{"erased":"`) {
		t.Errorf("sent after the erasure: %s", body)
	}
}

func TestErasure_ReachesTheEventsThatAWorkerHolds(t *testing.T) {
	t.Parallel()
	for _, ordered := range []bool{false, true} {
		s := startSite(t, t.TempDir(), nil)
		k := newEcho(t)
		gate := make(chan struct{})
		k.set(false, gate)
		_, _, err := s.service.Register(t.Context(), Registration{URL: k.URL, EventTypes: []string{"*"}, Secret: "whsec_your_signing_secret",
			Settings: delivery.Settings{Ordered: ordered, InFlight: map[bool]int{false: 4}[ordered]}})
		if err != nil {
			t.Fatal(err)
		}
		// Some are on their way, the others stand behind them in the worker.
		first := s.publishMany(3, "line_crossed")
		waitFor(t, func() bool { return len(k.got(first[0].ID)) == 1 && (ordered || len(k.got(first[2].ID)) == 1) })
		events := s.alice(8)
		if !ordered {
			waitFor(t, func() bool { return len(k.got(events[0].ID)) == 1 })
		}
		s.eraseNow("person-77")
		close(gate)
		for i, e := range events {
			// In any order, since several are on their way at once.
			waitFor(t, func() bool { return len(k.got(e.ID)) == 1 })
			if i == 0 && !ordered {
				continue // it had been sent
			}
			wantErased(t, k.got(e.ID)[0])
		}
	}
}

// accepted returns whether an event's newest attempt on record succeeded, and
// the number of its attempts. The worker is done with each of them.
func (s *site) accepted(hook string, e *event.Event) (ok bool, attempts int) {
	s.t.Helper()
	for _, a := range s.attempts(hook) {
		if a.EventID == e.ID {
			ok = ok || attempts == 0 && a.OK() // newest first
			attempts++
		}
	}
	return ok, attempts
}

func TestRetriesAndReplaysAreSentWithoutErasedData(t *testing.T) {
	t.Parallel()
	s := startSite(t, t.TempDir(), nil)
	k := newEcho(t)
	k.set(true, k.gate)
	hook := s.register(k.URL, "whsec_your_signing_secret", "*")
	failed := s.alice(1)[0]
	waitFor(t, func() bool { return len(s.pending(hook.ID)) == 1 && s.service.Status(hook.ID).LastError != nil })
	// One is on its way while its data is erased, and is answered after it.
	gate := make(chan struct{})
	k.set(true, gate)
	flying := s.alice(1)[0]
	waitFor(t, func() bool { return len(k.got(flying.ID)) == 1 })
	s.eraseNow("person-77")
	if st := s.service.Status(hook.ID); st.Last != nil || st.LastError != nil {
		t.Errorf("the status still shows %+v", st.LastError)
	}
	// On a slow machine the first one's retry is due by now.
	before := map[*event.Event]int{failed: len(k.got(failed.ID)), flying: 1}
	close(gate)
	waitFor(t, func() bool { _, n := s.accepted(hook.ID, flying); return n > 0 })
	for _, a := range s.attempts(hook.ID) {
		if strings.Contains(a.Response+a.Detail, "Alice") || a.OK() != (a.Detail == "") {
			t.Errorf("an attempt is kept as %+v", a)
		}
	}
	if st := s.service.Status(hook.ID); st.LastError != nil && strings.Contains(st.LastError.Response, "Alice") {
		t.Errorf("the status shows what a receiver said of an erased event: %+v", st.LastError)
	}
	k.set(false, gate)
	for _, e := range []*event.Event{failed, flying} {
		if err := s.service.Resend(t.Context(), hook.ID, e.ID); err != nil {
			t.Fatal(err)
		}
		// The receiver has an event before the worker has its answer. Until then
		// a replay passes over it, as it is being sent.
		waitFor(t, func() bool { ok, _ := s.accepted(hook.ID, e); return ok })
	}
	resent := map[*event.Event]int{failed: len(k.got(failed.ID)), flying: len(k.got(flying.ID))}
	if _, err := s.service.Replay(t.Context(), hook.ID, ReplayRequest{}); err != nil {
		t.Fatal(err)
	}
	for e, n := range resent {
		waitFor(t, func() bool { return len(k.got(e.ID)) == n+1 })
		if n == before[e] {
			t.Error("it wasn't sent again on request")
		}
		for _, body := range k.got(e.ID)[before[e]:] {
			wantErased(t, body)
		}
	}
}

// A pseudonymous payload has what else stands in an event's data.
func TestErasure_ForgetsCachedPayloads(t *testing.T) {
	t.Parallel()
	s, k := startSite(t, t.TempDir(), nil), newEcho(t)
	s.registerPayload(k.URL, delivery.Settings{Payload: delivery.PayloadPseudonymous})
	e := s.alice(1)[0]
	waitFor(t, func() bool { return len(k.got(e.ID)) == 1 })
	// The cache returns the same bytes again.
	payload := func() *byte { return &s.service.rules.payloads.Encode(e, delivery.PayloadPseudonymous)[0] }
	cached := payload()
	if payload() != cached {
		t.Fatal("the payload isn't cached")
	}
	s.eraseNow("person-77")
	if payload() == cached {
		t.Error("the payload is still cached")
	}
}

func TestErasure_WaitsForEveryWorkerAlsoBesideOneThatHasEnded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := openSite(t, t.TempDir(), newWorld())
		s.register(urlA, "", "*")
		s.register(urlA+"2", "", "*")
		s.service.setRunning(true)
		ctx, stop := context.WithCancel(t.Context())
		stop()
		s.service.endpoints[0].worker.Run(ctx) // has ended
		ctx, stop = context.WithCancel(t.Context())
		go func() {
			time.Sleep(worker.ApplyTimeout / 2)
			s.service.endpoints[1].worker.Run(ctx)
		}()
		began := time.Now()
		s.service.redacted([]*event.Event{{Seq: 1, Erased: time.Now()}})
		if waited := time.Since(began); waited != worker.ApplyTimeout/2 {
			t.Errorf("the erasure waited for %v, want until the second worker runs, %v", waited, worker.ApplyTimeout/2)
		}
		stop()
		s.service.setRunning(false)
		synctest.Wait()
	})
}
