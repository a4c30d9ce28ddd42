package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
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
		"yesterday.db.postern-part":     {old, true},
		"yesterday.db.postern-part-wal": {old, true},
		"now.db.postern-part":           {time.Now(), false}, // another process may be making it
		"film.mp4.part":                 {old, false},        // somebody else's
		"yesterday.db":                  {old, false},
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
	if _, err := Backup(context.Background(), data, filepath.Join(out, "today.db")); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(out, "today.db"+partEnd)); err == nil {
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
	part := filepath.Join(out, "copy.db"+partEnd)
	if err := os.WriteFile(part, []byte("half of a database"), 0o644); err != nil {
		t.Fatal(err)
	}
	copied, err := Backup(context.Background(), data, filepath.Join(out, "copy.db"))
	if err != nil || copied.Events != 1 {
		t.Fatalf("%+v, %v", copied, err)
	}
	if info, err := os.Stat(filepath.Join(out, "copy.db")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	restored := filepath.Join(data, fileName+partEnd)
	if err := os.WriteFile(restored, []byte("half of a database"), 0o600); err != nil {
		t.Fatal(err)
	}
	reopen(t, j)
	if _, err := os.Stat(restored); err == nil {
		t.Error("a start leaves a restore that was killed")
	}
}

func TestMakeFolders_syncs_each_parent_of_a_new_folder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var synced []string
	sync := func(dir string) error {
		synced = append(synced, dir)
		return nil
	}
	target := filepath.Join(dir, "a", "b", "c")
	if err := makeFolders(target, sync); err != nil {
		t.Fatal(err)
	}
	want := []string{dir, filepath.Join(dir, "a"), filepath.Join(dir, "a", "b")}
	if !slices.Equal(synced, want) {
		t.Errorf("synced are %v, want %v", synced, want)
	}
	if info, err := os.Stat(target); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info, err)
	}
	synced = nil
	if err := makeFolders(target, sync); err != nil || synced != nil {
		t.Errorf("%v, %v for one that is there", synced, err)
	}
	broken := errors.New("no")
	if err := makeFolders(filepath.Join(dir, "d"), func(string) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("a folder that isn't durable: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := makeFolders(filepath.Join(dir, "file", "x"), sync); err == nil {
		t.Error("a folder in a file was made")
	}
}
