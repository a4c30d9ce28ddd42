package store

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"strings"
	"testing"

	"postern/internal/event"
	"postern/internal/fullrun"
	"postern/internal/store/database"
	"postern/internal/store/retention"
	"postern/internal/store/segment"
)

// fill appends n typical events, a hundred a commit, and returns the bytes of
// their JSON.
func fill(t testing.TB, j *Store, n int) (jsonBytes int64) {
	t.Helper()
	for n > 0 {
		var events []*event.Event
		for range min(n, 100) {
			e := typical(n)
			events = append(events, e)
			jsonBytes += int64(len(e.JSON()))
			n--
		}
		add(t, j, events...)
	}
	return jsonBytes
}

// fillLarge appends n events of 8 KiB.
func fillLarge(t testing.TB, j *Store, n int) {
	t.Helper()
	data := `{"crop":"` + strings.Repeat("x", 8<<10) + `"}`
	for ; n > 0; n -= 100 {
		events := make([]*event.Event, 100)
		for i := range events {
			events[i] = made(withData(data))
		}
		add(t, j, events...)
	}
}

// fileBytes is how long the store's file is once all is in it.
func fileBytes(t testing.TB, j *Store) int64 {
	t.Helper()
	var busy, frames, moved int
	err := j.DB.Conn(func(conn *sql.Conn) error {
		return conn.QueryRowContext(context.Background(), "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &moved)
	})
	if err != nil || busy != 0 {
		t.Fatalf("the checkpoint was kept from its end: %d, %v", busy, err)
	}
	info, err := os.Stat(j.DB.Path())
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// pageCount is how many pages the file has.
func pageCount(t testing.TB, j *Store) (n int) {
	t.Helper()
	if err := j.reader.QueryRow("PRAGMA page_count").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func size(t testing.TB, j *Store) int64 {
	t.Helper()
	n, err := j.DB.Size(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAnEventTakesLittleMoreThanItsJSON(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	j := open(t)
	empty := size(t, j)
	const n = segment.Events + 100 // with the index of a segment, which the next commit writes
	jsonBytes := fill(t, j, n)
	file := fileBytes(t, j)
	if used := size(t, j); used != file {
		t.Errorf("Size is %d without a free page, the file has %d bytes", used, file)
	}
	ratio := float64(file-empty) / float64(jsonBytes)
	t.Logf("%d bytes of JSON and %d on disk an event: %.3f", jsonBytes/n, (file-empty)/n, ratio)
	if per := jsonBytes / n; per < 300 || per > 360 {
		t.Errorf("the events have %d bytes, which isn't typical", per)
	}
	if ratio > 1.3 {
		t.Errorf("an event takes %.2f times its JSON on disk", ratio)
	}
}

func TestTheStoreStaysWithinItsSize(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	const bound = 3 << 20
	j := openAt(t, t.TempDir(), Options{RetainBytes: bound})
	total := 0
	for range 4 {
		fill(t, j, 4500)
		total += 4500
		removed := retain(t, j)
		used, file := size(t, j), fileBytes(t, j)
		t.Logf("removed %d, %d bytes in use, file %d", removed, used, file)
		if used > bound {
			t.Errorf("%d bytes are in use, more than %d", used, bound)
		}
		// No more than needed goes: two steps' worth of slack.
		if removed > 0 && used < bound-2*retention.StepRows*1024 {
			t.Errorf("retention went down to %d bytes", used)
		}
		if free := file - used; free > 4*database.VacuumStepPages*4096 && free > file/10 {
			t.Errorf("%d of the file's %d bytes are free", free, file)
		}
		events := all(t, j)
		wantGapless(t, j, int64(total-len(events)+1), len(events))
	}
}

func TestRoomIsGivenBackToTheDisk(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	j := open(t)
	fillLarge(t, j, 3000)
	before := fileBytes(t, j)
	if before < 24<<20 {
		t.Fatalf("the file has only %d bytes", before)
	}
	// As an operator would who starts again with a smaller bound.
	j.opts.RetainBytes, j.Retention.Policy.Bytes = 5<<20, 5<<20
	retain(t, j)
	after := fileBytes(t, j)
	t.Logf("the file went from %d to %d bytes, %s pages are free", before, after, pragma(t, j, "freelist_count"))
	if after > 5<<20+4*database.VacuumStepPages*4096 {
		t.Errorf("the file still has %d bytes of %d", after, before)
	}
	if check := pragma(t, j, "integrity_check"); check != "ok" {
		t.Errorf("integrity_check: %s", check)
	}
	events := all(t, j)
	wantGapless(t, j, 3001-int64(len(events)), len(events))
}

func TestGivingRoomBackGoesInSmallSteps(t *testing.T) {
	t.Parallel()
	j := open(t)
	fillLarge(t, j, 1000)
	if _, err := j.DB.Exec(context.Background(), "DELETE FROM events"); err != nil {
		t.Fatal(err)
	}
	before := pageCount(t, j)
	shrunk, err := j.DB.Shrink(context.Background())
	if err != nil || !shrunk {
		t.Fatalf("Shrink = %t, %v", shrunk, err)
	}
	after := pageCount(t, j)
	// Pages of the map of pages, which lie between, go with them.
	if gone := before - after; gone < database.VacuumStepPages || gone > database.VacuumStepPages+8 {
		t.Errorf("one step gave %d pages back, want %d", gone, database.VacuumStepPages)
	}
}

func TestAFileThatCantShrinkDoesntKeepRetentionBusy(t *testing.T) {
	// Such as one that was restored from a dump, without auto_vacuum.
	t.Parallel()
	dir := t.TempDir()
	steps, err := database.Migrations()
	if err != nil {
		t.Fatal(err)
	}
	build(t, dir, fmt.Sprintf("PRAGMA auto_vacuum = NONE; %s; PRAGMA user_version = %d;", steps[0].Statements, steps[0].Version))
	j := openAt(t, dir, Options{})
	if mode := pragma(t, j, "auto_vacuum"); mode != "0" {
		t.Fatalf("auto_vacuum is %s", mode)
	}
	fillLarge(t, j, 1000)
	if _, err := j.DB.Exec(context.Background(), "DELETE FROM events"); err != nil {
		t.Fatal(err)
	}
	if shrunk, err := j.DB.Shrink(context.Background()); err != nil || shrunk {
		t.Errorf("Shrink = %t, %v; want false", shrunk, err)
	}
}
