package store

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"postern/internal/event"
	"postern/internal/sqlitefile"
	"postern/internal/store/backup"
	"postern/internal/store/database"
	"postern/internal/store/deliveries"
	"postern/internal/store/secretbox"
	"postern/internal/store/verify"
)

// A store of two thousand events with all that they may have, large ones among
// them, and of settings.
type damageable struct {
	db, wal, key []byte
	events       map[int64]string // as an export has them
	pages        map[string][]int // by what they are
	head         int64            // the newest of them
	rows         map[int][]int64  // by page, the events on it, also those that go on there
}

const testPage = 4096

// wholeStore is made once for all tests.
func wholeStore(t *testing.T) *damageable {
	t.Helper()
	damageableOnce.Do(func() { theDamageable = makeDamageable(t) })
	if theDamageable == nil {
		t.Fatal("the store to damage wasn't made")
	}
	return theDamageable
}

var (
	damageableOnce sync.Once
	theDamageable  *damageable
)

func makeDamageable(t *testing.T) *damageable {
	t.Helper()
	ctx := context.Background()
	j := openAt(t, t.TempDir(), Options{})
	for i, some := range slices.Collect(slices.Chunk(allKinds(2000), 100)) {
		large := made(withData(fmt.Sprintf(`{"image":%q}`, strings.Repeat(fmt.Sprintf("%06x", i), 3000))))
		add(t, j, append(some, large)...)
	}
	for n := range 3 {
		e := endpoint(t, j.Deliveries, fmt.Sprintf("ep_%d", n))
		for seq := int64(1); seq < 100; seq++ {
			settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: e.N, Cursor: seq})
		}
	}
	d := &damageable{pages: make(map[string][]int), rows: make(map[int][]int64)}
	var err error
	if d.events, _, err = exported(j, true); err != nil {
		t.Fatal(err)
	}
	d.head = j.Head()
	if _, err := j.DB.EmptyWAL(ctx); err != nil {
		t.Fatal(err)
	}
	d.db = readFile(t, j.DB.Path())
	d.key = readFile(t, filepath.Join(dirOf(j), secretbox.KeyFile))
	// More events, which stand in the write-ahead log alone.
	for _, some := range slices.Collect(slices.Chunk(allKinds(200), 20)) {
		for _, e := range some {
			e.ID = event.NewID()
			e.Finalize()
		}
		add(t, j, some...)
	}
	d.wal = readFile(t, j.DB.Path()+"-wal")
	d.findPages(t)
	return d
}

