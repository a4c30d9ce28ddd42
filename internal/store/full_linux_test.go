package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"postern/internal/disktest"
	"postern/internal/store/database"
	"postern/internal/store/deliveries"
)

// TestAFullDisk fills a small file system where one can be mounted.
func TestAFullDisk(t *testing.T) {
	t.Parallel()
	disk := disktest.Mount(t, "3m")
	// A file to delete, to make room.
	ballast := filepath.Join(disk, "ballast")
	write(t, ballast, string(make([]byte, 1<<20)))

	clock := newClock()
	j, err := Open(context.Background(), filepath.Join(disk, "data"), Options{Now: clock.Now, Retain: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { closeStore(t, j) }()
	e := endpoint(t, j.Deliveries, "wh_a")
	kept, refused := fillUp(t, j)
	t.Logf("%d events fit", kept)
	check := func() {
		t.Helper()
		wantGapless(t, j, 1, kept)
		wantGone(t, j, refused...)
	}
	check()
	if err := settleNow(j, &deliveries.Settlement{Endpoint: e.N, Cursor: 3, Attempts: large(200)}); !errors.Is(err, database.ErrFull) {
		t.Errorf("Settle: %v, want database.ErrFull", err)
	}
	if got := stored(t, j.Deliveries, "wh_a").Cursor; got != 0 {
		t.Errorf("a settlement that failed moved the cursor to %d", got)
	}
	if err := j.DB.Probe(context.Background()); !errors.Is(err, database.ErrFull) {
		t.Errorf("Probe just after: %v, want database.ErrFull", err)
	}

	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	add(t, j, refused...) // the same call works again
	kept += len(refused)
	wantGapless(t, j, 1, kept)
	settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: e.N, Cursor: 3})
	if err := j.DB.Probe(context.Background()); err != nil {
		t.Errorf("Probe once there is room: %v", err)
	}

	// A crash at this point finds everything that was promised.
	closeStore(t, j)
	if j, err = Open(context.Background(), dirOf(j), Options{Now: clock.Now}); err != nil {
		t.Fatal(err)
	}
	wantGapless(t, j, 1, kept)
	if got := stored(t, j.Deliveries, "wh_a").Cursor; got != 3 {
		t.Errorf("the cursor is %d, want 3", got)
	}
}
