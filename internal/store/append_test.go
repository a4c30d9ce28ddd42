package store

import (
	"context"
	"strings"
	"testing"
	"time"

	"postern/internal/event"
	"postern/internal/store/deliveries"
	"postern/internal/store/wallclock"
)

func TestAppendNumbersEventsInTheOrderGiven(t *testing.T) {
	t.Parallel()
	j := open(t)
	if j.First() != 1 || j.Head() != 0 {
		t.Errorf("an empty store goes from %d to %d, want 1 to 0", j.First(), j.Head())
	}
	// Around the number of rows that one statement takes.
	next := int64(1)
	most := insertRows[0]
	for _, n := range []int{1, 2, 3, most - 1, most, most + 1, 2*most + 7} {
		events := several(n)
		addGroup(t, j, &event.Batch{Events: events[:n/2]}, &event.Batch{}, &event.Batch{Events: events[n/2:]})
		for _, e := range events {
			if e.Seq != next {
				t.Fatalf("got number %d, want %d", e.Seq, next)
			}
			next++
		}
		if j.Head() != next-1 {
			t.Errorf("the head is %d after event %d", j.Head(), next-1)
		}
	}
	wantGapless(t, j, 1, int(next-1))
}

func TestWhatWasAppendedComesBackWhole(t *testing.T) {
	t.Parallel()
	clock := newClock()
	j := openAt(t, t.TempDir(), Options{Now: clock.Now})
	var events []*event.Event
	for _, in := range event.Catalogue() {
		events = append(events, made(withType(in.Type), withData(in.Example)))
	}
	events = append(events,
		made(withID("1")), made(withID("007")), made(withID("1e3")), made(withID("-")), // no column may take these for numbers
		made(withID("evt_9f8e7d6c-5b4a-3210-fedc-ba9876543210")),
		made(withID("evt_9F8E7D6C-5B4A-3210-FEDC-BA9876543210")), // another id
		made(func(e *event.Event) { e.Camera, e.Source = "lobby 😀 \"1\"", "12" }),
		made(withData(`{}`)),
		made(withData(`{"n":0.10,"u":"\u0000\u00e9é","big":12345678901234567890123}`)),
		made(func(e *event.Event) { e.Time = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC) }),
		made(func(e *event.Event) { e.Time = time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC) }),
		made(func(e *event.Event) { e.Time = time.Date(1969, 12, 31, 23, 59, 59, 999999000, time.UTC) }),
	)
	add(t, j, events...)
	for _, e := range events {
		if !e.Received.Equal(start) {
			t.Errorf("received at %s, want %s", e.Received, start)
		}
	}
	check := func(j *Store) {
		read := wantGapless(t, j, 1, len(events))
		page, err := j.Search(context.Background(), event.Query{Limit: 1000, Ascending: true})
		if err != nil || len(page.Events) != len(events) {
			t.Fatalf("Search: %d events, %v", len(page.Events), err)
		}
		for i, want := range events {
			got, err := j.Get(context.Background(), want.ID)
			if err != nil {
				t.Fatalf("Get(%s): %v", want.ID, err)
			}
			wantSame(t, got, want)
			wantSame(t, read[i], want)
			wantSame(t, page.Events[i], want)
		}
	}
	check(j)
	check(reopen(t, j))
}

func TestAPayloadMayBeAsLargeAsAnEvent(t *testing.T) {
	t.Parallel()
	j := open(t)
	data := make([]byte, event.MaxEventBytes)
	for i := range data {
		data[i] = 'x'
	}
	big := made(withData(`{"a":"` + string(data) + `"}`))
	add(t, j, big)
	got, err := j.Get(context.Background(), big.ID)
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, got, big)
}

func TestReceivedGoesBackOnlyWithAClockThatIsBelieved(t *testing.T) {
	t.Parallel()
	clock := newTwoClocks()
	j := openAt(t, t.TempDir(), clock.options())
	for i, step := range []time.Duration{0, time.Second, -time.Hour, time.Minute, 2 * time.Hour, -24 * time.Hour} {
		if clock.jump(step); step > 0 {
			clock.pass(step)
		}
		add(t, j, several(2)...)
		if i == 2 {
			// Events from before a restart count too.
			j = reopen(t, j)
		}
	}
	events := wantGapless(t, j, 1, 12)
	for i, e := range events[1:] {
		if e.Received.Before(events[i].Received) {
			t.Errorf("%d was received at %s, after %d at %s", e.Seq, e.Received, events[i].Seq, events[i].Received)
		}
	}
	// A day behind, and both clocks agree for long enough.
	for range 2 {
		clock.pass(wallclock.TrustAfter)
		add(t, j, several(1)...)
	}
	events = wantGapless(t, j, 1, 14)
	if got := events[13].Received; !got.Equal(clock.Now()) {
		t.Errorf("once the clock is believed, received is %s, want its %s", got, clock.Now())
	}
}

func TestAnAppendIsCarriedThroughWhenItsCallerGoesAway(t *testing.T) {
	t.Parallel()
	j := open(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := j.Append(ctx, []*event.Batch{{Events: several(3)}}); err != nil {
		t.Fatal(err)
	}
	wantGapless(t, reopen(t, j), 1, 3)
}

func TestAppendAfterCloseIsAnError(t *testing.T) {
	t.Parallel()
	j := open(t)
	closeStore(t, j)
	if err := j.Append(context.Background(), []*event.Batch{{Events: several(1)}}); err == nil {
		t.Error("Append returned nil after Close")
	}
	if err := j.Deliveries.Settle(context.Background(), &deliveries.Settlement{}); err == nil {
		t.Error("Settle returned nil after Close")
	}
	if err := j.DB.Probe(context.Background()); err == nil {
		t.Error("Probe returned nil after Close")
	}
	if err := j.Close(); err != nil {
		t.Errorf("a second Close: %v", err)
	}
}

func TestNumbersAreNeverUsedTwice(t *testing.T) {
	t.Parallel()
	clock := newClock()
	j := openAt(t, t.TempDir(), Options{Now: clock.Now, Retain: time.Hour})
	next := int64(1)
	for round := range 3 {
		add(t, j, several(5)...)
		next += 5
		clock.Advance(2 * time.Hour)
		if removed, err := j.Retain(context.Background()); err != nil || removed != 5 {
			t.Fatalf("round %d: Retain = %d, %v", round, removed, err)
		}
		wantGapless(t, j, next, 0)
		if round == 1 {
			j = reopen(t, j)
			wantGapless(t, j, next, 0)
		}
	}
	e := made()
	add(t, j, e)
	if e.Seq != next {
		t.Errorf("after everything was removed, the next number is %d, want %d", e.Seq, next)
	}
	wantGapless(t, reopen(t, j), next, 1)
}

func TestProbeWritesToTheDisk(t *testing.T) {
	t.Parallel()
	j := open(t)
	for range 2 {
		if err := j.DB.Probe(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if j.Head() != 0 {
		t.Error("Probe appended something")
	}
	readOnly(t, j, true)
	if err := j.DB.Probe(context.Background()); err == nil {
		t.Error("Probe returned nil for a store that can't be written")
	} else if !strings.HasPrefix(err.Error(), "probe store:") {
		t.Errorf("Probe: %v", err)
	}
}
