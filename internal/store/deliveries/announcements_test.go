package deliveries_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/store"
	"postern/internal/store/deliveries"
)

// wantOutbox checks the ids of the announcements that wait, oldest first.
func wantOutbox(t testing.TB, j *store.Store, want ...string) {
	t.Helper()
	list, err := j.Deliveries.Announcements(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range list {
		got = append(got, a.ID)
	}
	if !slices.Equal(got, want) {
		t.Errorf("the outbox has %v, want %v", got, want)
	}
}

func wantOpenings(t testing.TB, j *store.Store, endpoint int64, open bool, want ...string) (last time.Time) {
	t.Helper()
	ids, isOpen, last, err := j.Deliveries.Openings(context.Background(), endpoint)
	if err != nil || isOpen != open || !slices.Equal(ids, want) {
		t.Errorf("open are %v, %t, %v; want %v, %t", ids, isOpen, err, want, open)
	}
	return last
}

// An announcement waits from the commit of its change of state to the commit
// that appends its event.
func TestAnnouncements_waitUntilTheyArePublished(t *testing.T) {
	t.Parallel()
	clock := newClock()
	opts := store.Options{Now: clock.Now, RetainAttempts: time.Hour}
	j := openAt(t, t.TempDir(), opts)
	e, other := endpoint(t, j.Deliveries, "wh_a"), endpoint(t, j.Deliveries, "wh_b")
	announced := func(id string, ends bool, change ...func(*event.Event)) *event.Event {
		data := `{"kind":"webhook_failing"}`
		if ends {
			data = `{"kind":"webhook_recovered","resolves":[]}`
		}
		return made(append(change, func(e *event.Event) {
			e.ID, e.Type, e.Data = id, event.SystemError, []byte(data)
			if e.Source == "face_pipeline" {
				e.Source = event.OwnSource
			}
		})...)
	}
	failing := delivery.StateChange{State: "failing", At: start, Cause: "No answer.", Announcement: "a-failing"}
	settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: e.N, State: &failing})
	settle(t, j.Deliveries, &deliveries.Settlement{ // not to be announced
		Endpoint: other.N, State: &delivery.StateChange{State: "failing", At: start},
	})
	wantOutbox(t, j, "a-failing")
	settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: e.N, State: &failing}) // the state is no other
	settle(t, j.Deliveries, &deliveries.Settlement{
		Endpoint: other.N, State: &delivery.StateChange{State: "failing", At: start.Add(time.Minute),
			Announcement: "b-failing"}})
	wantOutbox(t, j, "a-failing", "b-failing") // now it is
	wantStates(t, j, other.N, "failing")

	add(t, j, announced("a-failing", false, func(e *event.Event) { e.Site = "hall-b" })) // another site's
	add(t, j, announced("b-failing", false, func(e *event.Event) { e.Source = "face_pipeline2" }))
	wantOutbox(t, j, "a-failing", "b-failing")
	j = closeAndOpen(t, j, opts)
	clock.Advance(time.Second)
	add(t, j, announced("a-failing-1", false)) // no such one waits
	wantOutbox(t, j, "a-failing", "b-failing")

	if err := j.Deliveries.DropAnnouncements(context.Background(), []string{"b-failing"}); err != nil {
		t.Fatal(err)
	}
	wantOutbox(t, j, "a-failing")
	wantOpenings(t, j, other.N, false)
	recovered := delivery.StateChange{State: "active", At: start.Add(time.Minute), Announcement: "a-recovered"}
	settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: e.N, State: &recovered})
	wantOutbox(t, j, "a-failing", "a-recovered")
}

func TestOpenings_lastUntilTheirEndIsPublished(t *testing.T) {
	t.Parallel()
	clock := newClock()
	opts := store.Options{Now: clock.Now, Retain: 100 * time.Hour, RetainAttempts: time.Hour}
	j := openAt(t, t.TempDir(), opts)
	e := endpoint(t, j.Deliveries, "wh_a")
	publish := func(id, data string) {
		t.Helper()
		add(t, j, made(func(e *event.Event) {
			e.ID, e.Type, e.Source, e.Data = id, event.SystemError, event.OwnSource, []byte(data)
		}))
	}
	settle(t, j.Deliveries, &deliveries.Settlement{
		Endpoint: e.N, State: &delivery.StateChange{State: "failing", At: start, Announcement: "failing"},
	})
	publish("failing", `{}`)
	if last := wantOpenings(t, j, e.N, true, "failing"); !last.Equal(start) {
		t.Errorf("the last was published at %v", last)
	}
	// An open one, and one that waits, outlive the record of old changes.
	settle(t, j.Deliveries, &deliveries.Settlement{
		Endpoint: e.N, State: &delivery.StateChange{State: "disabled", At: start.Add(time.Minute),
			Announcement: "disabled"}})
	clock.Advance(50 * time.Hour)
	retain(t, j)
	j = closeAndOpen(t, j, opts)
	wantOpenings(t, j, e.N, true, "failing")
	wantOutbox(t, j, "disabled")
	publish("disabled", `{}`)
	wantOpenings(t, j, e.N, true, "failing", "disabled")
	if err := j.Deliveries.RemoveEndpoint(context.Background(), e.N,
		delivery.StateChange{State: "removed", At: clock.Now(), Announcement: "removed"}); err != nil {
		t.Fatal(err)
	}
	wantOutbox(t, j, "removed")
	publish("removed", `{"resolves":["failing","disabled"]}`)
	wantOutbox(t, j)
	wantOpenings(t, j, e.N, false)
	clock.Advance(50 * time.Hour)
	retain(t, j)
	wantStates(t, j, e.N)
}
