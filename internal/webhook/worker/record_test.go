package worker

import (
	"testing"
	"time"

	"postern/internal/webhook/send"

	"postern/internal/webhook/webhooktest"

	"postern/internal/delivery"
	"postern/internal/event"
)

// An event may leave the log while a request about it is on its way: then it
// has no time of arrival any more, and nobody could say whom an answer is about.
func TestAnswerAboutAnEventThatIsGone(t *testing.T) {
	t.Parallel()
	w := &Worker{
		log: loggerForTests, shared: &Shared{Heartbeat: new(Heartbeat), Counters: NewCounters()}, progress: progress{batch: &batch{}},
		queue:  queue{inFlight: map[taskKey]*task{}, attemptNotes: map[int64]attemptNote{}},
		limits: limits{concurrencyLimit: newConcurrencyLimiter(1)},
	}
	e := webhooktest.SomeEvent(t)
	e.Received = time.Now()
	w.inFlight[taskKey{seq: e.Seq}] = &task{Request: send.Request{Event: e}}
	w.redact(map[int64]*event.Event{e.Seq: e.AsRemoved()})
	w.record(outcome{key: taskKey{seq: e.Seq}, Result: send.Result{At: time.Now(), Status: 200}})
	if sum := w.shared.Counters.latency.Sum(); sum != 0 {
		t.Errorf("it is said to have taken %v s", sum)
	}
	w.inFlight[taskKey{seq: e.Seq}] = &task{Request: send.Request{Event: e.AsRemoved()}}
	w.record(outcome{key: taskKey{seq: e.Seq}, Result: send.Result{At: time.Now(), Status: 500, Class: delivery.ClassStatus,
		Response: "Alice Smith"}})
	if got := w.status.LastError; got == nil || got.Response != "" || got.Detail != delivery.ErasedDetail {
		t.Errorf("what the receiver said of it is shown: %+v", got)
	}
}
