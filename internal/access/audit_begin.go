package access

import (
	"context"
	"fmt"
	"maps"
	"time"

	"postern/internal/store/accounts"
)

// Intent is a change that the audit records before it is made. So no change is
// without an entry, whatever happens to the disk or the process meanwhile.
type Intent struct {
	service *Service
	by      Actor
	entry   Entry
	n       int64
}

// Begin appends an entry that says which change is about to be made, with the
// outcome Begun. Where it returns an error, nothing was recorded: don't make the
// change. The code problem.TooMany says that the actor makes more changes than
// a person does.
func (s *Service) Begin(ctx context.Context, by Actor, e Entry) (*Intent, error) {
	if err := s.actorLimits.change(by, time.Now()); err != nil {
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

// End appends an entry with the outcome. An empty target means that of Begin.
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

// beganDetail is the detail that has the number of Begin's entry. It is the first
// of the details that End writes: the store looks for it there (auditlog.Query.Fold).
const beganDetail = "began"

// append appends an entry and returns its number.
func (s *Service) append(ctx context.Context, by Actor, e Entry) (int64, error) {
	row, err := e.row(by)
	if err != nil {
		return 0, err
	}
	if err := s.store.Accounts.Change(ctx, func(tx *accounts.Tx) error { return tx.Audit(row) }); err != nil {
		return 0, fmt.Errorf("record %s: %w", e.Action, err)
	}
	return row.N, nil
}
