package webhook

import (
	"slices"
	"time"

	"postern/internal/webhook/worker"

	"postern/internal/event"
)

// redacted has all workers replace their copies of events that were redacted or
// removed. It returns once they have, so that no old copy is sent any more, except
// in requests that are in flight. An event that has got its snapshot is sent with the
// link once a worker reads it again.
func (s *Service) redacted(events []*event.Event) {
	if events = slices.DeleteFunc(slices.Clone(events), func(e *event.Event) bool { return !e.Redacted() }); len(events) == 0 {
		return
	}
	defer s.rules.payloads.Forget() // once no worker makes another of them
	bySeq := make(map[int64]*event.Event, len(events))
	for _, e := range events {
		bySeq[e.Seq] = e
	}
	s.mu.Lock()
	running := s.running
	workers := make([]*worker.Worker, len(s.endpoints))
	for i, r := range s.endpoints {
		workers[i] = r.worker
	}
	s.mu.Unlock()
	done := make([]<-chan struct{}, len(workers))
	for i, w := range workers {
		done[i] = w.Redact(bySeq)
	}
	if !running {
		return // the workers will read the log as it is then
	}
	timer := time.NewTimer(worker.ApplyTimeout)
	defer timer.Stop()
	for i, w := range workers {
		select {
		case <-done[i]:
		case <-w.Stopped():
		case <-timer.C:
			return // a worker that hasn't started has no copies
		}
	}
}
