package hub

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"postern/internal/event"
	"postern/internal/fullrun"
	"postern/internal/store"
)

// TestReadersPassOverWhatIsGoneFromTheMiddle removes random events of one type
// and reads what is left through rings of several sizes: the one that held the
// events, and one that was filled afterwards.
func TestReadersPassOverWhatIsGoneFromTheMiddle(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	for seed := range uint64(6) {
		random := rand.New(rand.NewPCG(seed, 3))
		clock := newClock()
		log := openLog(t, store.Options{Now: clock.Now, Retain: 10 * time.Hour,
			RetainTypes: map[event.Type]time.Duration{event.FaceDetected: time.Hour}})
		size := []int{10, 100, 1000}[random.IntN(3)]
		h := newHub(t, log, size)
		behind := h.Subscribe(event.Filter{}, 0, Durable)
		matched := h.Subscribe(event.Filter{Types: event.Types(event.FaceMatched)}, 0, Durable)
		live := h.Subscribe(event.Filter{}, 0, Live)
		var want []int64
		count := 100 + random.IntN(200)
		for i := range count {
			e := made()
			if random.IntN(3) > 0 {
				e = made(withType(event.FaceDetected))
			}
			publish(t, h, e)
			if e.Type == event.FaceMatched {
				want = append(want, e.Seq)
			}
			if i == count/2 {
				clock.Advance(2 * time.Hour)
				if random.IntN(2) == 0 {
					if _, err := log.Retain(context.Background()); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		clock.Advance(2 * time.Hour)
		if _, err := log.Retain(context.Background()); err != nil {
			t.Fatal(err)
		}
		for round, h := range []*Hub{h, newHub(t, log, size)} {
			if h.Head() != int64(count) {
				t.Fatalf("seed %d: the head is %d, want %d", seed, h.Head(), count)
			}
			if round == 1 {
				behind, matched, live = h.Subscribe(event.Filter{}, 0, Durable), h.Subscribe(event.Filter{Types: event.Types(event.FaceMatched)}, 0,
					Durable), h.Subscribe(event.Filter{}, 0, Live)
			}
			events, missed := drain(t, behind, 1+random.IntN(50))
			if !slices.Equal(seqsOf(events), want) || missed != int64(count-len(want)) {
				t.Errorf("seed %d: a durable reader got %d and missed %d; want %d and %d", seed, len(events), missed, len(want), count-len(want))
			}
			// Events of other types aren't missed, except those removed from
			// the beginning of the log, whose types are unknown.
			events, missed = drain(t, matched, 1+random.IntN(50))
			if !slices.Equal(seqsOf(events), want) || missed > log.First()-1 {
				t.Errorf("seed %d: a reader of one type got %d and missed %d", seed, len(events), missed)
			}
			events, missed = drain(t, live, 1+random.IntN(50))
			if int64(len(events))+missed != int64(count) || !slices.IsSorted(seqsOf(events)) {
				t.Errorf("seed %d: a live reader got %d and missed %d of %d", seed, len(events), missed, count)
			}
			for _, ascending := range []bool{false, true} {
				q := event.Query{Limit: 1 + random.IntN(40), Ascending: ascending}
				var got []int64
				for range count {
					page, err := h.Search(context.Background(), q)
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, seqsOf(page.Events)...)
					if q.Cursor = page.Next; q.Cursor == 0 {
						break
					}
				}
				if !ascending {
					slices.Reverse(got)
				}
				if !slices.Equal(got, want) {
					t.Errorf("seed %d, ascending %v: %v, want %v", seed, ascending, got, want)
				}
			}
			for seq := range int64(count + 1) {
				e, err := h.At(context.Background(), seq)
				if there := slices.Contains(want, seq); there && (err != nil || e.Seq != seq) || !there && !errors.Is(err, event.ErrNotFound) {
					t.Errorf("seed %d: At(%d) = %v, %v", seed, seq, e, err)
				}
			}
		}
	}
}

func TestTheRingGivesNothingThatWasErased(t *testing.T) {
	t.Parallel()
	log := openLog(t, store.Options{})
	h := newHub(t, log, 100)
	var told []*event.Event
	h.OnRedacted(func(events []*event.Event) { told = append(told, events...) })
	e := made(func(e *event.Event) { e.Data = []byte(`{"identity_id":"person-77"}`) })
	publish(t, h, append(several(3), e)...)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ran := make(chan error, 1)
	go func() { ran <- log.Erasure.Run(ctx) }()
	// While others publish: nothing on its way into the ring brings it back.
	publishing := make(chan struct{})
	go func() {
		defer close(publishing)
		for range 50 {
			_, _ = h.Publish(ctx, several(3))
		}
	}()
	_, done, err := log.Erasure.Erase(ctx, "person-77")
	if err != nil {
		t.Fatal(err)
	}
	<-done
	<-publishing
	got, err := h.At(ctx, 4)
	if err != nil || got.Erased.IsZero() || len(told) != 1 || told[0].Seq != 4 {
		t.Errorf("At: %+v, %v; told of %d", got, err, len(told))
	}
	cancel()
	if err := <-ran; err != nil {
		t.Error(err)
	}
}
