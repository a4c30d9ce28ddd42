package hub

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"postern/internal/event"
	"postern/internal/store"
)

func finalized(seq int64, bytes int) *event.Event {
	e := &event.Event{Seq: seq, ID: fmt.Sprint("e", seq), Type: event.FaceMatched, Source: "a",
		Data: []byte(`{"x":"` + strings.Repeat("x", bytes) + `"}`)}
	e.Finalize()
	return e
}

// The ring stays within its byte limit for events of any size, and holds an
// unbroken run up to the newest.
func TestRing_stays_within_its_bytes(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		rng := rand.New(rand.NewPCG(seed, 1))
		r := newRing(64, 100_000)
		seq := int64(rng.IntN(1000))
		for range 3000 {
			seq++
			size := rng.IntN(2000)
			if rng.IntN(20) == 0 {
				size = rng.IntN(150_000)
			}
			r.push(finalized(seq, size))
			var held, count int64
			for at := r.oldest(); at <= seq; at++ {
				e := r.get(at)
				if e == nil {
					if at < seq-63 || count > 0 {
						t.Fatalf("seed %d: after %d the ring lacks %d", seed, seq, at)
					}
					continue
				}
				held, count = held+e.Size(), count+1
			}
			if held != r.bytes || held > r.most && count > 1 {
				t.Fatalf("seed %d: after %d the ring holds %d bytes in %d events and counts %d", seed, seq, held, count, r.bytes)
			}
			if r.get(seq) == nil {
				t.Fatalf("seed %d: the ring lacks the newest event, %d", seed, seq)
			}
			if rng.IntN(10) == 0 {
				r.replace(finalized(r.oldest()+rng.Int64N(seq-r.oldest()+1), rng.IntN(500)))
			}
		}
	}
}

// named is an event of about 5,000 bytes with an id of its own.
func named(i int) *event.Event {
	e := finalized(0, 5000)
	e.ID = fmt.Sprint("e", i)
	e.Finalize()
	return e
}

// A reader of large events gets few at once, and all of them.
func TestPoll_stays_within_its_bytes(t *testing.T) {
	t.Parallel()
	for name, history := range map[string]int64{"from the log": 1, "from memory": DefaultHistoryBytes, "from both": 100_000} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testPollBytes(t, history)
		})
	}
}

func testPollBytes(t *testing.T, history int64) {
	log := openLog(t, store.Options{ReadBytes: 20_000})
	h, err := New(context.Background(), log, Options{HistoryBytes: history, ReadBytes: 20_000})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 50 {
		if _, err := h.Publish(context.Background(), []*event.Event{named(i)}); err != nil {
			t.Fatal(err)
		}
	}
	s := h.Subscribe(event.Filter{}, 0, Durable)
	defer s.Close()
	got := 0
	for polls := 0; ; polls++ {
		batch, err := s.Poll(context.Background(), 100)
		if err != nil {
			t.Fatal(err)
		}
		var bytes int64
		for _, e := range batch.Events {
			bytes += e.Size()
		}
		if bytes > 20_000+2*6000 {
			t.Fatalf("%d bytes in one batch", bytes)
		}
		if got += len(batch.Events); !batch.More {
			break
		}
		if polls > 100 {
			t.Fatal("it doesn't end")
		}
	}
	if got != 50 {
		t.Errorf("%d events were read", got)
	}
}

// A scan of large events looks at few at once, so that its caller can stop in
// time, and at each of them once.
func TestScan_stays_within_its_bytes(t *testing.T) {
	t.Parallel()
	for name, history := range map[string]int64{"from the log": 1, "from memory": DefaultHistoryBytes, "from both": 100_000} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, err := New(context.Background(), openLog(t, store.Options{ReadBytes: 20_000}), Options{HistoryBytes: history, ReadBytes: 20_000})
			if err != nil {
				t.Fatal(err)
			}
			for i := range 50 {
				if _, err := h.Publish(context.Background(), []*event.Event{named(i)}); err != nil {
					t.Fatal(err)
				}
			}
			var seen, after int64
			for after < h.Head() {
				var bytes int64
				through, err := h.Scan(context.Background(), after, 0, 1000, func(e *event.Event) {
					if seen++; e.Seq != seen {
						t.Errorf("event %d is visited in the place of %d", e.Seq, seen)
					}
					bytes += e.Size()
				})
				if err != nil || through <= after || through != seen {
					t.Fatalf("a scan after %d came through %d, %v", after, through, err)
				}
				if bytes > 20_000+2*6000 {
					t.Fatalf("%d bytes in one scan", bytes)
				}
				after = through
			}
		})
	}
}
