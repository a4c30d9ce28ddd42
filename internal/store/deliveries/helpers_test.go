package deliveries_test

import (
	"context"
	"testing"

	"postern/internal/event"
	"postern/internal/eventtest"
	"postern/internal/store"
	"postern/internal/store/deliverytest"
)

// The events and the clock of the tests.
var (
	start    = eventtest.Start
	newClock = eventtest.NewClock
	made     = eventtest.New
	withID   = eventtest.WithID
	several  = eventtest.Several
)

// The endpoints and attempts of the tests.
var (
	endpoint      = deliverytest.Endpoint
	stored        = deliverytest.Stored
	settle        = deliverytest.Settle
	pendingOf     = deliverytest.Pending
	wantPending   = deliverytest.WantPending
	tried         = deliverytest.Tried
	attemptsOf    = deliverytest.Attempts
	firstPage     = deliverytest.FirstPage
	seqsOf        = deliverytest.Seqs
	replay        = deliverytest.Replay
	replaysOf     = deliverytest.Replays
	statesOf      = deliverytest.States
	signedWith    = deliverytest.SignedWith
	removal       = deliverytest.Removal
	loaded        = deliverytest.Loaded
	sealedSecrets = deliverytest.SealedSecrets
)

// openAt opens a store and closes it with the test.
func openAt(t testing.TB, dir string, opts store.Options) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), dir, opts)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() { closeStore(t, s) })
	return s
}

func closeStore(t testing.TB, s *store.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

func open(t testing.TB) *store.Store {
	t.Helper()
	return openAt(t, t.TempDir(), store.Options{})
}

// reopen closes the store and opens it again, with default options.
func reopen(t testing.TB, s *store.Store) *store.Store {
	t.Helper()
	return closeAndOpen(t, s, store.Options{})
}

func closeAndOpen(t testing.TB, s *store.Store, opts store.Options) *store.Store {
	t.Helper()
	closeStore(t, s)
	return openAt(t, s.DB.Dir(), opts)
}

// retain runs retention.
func retain(t testing.TB, s *store.Store) {
	t.Helper()
	if _, err := s.Retain(context.Background()); err != nil {
		t.Fatalf("Retain: %v", err)
	}
}

// add appends events as one batch, which must be taken.
func add(t testing.TB, s *store.Store, events ...*event.Event) *event.Batch {
	t.Helper()
	b := &event.Batch{Events: events}
	if err := s.Append(context.Background(), []*event.Batch{b}); err != nil || b.Err != nil {
		t.Fatalf("Append: %v, %v", err, b.Err)
	}
	return b
}
