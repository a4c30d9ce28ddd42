package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/internal/disktest"
	"postern/internal/event"
	"postern/internal/fullrun"
	"postern/internal/store/backup"
	"postern/internal/store/database"
	"postern/internal/store/salvage"
	"postern/internal/store/secretbox"
)

func TestSalvage(t *testing.T) {
	t.Parallel()
	d := wholeStore(t)
	for _, kind := range slices.Sorted(maps.Keys(d.pages)) {
		t.Logf("%d pages of %s", len(d.pages[kind]), kind)
	}
	for _, kind := range []string{"events leaf", "events internal", "events overflow", "index leaf", "index internal", "map or free",
		"sqlite_schema leaf", "sqlite_schema internal", "meta leaf", "endpoints leaf", "audit leaf", "sqlite_sequence leaf"} {
		if len(d.pages[kind]) == 0 {
			t.Errorf("there are no pages of %s", kind)
			continue
		}
		for seed := range fullrun.Seeds(3, 1) {
			t.Run(fmt.Sprintf("%s, seed %d", kind, seed), func(t *testing.T) {
				t.Parallel()
				random := rand.New(rand.NewPCG(seed, 7))
				db := slices.Clone(d.db)
				want := make(map[int64]bool)
				pages := d.pages[kind]
				for range 1 + random.IntN(min(len(pages), 4)) {
					page := pages[random.IntN(len(pages))]
					spoil(random, db[(page-1)*testPage:page*testPage])
					for _, seq := range d.rows[page] {
						want[seq] = true
					}
				}
				copied, events := d.restored(t, d.write(t, db, nil))
				d.wantMissing(t, copied, events, want)
			})
		}
	}
	for seed := range fullrun.Seeds(12, 4) {
		t.Run(fmt.Sprintf("any pages, seed %d", seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 8))
			db := slices.Clone(d.db)
			want := make(map[int64]bool)
			for range 1 + random.IntN(3) {
				first := 1 + random.IntN(len(db)/testPage)
				last := min(first+random.IntN(12), len(db)/testPage)
				spoil(random, db[(first-1)*testPage:last*testPage])
				for page := first; page <= last; page++ {
					for _, seq := range d.rows[page] {
						want[seq] = true
					}
				}
			}
			copied, events := d.restored(t, d.write(t, db, nil))
			d.wantMissing(t, copied, events, want)
		})
	}
}

// Events that were cut off are gone with everything that tells of them; all events
// before them come out.
func TestSalvage_of_a_file_that_was_cut_off(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	d := wholeStore(t)
	for seed := range uint64(8) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 9))
			length := len(d.db)/4 + random.IntN(len(d.db)*3/4)
			copied, events := d.restored(t, d.write(t, d.db[:length], nil))
			want := make(map[int64]bool)
			for page, seqs := range d.rows {
				for _, seq := range seqs {
					if page*testPage > length {
						want[seq] = true
					}
				}
			}
			ranges := copied.Salvaged.Ranges
			told := max(copied.Head, ranges[len(ranges)-1].Last)
			for seq := range d.events {
				_, there := events[seq]
				named := slices.ContainsFunc(ranges, func(r salvage.Range) bool { return seq >= r.First && seq <= r.Last })
				if !there && !want[seq] {
					t.Errorf("event %d stands before the cut, and is missing", seq)
				}
				if named == there && seq <= told {
					t.Errorf("event %d is there: %t, and it is named: %t", seq, there, named)
				}
			}
			if told < int64(len(d.events)) && !copied.Salvaged.Unsure {
				t.Errorf("it is sure that event %d was the newest", told)
			}
		})
	}
}

