package alerts

import (
	"context"
	"fmt"
	"strings"
	"time"

	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/store/database"
)

// ErrNoAlert says that an event is no alert, and can't be acknowledged.
var ErrNoAlert = problem.New(problem.Conflict,
	"This event is not an alert, so there is nothing to acknowledge. Alerts are events of type %s.",
	strings.Join(event.UrgentTypes.Names(), ", "))

// ResolvedBy is the name in Acknowledgement.By of an alert that an announcement of
// Postern's closed.
const ResolvedBy = "Postern"

// Acknowledgement is who acknowledged an alert, and when. The zero value is that of
// an open alert.
type Acknowledgement struct {
	By string
	At time.Time
	// Resolver is the id of the announcement that closed the alert, since its
	// state has ended; empty if a person acknowledged it.
	Resolver string
}

// Open reports whether the alert is not acknowledged.
func (a Acknowledgement) Open() bool { return a.By == "" }

// Acknowledge acknowledges an alert, and returns its first acknowledgement: fresh
// says that it is this one. It returns ErrNoAlert for an event that is no alert,
// and event.ErrNotFound for a removed one.
func (s *Store) Acknowledge(ctx context.Context, e *event.Event, by string) (a Acknowledgement, fresh bool, err error) {
	if !e.IsAlert() {
		return a, false, ErrNoAlert
	}
	s.db.Lock()
	defer s.db.Unlock()
	at := s.now()
	err = s.db.Commit(ctx, func(tx *database.Tx) error {
		if e.Seq < s.log.First() {
			return event.ErrNotFound
		}
		known, err := acknowledgements(ctx, tx, []*event.Event{e})
		if err != nil {
			return err
		}
		if a = known[e.Seq]; !a.Open() {
			return nil
		}
		fresh, a = true, Acknowledgement{By: by, At: event.FromMicro(at.UnixMicro())}
		if _, err := tx.ExecContext(ctx, "INSERT INTO acknowledgements (seq, at, who) VALUES (?, ?, ?)", e.Seq, at.UnixMicro(), by); err != nil {
			return err
		}
		return s.moveWatermark(ctx, tx)
	})
	if err != nil {
		return Acknowledgement{}, false, fmt.Errorf("acknowledge an alert: %w", err)
	}
	return a, fresh, nil
}

// AcknowledgeThrough acknowledges every open alert up to a sequence number, in one
// record. It returns how many those were; if exact is false, there were more.
func (s *Store) AcknowledgeThrough(ctx context.Context, seq int64, by string) (n int64, exact bool, err error) {
	s.db.Lock()
	defer s.db.Unlock()
	at := s.now()
	err = s.db.Commit(ctx, func(tx *database.Tx) error {
		closed, err := Watermark(ctx, tx)
		if err != nil {
			return err
		}
		seq = min(seq, s.log.Head())
		if n, exact, err = countOpen(ctx, tx, event.Filter{}, max(closed+1, s.log.First()), seq, Span); err != nil || n == 0 && exact {
			return err
		}
		if _, err := tx.ExecContext(ctx, "INSERT INTO acknowledged_through (seq, after, at, who) VALUES (?, ?, ?, ?)", seq, closed,
			at.UnixMicro(), by); err != nil {
			return err
		}
		if err := setWatermark(ctx, tx, seq); err != nil {
			return err
		}
		return s.moveWatermark(ctx, tx)
	})
	if err != nil {
		return 0, false, fmt.Errorf("acknowledge alerts: %w", err)
	}
	return n, exact, nil
}

// Forget deletes the acknowledgements and resolutions of all events up to a sequence number,
// which are removed.
func Forget(ctx context.Context, tx *database.Tx, through int64) error {
	for _, table := range []string{"acknowledgements", "acknowledged_through", "resolutions"} {
		if _, err := tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE seq <= ?", through); err != nil {
			return err
		}
	}
	return nil
}

// ForgetEvents deletes the acknowledgements and resolutions of single events that are removed
// from the middle of the log.
func ForgetEvents(ctx context.Context, tx *database.Tx, seqs []int64) error {
	for _, seq := range seqs {
		for _, table := range []string{"acknowledgements", "resolutions"} {
			if _, err := tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE seq = ?", seq); err != nil {
				return err
			}
		}
	}
	return nil
}

// Acknowledgements returns the acknowledgements of events by sequence number. It
// leaves out open alerts, and events that are no alerts.
func (s *Store) Acknowledgements(ctx context.Context, events []*event.Event) (map[int64]Acknowledgement, error) {
	known, err := acknowledgements(ctx, s.db.Reader(), events)
	if err != nil {
		return nil, fmt.Errorf("read acknowledgements: %w", err)
	}
	return known, nil
}

func acknowledgements(ctx context.Context, db database.Querier, events []*event.Event) (map[int64]Acknowledgement, error) {
	known := make(map[int64]Acknowledgement)
	var list strings.Builder
	for _, e := range events {
		if e.IsAlert() {
			if list.Len() > 0 {
				list.WriteByte(',')
			}
			fmt.Fprint(&list, e.Seq)
		}
	}
	if list.Len() == 0 {
		return known, nil
	}
	rows, err := db.QueryContext(ctx,
		`SELECT s.value, coalesce(a.at, t.at), coalesce(a.who, t.who), iif(a.seq IS NULL, '', a.resolver) FROM json_each(?) s
		LEFT JOIN acknowledgements a ON a.seq = s.value
		LEFT JOIN acknowledged_through t ON t.seq = (SELECT seq FROM acknowledged_through WHERE seq >= s.value ORDER BY seq LIMIT 1) AND t.after < s.value
		WHERE coalesce(a.seq, t.seq) IS NOT NULL`, "["+list.String()+"]")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var seq, at int64
		var a Acknowledgement
		if err := rows.Scan(&seq, &at, &a.By, &a.Resolver); err != nil {
			return nil, err
		}
		a.At = event.FromMicro(at)
		known[seq] = a
	}
	return known, rows.Err()
}
