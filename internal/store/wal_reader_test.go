package store

import (
	"database/sql"
	"testing"
	"time"

	"postern/internal/store/database"
)

// Beside a backup, which reads for minutes, an erasure tries again and again to
// empty the write-ahead log. Each try holds producers up for a moment only.
func TestEmptyingTheWALWaitsAMomentForAReader(t *testing.T) {
	t.Parallel()
	j := open(t)
	add(t, j, made())
	db, err := sql.Open("sqlite", database.DSN(j.DB.Path(), "mode=rw", "_pragma=query_only(1)"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if err := tx.QueryRow("SELECT count(*) FROM events").Scan(&n); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	add(t, j, made()) // after the reader's moment
	least := time.Hour
	for range 10 { // other tests hold some of them up
		began := time.Now()
		if whole, err := j.DB.EmptyWAL(t.Context()); whole || err != nil {
			t.Fatalf("beside a reader the log is emptied: %t, %v", whole, err)
		}
		least = min(least, time.Since(began))
	}
	if least > 25*time.Millisecond {
		t.Errorf("a try takes %s", least)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if whole, err := j.DB.EmptyWAL(t.Context()); !whole || err != nil {
		t.Errorf("without the reader the log is emptied: %t, %v", whole, err)
	}
}
