package worker

import (
	"testing"

	"postern/internal/delivery"
	"postern/internal/event"
)

func TestPassingABacklog(t *testing.T) {
	t.Parallel()
	b := &Backlog{judged: judged{selection: &delivery.Selection{}, base: 10, from: 10, to: 10}}
	for seq := int64(11); seq <= 1000; seq += 3 {
		b.judge(&event.Event{Seq: seq})
	}
	b.to = 1000
	for through := int64(10); through <= 1000; through += 7 {
		b.pass(through)
		want := int64(0)
		for seq := int64(11); seq <= 1000; seq += 3 {
			if seq > through {
				want++
			}
		}
		n := int64(0)
		for _, w := range b.words {
			for ; w != 0; w &= w - 1 {
				n++
			}
		}
		if n != want {
			t.Fatalf("past %d there are %d, want %d", through, n, want)
		}
	}
	b.pass(1 << 40)
	b.judge(&event.Event{Seq: 1<<40 + 5})
	if len(b.words) != 1 {
		t.Errorf("%d words for one event", len(b.words))
	}
}

func TestEstimatesAreRounded(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]int64{0: 0, 1: 1, 99: 99, 100: 100, 181: 180, 3318: 3300, 3350: 3400, 99_999: 100_000,
		1_234_567: 1_200_000} {
		if got := roundEstimate(n); got != want {
			t.Errorf("%d is rounded to %d, want %d", n, got, want)
		}
	}
}
