package requests

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"postern/internal/store/database"
	"postern/internal/store/secretbox"
)

// Bounds of the requests that are remembered.
const (
	// MaxAge is the time for which a request is remembered.
	MaxAge = 24 * time.Hour
	// MaxCount and MaxBytes limit the remembered requests of one owner and the
	// size of their answers. Beyond them, the oldest are removed.
	MaxCount = 1000
	MaxBytes = 8 << 20
)

// ErrNotFound says that no request is remembered by the name.
var ErrNotFound = errors.New("request not found")

// Store is the table of requests. Its methods are safe for concurrent use.
type Store struct {
	db  *database.DB
	box *secretbox.Box
	now func() time.Time
}

// New returns the requests of a database. The box encrypts their answers.
func New(db *database.DB, box *secretbox.Box, now func() time.Time) *Store {
	return &Store{db, box, now}
}

// Request is a request with an Idempotency-Key: when it is sent again, it
// repeats nothing and gets the same answer. A change with the request in its
// context (With) stores it in the same commit: after a crash either both are there
// or neither.
type Request struct {
	Owner  string // the principal's id
	Route  string // its method and path; a name is unique for an owner and a route
	Name   string // the Idempotency-Key
	Digest []byte // of the request, from secretbox.Box.RequestDigest
	// Answer makes the status and the body of the answer from the result of the
	// change: a *delivery.Endpoint, a *delivery.Replay, a legal hold, or the number
	// of resent events. It is called within the commit, by any goroutine, and must
	// neither block nor return secrets. Nil where the change has no commit.
	Answer func(made any) (status int, body []byte, err error)

	remembered atomic.Bool
}

// Remembered reports whether a commit has remembered the request.
func (r *Request) Remembered() bool { return r.remembered.Load() }

// Answer is the answer that a request got.
type Answer struct {
	Digest []byte
	Status int
	// Body is nil where the object that it describes has been removed.
	Body []byte
}

type contextKey struct{}

// With lets the change that is made with a context remember a request.
func With(ctx context.Context, r *Request) context.Context {
	return context.WithValue(ctx, contextKey{}, r)
}

// Of returns the request that a change is to remember; nil for none.
func Of(ctx context.Context) *Request {
	r, _ := ctx.Value(contextKey{}).(*Request)
	return r
}

// boundTo is the context to which the encryption of a request's answer is bound.
func boundTo(owner, route, name string) string {
	return "request " + owner + "\x00" + route + "\x00" + name
}

// Answer returns the answer that a request got within MaxAge, or ErrNotFound.
func (s *Store) Answer(ctx context.Context, owner, route, name string) (Answer, error) {
	var a Answer
	var sealed []byte
	err := s.db.Reader().QueryRowContext(ctx,
		"SELECT digest, status, answer FROM requests WHERE owner = ? AND route = ? AND name = ? AND at > ?",
		owner, route, name, s.now().Add(-MaxAge).UnixMicro()).Scan(&a.Digest, &a.Status, &sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return a, ErrNotFound
	}
	if err != nil {
		return a, fmt.Errorf("look up request: %w", err)
	}
	if len(sealed) == 0 {
		return a, nil
	}
	text, err := s.box.Decrypt(string(sealed), boundTo(owner, route, name))
	if err != nil {
		return a, fmt.Errorf("read the answer to a request: %w", err)
	}
	a.Body = []byte(text)
	return a, nil
}

// Remember stores a request and its answer in a commit of its own, for a change that
// is harmless to repeat.
func (s *Store) Remember(ctx context.Context, r *Request, status int, body []byte) error {
	err := s.db.Write(ctx, func(tx *database.Tx) error { return s.put(ctx, tx, r, "", status, body) })
	if err != nil {
		return fmt.Errorf("remember request: %w", err)
	}
	return nil
}

// Forget removes a request whose change was undone.
func (s *Store) Forget(ctx context.Context, r *Request) error {
	if _, err := s.db.Exec(ctx, "DELETE FROM requests WHERE owner = ? AND route = ? AND name = ?", r.Owner, r.Route, r.Name); err != nil {
		return fmt.Errorf("forget request: %w", err)
	}
	return nil
}

// Change runs a statement in a commit of its own, and stores the request of the
// context with it. made is the object that the change makes, and id its id. It
// returns the number of changed rows and the number of the last inserted one. If no
// row is changed, no request is stored.
func (s *Store) Change(ctx context.Context, id string, made any, query string, args ...any) (rows int64, last int64, err error) {
	err = s.db.Write(ctx, func(tx *database.Tx) error {
		result, err := tx.ExecContext(ctx, query, args...)
		if err != nil {
			return err
		}
		if rows, err = result.RowsAffected(); err != nil || rows == 0 {
			return err
		}
		if last, err = result.LastInsertId(); err != nil {
			return err
		}
		return s.RememberIn(ctx, tx, Of(ctx), id, made)
	})
	return rows, last, err
}

// RememberIn stores a request, which may be nil, within the transaction of its
// change, with the answer for the object made.
func (s *Store) RememberIn(ctx context.Context, tx *database.Tx, r *Request, id string, made any) error {
	if r == nil || r.Answer == nil {
		return nil
	}
	status, body, err := r.Answer(made)
	if err != nil {
		return fmt.Errorf("answer a request: %w", err)
	}
	return s.put(ctx, tx, r, id, status, body)
}

// put writes a request's row, and removes the oldest rows of its owner beyond the
// bounds.
func (s *Store) put(ctx context.Context, tx *database.Tx, r *Request, id string, status int, body []byte) error {
	if _, err := tx.ExecContext(ctx,
		"INSERT OR REPLACE INTO requests (owner, route, name, digest, made, status, answer, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		r.Owner, r.Route, r.Name, r.Digest, id, status, []byte(s.box.Encrypt(string(body), boundTo(r.Owner, r.Route, r.Name))),
		s.now().UnixMicro()); err != nil {
		return err
	}
	r.remembered.Store(true)
	_, err := tx.ExecContext(ctx, `DELETE FROM requests WHERE n IN (SELECT n FROM (
		SELECT n, row_number() OVER newest AS place, sum(length(answer)) OVER newest AS bytes
		FROM requests WHERE owner = ? WINDOW newest AS (ORDER BY n DESC)
		) WHERE place > ? OR bytes > ?)`, r.Owner, MaxCount, MaxBytes)
	return err
}

// ClearAnswers empties, within a transaction, the answers that describe the object
// with the id, since they may name the person whom the object was about.
func ClearAnswers(ctx context.Context, tx *database.Tx, id string) error {
	_, err := tx.ExecContext(ctx, "UPDATE requests SET answer = x'' WHERE made = ?", id)
	return err
}

// RemoveOld removes up to limit requests that are from before a time, and reports
// whether there may be more.
func (s *Store) RemoveOld(ctx context.Context, before time.Time, limit int) (more bool, err error) {
	var old bool
	// They are numbered in the order of their times.
	if err := s.db.Reader().QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM (SELECT at FROM requests ORDER BY n LIMIT 1) WHERE at <= ?)",
		before.UnixMicro()).Scan(&old); err != nil || !old {
		return false, err
	}
	_, err = s.db.Exec(ctx, "DELETE FROM requests WHERE n IN (SELECT n FROM requests ORDER BY n LIMIT ?) AND at <= ?",
		limit, before.UnixMicro())
	return err == nil, err
}
