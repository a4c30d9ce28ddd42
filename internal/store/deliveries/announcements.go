package deliveries

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"postern/internal/event"
	"postern/internal/store/database"
)

// Announcement is a change of an endpoint's state that waits to be announced.
// Together these are an outbox: the commit that keeps the change keeps the
// announcement's id with it, and the commit that appends the announcement's
// event marks it as published. So whenever Postern is killed, each is published
// once.
type Announcement struct {
	ID         string // of the event
	Endpoint   int64
	EndpointID string
	URL        string
	At         time.Time
	Cause      string
}

// maxAnnouncements bounds how many changes of state are read at once.
const maxAnnouncements = 5000

// Announcements returns the changes of state that wait to be announced, oldest
// first; not all where there are thousands.
func (s *Store) Announcements(ctx context.Context) ([]Announcement, error) {
	rows, err := s.db.Reader().QueryContext(ctx, `SELECT c.announcement, c.endpoint, e.id, e.url, c.at, c.cause
		FROM state_changes c JOIN endpoints e ON e.n = c.endpoint
		WHERE c.announced IS NULL AND c.announcement != '' ORDER BY c.n LIMIT ?`, maxAnnouncements)
	if err != nil {
		return nil, fmt.Errorf("list announcements: %w", err)
	}
	list, err := database.Collect(rows, func(row database.Row) (a Announcement, err error) {
		var at int64
		err = row.Scan(&a.ID, &a.Endpoint, &a.EndpointID, &a.URL, &at, &a.Cause)
		a.At = event.FromMicro(at)
		return a, err
	})
	if err != nil {
		return nil, fmt.Errorf("list announcements: %w", err)
	}
	return list, nil
}

// Openings returns the ids of the announcements that opened the problem which an
// endpoint has, oldest first, and whether it has one: ids of older versions are
// not known. last is when an opening of the endpoint was published last; zero
// for never.
func (s *Store) Openings(ctx context.Context, endpoint int64) (ids []string, open bool, last time.Time, err error) {
	rows, err := s.db.Reader().QueryContext(ctx, "SELECT announcement FROM state_changes WHERE endpoint = ? AND opening = 1 ORDER BY n", endpoint)
	if err != nil {
		return nil, false, last, fmt.Errorf("list openings: %w", err)
	}
	all, err := database.Collect(rows, func(row database.Row) (id string, err error) { return id, row.Scan(&id) })
	if err != nil {
		return nil, false, last, fmt.Errorf("list openings: %w", err)
	}
	for _, id := range all {
		if id != "" {
			ids = append(ids, id)
		}
	}
	var at sql.NullInt64
	if err := s.db.Reader().QueryRowContext(ctx, "SELECT max(announced) FROM state_changes WHERE endpoint = ? AND opening > 0",
		endpoint).Scan(&at); err != nil {
		return nil, false, last, fmt.Errorf("list openings: %w", err)
	}
	if at.Valid {
		last = event.FromMicro(at.Int64)
	}
	return ids, len(all) > 0, last, nil
}

// DropAnnouncements decides that changes of state aren't announced. It takes the
// ids of their announcements.
func (s *Store) DropAnnouncements(ctx context.Context, ids []string) error {
	err := s.db.Write(ctx, func(tx *database.Tx) error {
		for _, id := range ids {
			if _, err := tx.ExecContext(ctx,
				"UPDATE state_changes SET announcement = '', announced = ? WHERE announcement = ? AND announced IS NULL",
				s.now().UnixMicro(), id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("drop announcements: %w", err)
	}
	return nil
}

// MarkAnnounced takes Postern's own announcements among the batches out of the
// outbox, within the transaction that appends the batches.
func MarkAnnounced(ctx context.Context, tx *database.Tx, batches []*event.Batch, received int64) error {
	for _, b := range batches {
		if b.Err != nil || b.Producer != "" {
			continue
		}
		for _, e := range b.Events {
			if e.Type != event.SystemError || !e.Own() {
				continue
			}
			if err := markOne(ctx, tx, e, received); err != nil {
				return fmt.Errorf("mark announcements: %w", err)
			}
		}
	}
	return nil
}

// markOne takes one announcement out of the outbox, also where the log had
// the event before.
func markOne(ctx context.Context, tx *database.Tx, e *event.Event, at int64) error {
	_, ends := e.Resolves()
	if ends {
		if _, err := tx.ExecContext(ctx, `UPDATE state_changes SET opening = 2 WHERE opening = 1
			AND endpoint IN (SELECT endpoint FROM state_changes WHERE announcement = ? AND announced IS NULL)`, e.ID); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, "UPDATE state_changes SET announced = ?, opening = ? WHERE announcement = ? AND announced IS NULL",
		at, !ends, e.ID)
	return err
}
