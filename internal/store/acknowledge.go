package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/store/database"
)

// An alert is an event of urgent meaning. It is open until somebody takes note
// of it. Open ones are found by walking the index by type from the head down
// to a watermark, meta's acknowledged, below which none is.

const (
	// alertSpan is how many alerts, open or not, one page or count looks at.
	alertSpan = 20_000
	// closeStep is how far the watermark moves with one acknowledgement; the
	// next one goes on.
	closeStep = 10_000
)

// ErrNoAlert says that an event asks nobody to take note of it.
var ErrNoAlert = problem.New(problem.Conflict, "This event is not an alert, so there is nothing to acknowledge. Alerts are events of type %s.",
	strings.Join(event.UrgentTypes.Names(), ", "))

// ResolvedBy is who acknowledged an alert that an announcement of Postern's
// closed.
const ResolvedBy = "Postern"

// Acknowledgement says who took note of an alert, and when. Its zero value is
// that of an open one.
type Acknowledgement struct {
	By string
	At time.Time
	// Resolver is the id of the announcement that closed the alert because its
	// state has ended; empty where a person acknowledged it.
	Resolver string
}

// Open reports whether nobody has taken note yet.
func (a Acknowledgement) Open() bool { return a.By == "" }

// Acknowledge records that somebody has taken note of an alert, and returns
// who did so first: fresh says that it was this one. It returns ErrNoAlert for
// another kind of event, and event.ErrNotFound for one that is gone.
func (s *Store) Acknowledge(ctx context.Context, e *event.Event, by string) (a Acknowledgement, fresh bool, err error) {
	if !e.IsAlert() {
		return a, false, ErrNoAlert
	}
	s.DB.Lock()
	defer s.DB.Unlock()
	at := s.opts.Now()
	err = s.DB.Commit(ctx, func(tx *database.Tx) error {
		if e.Seq < s.First() {
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
		return s.moveClosed(ctx, tx)
	})
	if err != nil {
		return Acknowledgement{}, false, fmt.Errorf("acknowledge an alert: %w", err)
	}
	return a, fresh, nil
}

// AcknowledgeThrough records that somebody has taken note of every alert that
// is open up to a sequence number, whatever their number, in one record. It
// returns how many those were; at least as many, if exact is false.
func (s *Store) AcknowledgeThrough(ctx context.Context, seq int64, by string) (n int64, exact bool, err error) {
	s.DB.Lock()
	defer s.DB.Unlock()
	at := s.opts.Now()
	err = s.DB.Commit(ctx, func(tx *database.Tx) error {
		closed, err := readClosed(ctx, tx)
		if err != nil {
			return err
		}
		seq = min(seq, s.Head())
		if n, exact, err = countOpen(ctx, tx, event.Filter{}, max(closed+1, s.First()), seq, alertSpan); err != nil || n == 0 && exact {
			return err
		}
		if _, err := tx.ExecContext(ctx, "INSERT INTO acknowledged_through (seq, after, at, who) VALUES (?, ?, ?, ?)", seq, closed, at.UnixMicro(), by); err != nil {
			return err
		}
		if err := setClosed(ctx, tx, seq); err != nil {
			return err
		}
		return s.moveClosed(ctx, tx)
	})
	if err != nil {
		return 0, false, fmt.Errorf("acknowledge alerts: %w", err)
	}
	return n, exact, nil
}

// moveClosed moves the watermark up to the oldest open alert. The caller is in
// a commit.
func (s *Store) moveClosed(ctx context.Context, tx *database.Tx) error {
	closed, err := readClosed(ctx, tx)
	if err != nil {
		return err
	}
	walks, args := alertWalks("seq", event.Filter{}, closed+1, s.Head(), "")
	rows, err := tx.QueryContext(ctx, "SELECT seq, EXISTS (SELECT 1 FROM acknowledgements a WHERE a.seq = w.seq) FROM ("+walks+" ORDER BY seq LIMIT ?) w ORDER BY seq", append(args, closeStep)...)
	if err != nil {
		return err
	}
	defer rows.Close()
	to, looked := s.Head(), 0
	for rows.Next() {
		var seq int64
		var taken bool
		if err := rows.Scan(&seq, &taken); err != nil {
			return err
		}
		if !taken {
			to = seq - 1
			break
		}
		if looked++; looked == closeStep {
			to = seq
		}
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	return setClosed(ctx, tx, to)
}

// forgetAcknowledgements removes what belongs to events that are removed.
func forgetAcknowledgements(ctx context.Context, tx *database.Tx, through int64) error {
	for _, table := range []string{"acknowledgements", "acknowledged_through", "resolutions"} {
		if _, err := tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE seq <= ?", through); err != nil {
			return err
		}
	}
	return nil
}

// Acknowledgements returns who took note of which of the events, by sequence
// number; the open ones are left out, and so is what is no alert.
func (s *Store) Acknowledgements(ctx context.Context, events []*event.Event) (map[int64]Acknowledgement, error) {
	known, err := acknowledgements(ctx, s.reader, events)
	if err != nil {
		return nil, fmt.Errorf("read acknowledgements: %w", err)
	}
	return known, nil
}

func acknowledgements(ctx context.Context, db querier, events []*event.Event) (map[int64]Acknowledgement, error) {
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
	rows, err := db.QueryContext(ctx, `SELECT s.value, coalesce(a.at, t.at), coalesce(a.who, t.who), iif(a.seq IS NULL, '', a.resolver) FROM json_each(?) s
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

func readClosed(ctx context.Context, db querier) (closed int64, err error) {
	err = db.QueryRowContext(ctx, "SELECT value FROM meta WHERE name = 'acknowledged'").Scan(&closed)
	return closed, err
}

func setClosed(ctx context.Context, conn *database.Tx, to int64) error {
	_, err := conn.ExecContext(ctx, "UPDATE meta SET value = max(value, ?) WHERE name = 'acknowledged'", to)
	return err
}
