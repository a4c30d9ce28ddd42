package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"postern/internal/disktest"
	"postern/internal/event"
	"postern/internal/store/accounts"
	"postern/internal/store/auditlog"
	"postern/internal/store/database"
)

// TestAFullDiskOpens fills a small file system where one can be mounted, to the
// last byte, while the store is closed, and while it runs before a crash.
func TestAFullDiskOpens(t *testing.T) {
	t.Parallel()
	disk := disktest.Mount(t, "16m")
	clock := newClock()
	data, filler := filepath.Join(disk, "data"), filepath.Join(disk, "filler")
	j := openAt(t, data, Options{Now: clock.Now})
	j.lookAfter()
	if j.DB.Reserve() != 1<<20 {
		t.Fatalf("the reserve is %d bytes", j.DB.Reserve())
	}
	add(t, j, several(50)...)
	closeStore(t, j)
	kept := 50
	for range 3 {
		disktest.Fill(t, filler)
		clock.Advance(time.Hour)
		j = openAt(t, data, Options{Now: clock.Now})
		j.lookAfter()
		wantGapless(t, j, 1, kept)
		if err := j.Append(context.Background(), []*event.Batch{{Events: several(1)}}); !errors.Is(err, database.ErrFull) {
			t.Fatalf("Append: %v, want database.ErrFull", err)
		}
		// Everything but events may use the room of the reserve.
		if err := j.Accounts.Change(context.Background(), func(tx *accounts.Tx) error {
			return tx.Audit(&auditlog.Entry{ActorKind: "test", Action: "test", Outcome: "done"})
		}); err != nil {
			t.Errorf("an entry of the audit: %v", err)
		}
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
		j.lookAfter()
		if j.DB.Reserve() != 1<<20 || len(j.DB.Troubles()) > 0 {
			t.Errorf("with room again the reserve is %d bytes, %v", j.DB.Reserve(), j.DB.Troubles())
		}
		add(t, j, several(10)...)
		kept += 10
		closeStore(t, j)
	}
}
