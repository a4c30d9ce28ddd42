package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"postern/internal/event"
	"postern/internal/store/database"
)

// ErrAudit says that the audit's chain is broken: somebody has changed or
// removed entries.
var ErrAudit = errors.New("the audit is broken")

// AuditEntry tells who did what.
type AuditEntry struct {
	N         int64 // counts up from 1 without gaps
	At        time.Time
	ActorKind string
	Actor     string
	Action    string
	Target    string
	Address   string
	Outcome   string
	Details   string // a JSON object
	Hash      Hash
}

// at returns the time that the entry has, or else now.
func (e *AuditEntry) at(now time.Time) time.Time {
	if e.At.IsZero() {
		e.At = now
	}
	return event.FromMicro(e.At.UnixMicro())
}

const auditColumns = "n, at, actor_kind, actor, action, target, address, outcome, details, hash"

func scanAudit(row database.Row) (*AuditEntry, error) {
	var e AuditEntry
	var at int64
	var hash []byte
	if err := row.Scan(&e.N, &at, &e.ActorKind, &e.Actor, &e.Action, &e.Target, &e.Address, &e.Outcome, &e.Details, &hash); err != nil {
		return nil, err
	}
	e.At = event.FromMicro(at)
	copy(e.Hash[:], hash) // one of another length fits no entry
	if len(hash) != len(e.Hash) {
		e.Hash = Hash{}
	}
	return &e, nil
}

// AuditQuery asks for a page of the audit, newest first. Its zero values
// narrow nothing.
type AuditQuery struct {
	Actor        string // the whole name, any case
	Action       string // an action, or the beginning of several: "webhook."
	Since, Until time.Time
	// Before is the oldest entry of the page before; zero begins at the newest.
	Before int64
	// Limit is how many entries at most.
	Limit int
	// Fold leaves out an entry that says that something began, where another
	// one says how it ended.
	Fold bool
}

// AuditEntries returns a page of the audit, newest first.
func (s *Store) AuditEntries(ctx context.Context, q AuditQuery) ([]*AuditEntry, error) {
	query, args := "SELECT "+auditColumns+" FROM audit WHERE 1", []any(nil)
	narrow := func(condition string, arg any) {
		query += " AND " + condition
		args = append(args, arg)
	}
	if q.Before > 0 {
		narrow("n < ?", q.Before)
	}
	if q.Actor != "" {
		narrow("actor = ? COLLATE NOCASE", q.Actor)
	}
	if strings.HasSuffix(q.Action, ".") {
		narrow("substr(action, 1, length(?1)) = ?1", q.Action)
		query = strings.ReplaceAll(query, "?1", fmt.Sprintf("?%d", len(args)))
	} else if q.Action != "" {
		narrow("action = ?", q.Action)
	}
	if !q.Since.IsZero() {
		narrow("at >= ?", q.Since.UnixMicro())
	}
	if !q.Until.IsZero() {
		narrow("at < ?", q.Until.UnixMicro())
	}
	if q.Fold {
		query += unended
	}
	entries, err := readAll(ctx, s.reader, scanAudit, query+" ORDER BY n DESC LIMIT ?", append(args, q.Limit)...)
	if err != nil {
		return nil, fmt.Errorf("list the audit: %w", err)
	}
	return entries, nil
}

// unended leaves out what has begun and of which an entry tells the end. That
// one stands soon after, so that a bound on how far is looked costs nothing;
// what ended later than that is shown as both.
const unended = ` AND NOT (outcome = 'begun' AND EXISTS (SELECT 1 FROM audit AS later WHERE later.n BETWEEN audit.n + 1 AND audit.n + 10000
	AND later.action = audit.action AND later.details GLOB '{"began":' || audit.n || '[,}]*'))`

// AuditReport is what VerifyAudit has found.
type AuditReport struct {
	Entries int64     // that are kept
	First   int64     // the oldest; those before it were removed by retention
	Since   time.Time // when the oldest was written
	Head    int64     // the newest
	Hash    Hash      // and its hash: noted elsewhere, it shows a rollback
}

