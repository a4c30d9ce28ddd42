package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"postern/internal/event"
	"postern/internal/store/backup"
	"postern/internal/store/database"
	"postern/internal/store/deliveries"
	"postern/internal/store/secretbox"
)

// faults are ways of taking a file away from under an open store.
var faults = map[string]func(t *testing.T, path string){
	"removed": func(t *testing.T, path string) {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	},
	"moved": func(t *testing.T, path string) {
		if err := os.Rename(path, path+".away"); err != nil {
			t.Fatal(err)
		}
	},
	"replaced by a copy": func(t *testing.T, path string) {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		write(t, path+".copy", string(content))
		if err := os.Rename(path+".copy", path); err != nil {
			t.Fatal(err)
		}
	},
	"replaced by an empty file": func(t *testing.T, path string) {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		write(t, path, "")
	},
}

func TestAFileThatIsTakenAwayEndsWriting(t *testing.T) {
	t.Parallel()
	for _, end := range database.FileSuffixes {
		for name, fault := range faults {
			t.Run(database.FileName+end+" "+name, func(t *testing.T) {
				t.Parallel()
				var log bytes.Buffer
				j, err := Open(context.Background(), t.TempDir(), Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
				if err != nil {
					t.Fatal(err)
				}
				closed := false
				defer func() {
					if !closed {
						closeStore(t, j)
					}
				}()
				e := endpoint(t, j.Deliveries, "wh_a")
				add(t, j, several(20)...)
				fault(t, j.DB.Path()+end)

				if end == "-shm" {
					j.lookAfter() // as happens every second; no event depends on this file
				}
				refused := several(1)
				if err := j.Append(context.Background(), []*event.Batch{{Events: refused}}); !errors.Is(err, database.ErrReplaced) {
					t.Fatalf("Append: %v, want database.ErrReplaced", err)
				}
				if refused[0].Seq != 0 {
					t.Errorf("the refused event has the number %d", refused[0].Seq)
				}
				if err := settleNow(j, &deliveries.Settlement{Endpoint: e.N, Cursor: 3}); !errors.Is(err, database.ErrReplaced) {
					t.Errorf("Settle: %v, want database.ErrReplaced", err)
				}
				if err := j.DB.Probe(context.Background()); !errors.Is(err, database.ErrReplaced) {
					t.Errorf("Probe: %v, want database.ErrReplaced", err)
				}
				if got := j.DB.Troubles(); len(got) != 1 || got[0].Kind != database.TroubleReplaced || !got[0].Kind.Refuses() {
					t.Errorf("Troubles: %v", got)
				}
				if n := strings.Count(log.String(), "trouble with the data folder"); n != 1 {
					t.Errorf("%d lines in the log, want 1:\n%s", n, log.String())
				}
				wantGapless(t, j, 1, 20) // what was accepted can be read

				// Everything that was accepted stands in the open database.
				if end == "" {
					return
				}
				closed = true
				closeStore(t, j)
				again := openAt(t, dirOf(j), Options{})
				wantGapless(t, again, 1, 20)
				add(t, again, several(1)...)
			})
		}
	}
}

func TestARemovedDatabaseCanBeCopiedWhileItIsOpen(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/self/fd"); err != nil {
		t.Skip("there is no /proc")
	}
	j := openAt(t, t.TempDir(), Options{})
	add(t, j, several(20)...)
	if err := os.Remove(j.DB.Path()); err != nil {
		t.Fatal(err)
	}
	if err := j.Append(context.Background(), []*event.Batch{{Events: several(1)}}); !errors.Is(err, database.ErrReplaced) {
		t.Fatalf("Append: %v, want database.ErrReplaced", err)
	}
	// As an operator does it: the open file, and the key.
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	rescued := filepath.Join(t.TempDir(), "rescued.db")
	for _, fd := range fds {
		link := "/proc/self/fd/" + fd.Name()
		if target, _ := os.Readlink(link); target == j.DB.Path()+" (deleted)" {
			content, err := os.ReadFile(link)
			if err != nil {
				t.Fatal(err)
			}
			write(t, rescued, string(content))
		}
	}
	dir := t.TempDir()
	key, err := os.ReadFile(filepath.Join(dirOf(j), secretbox.KeyFile))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, secretbox.KeyFile), string(key))
	if copied, err := backup.Restore(context.Background(), rescued, dir, nil); err != nil || copied.Events != 20 {
		t.Fatalf("Restore: %+v, %v", copied, err)
	}
	wantGapless(t, openAt(t, dir, Options{}), 1, 20)
}

func TestAFolderWithAWriteAheadLogAndNoDatabaseIsRefused(t *testing.T) {
	t.Parallel()
	for _, empty := range []bool{false, true} {
		t.Run(fmt.Sprintf("empty %t", empty), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if empty {
				write(t, filepath.Join(dir, database.FileName), "")
			}
			write(t, filepath.Join(dir, database.FileName+"-wal"), "frames")
			if _, err := Open(context.Background(), dir, Options{}); !errors.Is(err, database.ErrReplaced) {
				t.Fatalf("Open: %v, want database.ErrReplaced", err)
			}
			if content, err := os.ReadFile(filepath.Join(dir, database.FileName+"-wal")); err != nil || string(content) != "frames" {
				t.Errorf("the write-ahead log is %q, %v", content, err)
			}
		})
	}
}