// The write-ahead log is part of a store that wasn't closed.
func TestSalvage_of_a_write_ahead_log(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	d := wholeStore(t)
	copied, events := d.restored(t, d.write(t, d.db, d.wal))
	if all := len(d.events) + 200; copied.Salvaged != nil || len(events) != all {
		t.Errorf("of a whole log %d events are restored, want %d: %+v", len(events), all, copied.Salvaged)
	}
	whole := events
	const frame = testPage + 24
	for seed := range uint64(12) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 10))
			wal := slices.Clone(d.wal)
			n := random.IntN((len(wal) - 32) / frame)
			at := 32 + n*frame
			part := wal[at : at+frame]
			switch seed % 4 {
			case 1: // its content alone
				part = part[24:]
			case 2:
				part = wal[:32]
			case 3:
				part = wal[at : at+24]
			}
			spoil(random, part)
			copied, events := d.restored(t, d.write(t, d.db, wal))
			if copied.Salvaged == nil || !copied.Salvaged.Unsure {
				t.Fatalf("it reports %+v", copied.Salvaged)
			}
			for seq, text := range events {
				if whole[seq] != text {
					t.Errorf("event %d is\n%s\nwant\n%s", seq, text, whole[seq])
				}
			}
			// A frame is at most a page of events of one commit and of those that
			// the next ones add to it.
			if len(events) < len(whole)-60 {
				t.Errorf("%d of %d events are left", len(events), len(whole))
			}
		})
	}
}

func TestSalvage_names_what_is_lost_beside_events(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	d := wholeStore(t)
	db := slices.Clone(d.db)
	for _, table := range []string{"endpoints", "audit", "key_check"} {
		for _, page := range d.pages[table+" leaf"] {
			clear(db[(page-1)*testPage : page*testPage])
		}
	}
	copied, _ := d.restored(t, d.write(t, db, nil))
	var lost []string
	for _, one := range copied.Salvaged.Tables {
		lost = append(lost, one.Table)
		if one.Kept != 0 || one.Pages != 1 {
			t.Errorf("%+v", one)
		}
	}
	if want := []string{"audit", "endpoints", "key_check"}; !slices.Equal(lost, want) {
		t.Errorf("lost are %q, want %q", lost, want)
	}
}

