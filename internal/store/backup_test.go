package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"postern/internal/fullrun"
	"postern/internal/store/backup"
	"postern/internal/store/database"
	"postern/internal/store/secretbox"
)

func TestBackupIsOfTheMomentItBegins(t *testing.T) {
	t.Parallel()
	dir, file := t.TempDir(), filepath.Join(t.TempDir(), "backup")
	j := openAt(t, dir, Options{})
	add(t, j, several(100)...)
	copied, err := backup.Take(context.Background(), dir, file)
	if err != nil || copied.Head != 100 || copied.Events != 100 || copied.Bytes == 0 {
		t.Fatalf("%+v %v", copied, err)
	}
	add(t, j, several(5)...) // it goes on
	other := filepath.Join(t.TempDir(), "other")
	if copied, err = backup.Restore(context.Background(), file, other, nil); err != nil || copied.Head != 100 {
		t.Fatalf("%+v %v", copied, err)
	}
	key, err := os.ReadFile(filepath.Join(dir, secretbox.KeyFile))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(other, secretbox.KeyFile), key, 0o600); err != nil {
		t.Fatal(err)
	}
	restored := openAt(t, other, Options{})
	add(t, restored, several(3)...)
	wantGapless(t, restored, 1, 103)
}

func TestWhatCantBeRestoredLeavesNothing(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	dir := t.TempDir()
	j := openAt(t, dir, Options{})
	add(t, j, several(2000)...)
	good := filepath.Join(t.TempDir(), "good")
	if _, err := backup.Take(context.Background(), dir, good); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		spoil func(b []byte) []byte
		says  string
	}{
		"a text":       {func([]byte) []byte { return []byte(strings.Repeat("no database\n", 3000)) }, "no store of Postern"},
		"empty":        {func([]byte) []byte { return nil }, "no store of Postern"},
		"of a version": {func(b []byte) []byte { b[60], b[61], b[62], b[63] = 0, 0, 3, 0; return b }, "newer version"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file, to := filepath.Join(t.TempDir(), "backup"), filepath.Join(t.TempDir(), "to")
			if err := os.WriteFile(file, c.spoil(append([]byte(nil), whole...)), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := backup.Restore(context.Background(), file, to, nil); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v", err)
			}
			if left, _ := filepath.Glob(filepath.Join(to, database.FileName+"*")); len(left) > 0 {
				t.Errorf("left behind: %q", left)
			}
		})
	}
	// A file that is in use isn't whole without its write-ahead log, and one
	// that was left behind would be taken for the restored store's.
	if _, err := backup.Restore(context.Background(), j.DB.Path(), t.TempDir(), nil); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("%v", err)
	}
	stale := t.TempDir()
	if err := os.WriteFile(filepath.Join(stale, database.FileName+"-wal"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := backup.Restore(context.Background(), good, stale, nil); err == nil ||
		!strings.Contains(err.Error(), "-wal is there already") {
		t.Errorf("%v", err)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	file := filepath.Join(t.TempDir(), "backup")
	if _, err := backup.Take(ended, dir, file); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if left, _ := filepath.Glob(file + "*"); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}
