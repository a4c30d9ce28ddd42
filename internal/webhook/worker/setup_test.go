package worker

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/eventtest"
	"postern/internal/hubtest"
	"postern/internal/store/deliveries"
	"postern/internal/webhook/send"
)

// loggerForTests is for parts that are tested on their own.
var loggerForTests = slog.New(slog.DiscardHandler)

// setup is a worker of one endpoint over an open store and hub. Its receiver is
// simulated. It is for tests under synctest, which may look at the worker's
// fields while the worker's goroutine is idle.
type setup struct {
	t        *testing.T
	log      *hubtest.Log
	endpoint *deliveries.EndpointRecord
	worker   *Worker

	mu     sync.Mutex
	answer func(nth int) send.Result // to an event's nth request; nil means status 200
	sent   map[int64]int             // requests of an event, by its number
}

// newSetup opens a store and a hub. register makes the worker.
func newSetup(t *testing.T) *setup {
	t.Helper()
	return &setup{t: t, log: hubtest.Open(t, hubtest.Options{}), sent: make(map[int64]int)}
}

// register makes the endpoint and its worker, which gets events from now on. run
// runs it.
func (s *setup) register(settings delivery.Settings, types event.TypeSet) *Worker {
	s.t.Helper()
	now := time.Now().UTC()
	s.endpoint = &deliveries.EndpointRecord{
		Endpoint: delivery.Endpoint{
			ID: "wh_1", URL: "http://a.example/hook", Types: types, Settings: settings, Filter: settings.Filter(types, event.Conditions{}),
			CreatedAt: now, UpdatedAt: now,
		},
		Cursor: s.log.Hub.Head(),
	}
	if err := s.log.Store.Deliveries.CreateEndpoint(s.t.Context(), s.endpoint); err != nil {
		s.t.Fatal(err)
	}
	sender := func(*deliveries.EndpointRecord) (Sender, error) { return s, nil }
	s.worker = NewWorker(s.endpoint, s.log.Hub, s.log.Store, loggerForTests, sender,
		&Shared{Heartbeat: NewHeartbeat(loggerForTests), Counters: NewCounters(), Counting: new(Budget), StateSettled: func() {}})
	return s.worker
}

// run runs the worker until the test ends.
func (s *setup) run() {
	ctx, cancel := context.WithCancel(context.WithoutCancel(s.t.Context()))
	ended := make(chan struct{})
	go func() { defer close(ended); s.worker.Run(ctx) }()
	s.t.Cleanup(func() { cancel(); <-ended })
}

// inWorker calls look in the worker's goroutine, which alone reads and changes its
// state.
func (s *setup) inWorker(look func()) {
	s.t.Helper()
	done := make(chan struct{})
	if !s.worker.inbox.post(func() { look(); close(done) }) {
		s.t.Fatal("the worker has stopped")
	}
	<-done
}

// publish publishes n events of one request, and returns them.
func (s *setup) publish(n int, change ...func(*event.Event)) []*event.Event {
	s.t.Helper()
	events := eventtest.Several(n, change...)
	if _, err := s.log.Hub.Publish(s.t.Context(), events); err != nil {
		s.t.Fatal(err)
	}
	return events
}

// answers sets what the receiver answers to an event's nth request.
func (s *setup) answers(answer func(nth int) send.Result) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answer
}

// requests returns how many requests the receiver has got, and for how many
// events.
func (s *setup) requests() (requests, events int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.sent {
		requests += n
	}
	return requests, len(s.sent)
}

// Send is the receiver: it notes the request and answers at once.
func (s *setup) Send(_ context.Context, r send.Request) send.Result {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent[r.Event.Seq]++
	result := send.Result{Status: 200}
	if s.answer != nil {
		result = s.answer(s.sent[r.Event.Seq])
	}
	result.At = time.Now()
	return result
}

// Close is for Sender.
func (s *setup) Close() {}

// refuses is a receiver that refuses the first n requests of each event.
func refuses(n int) func(nth int) send.Result {
	return func(nth int) send.Result {
		if nth <= n {
			return send.Result{Status: 500, Class: delivery.ClassStatus}
		}
		return send.Result{Status: 200}
	}
}

// rest sleeps, and waits until the worker is idle.
func rest(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}
