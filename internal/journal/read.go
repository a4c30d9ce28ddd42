package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"postern/internal/event"
)

// eventColumns are what scanEvent reads, in its order.
const eventColumns = "seq, id, type, at, received, source, camera, data, producer_id, site"

// scanEvent reads one row of eventColumns.
func scanEvent(row interface{ Scan(...any) error }) (*event.Event, error) {
	var e event.Event
	var id, producerID any
	var kind, at, received int64
	var camera, site sql.NullString
	var data []byte
	if err := row.Scan(&e.Seq, &id, &kind, &at, &received, &e.Source, &camera, &data, &producerID, &site); err != nil {
		return nil, err
	}
	var err error
	if e.ID, err = idOf(id); err != nil {
		return nil, fmt.Errorf("event %d: %w", e.Seq, err)
	}
	if producerID != nil {
		if e.ProducerID, err = idOf(producerID); err != nil {
			return nil, fmt.Errorf("event %d: %w", e.Seq, err)
		}
	}
	e.Type, e.Camera, e.Site = event.Type(kind), camera.String, site.String
	e.Time, e.Received = event.FromMicro(at), event.FromMicro(received)
	if at, ok := erasedAt(data); ok {
		return e.Erase(at), nil
	}
	e.Data = data
	e.Seal()
	return &e, nil
}

// idOf reads an id as idValue has written it.
func idOf(stored any) (string, error) {
	switch id := stored.(type) {
	case []byte:
		if len(id) == 16 {
			return event.UnpackID(id), nil
		}
		return "", fmt.Errorf("an id of %d bytes", len(id))
	case string:
		return id, nil
	}
	return "", fmt.Errorf("an id of type %T", stored)
}

// readSpan is how many rows one Read looks at, however few of them match, so
// that a reader of rare events gives way as others do.
const readSpan = 5000

// Read returns at most limit events, and at most Options.ReadBytes, after the given sequence number that are
// of the types (an empty set means all), oldest first, and the number it has
// read through.
func (j *Journal) Read(ctx context.Context, after int64, types event.TypeSet, limit int) ([]*event.Event, int64, error) {
	head := j.Head()
	through := min(after+readSpan, head)
	if through <= after {
		return nil, after, nil
	}
	query := "SELECT " + eventColumns + " FROM events WHERE seq > ? AND seq <= ?"
	if types != 0 && types&event.AllTypes == 0 {
		// The unary plus keeps the planner on the primary key.
		query += " AND (1 << +type) & ? != 0"
	} else {
		query += " AND ? = 0"
		types = 0
	}
	rows, err := j.reader.QueryContext(ctx, query+" ORDER BY seq LIMIT ?", after, through, int64(types), limit)
	if err != nil {
		return nil, after, fmt.Errorf("read events: %w", err)
	}
	events, cut, err := collectEvents(rows, j.opts.ReadBytes)
	if err != nil {
		return nil, after, fmt.Errorf("read events: %w", err)
	}
	if cut || len(events) == limit {
		through = events[len(events)-1].Seq
	}
	return events, through, nil
}

// Get returns the event with the id, or event.ErrNotFound.
func (j *Journal) Get(ctx context.Context, id string) (*event.Event, error) {
	e, err := scanEvent(j.reader.QueryRowContext(ctx, "SELECT "+eventColumns+" FROM events WHERE id = ?", idValue(id)))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, event.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read event: %w", err)
	}
	return e, nil
}

// collectEvents reads rows of eventColumns up to a number of bytes, at least
// one event, and closes rows. cut means that there may be more rows.
func collectEvents(rows *sql.Rows, bytes int64) (events []*event.Event, cut bool, err error) {
	defer rows.Close()
	for rows.Next() {
		e, err := scanEvent(rows)
		if err != nil {
			return nil, false, err
		}
		events = append(events, e)
		if bytes -= e.Size(); bytes <= 0 {
			return events, true, nil
		}
	}
	return events, false, rows.Err()
}

// byProducerID begins a query for events by the id that their producer gave:
// one step into the index for each producer that there is.
const byProducerID = " FROM events WHERE producer IN (SELECT 0 UNION ALL SELECT n FROM producers) AND producer_id = ? "

// Find returns the event that an id means to a reader who sees the events of
// some cameras: the one that has the id, else the newest of those whose
// producer gave it. Its error is event.ErrNotFound where there is none.
func (j *Journal) Find(ctx context.Context, id string, visible func(camera string) bool) (*event.Event, error) {
	e, err := j.Get(ctx, id)
	if err == nil && visible(e.Camera) {
		return e, nil
	}
	if err != nil && !errors.Is(err, event.ErrNotFound) {
		return nil, err
	}
	rows, err := j.reader.QueryContext(ctx, "SELECT "+eventColumns+byProducerID+"ORDER BY seq DESC", idValue(id))
	if err != nil {
		return nil, fmt.Errorf("find event: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		if e, err = scanEvent(rows); err != nil {
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

// collect reads every row and closes rows.
func collect[T any](rows *sql.Rows, scan func(interface{ Scan(...any) error }) (T, error)) ([]T, error) {
	defer rows.Close()
	var out []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}
