package worker

import (
	"context"
	"slices"
	"time"

	"postern/internal/webhook/send"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/hub"
	"postern/internal/store"
	"postern/internal/store/deliveries"
)

// Limits of an endpoint's replays: those that are listed, and those that run at
// once.
const (
	MaxReplays     = 100
	MaxOpenReplays = 8
)

// ReplayRead is how many events a replay reads before the worker turns to its
// other tasks: most of them may not match.
const ReplayRead = 256

// MaxReplayRetries is how many deliveries may wait for a retry before replays
// send no more: failures of the past must leave room for new events.
const MaxReplayRetries = MaxRetries / 4

// replay is a second reader of the log in the worker. It sends old events
// again, with a part of the worker's requests; live events go first.
type replay struct {
	kept     *delivery.Replay
	sub      eventReader
	more     bool
	buffer   []*event.Event
	open     map[int64]bool // in flight
	inFlight int
	done     bool // ended, or to be ended by a person

	settled               int64 // position that was settled last
	sent, failed, expired int64 // since the last settlement
}

// ListReplays returns an endpoint's newest replays, and all that still run,
// however many were begun since: a long one outlasts many short ones.
func ListReplays(ctx context.Context, j *store.Store, endpoint int64) ([]*delivery.Replay, error) {
	newest, err := j.Deliveries.Replays(ctx, endpoint, MaxReplays)
	if err != nil || len(newest) < MaxReplays {
		return newest, err
	}
	open, err := j.Deliveries.OpenReplays(ctx, endpoint, newest[MaxReplays-1].N)
	return append(newest, open...), err
}

// beginReplay begins a replay that a person has requested. The worker may have
// loaded it from the store already.
func (w *Worker) beginReplay(kept *delivery.Replay) {
	if kept.N > w.loadedReplay {
		w.addReplay(kept)
	}
}

// addReplay begins a replay.
func (w *Worker) addReplay(kept *delivery.Replay) {
	r := &replay{kept: kept, settled: kept.Position, open: make(map[int64]bool)}
	r.subscribe(w, kept.Position)
	w.replays = append(w.replays, r)
}

// subscribe subscribes to the events after a sequence number.
func (r *replay) subscribe(w *Worker, after int64) {
	if r.sub != nil {
		r.sub.Close()
	}
	if r.recovers() {
		r.sub = &Undelivered{Store: w.store, Hub: w.hub, Endpoint: w.endpoint.N, Causes: r.kept.Causes, After: after, Through: r.kept.Through}
	} else {
		r.sub = w.hub.Subscribe(event.Filter{}, after, hub.Durable)
	}
	r.buffer, r.more = nil, true
}

// begun is the sequence number up to which it has read and begun to send.
func (r *replay) begun() int64 {
	through := min(r.sub.Position(), r.kept.Through)
	if len(r.buffer) > 0 {
		through = min(through, r.buffer[0].Seq-1)
	}
	return through
}

// position is the sequence number up to which all events have been sent.
func (r *replay) position() int64 {
	through := r.begun()
	for seq := range r.open {
		through = min(through, seq-1)
	}
	return through
}

func (r *replay) finished(seq int64) { delete(r.open, seq) }

// ended reports whether all events have been sent.
func (r *replay) ended() bool { return r.inFlight == 0 && r.position() >= r.kept.Through }

// replayShare is how many requests in flight may be of replays.
func (w *Worker) replayShare() int { return max(1, w.concurrencyLimit.size()/4) }

// takeReplay returns the next delivery of a replay. Replays take turns. In an
// ordered worker, they run one after the other, to keep the order, and only
// when no other delivery waits.
func (w *Worker) takeReplay(ctx context.Context) *task {
	busy := 0
	for _, r := range w.replays {
		busy += r.inFlight
	}
	if busy >= w.replayShare() || w.retries.len() >= MaxReplayRetries {
		return nil
	}
	turn := w.replayTurn
	if w.settings.Ordered {
		turn = 0
	}
	for i := range w.replays {
		at := (turn + i) % len(w.replays)
		r := w.replays[at]
		if e := w.readReplay(ctx, r); e != nil {
			w.replayTurn = at + 1
			r.open[e.Seq] = true
			r.inFlight++
			return &task{Request: send.Request{Event: e, Replay: true}, first: true, run: r}
		}
	}
	return nil
}

// readReplay returns a replay's next event; nil if there is none now.
func (w *Worker) readReplay(ctx context.Context, r *replay) *event.Event {
	for polled := false; !r.done; polled = true {
		for len(r.buffer) > 0 {
			e := r.buffer[0]
			r.buffer = r.buffer[1:]
			switch {
			case e.Seq > r.kept.Through:
				r.buffer = nil
				return nil
			case e.IsRemoved():
				if r.recovers() {
					r.expired++
				}
				continue
			case !r.wants(w, e):
				continue
			}
			return e
		}
		if !r.more || r.sub.Position() >= r.kept.Through {
			return nil
		}
		if polled {
			w.replayUnread = true
			return nil
		}
		got, err := r.sub.Poll(ctx, ReplayRead)
		w.noteRead(ctx, err)
		r.buffer, r.more = got.Events, got.More && err == nil
		if r.recovers() {
			// Those of a plain replay don't count: most of them had been delivered.
			r.expired += got.Missed
			w.forgetUnsettled(r)
		}
	}
	return nil
}

// wants reports whether the replay sends an event now. A recovery doesn't ask for the
// endpoint's present settings: the event was for the endpoint when it wasn't delivered.
func (r *replay) wants(w *Worker, e *event.Event) bool {
	if !r.kept.Filter.Match(e) {
		return false
	}
	if r.recovers() {
		return w.isRecoverable(e.Seq)
	}
	return w.selection.Match(e) && !w.isWaiting(e.Seq)
}

// isWaiting reports whether an event is going to be sent without the replay.
func (w *Worker) isWaiting(seq int64) bool {
	_, flying := w.inFlight[taskKey{seq: seq}]
	return flying || seq > w.position() || w.retries.has(seq)
}

// settleReplays adds the replays' progress to a settlement, and removes those
// that have ended.
func (w *Worker) settleReplays(s *deliveries.Settlement, now time.Time) {
	w.replays = slices.DeleteFunc(w.replays, func(r *replay) bool {
		p := deliveries.ReplayProgress{N: r.kept.N, Position: r.position(), Sent: r.sent, Failed: r.failed, Expired: r.expired}
		over := r.ended() || r.done && r.inFlight == 0
		if over {
			p.EndedAt = now
			r.sub.Close()
		}
		if over || p.Sent > 0 || p.Failed > 0 || p.Expired > 0 || p.Position >= r.settled+1000 {
			s.Replays = append(s.Replays, p)
			r.settled, r.sent, r.failed, r.expired = p.Position, 0, 0, 0
		}
		return over
	})
}
