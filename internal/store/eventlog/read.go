package eventlog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"

	"postern/internal/event"
	"postern/internal/store/database"
	"postern/internal/store/eventrow"
)

// scanEvent reads one row of eventrow.Columns. Its error is a *eventrow.DamagedError if the
// event was changed on the disk.
func (l *Log) scanEvent(row database.Row) (*event.Event, error) {
	e, whole, err := eventrow.Scan(row, l.sumsFrom)
	if err == nil && !whole {
		err = &eventrow.DamagedError{Seq: e.Seq}
	}
	if damaged := (*eventrow.DamagedError)(nil); errors.As(err, &damaged) {
		l.Damage.note(damaged.Seq)
	}
	return e, err
}

// ReadSpan is how many sequence numbers one Read looks at, however few events match: a reader
// of rare events occupies its connection no longer than others.
const ReadSpan = 5000

// Read returns events after a sequence number that are of the types (an empty set
// means all), oldest first: at most limit of them, and at most Options.ReadBytes.
// through is the sequence number up to which it has looked.
func (l *Log) Read(ctx context.Context, after int64, types event.TypeSet, limit int) (events []*event.Event, through int64, err error) {
	through = min(after+ReadSpan, l.Head())
	if through <= after {
		return nil, after, nil
	}
	query := "SELECT " + eventrow.Columns + " FROM events WHERE seq > ? AND seq <= ?"
	if types != 0 && types&event.AllTypes == 0 {
		// The unary plus keeps the planner on the primary key.
		query += " AND (1 << +type) & ? != 0"
	} else {
		query += " AND ? = 0"
		types = 0
	}
	rows, err := l.reader.QueryContext(ctx, query+" ORDER BY seq LIMIT ?", after, through, int64(types), limit)
	if err != nil {
		return nil, after, fmt.Errorf("read events: %w", err)
	}
	events, met, cut, err := l.CollectWhole(rows, l.opts.ReadBytes)
	if err != nil {
		return nil, after, fmt.Errorf("read events: %w", err)
	}
	if cut || len(met) == limit {
		through = met[len(met)-1]
	}
	if types == 0 {
		l.Damage.note(l.absentIn(after+1, through, met)...)
	}
	return events, through, nil
}

// ReadNumbers returns the events with some sequence numbers, in order, up to the bytes of
// a page, and as they are, without a look at their checksums: for retention, which sends
// none on. cut means that there may be more.
func (l *Log) ReadNumbers(ctx context.Context, seqs []int64) (events []*event.Event, cut bool, err error) {
	rows, err := l.rowsOf(ctx, seqs, true)
	if err == nil {
		events, cut, err = eventrow.CollectAsIs(rows, l.opts.PageBytes)
	}
	if err != nil {
		return nil, false, fmt.Errorf("read events: %w", err)
	}
	return events, cut, nil
}

// Get returns the event with the id, or event.ErrNotFound.
func (l *Log) Get(ctx context.Context, id string) (*event.Event, error) {
	e, err := l.scanEvent(l.reader.QueryRowContext(ctx, "SELECT "+eventrow.Columns+" FROM events WHERE id = ?", eventrow.IDValue(id)))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, event.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read event: %w", err)
	}
	return e, nil
}

// CollectWhole reads rows of eventrow.Columns, and closes them. It returns events of at most a
// number of bytes, but at least one event, and leaves damaged events out. met has the
// sequence numbers of all rows that it read. cut reports whether there may be more rows.
func (l *Log) CollectWhole(rows *sql.Rows, bytes int64) (events []*event.Event, met []int64, cut bool, err error) {
	defer rows.Close()
	for rows.Next() {
		e, err := l.scanEvent(rows)
		if damaged := (*eventrow.DamagedError)(nil); errors.As(err, &damaged) {
			met = append(met, damaged.Seq)
			continue
		}
		if err != nil {
			return nil, nil, false, err
		}
		events, met = append(events, e), append(met, e.Seq)
		if bytes -= e.Size(); bytes <= 0 {
			return events, met, true, nil
		}
	}
	return events, met, false, rows.Err()
}

// Unread returns which of the sequence numbers that CollectWhole met have no event: those of
// damaged events.
func Unread(met []int64, events []*event.Event) (damaged []int64) {
	for i := range met {
		if k := i - len(damaged); k == len(events) || events[k].Seq != met[i] {
			damaged = append(damaged, met[i])
		}
	}
	return damaged
}

// CollectPage is CollectWhole for a page of history.
func (l *Log) CollectPage(rows *sql.Rows) (events []*event.Event, full bool, err error) {
	events, _, full, err = l.CollectWhole(rows, l.opts.PageBytes)
	return events, full, err
}

// ByProducerID selects events by the id that their producer gave: with one index
// lookup for each producer.
const ByProducerID = " FROM events WHERE producer IN (SELECT 0 UNION ALL SELECT n FROM producers) AND producer_id = ? "

// Find returns the event that an id means to a reader with a camera scope: the
// event with the id, else the newest one whose producer gave the id. Its error is
// event.ErrNotFound if no visible event has it.
func (l *Log) Find(ctx context.Context, id string, visible func(camera string) bool) (*event.Event, error) {
	e, err := l.Get(ctx, id)
	if err == nil && visible(e.Camera) {
		return e, nil
	}
	if err != nil && !errors.Is(err, event.ErrNotFound) {
		return nil, err
	}
	rows, err := l.reader.QueryContext(ctx, "SELECT "+eventrow.Columns+ByProducerID+"ORDER BY seq DESC", eventrow.IDValue(id))
	if err != nil {
		return nil, fmt.Errorf("find event: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		if e, err = l.scanEvent(rows); err != nil {
			return nil, fmt.Errorf("find event: %w", err)
		}
		if visible(e.Camera) {
			return e, nil
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("find event: %w", err)
	}
	return nil, event.ErrNotFound
}

// OfflineReports reads a camera's oldest system_error events after a sequence
// number, at most 100: reports that it is offline are among them.
func (l *Log) OfflineReports(ctx context.Context, camera string, after int64) ([]*event.Event, error) {
	rows, err := l.reader.QueryContext(ctx, "SELECT "+eventrow.Columns+` FROM events INDEXED BY events_camera
		WHERE camera = ? AND type = ? AND seq > ? ORDER BY seq LIMIT 100`,
		camera, int64(event.SystemError), after)
	if err != nil {
		return nil, err
	}
	reports, _, err := eventrow.CollectAsIs(rows, math.MaxInt64)
	return reports, err
}
