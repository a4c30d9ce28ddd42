package webhook

import (
	"testing"
	"time"

	"postern/internal/event"
	"postern/internal/journal"
)

// An event may leave the log while a request about it is on its way: then it
// has no time of arrival any more, and nobody could say whom an answer is about.
func TestAnswerAboutAnEventThatIsGone(t *testing.T) {
	t.Parallel()
	l := &lane{counters: newCounters(), next: &batch{}, inFlight: map[parcelKey]*delivery{}, window: newWindow(1), log: loggerForTests}
	e := someEvent(t)
	e.Received = time.Now()
	l.inFlight[parcelKey{seq: e.Seq}] = &delivery{parcel: parcel{event: e}}
	l.rewrite(map[int64]*event.Event{e.Seq: e.Gone()})
	l.record(result{key: parcelKey{seq: e.Seq}, at: time.Now(), status: 200})
	if sum := l.counters.latency.Snapshot().Sum; sum != 0 {
		t.Errorf("it is said to have taken %v", time.Duration(sum))
	}
	l.inFlight[parcelKey{seq: e.Seq}] = &delivery{parcel: parcel{event: e.Gone()}}
	l.record(result{key: parcelKey{seq: e.Seq}, at: time.Now(), status: 500, class: ClassStatus, response: "Alice Smith"})
	if got := l.status.LastError; got == nil || got.Response != "" || got.Detail != journal.ErasedWords {
		t.Errorf("what the receiver said of it is shown: %+v", got)
	}
}
