package database

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

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
