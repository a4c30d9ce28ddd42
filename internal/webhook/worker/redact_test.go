package worker

import (
	"slices"
	"testing"
	"time"

	"postern/internal/webhook/webhooktest"

	"postern/internal/event"
)

func TestStormControlForgetsWhoWasErased(t *testing.T) {
	t.Parallel()
	l := &Worker{limits: limits{dedup: dedupWindow{window: time.Hour}}}
	l.exhausted.Add(3)
	l.exhausted.Add(4)
	e := webhooktest.SomeEvent(t)
	e.Data = []byte(`{"identity_id":"person-77"}`)
	l.dedup.pass(e, time.Now())
	l.redact(map[int64]*event.Event{e.Seq: e.Erase(time.Now()), 3: (&event.Event{Seq: 3}).AsRemoved()})
	if len(l.dedup.seen) != 0 {
		t.Errorf("it remembers %v", l.dedup.seen)
	}
	if got := l.exhausted.Sorted(); !slices.Equal(got, []int64{4}) {
		t.Errorf("the exhausted deliveries are %v, want that of event 4", got)
	}
}