// findPages asks SQLite what the pages of the database file are.
func (d *damageable) findPages(t *testing.T) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "whole")
	if err := os.WriteFile(file, d.db, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", database.DSN(file, "immutable=1"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tables := make(map[string]uint32) // their root pages
	schema, err := db.Query("SELECT name, rootpage FROM sqlite_schema WHERE type = 'table' AND rootpage > 0")
	if err != nil {
		t.Fatal(err)
	}
	_, err = database.Collect(schema, func(row database.Row) (root uint32, err error) {
		var name string
		err = row.Scan(&name, &root)
		tables[name] = root
		return root, err
	})
	if err != nil {
		t.Fatal(err)
	}
	f, err := sqlitefile.Open(t.Context(), file, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if n := f.LostElsewhere(func(uint32) bool { return false }); n != 0 {
		t.Errorf("%d pages of a whole file can't be read", n)
	}
	err = f.Rows(t.Context(), func(root uint32) bool { return root == tables["events"] }, func(row sqlitefile.Row) error {
		d.rows[int(row.Page)] = append(d.rows[int(row.Page)], row.RowID)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := db.Query("SELECT name, path, pageno, pagetype FROM dbstat")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	leaves := make(map[string]int)
	overflows := make(map[int]string)
	used := map[int]bool{1: true}
	for rows.Next() {
		var name, path, kind string
		var page int
		if err := rows.Scan(&name, &path, &page, &kind); err != nil {
			t.Fatal(err)
		}
		used[page] = true
		if _, table := tables[name]; !table && name != "sqlite_schema" {
			name = "index"
		}
		d.pages[name+" "+kind] = append(d.pages[name+" "+kind], page)
		if name == "events" {
			leaves[path] = page
			if kind == "overflow" {
				overflows[page] = path
			}
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	for page, path := range overflows { // the leaf's path, a cell and a page of its chain
		at := strings.LastIndex(path, "/") + 1
		var cell int
		if _, err := fmt.Sscanf(path[at:], "%03x+", &cell); err != nil {
			t.Fatal(path, err)
		}
		d.rows[page] = []int64{d.rows[leaves[path[:at]]][cell]}
	}
	for page := 2; page <= len(d.db)/testPage; page++ {
		if !used[page] {
			d.pages["map or free"] = append(d.pages["map or free"], page)
		}
	}
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// spoil overwrites a run of bytes with zeros or others.
func spoil(random *rand.Rand, b []byte) {
	clear(b)
	if random.IntN(2) == 0 {
		for i := range b {
			b[i] = byte(random.Uint32())
		}
	}
}

func (d *damageable) write(t *testing.T, db, wal []byte) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), database.FileName)
	for name, b := range map[string][]byte{file: db, file + "-wal": wal} {
		if b == nil {
			continue
		}
		if err := os.WriteFile(name, b, 0o400); err != nil {
			t.Fatal(err)
		}
	}
	return file
}

// restored restores a file and makes sure that what comes out is a whole store
// with events as they were. It returns the report and the events.
func (d *damageable) restored(t *testing.T, file string) (backup.Copied, map[int64]string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "restored")
	before := readFile(t, file)
	copied, err := backup.Restore(t.Context(), file, dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if string(before) != string(readFile(t, file)) {
		t.Error("the source was changed")
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(file), "*")); len(left) > 2 {
		t.Errorf("beside the source: %q", left)
	}
	if err := os.WriteFile(filepath.Join(dir, secretbox.KeyFile), d.key, 0o600); err != nil {
		t.Fatal(err)
	}
	j := openAt(t, dir, Options{})
	events, damaged, err := exported(j, true)
	if err != nil || len(damaged) > 0 || int64(len(events)) != copied.Events {
		t.Errorf("%d events of %d, %v are damaged, %v", len(events), copied.Events, damaged, err)
	}
	for seq, text := range events {
		if want, known := d.events[seq]; known && want != text || !known && seq <= d.head {
			t.Errorf("event %d is\n%s\nwant\n%s", seq, text, want)
		}
	}
	if got := pragma(t, j, "integrity_check"); got != "ok" {
		t.Errorf("integrity_check: %s", got)
	}
	if v, err := verify.Run(t.Context(), j.DB, 0); err != nil || !v.Whole() {
		t.Errorf("it has %+v, %v", v, err)
	}
	head := j.Head()
	if e := made(); true {
		add(t, j, e)
		if e.Seq != head+1 {
			t.Errorf("a new event has the number %d after %d", e.Seq, head)
		}
	}
	if err := j.indexer.Rebuild(t.Context()); err != nil {
		t.Error(err)
	}
	return copied, events
}

// wantMissing checks that a report names exactly the events that aren't there, and
// that these are the ones that stood on damaged pages.
func (d *damageable) wantMissing(t *testing.T, copied backup.Copied, events map[int64]string, want map[int64]bool) {
	t.Helper()
	if copied.Salvaged == nil {
		if len(want) > 0 {
			t.Errorf("nothing is reported, want %v", want)
		}
		return
	}
	named := make(map[int64]bool)
	for _, r := range copied.Salvaged.Ranges {
		for seq := r.First; seq <= r.Last; seq++ {
			named[seq] = true
		}
	}
	if int64(len(named)) != copied.Salvaged.Missing {
		t.Errorf("%d are missing, %d are named", copied.Salvaged.Missing, len(named))
	}
	told := copied.Head
	for seq := range named {
		told = max(told, seq)
	}
	if copied.Salvaged.Unsure { // what would tell of the newest ones may be damaged too
		want = maps.Clone(want)
		maps.DeleteFunc(want, func(seq int64, _ bool) bool { return seq > told })
	}
	if !maps.Equal(named, want) {
		t.Errorf("missing are %v, want %v", slices.Sorted(maps.Keys(named)), slices.Sorted(maps.Keys(want)))
	}
	for seq := range d.events {
		if _, there := events[seq]; there == want[seq] && seq <= told {
			t.Errorf("event %d is there: %t", seq, there)
		}
	}
}