// VerifyAudit walks the whole audit as it is at this moment. Its error is
// ErrAudit and names the first entry that is broken. Where noted isn't zero,
// the entry of that number must have the hash notedHash as well.
func (s *Store) VerifyAudit(ctx context.Context, noted int64, notedHash Hash) (*AuditReport, error) {
	tx, err := s.reader.BeginTx(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("verify the audit: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // nothing was written
	head, intact, err := readHead(ctx, tx, s.Secrets)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("%w: the record of where it begins and ends is gone", ErrAudit)
	}
	if err != nil {
		return nil, fmt.Errorf("verify the audit: %w", err)
	}
	if !intact {
		return nil, fmt.Errorf("%w: the record of where it begins and ends was changed", ErrAudit)
	}
	w := auditWalk{head: head, noted: noted, notedHash: notedHash, report: AuditReport{First: head.first, Head: head.n, Hash: head.hash}}
	w.next, w.before = head.first, head.before
	rows, err := tx.QueryContext(ctx, "SELECT "+auditColumns+" FROM audit ORDER BY n")
	if err != nil {
		return nil, fmt.Errorf("verify the audit: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		e, err := scanAudit(rows)
		if err != nil {
			return nil, fmt.Errorf("%w: entry %d can't be read: %w", ErrAudit, w.next, err)
		}
		if err := w.step(e); err != nil {
			return nil, err
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("verify the audit: %w", err)
	}
	return &w.report, w.end()
}

// auditWalk goes along the chain.
type auditWalk struct {
	head      auditHead
	next      int64
	before    Hash
	trimmed   string // what the newest trim entry says
	noted     int64
	notedHash Hash
	report    AuditReport
}

func (w *auditWalk) step(e *AuditEntry) error {
	switch {
	case e.N > w.next:
		return fmt.Errorf("%w: entry %d is missing", ErrAudit, w.next)
	case e.N < w.next:
		return fmt.Errorf("%w: entry %d stands before the first one, %d", ErrAudit, e.N, w.next)
	case e.N > w.head.n:
		return fmt.Errorf("%w: entry %d was added after the end, which is entry %d", ErrAudit, e.N, w.head.n)
	case e.hash(w.before) != e.Hash:
		return fmt.Errorf("%w: entry %d (%s) was changed, or the one before it was", ErrAudit, e.N, e.At.Format(time.RFC3339))
	case e.N == w.noted && e.Hash != w.notedHash:
		return fmt.Errorf("%w: entry %d has another hash than the one that was noted; the audit was made anew from there or before",
			ErrAudit, e.N)
	case e.Action == auditBroken && e.ActorKind == auditActor:
		return fmt.Errorf("%w: when entry %d (%s) was written, the end of the audit had been changed or cut off", ErrAudit,
			e.N, e.At.Format(time.RFC3339))
	}
	if e.Action == auditTrim && e.ActorKind == auditActor {
		w.trimmed = e.Details
	}
	if w.report.Entries++; w.report.Entries == 1 {
		w.report.Since = e.At
	}
	w.next, w.before = e.N+1, e.Hash
	return nil
}

func (w *auditWalk) end() error {
	if w.next <= w.head.n {
		return fmt.Errorf("%w: entry %d is missing, and all after it up to %d", ErrAudit, w.next, w.head.n)
	}
	if w.before != w.head.hash {
		return fmt.Errorf("%w: entry %d is not the one that the end was signed for", ErrAudit, w.head.n)
	}
	if w.noted > w.head.n {
		return fmt.Errorf("%w: entry %d was noted, but the audit ends with %d: its end was cut off", ErrAudit, w.noted, w.head.n)
	}
	if want := (trimDetails{Through: w.head.first - 1, Hash: hex.EncodeToString(w.head.before[:])}).text(); w.head.first > 1 &&
		w.trimmed != want {
		return fmt.Errorf("%w: the entries before %d are gone, and no entry says that retention removed them", ErrAudit, w.head.first)
	}
	return nil
}

// TrimAudit removes entries from the beginning that are older than before, at
// most limit of them, and appends one that says so. It returns how many went.
// Broken entries are evidence: they stay, and ErrAudit is returned.
func (tx *AccessTx) TrimAudit(before time.Time, limit int) (int64, error) {
	head, intact, err := readHead(tx.ctx, tx.conn, tx.secrets)
	if err != nil {
		return 0, err
	}
	if !intact {
		return 0, fmt.Errorf("%w: the record of where it begins and ends was changed", ErrAudit)
	}
	entries, err := readAll(tx.ctx, tx.conn, scanAudit, "SELECT "+auditColumns+" FROM audit ORDER BY n LIMIT ?", limit)
	if err != nil {
		return 0, err
	}
	w := auditWalk{head: head, next: head.first, before: head.before}
	for _, e := range entries {
		if !e.At.Before(before) {
			break
		}
		if err := w.step(e); err != nil {
			return 0, err
		}
	}
	if w.report.Entries == 0 {
		return 0, nil
	}
	// Read once more what is appended to, so that a break at the end is told.
	if head, err = tx.soundHead(); err != nil {
		return 0, err
	}
	head.first, head.before = w.next, w.before
	if err := tx.exec("DELETE FROM audit WHERE n < ?", w.next); err != nil {
		return 0, err
	}
	return w.report.Entries, tx.append(&head, &AuditEntry{ActorKind: auditActor, Action: auditTrim, Outcome: auditDone,
		Details: trimDetails{Through: w.next - 1, Hash: hex.EncodeToString(w.before[:])}.text()})
}

// AuditDue reports whether the oldest entry was written before a time. While
// the clock isn't believed nothing is due.
func (tx *AccessTx) AuditDue(before time.Time) (due bool, err error) {
	if tx.doubted {
		return false, nil
	}
	err = tx.conn.QueryRowContext(tx.ctx, "SELECT coalesce((SELECT at FROM audit ORDER BY n LIMIT 1) < ?, 0)", before.UnixMicro()).Scan(&due)
	return due, err
}
