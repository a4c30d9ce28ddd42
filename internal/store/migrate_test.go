package store

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// build makes a store's file by a script, as another version left it.
func build(t testing.TB, dir, script string) {
	t.Helper()
	db := raw(t, dir)
	if _, err := db.Exec(script); err != nil {
		t.Fatalf("build: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// raw opens a store's file without a store.
func raw(t testing.TB, dir string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", dsn(filepath.Join(dir, fileName), "_txlock=immediate"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	return db
}

func version(t testing.TB, db *sql.DB) (n int) {
	t.Helper()
	if err := db.QueryRow("PRAGMA user_version").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestANewStoreHasTheNewestSchema(t *testing.T) {
	t.Parallel()
	steps, err := migrations()
	if err != nil || len(steps) == 0 {
		t.Fatalf("%d migrations, %v", len(steps), err)
	}
	j := open(t)
	if got := version(t, j.reader); got != len(steps) {
		t.Errorf("the schema has version %d, want %d", got, len(steps))
	}
}

func TestAFailedMigrationLeavesTheVersionBefore(t *testing.T) {
	t.Parallel()
	db := raw(t, t.TempDir())
	ctx := context.Background()
	steps := []string{
		"CREATE TABLE a (n INTEGER); INSERT INTO a VALUES (1);",
		"ALTER TABLE a ADD COLUMN m INTEGER; UPDATE a SET m = 2; INSERT INTO nowhere VALUES (1);",
		"DROP TABLE a;",
	}
	for range 2 { // again and again
		err := migrate(ctx, db, steps)
		if err == nil || !strings.Contains(err.Error(), "migrate to version 2") {
			t.Fatalf("migrate: %v", err)
		}
		if v := version(t, db); v != 1 {
			t.Errorf("the version is %d, want 1", v)
		}
		var columns int
		if err := db.QueryRow("SELECT count(*) FROM pragma_table_info('a')").Scan(&columns); err != nil || columns != 1 {
			t.Errorf("table a has %d columns, %v; want 1: half of the step stayed", columns, err)
		}
	}
	// Once the step is mended it goes on from there, and each step runs once.
	steps[1] = "ALTER TABLE a ADD COLUMN m INTEGER; UPDATE a SET m = n + 1;"
	steps[2] = "CREATE TABLE b AS SELECT * FROM a;"
	if err := migrate(ctx, db, steps); err != nil {
		t.Fatal(err)
	}
	if err := migrate(ctx, db, steps); err != nil {
		t.Fatalf("migrate of what is up to date: %v", err)
	}
	var n, m int
	if err := db.QueryRow("SELECT n, m FROM b").Scan(&n, &m); err != nil || n != 1 || m != 2 || version(t, db) != 3 {
		t.Errorf("n %d, m %d, version %d, %v", n, m, version(t, db), err)
	}
}

func TestANewerStoreIsLeftAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	build(t, dir, "CREATE TABLE of_the_future (n); PRAGMA user_version = 412;")
	_, err := Open(context.Background(), dir, Options{})
	if !errors.Is(err, ErrNewer) {
		t.Fatalf("Open: %v, want ErrNewer", err)
	}
	steps, _ := migrations()
	for _, word := range []string{"version 412", "up to " + string(rune('0'+len(steps))), "newer Postern", dir} {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q doesn't say %q", err, word)
		}
	}
	db := raw(t, dir)
	var tables []string
	rows, err := db.Query("SELECT name FROM sqlite_master")
	if err != nil {
		t.Fatal(err)
	}
	if tables, err = collect(rows, func(row interface{ Scan(...any) error }) (name string, err error) { return name, row.Scan(&name) }); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(tables, []string{"of_the_future"}) || version(t, db) != 412 {
		t.Errorf("the file became version %d with %v", version(t, db), tables)
	}
	// The folder isn't locked by the attempt.
	if _, err := Open(context.Background(), dir, Options{}); !errors.Is(err, ErrNewer) {
		t.Errorf("a second Open: %v", err)
	}
}

func TestAFileThatIsNoStoreIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, fileName), strings.Repeat("this is no database\n", 100))
	_, err := Open(context.Background(), dir, Options{})
	if err == nil || !strings.Contains(err.Error(), "not a database") || !strings.Contains(err.Error(), fileName) {
		t.Errorf("Open: %v", err)
	}
}
