package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"postern/internal/store/database"
)

// Bounds of the requests that are remembered.
const (
	// RequestTime is the time for which a request is remembered.
	RequestTime = 24 * time.Hour
	// MaxRequests and MaxRequestBytes limit the remembered requests of one
	// owner and the size of their answers. Beyond them, the oldest are removed.
	MaxRequests     = 1000
	MaxRequestBytes = 8 << 20
)

// ErrNoRequest says that no request is remembered by the name.
var ErrNoRequest = errors.New("request not found")

// Request is a request with an Idempotency-Key: when it is sent again, it
// repeats nothing and gets the same answer. A change with the request in its
// context (WithRequest) stores it in the same commit: after a crash either both
// are there or neither.
type Request struct {
	Owner  string // who sent it
	Route  string // its method and path; a name is unique for an owner and a route
	Name   string
	Digest []byte // of the request, from RequestDigest
	// Answer makes the status and the body of the answer from the result of the
	// change: an *Endpoint, a *Replay, a *Hold, or the number of resent events.
	// It is called within the commit, by any goroutine, and must neither block
	// nor return secrets. Nil where the change has no commit.
	Answer func(made any) (status int, body []byte, err error)

	remembered atomic.Bool
}

// Remembered reports whether a commit has remembered the request.
func (r *Request) Remembered() bool { return r.remembered.Load() }

// Answered is the answer that a request got.
type Answered struct {
	Digest []byte
	Status int
	// Body is nil where the object that it describes has been removed.
	Body []byte
}

type requestKey struct{}

// WithRequest lets the change that is made with a context remember a request.
func WithRequest(ctx context.Context, r *Request) context.Context {
	return context.WithValue(ctx, requestKey{}, r)
}

// RequestOf returns the request that a change is to remember; nil for none.
func RequestOf(ctx context.Context) *Request {
	r, _ := ctx.Value(requestKey{}).(*Request)
	return r
}

// requestPlace is the context to which the encryption of a request's answer is
// bound.
func requestPlace(owner, route, name string) string {
	return "request " + owner + "\x00" + route + "\x00" + name
}

// Answered returns the answer that a request got in the last RequestTime, or
// ErrNoRequest.
func (s *Store) Answered(ctx context.Context, owner, route, name string) (Answered, error) {
	var a Answered
	var sealed []byte
	err := s.reader.QueryRowContext(ctx, "SELECT digest, status, answer FROM requests WHERE owner = ? AND route = ? AND name = ? AND at > ?",
		owner, route, name, s.opts.Now().Add(-RequestTime).UnixMicro()).Scan(&a.Digest, &a.Status, &sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return a, ErrNoRequest
	}
	if err != nil {
		return a, fmt.Errorf("look up request: %w", err)
	}
	if len(sealed) == 0 {
		return a, nil
	}
	text, err := s.Secrets.Decrypt(string(sealed), requestPlace(owner, route, name))
	if err != nil {
		return a, fmt.Errorf("read the answer to a request: %w", err)
	}
	a.Body = []byte(text)
	return a, nil
}

// RememberRequest stores a request and its answer in a commit of its own, for a
// change that is harmless to repeat.
func (s *Store) RememberRequest(ctx context.Context, r *Request, status int, body []byte) error {
	err := s.DB.Write(ctx, func(tx *database.Tx) error { return s.putRequest(ctx, tx, r, "", status, body) })
	if err != nil {
		return fmt.Errorf("remember request: %w", err)
	}
	return nil
}

// ForgetRequest forgets a request whose change was undone.
func (s *Store) ForgetRequest(ctx context.Context, r *Request) error {
	if _, err := s.DB.Exec(ctx, "DELETE FROM requests WHERE owner = ? AND route = ? AND name = ?", r.Owner, r.Route, r.Name); err != nil {
		return fmt.Errorf("forget request: %w", err)
	}
	return nil
}

// change runs a change of one or more rows in a commit of its own, and stores
// the request of the context with it. made is the object that the change makes,
// and id its id. It returns the number of changed rows; if that is zero, no
// request is stored.
func (s *Store) change(ctx context.Context, id string, made any, query string, args ...any) (rows int64, last int64, err error) {
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
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
		return s.remember(ctx, tx, RequestOf(ctx), id, made)
	})
	return rows, last, err
}

// remember stores a request within the open transaction, with the answer for
// the object made.
func (s *Store) remember(ctx context.Context, tx *database.Tx, r *Request, id string, made any) error {
	if r == nil || r.Answer == nil {
		return nil
	}
	status, body, err := r.Answer(made)
	if err != nil {
		return fmt.Errorf("answer a request: %w", err)
	}
	return s.putRequest(ctx, tx, r, id, status, body)
}

func (s *Store) putRequest(ctx context.Context, tx *database.Tx, r *Request, id string, status int, body []byte) error {
	if _, err := tx.ExecContext(ctx, "INSERT OR REPLACE INTO requests (owner, route, name, digest, made, status, answer, at) VALUES (?, "+
		"?, ?, ?, ?, ?, ?, ?)",
		r.Owner, r.Route, r.Name, r.Digest, id, status, []byte(s.Secrets.Encrypt(string(body), requestPlace(r.Owner, r.Route, r.Name))),
		s.opts.Now().UnixMicro()); err != nil {
		return err
	}
	r.remembered.Store(true)
	_, err := tx.ExecContext(ctx, `DELETE FROM requests WHERE n IN (SELECT n FROM (
		SELECT n, row_number() OVER newest AS place, sum(length(answer)) OVER newest AS bytes FROM requests WHERE owner = ? WINDOW newest AS (ORDER BY n DESC)
		) WHERE place > ? OR bytes > ?)`, r.Owner, MaxRequests, MaxRequestBytes)
	return err
}

// retainRequests removes up to one step of expired requests, and reports
// whether there may be more.
func (s *Store) retainRequests(ctx context.Context) (more bool, err error) {
	before := s.clock.Before(RequestTime).UnixMicro()
	var old bool
	// They are numbered in the order of their times.
	if err := s.reader.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM (SELECT at FROM requests ORDER BY n LIMIT 1) WHERE at <= ?)",
		before).Scan(&old); err != nil || !old {
		return false, err
	}
	_, err = s.DB.Exec(ctx, "DELETE FROM requests WHERE n IN (SELECT n FROM requests ORDER BY n LIMIT ?) AND at <= ?", retainRows, before)
	return err == nil, err
}
