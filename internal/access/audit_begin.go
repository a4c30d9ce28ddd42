package access

import (
	"context"
	"fmt"
	"maps"
	"time"

	"postern/internal/store/accounts"
	"postern/internal/store/auditlog"
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

// Ended says how a change of one target ended. An empty target means that of Begin.
type Ended struct {
	Target  string
	Outcome Outcome
	Details Details
}

// End appends an entry with the outcome; for a change of several targets, one for
// each, in one commit.
func (i *Intent) End(ctx context.Context, targets ...Ended) error {
	entries := make([]Entry, len(targets))
	for at, ended := range targets {
		e := i.entry
		e.Outcome, e.Details = ended.Outcome, Details{beganDetail: i.n}
		if ended.Target != "" {
			e.Target = ended.Target
		}
		maps.Copy(e.Details, ended.Details)
		entries[at] = e
	}
	_, err := i.service.append(ctx, i.by, entries...)
	return err
}

// beganDetail is the detail that has the number of Begin's entry. It is the first
// of the details that End writes: the store looks for it there (auditlog.Query.Fold).
const beganDetail = "began"

// append appends entries in one commit and returns the number of the last one.
func (s *Service) append(ctx context.Context, by Actor, entries ...Entry) (last int64, err error) {
	rows := make([]*auditlog.Entry, len(entries))
	for i, e := range entries {
		if rows[i], err = e.row(by); err != nil {
			return 0, err
		}
	}
	if err := s.store.Accounts.Change(ctx, func(tx *accounts.Tx) error {
		for _, row := range rows {
			if err := tx.Audit(row); err != nil {
				return err
			}
			last = row.N
		}
		return nil
	}); err != nil {
		return 0, fmt.Errorf("record %s: %w", entries[0].Action, err)
	}
	return last, nil
}
