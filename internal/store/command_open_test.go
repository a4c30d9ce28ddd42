package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/internal/store/accounttest"
	"postern/internal/store/database"
	"postern/internal/store/secretbox"
)

func openForCommand(t testing.TB, dir string, opts Options) *Store {
	t.Helper()
	j, err := OpenForCommand(context.Background(), dir, opts)
	if err != nil {
		t.Fatalf("OpenForCommand: %v", err)
	}
	t.Cleanup(func() { closeStore(t, j) })
	return j
}

func TestACommandMakesTheFolderAndHasItAlone(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	first := openForCommand(t, dir, Options{})
	accounttest.Fill(t, first.Accounts)
	if _, err := OpenForCommand(context.Background(), dir, Options{}); !errors.Is(err, database.ErrLocked) {
		t.Errorf("a second command: %v", err)
	}
	closeStore(t, first)
	j := openAt(t, dir, Options{})
	if a := accounttest.Read(t, j.Accounts); len(a.Accounts) != 1 {
		t.Errorf("%d accounts", len(a.Accounts))
	}
	if _, err := OpenForCommand(context.Background(), dir, Options{}); !errors.Is(err, database.ErrLocked) {
		t.Errorf("beside one that serves: %v", err)
	}
	add(t, j, made())
	verifies(t, j)
}

// A command says nothing of when a Postern was there to take events.
func TestACommandLeavesTheDowntimesAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := newClock()
	j := openAt(t, dir, Options{Now: c.Now})
	add(t, j, made())
	marks := func() []string {
		return column(t, raw(t, dir), "SELECT name || value FROM meta WHERE name IN ('closed', 'born') UNION ALL SELECT since || until FROM gaps")
	}
	serving := marks()
	closeStore(t, j)
	closed := marks()
	c.Advance(time.Hour)
	command := openForCommand(t, dir, Options{Now: c.Now})
	accounttest.Fill(t, command.Accounts)
	closeStore(t, command)
	if now := marks(); !slices.Equal(now, closed) || slices.Equal(closed, serving) {
		t.Errorf("%q became %q", closed, now)
	}
}

func TestOpenWaitsForACommandForAMoment(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	lock, err := database.LockFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(100*time.Millisecond, func() { lock.Close() })
	openAt(t, dir, Options{})
}

func TestACommandRefusesANewerVersionsStore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	closeStore(t, openAt(t, dir, Options{}))
	if _, err := raw(t, dir).ExecContext(context.Background(), "PRAGMA user_version = 999"); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenForCommand(context.Background(), dir, Options{}); !errors.Is(err, database.ErrNewer) {
		t.Errorf("a newer one: %v", err)
	}
}

func TestACommandRefusesAnotherKeyAndAnotherUsersFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	closeStore(t, openAt(t, dir, Options{}))
	if _, err := OpenForCommand(context.Background(), dir, Options{Key: fixtureKey}); !errors.Is(err, secretbox.ErrKey) {
		t.Errorf("another key: %v", err)
	}
	foreign := "/" // root's
	if os.Geteuid() == 0 {
		foreign = t.TempDir()
		if err := os.Chown(foreign, 12345, 12345); err != nil {
			t.Fatal(err)
		}
	}
	_, err := OpenForCommand(context.Background(), foreign, Options{})
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("runs as uid %d", os.Geteuid())) {
		t.Errorf("another user's folder: %v", err)
	}
	if _, err := os.Stat(filepath.Join(foreign, database.FileName)); err == nil {
		t.Error("a store was made in another user's folder")
	}
}
