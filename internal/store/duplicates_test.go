package store

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/internal/event"
)

func TestAnEventThatIsSentAgainIsKeptOnce(t *testing.T) {
	t.Parallel()
	for name, id := range map[string]string{"postern's form of id": "evt_9f8e7d6c-5b4a-3210-fedc-ba9876543210",
		"another form of id": "my-id"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for name, group := range map[string]func(a, b *event.Event) [][]*event.Batch{
				"in one request": func(a, b *event.Event) [][]*event.Batch {
					return [][]*event.Batch{{{Events: []*event.Event{made(), a, made(), b, made()}}}}
				},
				"in one commit": func(a, b *event.Event) [][]*event.Batch {
					return [][]*event.Batch{{{Events: []*event.Event{made(), a, made()}}, {Events: []*event.Event{b, made()}}}}
				},
				"later": func(a, b *event.Event) [][]*event.Batch {
					return [][]*event.Batch{{{Events: []*event.Event{made(), a, made(), made()}}}, {{Events: []*event.Event{b, made()}}}}
				},
			} {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					j := open(t)
					a, b := made(withID(id)), made(withID(id))
					commits := group(a, b)
					duplicates := 0
					for _, batches := range commits {
						addGroup(t, j, batches...)
						for _, one := range batches {
							if one.Err != nil {
								t.Fatal(one.Err)
							}
							duplicates += one.Duplicates
						}
					}
					if last := commits[len(commits)-1]; duplicates != 1 || last[len(last)-1].Duplicates != 1 {
						t.Errorf("%d duplicates, the last batch %d; want 1, in that one", duplicates, last[len(last)-1].Duplicates)
					}
					if a.Seq == 0 || b.Seq != 0 {
						t.Errorf("the first has number %d, the second %d; want some and 0", a.Seq, b.Seq)
					}
					got, err := j.Get(context.Background(), id)
					if err != nil {
						t.Fatal(err)
					}
					wantSame(t, got, a)
					events := all(t, j)
					wantGapless(t, j, 1, len(events))
				})
			}
		})
	}
}

func TestARequestThatIsSentAgainAddsNothing(t *testing.T) {
	t.Parallel()
	j := open(t)
	first := several(45)
	add(t, j, first...)
	var again []*event.Event
	for _, e := range first {
		again = append(again, made(func(c *event.Event) { c.ID, c.Time = e.ID, e.Time }))
	}
	if b := add(t, j, again...); b.Duplicates != 45 {
		t.Errorf("%d duplicates, want 45", b.Duplicates)
	}
	wantGapless(t, j, 1, 45)
	add(t, j, made())
	wantGapless(t, j, 1, 46)
}

func TestATimeMadeOnArrivalDoesntMakeAConflict(t *testing.T) {
	t.Parallel()
	j := open(t)
	add(t, j, made(withID("a"), stamped(start)))
	if b := add(t, j, made(withID("a"), stamped(start.Add(time.Hour)))); b.Duplicates != 1 {
		t.Errorf("sent again without a time: %d duplicates", b.Duplicates)
	}
	b := add(t, j, made(withID("b"), stamped(start)), made(withID("b"), stamped(start.Add(time.Second))))
	if b.Duplicates != 1 {
		t.Errorf("twice in one request without a time: %d duplicates", b.Duplicates)
	}
}

func TestAnIDWithOtherContentIsRefusedByItsIndex(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*event.Event){
		"data":   withData(`{"label":"Bob"}`),
		"type":   withType(event.LineCrossed),
		"time":   func(e *event.Event) { e.Time = e.Time.Add(time.Microsecond) },
		"source": func(e *event.Event) { e.Source = "other" },
		"camera": func(e *event.Event) { e.Camera = "other" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := open(t)
			add(t, j, made(withID("taken")))
			bad := &event.Batch{Events: []*event.Event{made(), made(), made(withID("taken"), change), made()}}
			addGroup(t, j, bad)
			wantTaken(t, bad, 2, "taken")
			wantGone(t, j, bad.Events[0], bad.Events[1], bad.Events[3])
			wantGapless(t, j, 1, 1)
		})
	}
}

