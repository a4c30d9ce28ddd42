package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"postern/internal/store/backup"
	"postern/internal/store/database"
)

// A killed copy leaves its file behind. The next copy into the folder removes
// it, and no other file.
func TestIncompleteCopiesAreRemoved(t *testing.T) {
	t.Parallel()
	data, out := t.TempDir(), t.TempDir()
	j := openAt(t, data, Options{})
	add(t, j, made())
	old := time.Now().Add(-25 * time.Hour)
	for name, left := range map[string]struct {
		at   time.Time
		gone bool
	}{
		"yesterday.db.postern-part":         {old, true},
		"yesterday.db.postern-part-wal":     {old, true},
		"yesterday.db.postern-part-journal": {old, true},
		"now.db.postern-part":               {time.Now(), false}, // another process may be making it
		"film.mp4.part":                     {old, false},        // somebody else's
		"yesterday.db":                      {old, false},
	} {
		file := filepath.Join(out, name)
		if err := errors.Join(os.WriteFile(file, []byte("x"), 0o600), os.Chtimes(file, left.at, left.at)); err != nil {
			t.Fatal(err)
		}
		defer func() {
			if _, err := os.Stat(file); (err != nil) != left.gone {
				t.Errorf("%s: %v", name, err)
			}
		}()
	}
	if _, err := backup.Take(context.Background(), data, filepath.Join(out, "today.db")); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(out, "today.db"+backup.PartSuffix)); err == nil {
		t.Error("the complete copy has left its first name behind")
	}
}

// A copy under the name of one that was killed replaces it, and a start removes
// what a killed restore has left.
func TestIncompleteCopiesAreReplaced(t *testing.T) {
	t.Parallel()
	data, out := t.TempDir(), t.TempDir()
	j := openAt(t, data, Options{})
	add(t, j, made())
	part := filepath.Join(out, "copy.db"+backup.PartSuffix)
	if err := os.WriteFile(part, []byte("half of a database"), 0o644); err != nil {
		t.Fatal(err)
	}
	copied, err := backup.Take(context.Background(), data, filepath.Join(out, "copy.db"))
	if err != nil || copied.Events != 1 {
		t.Fatalf("%+v, %v", copied, err)
	}
	if info, err := os.Stat(filepath.Join(out, "copy.db")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	restored := filepath.Join(data, database.FileName+backup.PartSuffix)
	write(t, restored, "half of a database")
	reopen(t, j)
	if _, err := os.Stat(restored); err == nil {
		t.Error("a start leaves a restore that was killed")
	}
}

// A start removes the incomplete copy of a killed restore before it opens the
// database, which may need the copy's room.
func TestAnIncompleteRestoreIsRemovedBeforeTheDatabaseIsOpened(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	restored := filepath.Join(dir, database.FileName+backup.PartSuffix)
	write(t, restored, "half of a database")
	write(t, filepath.Join(dir, database.FileName), strings.Repeat("this is no database\n", 100))
	if _, err := Open(context.Background(), dir, Options{}); err == nil {
		t.Fatal("Open took a file that is no database")
	}
	if _, err := os.Stat(restored); err == nil {
		t.Error("a start that fails leaves a restore that was killed")
	}
}
