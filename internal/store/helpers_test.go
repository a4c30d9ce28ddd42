package store

import (
	"context"
	"database/sql"
	"errors"
	"testing"

	"postern/internal/event"
	"postern/internal/eventtest"
	"postern/internal/store/auditlog"
	"postern/internal/store/database"
	"postern/internal/store/deliverytest"
)

// The events and the clock of most tests.
var (
	start    = eventtest.Start
	newClock = eventtest.NewClock
	made     = eventtest.New
	typical  = eventtest.Typical
	withID   = eventtest.WithID
	withData = eventtest.WithData
	withType = eventtest.WithType
	stamped  = eventtest.Stamped
)

type clock = eventtest.Clock

// The endpoints and attempts of the tests.
var (
	endpoint      = deliverytest.Endpoint
	sealedSecrets = deliverytest.SealedSecrets
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
	newestSecret  = deliverytest.NewestSecret
	removal       = deliverytest.Removal
)

// several returns n events whose times are a second apart.
func several(n int) []*event.Event { return eventtest.Several(n) }

// openAt opens a store and closes it with the test.
func openAt(t testing.TB, dir string, opts Options) *Store {
	t.Helper()
	j, err := Open(context.Background(), dir, opts)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() { closeStore(t, j) })
	return j
}

func closeStore(t testing.TB, j *Store) {
	t.Helper()
	if err := j.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

func open(t testing.TB) *Store {
	t.Helper()
	return openAt(t, t.TempDir(), Options{})
}

// reopen closes the store and opens it again.
func reopen(t testing.TB, j *Store) *Store {
	t.Helper()
	closeStore(t, j)
	opts := j.opts
	opts.Logger = nil
	return openAt(t, dirOf(j), opts)
}

// dirOf is the data folder of j.
func dirOf(j *Store) string { return j.DB.Path()[:len(j.DB.Path())-len(database.FileName)-1] }

// add appends events as one batch, which must be taken.
func add(t testing.TB, j *Store, events ...*event.Event) *event.Batch {
	t.Helper()
	b := &event.Batch{Events: events}
	addGroup(t, j, b)
	if b.Err != nil {
		t.Fatalf("Append refused the batch: %v", b.Err)
	}
	return b
}

// addGroup appends batches in one commit, which must succeed.
func addGroup(t testing.TB, j *Store, batches ...*event.Batch) {
	t.Helper()
	if err := j.Append(context.Background(), batches); err != nil {
		t.Fatalf("Append: %v", err)
	}
}

// all reads every event that is kept.
func all(t testing.TB, j *Store) []*event.Event {
	t.Helper()
	var events []*event.Event
	for after := j.First() - 1; after < j.Head(); {
		some, through, err := j.Read(context.Background(), after, 0, 1000)
		if err != nil {
			t.Fatalf("Read: %v", err)
		}
		if through <= after {
			t.Fatalf("Read after %d went to %d, the head is %d", after, through, j.Head())
		}
		events, after = append(events, some...), through
	}
	return events
}

// wantGapless checks that what is kept is numbered from first on, and is n
// events.
func wantGapless(t testing.TB, j *Store, first int64, n int) []*event.Event {
	t.Helper()
	events := all(t, j)
	if len(events) != n {
		t.Fatalf("%d events are kept, want %d", len(events), n)
	}
	for i, e := range events {
		if e.Seq != first+int64(i) {
			t.Fatalf("event %d has the number %d, want %d", i, e.Seq, first+int64(i))
		}
	}
	if j.First() != first || j.Head() != first+int64(n)-1 {
		t.Fatalf("the bounds are %d to %d, want %d to %d", j.First(), j.Head(), first, first+int64(n)-1)
	}
	return events
}

// wantSame checks that got is what was appended as want.
func wantSame(t testing.TB, got, want *event.Event) {
	t.Helper()
	if string(got.JSON()) != string(want.JSON()) || string(got.Data) != string(want.Data) || got.ID != want.ID || got.Type != want.Type ||
		got.Source != want.Source || got.Camera != want.Camera || !got.Time.Equal(want.Time) ||
		got.Seq != want.Seq || !got.Received.Equal(want.Received) {
		t.Errorf("got  %d %s %s\nwant %d %s %s", got.Seq, got.Received, got.JSON(), want.Seq, want.Received, want.JSON())
	}
}

func wantGone(t testing.TB, j *Store, events ...*event.Event) {
	t.Helper()
	for _, e := range events {
		if got, err := j.Get(context.Background(), e.ID); !errors.Is(err, event.ErrNotFound) {
			t.Errorf("Get(%s) = %v, %v; want ErrNotFound", e.ID, got, err)
		}
	}
}

// pragma asks the connection that writes.
func pragma(t testing.TB, j *Store, statement string) string {
	t.Helper()
	var value string
	err := j.DB.Conn(func(conn *sql.Conn) error {
		return conn.QueryRowContext(context.Background(), "PRAGMA "+statement).Scan(&value)
	})
	if err != nil {
		t.Fatalf("PRAGMA %s: %v", statement, err)
	}
	return value
}

// execDirect runs a statement on the connection that writes, outside a transaction.
func execDirect(t testing.TB, j *Store, query string, args ...any) {
	t.Helper()
	err := j.DB.Conn(func(conn *sql.Conn) error {
		_, err := conn.ExecContext(context.Background(), query, args...)
		return err
	})
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// verifies checks that the audit is whole.
func verifies(t testing.TB, j *Store) {
	t.Helper()
	if _, err := j.Audit.Verify(context.Background(), 0, auditlog.Hash{}); err != nil {
		t.Fatalf("Verify: %v", err)
	}
}
