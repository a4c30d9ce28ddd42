package access

import (
	"context"
	"fmt"
	"maps"
	"time"

	"postern/internal/store"
)

// Intent is a change that the audit knows of before it is made. So there is
// none without an entry, whatever becomes of the disk or the process meanwhile.
type Intent struct {
	service *Service
	by      Actor
	entry   Entry
	n       int64
}

// Begin appends an entry that says what is about to be done, with the outcome
// Begun. Where it returns an error, nothing is on record: don't make the
// change. ErrTooMany says that the actor makes more than anybody would.
func (s *Service) Begin(ctx context.Context, by Actor, e Entry) (*Intent, error) {
	if err := s.paces.change(by, time.Now()); err != nil {
		return nil, err
	}
	e.Outcome = Begun
	n, err := s.append(ctx, by, e)
	if err != nil {
		return nil, err
	}
	return &Intent{service: s, by: by, entry: e, n: n}, nil
}

// N is the number of the entry that Begin has appended.
func (i *Intent) N() int64 { return i.n }

// End appends how it ended. An empty target means the one that it began with.
func (i *Intent) End(ctx context.Context, outcome Outcome, target string, details Details) error {
	e := i.entry
	e.Outcome, e.Details = outcome, Details{beganDetail: i.n}
	if target != "" {
		e.Target = target
	}
	maps.Copy(e.Details, details)
	_, err := i.service.append(ctx, i.by, e)
	return err
}

// beganDetail names the entry that an end belongs to. It comes first of all
// that End writes: the store reads it there (AuditQuery.Fold).
const beganDetail = "began"

// append is Record, and returns the entry's number.
func (s *Service) append(ctx context.Context, by Actor, e Entry) (int64, error) {
	row, err := e.row(by)
	if err != nil {
		return 0, err
	}
	if err := s.store.ChangeAccess(ctx, func(tx *store.AccessTx) error { return tx.Audit(row) }); err != nil {
		return 0, fmt.Errorf("record %s: %w", e.Action, err)
	}
	return row.N, nil
}
