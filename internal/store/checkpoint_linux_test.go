package store

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"postern/internal/disktest"
	"postern/internal/store/database"
)

// The database's own disk is full, while the write-ahead log has room: what
// SQLite itself says of it is counted and told as trouble with checkpoints.
// Events are accepted all the while.
func TestCheckpointsIntoAFullDiskAreTold(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	full := disktest.MountFile(t, filepath.Join(dir, database.FileName), "64m")
	var logs bytes.Buffer
	j := openAt(t, dir, Options{Logger: slog.New(slog.NewTextHandler(&logs, nil))})
	grow(t, j)
	if got := j.DB.Troubles(); len(got) > 0 {
		t.Fatalf("with room: %v", got)
	}
	filler := filepath.Join(full, "filler")
	disktest.Fill(t, filler)
	for before := j.DB.Metrics().CheckpointFailures; j.DB.Metrics().CheckpointFailures < before+2*database.CheckpointFailures; {
		grow(t, j)
	}
	if got := j.DB.Troubles(); len(got) != 1 || got[0].Kind != database.TroubleCheckpoints || !errors.Is(got[0].Err, database.ErrFull) {
		t.Errorf("without room: %v", got)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	head := j.Head()
	grow(t, j)
	j.lookAfter()
	if got := j.DB.Troubles(); len(got) > 0 || j.DB.WAL() > database.WALEmptied {
		t.Errorf("with room again: %v, %d bytes", got, j.DB.WAL())
	}
	wantGapless(t, j, 1, int(j.Head()))
	if n := strings.Count(logs.String(), "trouble with the data folder"); n != 2 || j.Head() == head {
		t.Errorf("%d lines, want one of the beginning and one of the end:\n%s", n, &logs)
	}
}
