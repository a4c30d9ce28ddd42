package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"testing"
	"time"

	"postern/internal/event"
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
	j.write.mu.Lock()
	j.write.checkpoints.looked, j.write.checkpoints.notUntil = time.Time{}, time.Time{}
	j.write.mu.Unlock()
	j.lookAfter()
}

func TestCheckpointsKeepTheWriteAheadLogSmall(t *testing.T) {
	t.Parallel()
	j := open(t)
	for range 8 {
		grow(t, j)
	}
	m := j.Metrics()
	if m.Checkpoints < 4 || m.CheckpointFailures != 0 {
		t.Errorf("%d checkpoints, %d failures", m.Checkpoints, m.CheckpointFailures)
	}
	if got := j.WAL(); got > walEmptied || got == 0 {
		t.Errorf("the write-ahead log has %d bytes", got)
	}
	if got := j.Troubles(); len(got) > 0 {
		t.Errorf("Troubles: %v", got)
	}
}

func TestCheckpointsThatFailAreTold(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]error{"input/output error": ErrUnwritable, "no room": ErrFull} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var broken error
			j := openAt(t, t.TempDir(), Options{system: system{checkpointing: func() error { return broken }}})
			broken = fmt.Errorf("%w: injected", fault)
			for n := int64(0); n < checkpointFailures; n = j.Metrics().CheckpointFailures {
				if err := j.write.troubles.get(TroubleCheckpoints); err != nil {
					t.Errorf("after %d failures: %v", n, j.Troubles())
				}
				grow(t, j)
			}
			if err := j.write.troubles.get(TroubleCheckpoints); !errors.Is(err, fault) {
				t.Errorf("the trouble is %v", err)
			}
			for j.WAL() <= walBound {
				grow(t, j)
			}
			if j.write.troubles.get(TroubleWAL) == nil {
				t.Errorf("nothing tells of a write-ahead log of %d bytes: %v", j.WAL(), j.Troubles())
			}
			broken = nil
			grow(t, j)
			j.lookAfter()
			if got := j.Troubles(); len(got) > 0 || j.WAL() > walEmptied {
				t.Errorf("once it works: %v, %d bytes", got, j.WAL())
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
	if m := j.Metrics(); m.CheckpointsBlocked == 0 || m.CheckpointFailures > 0 {
		t.Errorf("%d blocked, %d failures", m.CheckpointsBlocked, m.CheckpointFailures)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	grow(t, j)
	if m := j.Metrics(); m.Checkpoints == 0 {
		t.Error("no checkpoint once the reader is gone")
	}
}
