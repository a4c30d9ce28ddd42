package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"postern/internal/event"
	"postern/internal/store/database"
	"postern/internal/store/deliveries"
)

// smallDisk is a disk that a test fills: no commit is kept while it is full,
// but for as many as fit into a reserve that was given up.
type smallDisk struct {
	dir   string
	full  bool
	spare int // commits that fit once the reserve is given up
}

const smallReserve = 64 << 10

func (d *smallDisk) system() *database.System {
	return &database.System{
		Room: func(string) (free, total int64, err error) {
			if d.full {
				return 0, smallReserve * database.ReserveShare, nil
			}
			return smallReserve * database.ReserveShare, smallReserve * database.ReserveShare, nil
		},
		Committing: func() error {
			if !d.full {
				return nil
			}
			if _, err := os.Stat(filepath.Join(d.dir, database.ReserveFile)); err != nil && d.spare > 0 {
				d.spare--
				return nil
			}
			return fmt.Errorf("%w: injected", database.ErrFull)
		},
	}
}

func (d *smallDisk) reserved(t *testing.T, want bool) {
	t.Helper()
	info, err := os.Stat(filepath.Join(d.dir, database.ReserveFile))
	if (err == nil) != want || want && info.Size() != smallReserve {
		t.Errorf("the reserve: %v, %v; want it %t", info, err, want)
	}
}

func TestAFullDiskGivesUpTheReserveForAllButEvents(t *testing.T) {
	t.Parallel()
	d := &smallDisk{dir: t.TempDir(), spare: 3}
	j := openAt(t, d.dir, Options{system: d.system()})
	j.lookAfter()
	d.reserved(t, true)
	if got := j.DB.Reserve(); got != smallReserve {
		t.Errorf("Reserve is %d", got)
	}
	e := endpoint(t, j.Deliveries, "wh_a")
	add(t, j, several(5)...)

	d.full = true
	for range 2 { // the second one may not use the room that the reserve was
		if err := j.Append(context.Background(), []*event.Batch{{Events: several(1)}}); !errors.Is(err, database.ErrFull) {
			t.Fatalf("Append: %v, want database.ErrFull", err)
		}
		d.reserved(t, false)
	}
	if !j.DB.Refusing() {
		t.Error("it doesn't say that it refuses events")
	}
	if got := j.DB.Troubles(); len(got) != 1 || got[0].Kind != database.TroubleFull {
		t.Errorf("Troubles: %v", got)
	}
	settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: e.N, Cursor: 3})
	if d.spare != 2 {
		t.Errorf("%d commits are left, want 2", d.spare)
	}
	if err := j.DB.Probe(context.Background()); !errors.Is(err, database.ErrFull) {
		t.Errorf("Probe: %v, want database.ErrFull", err)
	}
	wantGapless(t, j, 1, 5)

	d.full = false
	j.lookAfter()
	d.reserved(t, true)
	if got := j.DB.Troubles(); len(got) != 0 || j.DB.Refusing() {
		t.Errorf("with room: %v, refusing %t", got, j.DB.Refusing())
	}
	if err := j.DB.Probe(context.Background()); err != nil {
		t.Errorf("Probe: %v", err)
	}
	add(t, j, several(1)...)
	wantGapless(t, j, 1, 6)
}

func TestAStoreOpensOnAFullDisk(t *testing.T) {
	t.Parallel()
	for _, spare := range []int{0, 1, 100} {
		for _, reserved := range []bool{true, false} {
			if !reserved && spare > 0 {
				continue // there is nothing to give up
			}
			t.Run(fmt.Sprintf("%d commits fit, a reserve %t", spare, reserved), func(t *testing.T) {
				t.Parallel()
				clock := newClock()
				d := &smallDisk{dir: t.TempDir(), spare: spare}
				j := openAt(t, d.dir, Options{Now: clock.Now, system: d.system()})
				if reserved {
					j.lookAfter()
				}
				add(t, j, several(5)...)
				closeStore(t, j)

				clock.Advance(time.Hour)
				d.full = true
				j = openAt(t, d.dir, Options{Now: clock.Now, system: d.system()})
				wantGapless(t, j, 1, 5)
				if err := j.Append(context.Background(), []*event.Batch{{Events: several(1)}}); !errors.Is(err, database.ErrFull) {
					t.Fatalf("Append: %v, want database.ErrFull", err)
				}
				if got := j.DB.Troubles(); len(got) != 1 || got[0].Kind != database.TroubleFull {
					t.Errorf("Troubles: %v", got)
				}
				d.reserved(t, false)

				// The downtime before the start is known all the same.
				if half := j.Counters.Minutes(clock.Now(), 30)[0]; half.Known {
					t.Errorf("the minute at %v, before the start, isn't downtime", half.Start)
				}
				d.full = false
				j.lookAfter()
				add(t, j, several(1)...)
				d.reserved(t, true)
				var gaps int
				if err := j.reader.QueryRow("SELECT count(*) FROM gaps").Scan(&gaps); err != nil || gaps != 1 {
					t.Errorf("%d gaps are in the file, %v; want 1", gaps, err)
				}
				wantGapless(t, reopen(t, j), 1, 6)
			})
		}
	}
}

func TestTheReserveIsLeftToEventsOnADiskThatIsNearlyFull(t *testing.T) {
	t.Parallel()
	free := int64(3 * smallReserve)
	j := openAt(t, t.TempDir(), Options{system: &database.System{Room: func(string) (int64, int64, error) {
		return free, smallReserve * database.ReserveShare, nil
	}}})
	j.lookAfter()
	if got := j.DB.Reserve(); got != 0 {
		t.Errorf("with little room the reserve is %d bytes", got)
	}
	add(t, j, several(1)...) // accepted while it fits
	free = 4 * smallReserve
	j.lookAfter()
	if got := j.DB.Reserve(); got != smallReserve {
		t.Errorf("with room the reserve is %d bytes", got)
	}
}
