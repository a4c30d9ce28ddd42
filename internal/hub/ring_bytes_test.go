package hub

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"postern/internal/event"
)

func sealed(seq int64, bytes int) *event.Event {
	e := &event.Event{Seq: seq, ID: fmt.Sprint("e", seq), Type: event.FaceMatched, Source: "a", Data: []byte(`{"x":"` + strings.Repeat("x", bytes) + `"}`)}
	e.Seal()
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
			r.push(sealed(seq, size))
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
				r.replace(sealed(r.oldest()+rng.Int64N(seq-r.oldest()+1), rng.IntN(500)))
			}
		}
	}
}
