package alerts

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"postern/internal/alert"
	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/store/database"
)

// ErrNoAlert says that an event is no alert, and can't be acknowledged.
var ErrNoAlert = problem.New(problem.Conflict,
	"This event is not an alert, so there is nothing to acknowledge. Alerts are events of type %s.",
	strings.Join(event.UrgentTypes.Names(), ", "))

// Acknowledge acknowledges an alert, and returns its first acknowledgement: fresh
// says that it is this one. It returns ErrNoAlert for an event that is no alert,
// and event.ErrNotFound for a removed one.
func (s *Store) Acknowledge(ctx context.Context, e *event.Event, act alert.Act) (a alert.Acknowledgement, fresh bool, err error) {
	if !e.IsAlert() {
		return a, false, ErrNoAlert
	}
	err = s.db.Write(ctx, func(tx *database.Tx) error {
		if e.Seq < s.log.First() {
			return event.ErrNotFound
		}
		known, err := s.acknowledgements(ctx, tx, []*event.Event{e})
		if err != nil {
			return err
		}
		if a = known[e.Seq]; !a.Open() {
			return nil
		}
		at := s.now().UnixMicro()
		fresh, a = true, alert.Acknowledgement{By: act.By, At: event.FromMicro(at), Note: act.Note}
		n, err := s.record(
			ctx,
			tx,
			alert.Action{At: a.At, Actor: act.By, Kind: alert.Acknowledged, Cause: s.CauseID(alert.CauseOf(e)), Camera: e.Camera,
				Alerts: 1, First: e.Seq, Last: e.Seq, Note: act.Note},
		)
		if err != nil {
			return err
		}
		if err := closeAlerts(ctx, tx, []int64{e.Seq}, at, act.By, n); err != nil {
			return err
		}
		return s.releaseCauses(ctx, tx)
	})
	if err != nil {
		return alert.Acknowledgement{}, false, fmt.Errorf("acknowledge an alert: %w", err)
	}
	return a, fresh, nil
}

// acknowledgeStep is how many alerts one commit acknowledges.
const acknowledgeStep = 5000

// AcknowledgeAll acknowledges the selected open alerts as one action, and returns
// how many those were. It takes many alerts in several commits: a crash leaves some
// acknowledged, and the others open.
func (s *Store) AcknowledgeAll(ctx context.Context, sel Selection, act alert.Act) (acknowledged int64, err error) {
	head := s.log.Head()
	sel.Through = min(cmp.Or(sel.Through, head), head) // later alerts stay open
	at := s.now()
	action := alert.Action{At: event.FromMicro(at.UnixMicro()), Actor: act.By, Kind: alert.Acknowledged, Note: act.Note}
	for more := true; more; {
		err := s.db.Write(ctx, func(tx *database.Tx) (err error) {
			more, err = s.acknowledgeSome(ctx, tx, sel, &action)
			return err
		})
		if err != nil {
			return action.Alerts, fmt.Errorf("acknowledge alerts: %w", err)
		}
	}
	return action.Alerts, nil
}

// acknowledgeSome acknowledges a step's worth of alerts, the oldest, and records
// them in the action. The action isn't changed unless the transaction is committed.
func (s *Store) acknowledgeSome(ctx context.Context, tx *database.Tx, sel Selection, action *alert.Action) (more bool, err error) {
	where, args := sel.where()
	rows, err := tx.QueryContext(ctx, "SELECT o.seq, o.cause, o.camera FROM open_alerts o WHERE "+where+" ORDER BY o.seq LIMIT ?",
		append(args, acknowledgeStep)...)
	if err != nil {
		return false, err
	}
	next := *action
	var seqs []int64
	_, err = database.Collect(rows, func(row database.Row) (struct{}, error) {
		var seq int64
		var cause alert.CauseID
		var camera string
		err := row.Scan(&seq, &cause, &camera)
		seqs = append(seqs, seq)
		next.Add(seq, cause, camera)
		return struct{}{}, err
	})
	if err != nil || len(seqs) == 0 {
		return false, err
	}
	if next.N, err = s.record(ctx, tx, next); err != nil {
		return false, err
	}
	if err := closeAlerts(ctx, tx, seqs, next.At.UnixMicro(), next.Actor, next.N); err != nil {
		return false, err
	}
	*action = next
	return len(seqs) == acknowledgeStep, s.releaseCauses(ctx, tx)
}

// closeAlerts records that open alerts were acknowledged.
func closeAlerts(ctx context.Context, tx *database.Tx, seqs []int64, at int64, by string, action int64) error {
	list := jsonList(seqs)
	if _, err := tx.ExecContext(
		ctx,
		"INSERT INTO acknowledgements (seq, at, who, action) SELECT value, ?, ?, ? FROM json_each(?)",
		at,
		by,
		action,
		list,
	); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, "DELETE FROM open_alerts WHERE seq IN (SELECT value FROM json_each(?))", list)
	return err
}

// Acknowledgements returns the acknowledgements of events by sequence number. It
// leaves out open alerts, and events that are no alerts.
func (s *Store) Acknowledgements(ctx context.Context, events []*event.Event) (map[int64]alert.Acknowledgement, error) {
	known, err := s.acknowledgements(ctx, s.db.Reader(), events)
	if err != nil {
		return nil, fmt.Errorf("read acknowledgements: %w", err)
	}
	return known, nil
}

func (s *Store) acknowledgements(ctx context.Context, db database.Querier, events []*event.Event) (map[int64]alert.Acknowledgement, error) {
	known := make(map[int64]alert.Acknowledgement)
	var seqs []int64
	for _, e := range events {
		if e.IsAlert() {
			seqs = append(seqs, e.Seq)
		}
	}
	if len(seqs) == 0 {
		return known, nil
	}
	rows, err := db.QueryContext(ctx, `SELECT a.seq, a.at, a.who, a.resolver, coalesce(x.note, '') FROM acknowledgements a
		LEFT JOIN alert_actions x ON x.n = a.action WHERE a.seq IN (SELECT value FROM json_each(?))`, jsonList(seqs))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var seq, at int64
		var a alert.Acknowledgement
		if err := rows.Scan(&seq, &at, &a.By, &a.Resolver, &a.Note); err != nil {
			return nil, err
		}
		if a.Note, err = s.Secrets.Decrypt(a.Note, notePlace); err != nil {
			return nil, err
		}
		a.At = event.FromMicro(at)
		known[seq] = a
	}
	return known, rows.Err()
}
