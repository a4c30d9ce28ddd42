package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"postern/internal/store/backup"
	"postern/internal/store/database"
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
	db, err := sql.Open("sqlite", database.DSN(filepath.Join(dir, database.FileName), "_txlock=immediate"))
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
	steps, err := database.Migrations()
	if err != nil || len(steps) == 0 {
		t.Fatalf("%d migrations, %v", len(steps), err)
	}
	j := open(t)
	if got := version(t, j.reader); got != database.NewestVersion(steps) {
		t.Errorf("the schema has version %d, want %d", got, database.NewestVersion(steps))
	}
}

func TestAFailedMigrationLeavesTheVersionBefore(t *testing.T) {
	t.Parallel()
	db := raw(t, t.TempDir())
	ctx := context.Background()
	steps := []database.Migration{
		{Version: 1, Statements: "CREATE TABLE a (n INTEGER); INSERT INTO a VALUES (1);"},
		{Version: 2, Statements: "ALTER TABLE a ADD COLUMN m INTEGER; UPDATE a SET m = 2; INSERT INTO nowhere VALUES (1);"},
		{Version: 3, Statements: "DROP TABLE a;"},
	}
	for range 2 { // again and again
		err := database.Migrate(ctx, db, steps)
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
	steps[1].Statements = "ALTER TABLE a ADD COLUMN m INTEGER; UPDATE a SET m = n + 1;"
	steps[2].Statements = "CREATE TABLE b AS SELECT * FROM a;"
	if err := database.Migrate(ctx, db, steps); err != nil {
		t.Fatal(err)
	}
	if err := database.Migrate(ctx, db, steps); err != nil {
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
	if !errors.Is(err, database.ErrNewer) {
		t.Fatalf("Open: %v, want database.ErrNewer", err)
	}
	steps, _ := database.Migrations()
	for _, word := range []string{"version 412", fmt.Sprintf("up to %d", database.NewestVersion(steps)), "newer Postern", dir} {
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
	if tables, err = database.Collect(rows, func(row database.Row) (name string, err error) { return name, row.Scan(&name) }); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(tables, []string{"of_the_future"}) || version(t, db) != 412 {
		t.Errorf("the file became version %d with %v", version(t, db), tables)
	}
	// The folder isn't locked by the attempt.
	if _, err := Open(context.Background(), dir, Options{}); !errors.Is(err, database.ErrNewer) {
		t.Errorf("a second Open: %v", err)
	}
}

func TestAStoreFromBeforeTheFirstReleaseIsRefused(t *testing.T) {
	t.Parallel()
	for v := 1; v < 9; v++ {
		dir := t.TempDir()
		build(t, dir, fmt.Sprintf("CREATE TABLE events (seq INTEGER PRIMARY KEY); PRAGMA user_version = %d;", v))
		_, err := Open(context.Background(), dir, Options{})
		if !errors.Is(err, database.ErrUnreleased) {
			t.Fatalf("Open of version %d: %v, want database.ErrUnreleased", v, err)
		}
		for _, word := range []string{fmt.Sprintf("version %d", v), "from 9 on", dir} {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("%q doesn't say %q", err, word)
			}
		}
		db := raw(t, dir)
		if tables := column(t, db, "SELECT name FROM sqlite_master"); !slices.Equal(tables, []string{"events"}) || version(t, db) != v {
			t.Errorf("the file became version %d with %v", version(t, db), tables)
		}
		db.Close()
		_, err = backup.Restore(context.Background(), filepath.Join(dir, database.FileName), filepath.Join(dir, "restored"), nil)
		if !errors.Is(err, database.ErrUnreleased) {
			t.Errorf("Restore of version %d: %v, want database.ErrUnreleased", v, err)
		}
	}
}

func TestAFileThatIsNoStoreIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, database.FileName), strings.Repeat("this is no database\n", 100))
	_, err := Open(context.Background(), dir, Options{})
	if err == nil || !strings.Contains(err.Error(), "not a database") || !strings.Contains(err.Error(), database.FileName) {
		t.Errorf("Open: %v", err)
	}
}

// A salvage of a file without its first page takes the roots of its trees from a
// new file of the same version: they must stay where version 9 has had them since
// its release, whatever the steps are that lead to it.
func TestTheRootsOfVersion9StayWhereTheyWere(t *testing.T) {
	t.Parallel()
	steps, err := database.Migrations()
	if err != nil {
		t.Fatal(err)
	}
	db := raw(t, t.TempDir())
	if _, err := db.Exec("PRAGMA auto_vacuum = INCREMENTAL"); err != nil {
		t.Fatal(err)
	}
	if err := database.Migrate(t.Context(), db, database.StepsTo(steps, 9)); err != nil {
		t.Fatal(err)
	}
	const roots = `events events_id events_type gaps meta endpoints sqlite_autoindex_endpoints_1 sqlite_sequence pending attempts
		attempts_endpoint key_check state_changes state_changes_endpoint replays sqlite_autoindex_replays_1 replays_endpoint
		attempts_failed stretches events_camera accounts sqlite_autoindex_accounts_1 access_keys sqlite_autoindex_access_keys_1
		sqlite_autoindex_access_keys_2 sessions sqlite_autoindex_sessions_1 audit audit_head acknowledgements acknowledged_through
		attempts_seq attempts_wide erasing erasures erasures_tag holds sqlite_autoindex_holds_1 held_events held_events_place indexes
		resolutions requests sqlite_autoindex_requests_1 requests_owner producers sqlite_autoindex_producers_1 events_producer_id
		camera_settings camera_troubles counts state_changes_waiting state_changes_openings verifications`
	var want []string
	for i, name := range strings.Fields(roots) {
		want = append(want, fmt.Sprint(i+3, " ", name)) // pages 1 and 2 are SQLite's own
	}
	got := column(t, db, "SELECT rootpage || ' ' || name FROM sqlite_master WHERE rootpage > 0 ORDER BY rootpage")
	if !slices.Equal(got, want) {
		t.Errorf("the roots are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
