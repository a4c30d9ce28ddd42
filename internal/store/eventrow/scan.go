package eventrow

import (
	"database/sql"
	"errors"

	"postern/internal/event"
	"postern/internal/snapshot"
	"postern/internal/store/database"
)

// Columns are the columns that Scan reads, in its order.
const Columns = "seq, id, type, at, received, source, camera, data, producer_id, site, snapshot, silence, sum"

// Scan reads one row of Columns. whole says that the row is as it was written;
// events before sumsFrom may have no checksum. The error is a *DamagedError where
// the row can't be an event.
func Scan(row database.Row, sumsFrom int64) (_ *event.Event, whole bool, _ error) {
	var e event.Event
	var id, producerID any
	var kind, at, received int64
	var camera, site sql.NullString
	var data []byte
	var optional struct{ snapshot, silence, sum sql.NullInt64 } // one allocation
	if err := row.Scan(&e.Seq, &id, &kind, &at, &received, &e.Source, &camera, &data, &producerID, &site,
		&optional.snapshot, &optional.silence, &optional.sum); err != nil {
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
	e.Type, e.Camera, e.Site, e.Silence = event.Type(kind), camera.String, site.String, optional.silence.Int64
	e.Time, e.Received = event.FromMicro(at), event.FromMicro(received)
	if optional.snapshot.Valid {
		e.Snapshot = snapshot.Unpack(optional.snapshot.Int64)
	}
	sum := optional.sum
	whole = sum.Valid && sum.Int64 == Sum(&e, data) || !sum.Valid && e.Seq < sumsFrom
	if at, ok := erasedAt(data); ok {
		return e.Erase(at), whole, nil
	}
	e.Data = data
	e.Finalize()
	return &e, whole, nil
}

// ScanAsIs is Scan without the checksum. It is for erasure, for retention and for
// the comparison with a duplicate, which send no event on and must not stop at a
// damaged one.
func ScanAsIs(row database.Row) (*event.Event, error) {
	e, _, err := Scan(row, 0)
	return e, err
}

// CollectAsIs reads rows of Columns up to a number of bytes, at least one event, and
// closes rows. It leaves out rows that can't be an event. cut means that there may
// be more rows.
func CollectAsIs(rows *sql.Rows, bytes int64) (events []*event.Event, cut bool, err error) {
	defer rows.Close()
	for rows.Next() {
		e, err := ScanAsIs(rows)
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
