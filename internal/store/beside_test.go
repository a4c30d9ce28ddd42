package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"postern/internal/account"
	"postern/internal/store/database"
)

func beside(t testing.TB, dir string) *Store {
	t.Helper()
	j, err := OpenBeside(context.Background(), dir, Options{})
	if err != nil {
		t.Fatalf("OpenBeside: %v", err)
	}
	t.Cleanup(func() { closeStore(t, j) })
	return j
}

func TestBesideMakesTheFolderAndLeavesItFree(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	first := beside(t, dir)
	makeAccess(t, first)
	// It is free for the one that serves, and for another one beside.
	j := openAt(t, dir, Options{})
	if a := readAccess(t, beside(t, dir)); len(a.Accounts) != 1 {
		t.Errorf("%d accounts", len(a.Accounts))
	}
	add(t, j, made())
	verifies(t, j)
}

func TestBesideChangesAreSeenByTheOneThatServes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := openAt(t, dir, Options{})
	other := beside(t, dir)
	before := readAccess(t, j).Version
	makeAccess(t, other)
	if now := readAccess(t, j); now.Version != before+1 || len(now.Accounts) != 1 {
		t.Errorf("the one that serves sees %+v", now)
	}
	changeAccess(t, j, func(tx *AccessTx) error { return tx.RemoveAccount(1) })
	if now := readAccess(t, other); len(now.Accounts) != 0 {
		t.Errorf("the one beside sees %+v", now)
	}
	closeStore(t, other)
	add(t, j, several(3)...)
	wantGapless(t, reopen(t, j), 1, 3)
}

// A command says nothing of when somebody was there to take events.
func TestBesideLeavesTheGapsAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := newClock()
	j := openAt(t, dir, Options{Now: c.Now})
	add(t, j, made())
	marks := func() []string {
		return column(t, raw(t, dir), "SELECT name || value FROM meta WHERE name IN ('closed', 'born') UNION ALL SELECT since || until FROM gaps")
	}
	serving := marks()
	closeStore(t, beside(t, dir))
	if now := marks(); !slices.Equal(now, serving) {
		t.Errorf("beside one that serves: %q became %q", serving, now)
	}
	closeStore(t, j)
	closed := marks()
	c.Advance(time.Hour)
	other, err := OpenBeside(context.Background(), dir, Options{Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	makeAccess(t, other)
	closeStore(t, other)
	if now := marks(); !slices.Equal(now, closed) || slices.Equal(closed, serving) {
		t.Errorf("beside nobody: %q became %q", closed, now)
	}
}

// A writer that commits back to back would keep a command out that had to
// write in order to open.
func TestBesideOpensWhileTheOneThatServesWrites(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := openAt(t, dir, Options{})
	err := j.DB.Conn(func(conn *sql.Conn) error {
		tx, err := conn.BeginTx(context.Background(), nil)
		if err != nil {
			return err
		}
		beside(t, dir)
		return tx.Rollback()
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestBesideTakesTurnsUnderLoad writes from several sides at once.
func TestBesideTakesTurnsUnderLoad(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := openAt(t, dir, Options{})
	const sides, changes = 3, 10
	ctx, cancel := context.WithCancel(context.Background())
	var writing, changing sync.WaitGroup
	events := 0
	writing.Go(func() {
		for ctx.Err() == nil {
			add(t, j, several(20)...)
			events += 20
		}
	})
	for side := range sides {
		other := beside(t, dir)
		changing.Go(func() {
			for i := range changes {
				err := other.ChangeAccess(context.Background(), func(tx *AccessTx) error {
					return errors.Join(tx.PutAccount(&account.Account{Name: fmt.Sprintf("a%d-%d", side, i), Role: "viewer", CreatedAt: start, PasswordAt: start}),
						tx.Audit(&AuditEntry{ActorKind: "console", Action: "account.add"}))
				})
				if err != nil {
					t.Errorf("side %d: %v", side, err)
				}
			}
		})
	}
	changing.Wait()
	cancel()
	writing.Wait()
	if a := readAccess(t, j); len(a.Accounts) != sides*changes || a.Version != sides*changes {
		t.Errorf("%d accounts, version %d", len(a.Accounts), a.Version)
	}
	if report := verifies(t, j); report.Entries != sides*changes+1 {
		t.Errorf("report %+v", report)
	}
	wantGapless(t, j, 1, events)
}

func TestOpenWaitsForOneThatIsBesideForAMoment(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	lock, err := database.LockFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(100*time.Millisecond, func() { lock.Close() })
	openAt(t, dir, Options{})
}

func TestBesideRefusesAnotherVersionsStore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := openAt(t, dir, Options{})
	execDirect(t, j, "PRAGMA user_version = 999")
	if _, err := OpenBeside(context.Background(), dir, Options{}); !errors.Is(err, database.ErrNewer) {
		t.Errorf("a newer one: %v", err)
	}
	execDirect(t, j, "PRAGMA user_version = 2")
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if _, err := OpenBeside(ctx, dir, Options{}); err == nil {
		t.Error("an older one was opened")
	}
	if v := version(t, j.reader); v != 2 {
		t.Errorf("it became version %d", v)
	}
}

func TestBesideRefusesAnotherKeyAndAnotherUsersFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := openAt(t, dir, Options{})
	if _, err := OpenBeside(context.Background(), dir, Options{Key: fixtureKey}); !errors.Is(err, ErrKey) {
		t.Errorf("another key: %v", err)
	}
	closeStore(t, j)
	foreign := "/" // root's
	if os.Geteuid() == 0 {
		foreign = t.TempDir()
		if err := os.Chown(foreign, 12345, 12345); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := OpenBeside(context.Background(), foreign, Options{}); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("runs as uid %d", os.Geteuid())) {
		t.Errorf("another user's folder: %v", err)
	}
	if _, err := os.Stat(filepath.Join(foreign, database.FileName)); err == nil {
		t.Error("a store was made in another user's folder")
	}
}
