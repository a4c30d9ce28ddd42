// Package deliverytest has the endpoints and attempts of the store's tests, and what
// they read of the store.
package deliverytest

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/eventtest"
	"postern/internal/store/database"
	"postern/internal/store/deliveries"
)

// Removal is the change of state of an endpoint that is removed.
var Removal = delivery.StateChange{State: "removed", At: eventtest.Start}

// SignedWith are the secrets of an endpoint that has one.
func SignedWith(text string) delivery.Secrets {
	return delivery.Secrets{{ID: "sec_1", Text: text, Form: "raw"}}
}

// NewestSecret returns the newest of an endpoint's secrets; empty for none.
func NewestSecret(e *deliveries.EndpointRecord) string {
	if len(e.Secrets) == 0 {
		return ""
	}
	return e.Secrets[0].Text
}

// Endpoint stores a new endpoint.
func Endpoint(t testing.TB, s *deliveries.Store, id string) *deliveries.EndpointRecord {
	t.Helper()
	e := Loaded(&deliveries.EndpointRecord{
		Endpoint: delivery.Endpoint{
			ID: id, URL: "https://example.com/" + id, Types: event.Types(event.FaceMatched),
			CreatedAt: eventtest.Start, UpdatedAt: eventtest.Start,
		},
		Secrets: SignedWith("whsec_" + id),
	})
	if err := s.CreateEndpoint(context.Background(), e); err != nil {
		t.Fatalf("CreateEndpoint: %v", err)
	}
	return e
}

// Loaded fills in the parts of an endpoint that follow from the others, as reading
// it does.
func Loaded(e *deliveries.EndpointRecord) *deliveries.EndpointRecord {
	e.SetSecrets(e.Secrets)
	e.Filter = e.Settings.Filter(e.Types, event.Conditions{})
	return e
}

// Stored reads an endpoint back; nil when it isn't listed.
func Stored(t testing.TB, s *deliveries.Store, id string) *deliveries.EndpointRecord {
	t.Helper()
	endpoints, err := s.Endpoints(context.Background())
	if err != nil {
		t.Fatalf("Endpoints: %v", err)
	}
	for _, e := range endpoints {
		if e.ID == id {
			return e
		}
	}
	return nil
}

// Settle settles at once, without waiting for an append.
func Settle(t testing.TB, s *deliveries.Store, settlement *deliveries.Settlement) {
	t.Helper()
	// A context that has ended spares the wait for an append.
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.Settle(ctx, settlement); err != nil {
		t.Fatalf("Settle: %v", err)
	}
}

// Pending returns an endpoint's pending deliveries.
func Pending(t testing.TB, s *deliveries.Store, endpoint int64) []delivery.Pending {
	t.Helper()
	pending, err := s.PendingOf(context.Background(), endpoint)
	if err != nil {
		t.Fatalf("PendingOf: %v", err)
	}
	return pending
}

// WantPending checks an endpoint's pending deliveries.
func WantPending(t testing.TB, s *deliveries.Store, endpoint int64, want []delivery.Pending) {
	t.Helper()
	if got := Pending(t, s, endpoint); !slices.Equal(got, want) {
		t.Errorf("pending of endpoint %d: %+v, want %+v", endpoint, got, want)
	}
}

// Tried is an attempt for the event seq that began seq seconds after the start.
func Tried(seq int64, try int, class delivery.Class) delivery.Attempt {
	a := delivery.Attempt{Seq: seq, At: eventtest.Start.Add(time.Duration(seq) * time.Second).Truncate(time.Millisecond),
		Duration: 1234 * time.Microsecond, Number: try, Status: 200, Class: class}
	if class != 0 {
		a.Status, a.Detail, a.Response = 503, "the receiver answered 503", "HTTP/1.1 503\r\n\r\nnot now"
	}
	return a
}

// Attempts pages through an endpoint's attempts, and returns them without their rows
// and entries.
func Attempts(t testing.TB, s *deliveries.Store, id string, limit int, failed bool) (attempts []delivery.Attempt, pages int) {
	t.Helper()
	var after deliveries.AttemptCursor
	outcome := delivery.AnyOutcome
	if failed {
		outcome = delivery.OutcomeFailed
	}
	for {
		page, next, err := s.Attempts(context.Background(), id, after, limit, delivery.AttemptFilter{Outcome: outcome})
		if err != nil {
			t.Fatalf("Attempts: %v", err)
		}
		if pages++; len(page) > limit || next.Row != 0 && len(page) < limit {
			t.Fatalf("a page of %d with limit %d, next %+v", len(page), limit, next)
		}
		for i := range page {
			if page[i].Row == 0 {
				t.Errorf("an attempt has no row: %+v", page[i])
			}
			page[i].Row, page[i].Entry = 0, 0
		}
		attempts = append(attempts, page...)
		if next.Row == 0 {
			return attempts, pages
		}
		after = next
	}
}

// FirstPage returns the newest attempts of an endpoint.
func FirstPage(s *deliveries.Store, id string, limit int) ([]delivery.Attempt, error) {
	page, _, err := s.Attempts(context.Background(), id, deliveries.AttemptCursor{}, limit, delivery.AttemptFilter{})
	return page, err
}

// Seqs returns the sequence numbers of attempts.
func Seqs(attempts []delivery.Attempt) []int64 {
	var seqs []int64
	for _, a := range attempts {
		seqs = append(seqs, a.Seq)
	}
	return seqs
}

// Replay stores a new replay of an endpoint.
func Replay(t testing.TB, s *deliveries.Store, endpoint int64, id string) *delivery.Replay {
	t.Helper()
	r := &delivery.Replay{ID: id, Endpoint: endpoint, Filter: event.Filter{Types: event.Types(event.FaceMatched)}, After: 10, Through: 90,
		Position: 10, CreatedAt: eventtest.Start}
	if err := s.CreateReplays(context.Background(), r.ID, r, r); err != nil {
		t.Fatalf("CreateReplay: %v", err)
	}
	return r
}

// Replays returns an endpoint's replays.
func Replays(t testing.TB, s *deliveries.Store, endpoint int64) []*delivery.Replay {
	t.Helper()
	replays, err := s.Replays(context.Background(), endpoint, 100)
	if err != nil {
		t.Fatalf("Replays: %v", err)
	}
	return replays
}

// States returns an endpoint's changes of state, newest first, without their causes.
func States(t testing.TB, s *deliveries.Store, endpoint int64) (states []string) {
	t.Helper()
	changes, err := s.StateChanges(context.Background(), endpoint, 100)
	if err != nil {
		t.Fatalf("StateChanges: %v", err)
	}
	for _, c := range changes {
		states = append(states, string(c.State))
	}
	return states
}

// SealedSecrets returns an endpoint's secrets as they are stored, newest first.
func SealedSecrets(t testing.TB, db *database.DB, endpoint int64) (sealed []string) {
	t.Helper()
	var text string
	if err := db.Reader().QueryRow("SELECT secrets FROM endpoints WHERE n = ?", endpoint).Scan(&text); err != nil {
		t.Fatal(err)
	}
	var stored []struct{ Sealed string }
	if err := json.Unmarshal([]byte(text), &stored); err != nil {
		t.Fatal(err)
	}
	for _, one := range stored {
		sealed = append(sealed, one.Sealed)
	}
	return sealed
}
