package database

import (
	"context"
	"database/sql"
	"fmt"
	"sync/atomic"
	"time"
)

// Row is a row that can be read: a *sql.Row or *sql.Rows.
type Row interface{ Scan(...any) error }

// Collect reads every row and closes rows.
func Collect[T any](rows *sql.Rows, scan func(Row) (T, error)) ([]T, error) {
	defer rows.Close()
	var out []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// Querier is a *sql.DB, a *sql.Tx or a *Tx.
type Querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// QueryAll reads every row of a query with scan.
func QueryAll[T any](ctx context.Context, q Querier, scan func(Row) (T, error), query string, args ...any) ([]T, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return Collect(rows, scan)
}

// ScanNumber reads a row of one integer.
func ScanNumber(row Row) (n int64, err error) { return n, row.Scan(&n) }

// Atomic scans into an atomic.
func Atomic(v *atomic.Int64) sql.Scanner { return atomicScanner{v} }

type atomicScanner struct{ v *atomic.Int64 }

func (s atomicScanner) Scan(src any) error {
	n, ok := src.(int64)
	if !ok {
		return fmt.Errorf("%T is not an integer", src)
	}
	s.v.Store(n)
	return nil
}

// Wait sleeps, and returns ctx's error where that ends before.
func Wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