func wantTaken(t *testing.T, b *event.Batch, index int, id string) {
	t.Helper()
	var taken *TakenError
	if !errors.Is(b.Err, event.ErrConflict) || !errors.As(b.Err, &taken) {
		t.Fatalf("the batch's error is %v, want a TakenError that wraps ErrConflict", b.Err)
	}
	if len(taken.Events) != 1 || taken.Events[0] != (TakenID{index, id}) || !strings.Contains(b.Err.Error(), id) {
		t.Errorf("%v: %+v; want [%d], %q", b.Err, taken.Events, index, id)
	}
	if b.Duplicates != 0 {
		t.Errorf("a refused batch has %d duplicates", b.Duplicates)
	}
	for _, e := range b.Events {
		if e.Seq != 0 {
			t.Errorf("an event of a refused batch has the number %d", e.Seq)
		}
	}
}

func TestAConflictRefusesItsOwnBatchAlone(t *testing.T) {
	t.Parallel()
	j := open(t)
	add(t, j, made(withID("taken")), made(withID("known")))
	before := &event.Batch{Events: several(3)}
	bad := &event.Batch{Events: []*event.Event{made(withID("fresh"), withData(`{"from":"bad"}`)), made(withID("known")),
		made(withID("taken"), withData(`{}`)), made()}}
	// These two say of ids what the refused batch said otherwise.
	same := &event.Batch{Events: []*event.Event{made(withID("fresh"), withData(`{"from":"good"}`)), made(withID("known"))}}
	after := &event.Batch{Events: append(several(30), made(withID("fresh"), withData(`{"from":"good"}`)))}
	addGroup(t, j, before, bad, same, after)

	wantTaken(t, bad, 2, "taken")
	for _, b := range []*event.Batch{before, same, after} {
		if b.Err != nil {
			t.Errorf("another batch was refused too: %v", b.Err)
		}
	}
	if got := []int{before.Duplicates, same.Duplicates, after.Duplicates}; !slices.Equal(got, []int{0, 1, 1}) {
		t.Errorf("the batches have %v duplicates, want [0 1 1]", got)
	}
	wantGapless(t, j, 1, 2+3+1+30)
	wantGone(t, j, bad.Events[3])
	got, err := j.Get(context.Background(), "fresh")
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, got, same.Events[0])
}

func TestTwoRequestsOfOneCommitThatContradictEachOther(t *testing.T) {
	t.Parallel()
	j := open(t)
	first := &event.Batch{Events: []*event.Event{made(withID("a"))}}
	second := &event.Batch{Events: []*event.Event{made(), made(withID("a"), withData(`{}`))}}
	itself := &event.Batch{Events: []*event.Event{made(withID("b")), made(withID("b"), withData(`{}`))}}
	third := &event.Batch{Events: []*event.Event{made(withID("b"), withData(`{}`))}}
	addGroup(t, j, first, second, itself, third)
	if first.Err != nil || third.Err != nil {
		t.Errorf("the first of each: %v, %v", first.Err, third.Err)
	}
	wantTaken(t, second, 1, "a")
	wantTaken(t, itself, 1, "b")
	wantGapless(t, j, 1, 2)
}

func TestACommitOfNothingButRefusedOnesLeavesNothing(t *testing.T) {
	t.Parallel()
	j := open(t)
	add(t, j, made(withID("a")))
	bad := &event.Batch{Events: []*event.Event{made(), made(withID("a"), withData(`{}`))}}
	addGroup(t, j, bad)
	wantTaken(t, bad, 1, "a")
	wantGapless(t, reopen(t, j), 1, 1)
}

func TestAnIDIsFreeAgainOnceRetentionRemovedIt(t *testing.T) {
	t.Parallel()
	clock := newClock()
	j := openAt(t, t.TempDir(), Options{Now: clock.Now, Retain: time.Hour})
	add(t, j, made(withID("a")))
	clock.Advance(2 * time.Hour)
	if _, err := j.Retain(context.Background()); err != nil {
		t.Fatal(err)
	}
	if b := add(t, j, made(withID("a"), withData(`{}`))); b.Duplicates != 0 {
		t.Errorf("%d duplicates", b.Duplicates)
	}
	wantGapless(t, j, 2, 1)
}
