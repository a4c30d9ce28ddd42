package silences

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/go-json-experiment/json"

	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/silence"
	"postern/internal/store/database"
	"postern/internal/store/secretbox"
)

// Errors of silences.
var (
	ErrNone    = problem.New(problem.NotFound, "There is no silence with this id. It may have been removed with old events.")
	ErrEnded   = problem.New(problem.Conflict, "This silence has ended already.")
	ErrTooMany = problem.New(
		problem.Conflict,
		"There are %d silences already, which is as many as Postern keeps. End one first.",
		silence.Max,
	)
)

// Store is the table of silences. Its methods are safe for concurrent use.
type Store struct {
	db  *database.DB
	now func() time.Time
	// Secrets encrypts reasons. It is set before the first use.
	Secrets *secretbox.Box

	current atomic.Pointer[[]*silence.Silence] // those that hadn't ended at the last change
}

// New returns the silences of a database, with a clock. None is known before Load.
func New(db *database.DB, now func() time.Time) *Store {
	s := &Store{db: db, now: now}
	s.current.Store(new([]*silence.Silence))
	return s
}

// Load reads the silences that haven't ended.
func (s *Store) Load(ctx context.Context) error {
	list, err := s.read(ctx, s.db.Reader(), "WHERE ended IS NULL AND (until IS NULL OR until > ?) ORDER BY n", s.now().UnixMicro())
	if err != nil {
		return fmt.Errorf("load the silences: %w", err)
	}
	s.current.Store(&list)
	return nil
}

// Silencer returns the number of the silence that silences an event that arrives at a
// time; zero for none. Where there are several, it is the oldest.
func (s *Store) Silencer(e *event.Event, at time.Time) int64 {
	for _, one := range *s.current.Load() {
		if one.Silences(e, at) {
			return one.N
		}
	}
	return 0
}

// Current returns the silences that haven't ended, oldest first.
func (s *Store) Current() []*silence.Silence {
	now := s.now()
	return slices.DeleteFunc(slices.Clone(*s.current.Load()), func(one *silence.Silence) bool { return one.Ended(now) })
}

// Create stores a silence, and gives it its number and its id. It returns ErrTooMany
// if silence.Max haven't ended.
func (s *Store) Create(ctx context.Context, one *silence.Silence) error {
	match, err := json.Marshal(one.Match)
	if err != nil {
		return fmt.Errorf("make a silence: %w", err)
	}
	weekly := ""
	if one.Weekly != nil {
		b, err := json.Marshal(one.Weekly)
		if err != nil {
			return fmt.Errorf("make a silence: %w", err)
		}
		weekly = string(b)
	}
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	one.ID = "sil_" + hex.EncodeToString(b[:])
	return s.change(ctx, "make a silence", func(tx *database.Tx) error {
		if len(s.Current()) >= silence.Max {
			return ErrTooMany
		}
		result, err := tx.ExecContext(
			ctx,
			"INSERT INTO silences (id, match, start, until, weekly, reason, author, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
			one.ID,
			s.Secrets.Encrypt(string(match), one.ID),
			one.From.UnixMicro(),
			micros(one.Until),
			weekly,
			s.Secrets.Encrypt(one.Reason, one.ID),
			one.Author,
			one.CreatedAt.UnixMicro(),
		)
		if err != nil {
			return err
		}
		one.N, err = result.LastInsertId()
		return err
	})
}

// End ends a silence now. It returns ErrNone for an unknown id, and ErrEnded for a
// silence that has ended.
func (s *Store) End(ctx context.Context, id, by string) (*silence.Silence, error) {
	var ended *silence.Silence
	err := s.change(ctx, "end a silence", func(tx *database.Tx) error {
		list, err := s.read(ctx, tx, "WHERE id = ?", id)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return ErrNone
		}
		now := event.FromMicro(s.now().UnixMicro())
		if ended = list[0]; ended.Ended(now) {
			return ErrEnded
		}
		ended.EndedAt, ended.EndedBy = now, by
		_, err = tx.ExecContext(ctx, "UPDATE silences SET ended = ?, ended_by = ? WHERE id = ?", now.UnixMicro(), by, id)
		return err
	})
	return ended, err
}

// change commits a change and loads the silences again, before another append.
func (s *Store) change(ctx context.Context, what string, do func(*database.Tx) error) error {
	s.db.Lock()
	defer s.db.Unlock()
	if err := s.db.Commit(ctx, do); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return s.Load(context.WithoutCancel(ctx))
}

// Get returns the silence with an id, or ErrNone.
func (s *Store) Get(ctx context.Context, id string) (*silence.Silence, error) {
	return s.one(ctx, "WHERE id = ?", id)
}

// ByNumber returns the silence with a number, or ErrNone.
func (s *Store) ByNumber(ctx context.Context, n int64) (*silence.Silence, error) {
	return s.one(ctx, "WHERE n = ?", n)
}

func (s *Store) one(ctx context.Context, where string, arg any) (*silence.Silence, error) {
	list, err := s.read(ctx, s.db.Reader(), where, arg)
	if err != nil {
		return nil, fmt.Errorf("read a silence: %w", err)
	}
	if len(list) == 0 {
		return nil, ErrNone
	}
	return list[0], nil
}

// List returns silences, newest first, also those that have ended.
func (s *Store) List(ctx context.Context, limit int) ([]*silence.Silence, error) {
	list, err := s.read(ctx, s.db.Reader(), "ORDER BY n DESC LIMIT ?", limit)
	if err != nil {
		return nil, fmt.Errorf("list silences: %w", err)
	}
	return list, nil
}

// Forget deletes the silences that ended before a time.
func (s *Store) Forget(ctx context.Context, tx *database.Tx, before time.Time) error {
	_, err := tx.ExecContext(ctx, "DELETE FROM silences WHERE coalesce(ended, until) < ?", before.UnixMicro())
	return err
}

func (s *Store) read(ctx context.Context, q database.Querier, where string, args ...any) ([]*silence.Silence, error) {
	return database.QueryAll(
		ctx,
		q,
		s.scan,
		"SELECT n, id, match, start, until, weekly, reason, author, created, ended, ended_by FROM silences "+where,
		args...)
}

func (s *Store) scan(row database.Row) (*silence.Silence, error) {
	var one silence.Silence
	var match, weekly, reason string
	var start, created int64
	var until, ended sql.NullInt64
	err := row.Scan(&one.N, &one.ID, &match, &start, &until, &weekly, &reason, &one.Author, &created, &ended, &one.EndedBy)
	if err != nil {
		return nil, err
	}
	one.From, one.CreatedAt = event.FromMicro(start), event.FromMicro(created)
	one.Until, one.EndedAt = moment(until), moment(ended)
	if match, err = s.Secrets.Decrypt(match, one.ID); err != nil {
		return nil, err
	}
	if one.Reason, err = s.Secrets.Decrypt(reason, one.ID); err != nil {
		return nil, err
	}
	if weekly != "" {
		one.Weekly = new(silence.Weekly)
		err = json.Unmarshal([]byte(weekly), one.Weekly)
	}
	return &one, errors.Join(err, json.Unmarshal([]byte(match), &one.Match))
}

// micros writes a time, or null where there is none.
func micros(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

// moment reads what micros has written.
func moment(n sql.NullInt64) time.Time {
	if !n.Valid {
		return time.Time{}
	}
	return event.FromMicro(n.Int64)
}
