package worker

import (
	"slices"
	"testing"
	"time"

	"postern/internal/webhook/webhooktest"

	"postern/internal/event"
)

func TestStormControl_ForgetsErasedPersons(t *testing.T) {
	t.Parallel()
	w := &Worker{limits: limits{dedup: dedupWindow{window: time.Hour}}}
	w.exhausted.Add(3)
	w.exhausted.Add(4)
	e := webhooktest.SomeEvent(t)
	e.Data = []byte(`{"identity_id":"person-77"}`)
	w.dedup.pass(e, time.Now())
	w.redact(map[int64]*event.Event{e.Seq: e.Erase(time.Now()), 3: (&event.Event{Seq: 3}).AsRemoved()})
	if len(w.dedup.seen) != 0 {
		t.Errorf("it remembers %v", w.dedup.seen)
	}
	if got := w.exhausted.Sorted(); !slices.Equal(got, []int64{4}) {
		t.Errorf("the exhausted deliveries are %v, want that of event 4", got)
	}
}
