package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"testing"

	"postern/internal/event"
	"postern/internal/store/database"
)

// grow appends until the write-ahead log is worth a checkpoint, and has it
// looked at.
func grow(t *testing.T, j *Store) {
	t.Helper()
	for range 12 {
		e := made(withData(fmt.Sprintf(`{"x":"%0400000d"}`, 0)))
		if err := j.Append(context.Background(), []*event.Batch{{Events: []*event.Event{e}}}); err != nil {
			t.Fatalf("Append: %v", err)
		}
	}
	j.lookAfter()
}

// trouble returns the error of a trouble that lasts; nil where there is none.
func trouble(j *Store, kind database.TroubleKind) error {
	for _, one := range j.DB.Troubles() {
		if one.Kind == kind {
			return one.Err
		}
	}
	return nil
}

func TestCheckpointsKeepTheWriteAheadLogSmall(t *testing.T) {
	t.Parallel()
	j := open(t)
	for range 8 {
		grow(t, j)
	}
	m := j.DB.Metrics()
	if m.Checkpoints < 4 || m.CheckpointFailures != 0 {
		t.Errorf("%d checkpoints, %d failures", m.Checkpoints, m.CheckpointFailures)
	}
	if got := j.DB.WAL(); got > database.WALEmptied || got == 0 {
		t.Errorf("the write-ahead log has %d bytes", got)
	}
	if got := j.DB.Troubles(); len(got) > 0 {
		t.Errorf("Troubles: %v", got)
	}
}

func TestCheckpointsThatFailAreTold(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]error{"input/output error": database.ErrUnwritable, "no room": database.ErrFull} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var broken error
			j := openAt(t, t.TempDir(), Options{system: &database.System{Checkpointing: func() error { return broken }}})
			broken = fmt.Errorf("%w: injected", fault)
			for n := int64(0); n < database.CheckpointFailures; n = j.DB.Metrics().CheckpointFailures {
				if err := trouble(j, database.TroubleCheckpoints); err != nil {
					t.Errorf("after %d failures: %v", n, j.DB.Troubles())
				}
				grow(t, j)
			}
			if err := trouble(j, database.TroubleCheckpoints); !errors.Is(err, fault) {
				t.Errorf("the trouble is %v", err)
			}
			for j.DB.WAL() <= database.WALBound {
				grow(t, j)
			}
			if trouble(j, database.TroubleWAL) == nil {
				t.Errorf("nothing tells of a write-ahead log of %d bytes: %v", j.DB.WAL(), j.DB.Troubles())
			}
			broken = nil
			grow(t, j)
			j.lookAfter()
			if got := j.DB.Troubles(); len(got) > 0 || j.DB.WAL() > database.WALEmptied {
				t.Errorf("once it works: %v, %d bytes", got, j.DB.WAL())
			}
		})
	}
}

func TestAReaderThatStaysIsNoFailure(t *testing.T) {
	t.Parallel()
	j := open(t)
	add(t, j, several(1)...)
	tx, err := j.reader.BeginTx(context.Background(), &sql.TxOptions{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if err := tx.QueryRow("SELECT count(*) FROM events").Scan(&n); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		grow(t, j)
	}
	if m := j.DB.Metrics(); m.CheckpointsBlocked == 0 || m.CheckpointFailures > 0 {
		t.Errorf("%d blocked, %d failures", m.CheckpointsBlocked, m.CheckpointFailures)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	grow(t, j)
	if m := j.DB.Metrics(); m.Checkpoints == 0 {
		t.Error("no checkpoint once the reader is gone")
	}
}
