package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"postern/internal/event"
	"postern/internal/store/database"
)

// eventColumns are what scanEvent reads, in its order.
const eventColumns = "seq, id, type, at, received, source, camera, data, producer_id, site, sum"

// scanEvent reads one row of eventColumns. Its error is a *DamagedError if the
// event was changed on the disk.
func (s *Store) scanEvent(row database.Row) (*event.Event, error) {
	e, whole, err := scanRow(row, s.sumsFrom)
	if err == nil && !whole {
		err = &DamagedError{e.Seq}
	}
	if damaged := (*DamagedError)(nil); errors.As(err, &damaged) {
		s.noteDamage(damaged.Seq)
	}
	return e, err
}

// scanAsIs is scanEvent without the checksum. It is for erasure, for retention and
// for the comparison with a duplicate, which send no event on and must not stop
// at a damaged one.
func scanAsIs(row database.Row) (*event.Event, error) {
	e, _, err := scanRow(row, 0)
	return e, err
}

// scanRow reads one row of eventColumns. whole says that it is as it was written.
// Events before sumsFrom may have no checksum.
func scanRow(row database.Row, sumsFrom int64) (_ *event.Event, whole bool, _ error) {
	var e event.Event
	var id, producerID any
	var kind, at, received int64
	var camera, site sql.NullString
	var data []byte
	var sum sql.NullInt64
	if err := row.Scan(&e.Seq, &id, &kind, &at, &received, &e.Source, &camera, &data, &producerID, &site, &sum); err != nil {
		if e.Seq > 0 { // a later column has a value of another type
			err = &DamagedError{e.Seq}
		}
		return nil, false, err
	}
	var err error
	if e.ID, err = idOf(id); err == nil && producerID != nil {
		e.ProducerID, err = idOf(producerID)
	}
	if err != nil || !event.Type(kind).Valid() {
		return nil, false, &DamagedError{e.Seq}
	}
	e.Type, e.Camera, e.Site = event.Type(kind), camera.String, site.String
	e.Time, e.Received = event.FromMicro(at), event.FromMicro(received)
	whole = sum.Valid && sum.Int64 == eventSum(&e, data) || !sum.Valid && e.Seq < sumsFrom
	if at, ok := erasedAt(data); ok {
		return e.Erase(at), whole, nil
	}
	e.Data = data
	e.Finalize()
	return &e, whole, nil
}

// idOf returns the id that idValue has stored.
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

// readSpan is how many sequence numbers one Read looks at, however few events
// match: a reader of rare events holds its connection no longer than others.
const readSpan = 5000

// Read returns events after a sequence number that are of the types (an empty set
// means all), oldest first: at most limit of them, and at most Options.ReadBytes.
// through is the sequence number up to which it has looked.
func (s *Store) Read(ctx context.Context, after int64, types event.TypeSet, limit int) (events []*event.Event, through int64, err error) {
	through = min(after+readSpan, s.Head())
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
	rows, err := s.reader.QueryContext(ctx, query+" ORDER BY seq LIMIT ?", after, through, int64(types), limit)
	if err != nil {
		return nil, after, fmt.Errorf("read events: %w", err)
	}
	events, met, cut, err := s.collectWhole(rows, s.opts.ReadBytes)
	if err != nil {
		return nil, after, fmt.Errorf("read events: %w", err)
	}
	if cut || len(met) == limit {
		through = met[len(met)-1]
	}
	if types == 0 {
		s.noteDamage(s.absentIn(after+1, through, met)...)
	}
	return events, through, nil
}

// Get returns the event with the id, or event.ErrNotFound.
func (s *Store) Get(ctx context.Context, id string) (*event.Event, error) {
	e, err := s.scanEvent(s.reader.QueryRowContext(ctx, "SELECT "+eventColumns+" FROM events WHERE id = ?", idValue(id)))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, event.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read event: %w", err)
	}
	return e, nil
}

// collectWhole reads rows of eventColumns, and closes them. It returns at most a
// number of bytes, but at least one event, and leaves damaged events out. met has
// the sequence numbers of all rows. cut says that there may be more rows.
func (s *Store) collectWhole(rows *sql.Rows, bytes int64) (events []*event.Event, met []int64, cut bool, err error) {
	defer rows.Close()
	for rows.Next() {
		e, err := s.scanEvent(rows)
		if damaged := (*DamagedError)(nil); errors.As(err, &damaged) {
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

// collectAsIs is collectWhole without the checksum (scanAsIs). It leaves out
// events of which nothing can be read.
func collectAsIs(rows *sql.Rows, bytes int64) (events []*event.Event, cut bool, err error) {
	defer rows.Close()
	for rows.Next() {
		e, err := scanAsIs(rows)
		if errors.As(err, new(*DamagedError)) {
			continue
		}
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

// byProducerID selects events by the id that their producer gave: with one index
// lookup for each producer.
const byProducerID = " FROM events WHERE producer IN (SELECT 0 UNION ALL SELECT n FROM producers) AND producer_id = ? "

// Find returns the event that an id means to a reader with a camera scope: the
// event with the id, else the newest one whose producer gave the id. Its error is
// event.ErrNotFound if no visible event has it.
func (s *Store) Find(ctx context.Context, id string, visible func(camera string) bool) (*event.Event, error) {
	e, err := s.Get(ctx, id)
	if err == nil && visible(e.Camera) {
		return e, nil
	}
	if err != nil && !errors.Is(err, event.ErrNotFound) {
		return nil, err
	}
	rows, err := s.reader.QueryContext(ctx, "SELECT "+eventColumns+byProducerID+"ORDER BY seq DESC", idValue(id))
	if err != nil {
		return nil, fmt.Errorf("find event: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		if e, err = s.scanEvent(rows); err != nil {
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
