package store

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"postern/internal/store/database"
	"postern/internal/store/deliveries"
	"postern/internal/store/secretbox"
)

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestOnlyTheOwnerReadsTheFolder(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a", "b")
	j := openAt(t, dir, Options{})
	add(t, j, several(1)...) // makes the -wal and -shm files
	for path, want := range map[string]fs.FileMode{
		filepath.Dir(dir): fs.ModeDir | 0o700, dir: fs.ModeDir | 0o700,
		j.DB.Path(): 0o600, j.DB.Path() + "-wal": 0o600, j.DB.Path() + "-shm": 0o600, filepath.Join(dir, "lock"): 0o600,
	} {
		info, err := os.Stat(path)
		if err != nil {
			t.Error(err)
		} else if info.Mode() != want {
			t.Errorf("%s has mode %s, want %s", path, info.Mode(), want)
		}
	}
	if j.DB.Path() != filepath.Join(dir, "postern.db") {
		t.Errorf("Path() is %s", j.DB.Path())
	}
}

func TestAnyCharacterMayStandInTheFoldersPath(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"with space", "100%", "%41", "a?b=c&_pragma=query_only(1)", "a#b", "ü😀", "a:b", "+", "'\"", "a\\b"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			parent := t.TempDir()
			dir := filepath.Join(parent, name)
			j := openAt(t, dir, Options{})
			add(t, j, several(2)...)
			wantGapless(t, reopen(t, j), 1, 2)
			if _, err := os.Stat(filepath.Join(dir, database.FileName)); err != nil {
				t.Error(err)
			}
			entries, err := os.ReadDir(parent)
			if err != nil || len(entries) != 1 {
				t.Errorf("beside the folder lies something else: %v, %v", entries, err)
			}
		})
	}
}

func TestAFolderOpensByARelativePath(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	j := openAt(t, "data", Options{})
	add(t, j, several(1)...)
	closeStore(t, j)
	wantGapless(t, openAt(t, filepath.Join(dir, "data"), Options{}), 1, 1)
}

func TestAFolderThatCantBeMadeIsAnError(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, "")
	if _, err := Open(context.Background(), filepath.Join(file, "data"), Options{}); err == nil ||
		!strings.Contains(err.Error(), "make data folder") {
		t.Errorf("Open: %v", err)
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, database.FileName), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(context.Background(), dir, Options{}); err == nil ||
		!strings.Contains(err.Error(), filepath.Join(dir, database.FileName)) {
		t.Errorf("Open with a folder in the file's place: %v", err)
	}
}

func TestOneStoreAtATimeHasTheFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := openAt(t, dir, Options{})
	_, err := Open(context.Background(), dir, Options{})
	if !errors.Is(err, database.ErrLocked) {
		t.Fatalf("Open: %v, want database.ErrLocked", err)
	}
	for _, word := range []string{dir, "process " + strconv.Itoa(os.Getpid()), "--data"} {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q doesn't say %q", err, word)
		}
	}
	add(t, j, several(1)...) // the first isn't disturbed
	closeStore(t, j)
	openAt(t, dir, Options{})
}

func TestCloseLeavesOneFileWithEverything(t *testing.T) {
	// It is what an operator copies.
	t.Parallel()
	dir, copied := t.TempDir(), t.TempDir()
	j := openAt(t, dir, Options{})
	e := endpoint(t, j.Deliveries, "wh_a")
	add(t, j, several(3)...)
	settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: e.N, Cursor: 2})
	all(t, j)
	closeStore(t, j)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	if !slices.Equal(names, []string{"lock", database.FileName, secretbox.KeyFile}) {
		t.Errorf("after Close the folder has %v", names)
	}
	for _, name := range []string{database.FileName, secretbox.KeyFile} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(copied, name), string(text))
	}
	j = openAt(t, copied, Options{})
	wantGapless(t, j, 1, 3)
	if got := stored(t, j.Deliveries, "wh_a"); got == nil || got.Cursor != 2 {
		t.Errorf("the copy has the endpoint %+v", got)
	}
}

func TestTheFilesSettings(t *testing.T) {
	t.Parallel()
	j := open(t)
	for name, want := range map[string]string{
		"journal_mode": "wal", "synchronous": "2", "auto_vacuum": "2", "busy_timeout": "5000", "secure_delete": "1", "temp_store": "2",
		"journal_size_limit": "67108864",
	} {
		if got := pragma(t, j, name); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	var only, wait string
	if err := j.reader.QueryRow("SELECT query_only, timeout FROM pragma_query_only, pragma_busy_timeout").Scan(&only, &wait); err != nil ||
		only != "1" || wait != "5000" {
		t.Errorf("a reader has query_only %s, busy_timeout %s, %v", only, wait, err)
	}
	j = reopen(t, j)
	if mode, sync := pragma(t, j, "journal_mode"), pragma(t, j, "synchronous"); mode != "wal" || sync != "2" {
		t.Errorf("after reopening: journal_mode %s, synchronous %s", mode, sync)
	}
}
