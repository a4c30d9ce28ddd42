package alerts

import (
	"context"
	"fmt"
	"strconv"
	"unsafe"

	"github.com/go-json-experiment/json/jsontext"

	"postern/internal/alert"
	"postern/internal/event"
	"postern/internal/store/database"
	"postern/internal/store/eventrow"
)

// openSQL inserts the alerts of a JSON list of rows. However many they are, they are
// one statement with one value.
const openSQL = `INSERT INTO open_alerts (seq, cause, type, camera)
	SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?)`

// Add records the alerts among appended batches as open, in the transaction of the
// batches.
func (s *Store) Add(ctx context.Context, tx *database.Tx, batches []*event.Batch) error {
	rows := s.rows[:0]
	for _, b := range batches {
		for _, e := range b.Events {
			if e.Seq == 0 || e.Silence != 0 || !e.IsAlert() { // refused, or a duplicate; silenced; or no alert
				continue
			}
			rows = appendRow(rows, e, s.knownCause(alert.CauseOf(e)))
		}
	}
	if len(rows) == 0 {
		return nil
	}
	rows = append(rows, ']')
	if s.rows = rows; cap(rows) > keptRows {
		s.rows = nil
	}
	if _, err := tx.ExecPrepared(ctx, openSQL, unsafe.String(&rows[0], len(rows))); err != nil {
		return fmt.Errorf("open alerts: %w", err)
	}
	return nil
}

// appendRow appends a row to a JSON list that isn't closed.
func appendRow(rows []byte, e *event.Event, cause alert.CauseID) []byte {
	if len(rows) == 0 {
		rows = append(rows, '[')
	} else {
		rows = append(rows, ',')
	}
	rows = append(strconv.AppendInt(append(rows, '['), e.Seq, 10), ',')
	rows = append(strconv.AppendInt(rows, int64(cause), 10), ',')
	rows = append(strconv.AppendInt(rows, int64(e.Type), 10), ',')
	rows, err := jsontext.AppendQuote(rows, e.Camera)
	if err != nil {
		panic(err) // a camera's id is valid UTF-8
	}
	return append(rows, ']')
}

// knownCause is CauseID with the recent causes in memory. The write lock guards them.
func (s *Store) knownCause(c alert.Cause) alert.CauseID {
	id, ok := s.causes.Get(c)
	if !ok {
		id = s.CauseID(c)
		s.causes.Add(c, id)
	}
	return id
}

// loadStep is how many alerts of an earlier version get their causes in one commit.
const loadStep = 1000

// Load gives the open alerts of an earlier version's file their causes. It finds
// nothing to do in all other files.
func (s *Store) Load(ctx context.Context) error {
	for {
		rows, err := s.db.Reader().QueryContext(ctx, "SELECT "+eventrow.Columns+
			" FROM events WHERE seq IN (SELECT seq FROM open_alerts WHERE cause = 0 LIMIT ?)", loadStep)
		if err != nil {
			return fmt.Errorf("load the open alerts: %w", err)
		}
		events, _, err := s.log.Collect(rows)
		if err != nil {
			return fmt.Errorf("load the open alerts: %w", err)
		}
		if len(events) == 0 {
			return s.dropUnreadable(ctx)
		}
		if err := s.db.Write(ctx, func(tx *database.Tx) error { return s.setCauses(ctx, tx, events) }); err != nil {
			return fmt.Errorf("load the open alerts: %w", err)
		}
	}
}

// dropUnreadable removes the open alerts whose events can't be read: there is nothing
// to show of them.
func (s *Store) dropUnreadable(ctx context.Context) error {
	var left bool
	if err := s.db.Reader().
		QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM open_alerts WHERE cause = 0)").
		Scan(&left); err != nil ||
		!left {
		return err
	}
	_, err := s.db.Exec(ctx, "DELETE FROM open_alerts WHERE cause = 0")
	return err
}

// Erased moves the open alerts among erased events to the causes that are left of
// them, and removes the notes about them.
func (s *Store) Erased(ctx context.Context, tx *database.Tx, left []*event.Event) error {
	if err := s.setCauses(ctx, tx, left); err != nil {
		return err
	}
	for _, e := range left {
		if _, err := tx.ExecContext(ctx, `UPDATE alert_actions SET note = '' WHERE note != ''
			AND n = (SELECT action FROM acknowledgements WHERE seq = ?)`, e.Seq); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) setCauses(ctx context.Context, tx *database.Tx, events []*event.Event) error {
	for _, e := range events {
		if _, err := tx.ExecContext(
			ctx,
			"UPDATE open_alerts SET cause = ? WHERE seq = ?",
			int64(s.CauseID(alert.CauseOf(e))),
			e.Seq,
		); err != nil {
			return err
		}
	}
	return nil
}

// Forget deletes what is known of the alerts among the removed events up to a
// sequence number.
func (s *Store) Forget(ctx context.Context, tx *database.Tx, through int64) error {
	for _, statement := range []string{
		"DELETE FROM open_alerts WHERE seq <= ?",
		"DELETE FROM acknowledgements WHERE seq <= ?",
		"DELETE FROM resolutions WHERE seq <= ?",
		"DELETE FROM alert_actions WHERE last <= ?",
	} {
		if _, err := tx.ExecContext(ctx, statement, through); err != nil {
			return err
		}
	}
	return s.releaseCauses(ctx, tx)
}

// ForgetEvents is Forget for single removed events.
func (s *Store) ForgetEvents(ctx context.Context, tx *database.Tx, seqs []int64) error {
	list := jsonList(seqs)
	for _, table := range []string{"open_alerts", "acknowledgements", "resolutions"} {
		if _, err := tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE seq IN (SELECT value FROM json_each(?))", list); err != nil {
			return err
		}
	}
	return s.releaseCauses(ctx, tx)
}

// releaseCauses ends the assignments of causes without an open alert.
func (s *Store) releaseCauses(ctx context.Context, tx *database.Tx) error {
	var assigned bool
	if err := tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM alert_assignees)").Scan(&assigned); err != nil || !assigned {
		return err
	}
	_, err := tx.ExecContext(ctx, "DELETE FROM alert_assignees WHERE cause NOT IN (SELECT cause FROM open_alerts)")
	return err
}
