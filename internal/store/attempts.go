package store

import (
	"context"
	"time"

	"postern/internal/event"
)

// Attempt is one try at delivering one event to one endpoint.
type Attempt struct {
	Seq      int64
	At       time.Time     // when it began, to the millisecond
	Duration time.Duration // to the microsecond
	Try      int           // from 1
	Status   int           // the response's status; zero without a response
	Class    uint8         // zero for success, else webhook.Class
	Detail   string        // what went wrong, in words; empty for success
	Response string        // the failed response's beginning
	Replay   bool          // a person asked for it again

	// Row and Entry are where it is kept: a row's N and the place in it, from
	// zero; for good. Row is zero before it is kept.
	Row   int64
	Entry int

	// Event names the event while it is kept; nil once retention removed it.
	Event *EventName
}

// EventName is what an attempt shows of its event.
type EventName struct {
	ID   string
	Type event.Type
}

// attemptSpan bounds how far apart the events of one row are, so that an
// event's attempts are found by where rows end.
const attemptSpan = 1024

// insertAttempts writes attempts. First tries that succeeded, which come in
// nearly the log's order, share a row for as long as they are near each other;
// every other one has its own.
func (w *writer) insertAttempts(ctx context.Context, endpoint int64, attempts []Attempt) error {
	var plain []Attempt
	for i := range attempts {
		if attempts[i].Class == 0 && attempts[i].Try == 1 {
			plain = append(plain, attempts[i])
			continue
		}
		one := attempts[i]
		if one.Class != 0 {
			var err error
			if one, err = w.withoutErased(ctx, one); err != nil {
				return err
			}
		}
		if err := w.insertAttemptRow(ctx, endpoint, []Attempt{one}); err != nil {
			return err
		}
	}
	for _, row := range attemptRows(plain) {
		if err := w.insertAttemptRow(ctx, endpoint, row); err != nil {
			return err
		}
	}
	return nil
}

// openRows is how many rows are looked at for room: a lane sends from a few
// places of the log at once, new events and replays.
const openRows = 8

// attemptRows parts attempts into rows, each in the order they ended.
func attemptRows(attempts []Attempt) [][]Attempt {
	if len(attempts) == 0 {
		return nil
	}
	if low, high := span(attempts); high-low < attemptSpan {
		return [][]Attempt{attempts} // nearly always
	}
	var rows [][]Attempt
	var lows, highs []int64 // of each row
next:
	for _, a := range attempts {
		for i := max(0, len(rows)-openRows); i < len(rows); i++ {
			if low, high := min(lows[i], a.Seq), max(highs[i], a.Seq); high-low < attemptSpan {
				rows[i], lows[i], highs[i] = append(rows[i], a), low, high
				continue next
			}
		}
		rows, lows, highs = append(rows, []Attempt{a}), append(lows, a.Seq), append(highs, a.Seq)
	}
	return rows
}

// span returns the lowest and the highest of the attempts' events.
func span(attempts []Attempt) (low, high int64) {
	low, high = attempts[0].Seq, attempts[0].Seq
	for i := range attempts {
		low, high = min(low, attempts[i].Seq), max(high, attempts[i].Seq)
	}
	return low, high
}

func (w *writer) insertAttemptRow(ctx context.Context, endpoint int64, attempts []Attempt) error {
	at, failed := attempts[0].At.UnixMilli(), 0
	low, high := span(attempts)
	for _, a := range attempts {
		at = max(at, a.At.UnixMilli())
		if a.Class != 0 {
			failed++
		}
	}
	_, err := w.stmts.putAttempts.ExecContext(ctx, endpoint, at, low, high, failed, encodeAttempts(attempts, low, at))
	return err
}
