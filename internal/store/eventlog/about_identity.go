package eventlog

import (
	"context"
	"database/sql"

	"postern/internal/event"
	"postern/internal/store/eventrow"
	"postern/internal/store/segment"
)

// EachAbout calls yield with every event about an identity, from one sequence number to
// another, in order. It skips the segments that can't have any. It reads events as they
// are, without their checksums, and leaves out rows that can't be an event: an erasure
// must not stop at a damaged event.
func (l *Log) EachAbout(ctx context.Context, identity string, from, to int64, yield func(*event.Event) error) error {
	return l.eachAbout(ctx, identity, from, to, l.collectAsIs, yield)
}

// EachWholeAbout is EachAbout with checksums. It ends with a *eventrow.DamagedError at a
// damaged event that may be about the identity.
func (l *Log) EachWholeAbout(ctx context.Context, identity string, from, to int64, yield func(*event.Event) error) error {
	return l.eachAbout(ctx, identity, from, to, l.collectUndamaged, yield)
}

// collector reads a page of rows of eventrow.Columns, and closes them.
type collector func(rows *sql.Rows) (events []*event.Event, cut bool, err error)

func (l *Log) collectAsIs(rows *sql.Rows) ([]*event.Event, bool, error) {
	return eventrow.CollectAsIs(rows, l.opts.PageBytes)
}

func (l *Log) collectUndamaged(rows *sql.Rows) (events []*event.Event, cut bool, err error) {
	events, met, cut, err := l.CollectWhole(rows, l.opts.PageBytes)
	if damaged := Unread(met, events); err == nil && len(damaged) > 0 {
		return nil, false, &eventrow.DamagedError{Seq: damaged[0]}
	}
	return events, cut, err
}

func (l *Log) eachAbout(ctx context.Context, identity string, from, to int64, collect collector, yield func(*event.Event) error) error {
	from = max(from, l.First())
	f := segment.CompileIdentity(identity)
	yieldAbout := func(events []*event.Event) error {
		for _, e := range events {
			if e.Erased.IsZero() && e.IdentityID() == identity {
				if err := yield(e); err != nil {
					return err
				}
			}
		}
		return nil
	}
	for from <= to {
		n := segment.Of(from)
		end := min(to, segment.Last(n))
		if l.Index.Prune(n, f) != segment.Skip {
			candidates, err := l.Index.Candidates(ctx, n, f)
			if err == nil && candidates.Indexed {
				err = l.eachCandidate(ctx, &candidates.Events, from, end, collect, yieldAbout)
			} else if err == nil {
				err = l.eachWithText(ctx, identity, from, end, collect, yieldAbout)
			}
			if err != nil {
				return err
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		from = end + 1
	}
	return nil
}

// eachCandidate calls yield with the events of a set from one number to another
// of the same segment. It reads a batch of whole events before each call, so
// that no read transaction stays open.
func (l *Log) eachCandidate(ctx context.Context, candidates *segment.EventSet, from, to int64, collect collector,
	yield func([]*event.Event) error,
) error {
	for seqs := candidates.Between(from, to); len(seqs) > 0; {
		some := seqs[:min(len(seqs), candidatesPerRead)]
		rows, err := l.rowsOf(ctx, some, true)
		if err != nil {
			return err
		}
		events, cut, err := collect(rows)
		if err != nil {
			return err
		}
		if seqs = seqs[len(some):]; cut {
			seqs = candidates.Between(events[len(events)-1].Seq+1, to)
		}
		if err := yield(events); err != nil {
			return err
		}
	}
	return nil
}

// eachWithText calls yield with the events from one number to another whose data
// may have a text, where no index tells. Like eachCandidate, it leaves no read
// transaction open.
func (l *Log) eachWithText(ctx context.Context, text string, from, to int64, collect collector,
	yield func([]*event.Event) error,
) error {
	for more := true; more; {
		// Data with an escape may spell the text in another way.
		rows, err := l.reader.QueryContext(ctx, "SELECT "+eventrow.Columns+
			` FROM events WHERE seq BETWEEN ? AND ? AND (instr(data, ?) OR instr(data, '\')) ORDER BY seq`, from, to, text)
		if err != nil {
			return err
		}
		var events []*event.Event
		if events, more, err = collect(rows); err != nil {
			return err
		}
		if more {
			from = events[len(events)-1].Seq + 1
		}
		if err := yield(events); err != nil {
			return err
		}
	}
	return nil
}