// Without the mark of the key a start would take the secrets for plain text.
func TestSalvage_without_the_mark_of_the_key(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	d := wholeStore(t)
	db := slices.Clone(d.db)
	for _, page := range d.pages["key_check leaf"] {
		clear(db[(page-1)*testPage : page*testPage])
	}
	dir := t.TempDir()
	copied, err := backup.Restore(t.Context(), d.write(t, db, nil), dir, nil)
	if err != nil || len(copied.Salvaged.Tables) != 1 {
		t.Fatalf("%+v, %v", copied.Salvaged, err)
	}
	if _, err := Open(t.Context(), dir, Options{Key: make([]byte, secretbox.KeyBytes)}); !errors.Is(err, secretbox.ErrKey) {
		t.Errorf("with another key: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, secretbox.KeyFile), d.key, 0o600); err != nil {
		t.Fatal(err)
	}
	j := openAt(t, dir, Options{})
	if e := stored(t, j.Deliveries, "ep_1"); e == nil || newestSecret(e) != "whsec_ep_1" {
		t.Errorf("the webhook is %+v", e)
	}
}

// A store of which retention has removed the oldest events, and some from the
// middle, has more numbers without an event than are missing.
func TestSalvage_after_retention(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	clock := newClock()
	j := openAt(t, t.TempDir(), Options{Now: clock.Now, Retain: 5 * time.Hour,
		RetainTypes: map[event.Type]time.Duration{event.FaceDetected: time.Hour}})
	for range 4 {
		add(t, j, typesAndCameras(500)...)
		clock.Advance(2 * time.Hour)
	}
	retain(t, j)
	if j.First() == 1 || j.SequenceGaps() == 0 {
		t.Fatalf("retention has left %d and %d", j.First(), j.SequenceGaps())
	}
	whole, _, err := exported(j, true)
	if err != nil {
		t.Fatal(err)
	}
	first, head := j.First(), j.Head()
	closeStore(t, j)
	d := &damageable{db: readFile(t, j.DB.Path()), key: readFile(t, filepath.Join(dirOf(j), secretbox.KeyFile)), events: whole,
		head: j.Head(), pages: make(map[string][]int), rows: make(map[int][]int64)}
	d.findPages(t)
	for i, page := range d.pages["events leaf"] {
		if i%4 != 1 || len(d.rows[page]) == 0 {
			continue
		}
		db := slices.Clone(d.db)
		clear(db[(page-1)*testPage : page*testPage])
		want := make(map[int64]bool)
		for _, seq := range d.rows[page] {
			want[seq] = true
		}
		copied, events := d.restored(t, d.write(t, db, nil))
		d.wantMissing(t, copied, events, want)
		for seq := range events {
			if seq < first || seq > head {
				t.Errorf("event %d is back", seq)
			}
		}
	}
}

func TestSalvage_can_be_stopped_and_leaves_nothing(t *testing.T) {
	t.Parallel()
	d := wholeStore(t)
	db := slices.Clone(d.db)
	clear(db[2*testPage : 4*testPage])
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	progress := func(done, of int64) {
		if done > of*3/4 {
			cancel()
		}
	}
	if _, err := backup.Restore(ctx, d.write(t, db, nil), dir, progress); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, database.FileName+"*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

// Numbers of later events in a damaged byte aren't believed.
func TestSalvage_with_numbers_that_are_too_large(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	d := wholeStore(t)
	file := filepath.Join(t.TempDir(), "changed")
	if err := os.WriteFile(file, d.db, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", database.DSN(file))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, change := range []string{
		"PRAGMA journal_mode = DELETE",
		"UPDATE events SET seq = 1 << 50, data = '{}' WHERE seq = 2000", "UPDATE endpoints SET cursor = 1 << 40 WHERE n = 1",
		"INSERT INTO acknowledgements (seq, at, who) VALUES (1 << 30, 1, 'x')",
		"INSERT INTO pending (endpoint, seq, tries) VALUES (1, 1 << 35, 1)",
		"INSERT INTO pending (endpoint, seq, tries) VALUES (1, 1900, 1)",
	} {
		if _, err := db.Exec(change); err != nil {
			t.Fatalf("%s: %v", change, err)
		}
	}
	changed := readFile(t, file)
	for _, page := range d.pages["index leaf"][:1] {
		clear(changed[(page-1)*testPage : page*testPage])
	}
	dir := t.TempDir()
	copied, err := backup.Restore(t.Context(), d.write(t, changed, nil), dir, nil)
	if err != nil || copied.Head != d.head || !copied.Salvaged.Unsure || copied.Salvaged.Missing != 1 ||
		copied.Salvaged.Ranges[0].First != 2000 {
		t.Fatalf("%+v, %+v, %v", copied, copied.Salvaged, err)
	}
	if err := os.WriteFile(filepath.Join(dir, secretbox.KeyFile), d.key, 0o600); err != nil {
		t.Fatal(err)
	}
	j := openAt(t, dir, Options{})
	if j.Head() != d.head || stored(t, j.Deliveries, "ep_0").Cursor != d.head || len(pendingOf(t, j.Deliveries, 1)) != 1 {
		t.Errorf("the head is %d, the webhook is %+v", j.Head(), stored(t, j.Deliveries, "ep_0"))
	}
}

// Rows of every released version come out as they were, those among them that lack
// the columns of later versions.
func TestSalvage_of_every_version(t *testing.T) {
	t.Parallel()
	steps, err := database.Migrations()
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range steps {
		v := step.Version
		t.Run(fmt.Sprintf("version %d", v), func(t *testing.T) {
			t.Parallel()
			script, err := os.ReadFile(fixture(v))
			if errors.Is(err, fs.ErrNotExist) && v > lastReleased {
				t.Skip("never released, or not yet")
			}
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			build(t, dir, string(script))
			part := filepath.Join(t.TempDir(), database.FileName)
			salvaged, err := salvage.Run(t.Context(), filepath.Join(dir, database.FileName), part, errors.New("damaged"), nil)
			if err != nil || !salvaged.Whole() {
				t.Fatalf("%+v, %v", salvaged, err)
			}
			rows := func(dir string) (rows []string) {
				db := raw(t, dir)
				defer db.Close()
				for _, line := range strings.Split(dump(t, &Store{reader: db}), "\n") {
					if strings.HasPrefix(line, "INSERT") && !strings.HasPrefix(line, "INSERT INTO indexes") {
						rows = append(rows, line)
					}
				}
				slices.Sort(rows)
				return rows
			}
			if got, want := rows(filepath.Dir(part)), rows(dir); !slices.Equal(got, want) || len(got) < 5 {
				t.Errorf("it has\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

func TestSalvage_onto_a_full_disk(t *testing.T) {
	t.Parallel()
	d := wholeStore(t)
	_, err := salvage.Run(t.Context(), d.write(t, d.db, nil), filepath.Join(disktest.Mount(t, "512k"), database.FileName),
		errors.New("damaged"), nil)
	if !errors.Is(err, database.ErrFull) {
		t.Errorf("%v", err)
	}
}
