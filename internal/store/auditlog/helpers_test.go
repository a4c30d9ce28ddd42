package auditlog

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"postern/internal/eventtest"
	"postern/internal/store/database"
	"postern/internal/store/secretbox"
)

var (
	start = eventtest.Start
	key   = bytes.Repeat([]byte{5}, secretbox.KeyBytes)
)

// testLog is a log in a database of its own.
type testLog struct {
	*Log
	dir string
	now func() time.Time
}

// openLog opens the log in dir, and closes the database with the test.
func openLog(t testing.TB, dir string, now func() time.Time) testLog {
	t.Helper()
	box, err := secretbox.New(key)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	db, err := database.Open(ctx, dir, database.Options{Now: now}, func(context.Context, *database.DB) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	l := testLog{New(db, box, func() bool { return false }), dir, now}
	if err := l.Begin(ctx); err != nil {
		t.Fatalf("Begin: %v", err)
	}
	return l
}

// reopen closes the database and opens it again.
func reopen(t testing.TB, l testLog) testLog {
	t.Helper()
	if err := l.db.Close(); err != nil {
		t.Fatal(err)
	}
	return openLog(t, l.dir, l.now)
}

// audited returns a log with n entries, the first of which Begin appended.
func audited(t testing.TB, n int) (testLog, *eventtest.Clock) {
	t.Helper()
	c := eventtest.NewClock()
	l := openLog(t, t.TempDir(), c.Now)
	for i := 2; i <= n; i++ {
		c.Advance(time.Minute)
		appendAudit(t, l, &Entry{ActorKind: "account", Actor: fmt.Sprintf("Person%d", i%3),
			Action: []string{"event.search", "webhook.add", "webhook.remove"}[i%3],
			Target: fmt.Sprintf("target %d", i), Address: "192.0.2.7", Outcome: "done", Details: fmt.Sprintf(`{"n":%d}`, i)})
	}
	return l, c
}

func appendAudit(t testing.TB, l testLog, e *Entry) {
	t.Helper()
	ctx := context.Background()
	if err := l.db.Write(ctx, func(tx *database.Tx) error { return l.Append(ctx, tx, l.now(), e) }); err != nil {
		t.Fatalf("Append: %v", err)
	}
}

// verifies checks that the chain is whole.
func verifies(t testing.TB, l testLog) *Report {
	t.Helper()
	report, err := l.Verify(context.Background(), 0, Hash{})
	if err != nil {
		t.Fatalf("Verify: %v", err)
	}
	return report
}

// wantBroken checks that the chain is broken, and that the error contains texts.
func wantBroken(t testing.TB, l testLog, change string, texts ...string) {
	t.Helper()
	_, err := l.Verify(context.Background(), 0, Hash{})
	if !errors.Is(err, ErrBroken) {
		t.Errorf("%s: Verify says %v", change, err)
		return
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %q doesn't say %q", change, err, text)
		}
	}
}

// raw opens the file without Postern.
func raw(t testing.TB, dir string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", database.DSN(filepath.Join(dir, database.FileName), "_txlock=immediate"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	return db
}

// execRaw changes the file as somebody without Postern would.
func execRaw(t testing.TB, db *sql.DB, query string, args ...any) {
	t.Helper()
	result, err := db.Exec(query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 && !strings.HasPrefix(query, "CREATE") && !strings.HasPrefix(query, "DROP") {
		t.Fatalf("%s changed nothing: %v", query, err)
	}
}

// column returns the texts that a query selects.
func column(t testing.TB, db *sql.DB, query string) []string {
	t.Helper()
	texts, err := database.QueryAll(context.Background(), db, func(row database.Row) (s string, err error) { return s, row.Scan(&s) }, query)
	if err != nil {
		t.Fatal(err)
	}
	return texts
}
