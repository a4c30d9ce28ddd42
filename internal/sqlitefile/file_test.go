package sqlitefile_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	_ "modernc.org/sqlite" // makes the databases

	"postern/internal/sqlitefile"
)

// database makes a database of all kinds of values and of rows that overflow, with
// a quarter of it in its write-ahead log, and returns a copy of both files.
func database(t *testing.T, pragma string) (db, wal []byte) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "db")
	d, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	d.SetMaxOpenConns(1)
	const fill = "WITH RECURSIVE c (v) AS (SELECT %d UNION ALL SELECT v + 1 FROM c WHERE v < %d) INSERT INTO t SELECT v, v * -1000003, " +
		"v / 7.0, printf('%%*d', v * 40, 7), randomblob(v), NULL FROM c"
	for _, statement := range []string{
		pragma, "PRAGMA journal_mode = WAL", "PRAGMA wal_autocheckpoint = 0",
		"CREATE TABLE t (n INTEGER PRIMARY KEY, i INTEGER, f REAL, s TEXT, b BLOB, x TEXT)",
		"CREATE INDEX t_i ON t (i)",
		"CREATE TABLE w (k TEXT PRIMARY KEY, v INTEGER) WITHOUT ROWID",
		fmt.Sprintf(fill, 1, 150), "PRAGMA wal_checkpoint(TRUNCATE)", fmt.Sprintf(fill, 151, 200),
		"INSERT INTO w SELECT 'key ' || n, n FROM t",
	} {
		if _, err := d.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	for i, name := range []string{file, file + "-wal"} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			db = b
		} else {
			wal = b
		}
	}
	return db, wal
}

// rows reads everything that there is, by tree.
func rows(t *testing.T, file string) map[uint32][]sqlitefile.Row {
	t.Helper()
	f, err := sqlitefile.Open(context.Background(), file, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	found := make(map[uint32][]sqlitefile.Row)
	var root uint32
	every := func(of uint32) bool {
		root = of
		_ = f.Lost(root)
		return true
	}
	err = f.Rows(context.Background(), every, func(row sqlitefile.Row) error {
		found[root] = append(found[root], row)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func write(t *testing.T, dir string, db, wal []byte) (file string) {
	t.Helper()
	file = filepath.Join(dir, "db")
	for name, b := range map[string][]byte{file: db, file + "-wal": wal} {
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return file
}

func TestRows(t *testing.T) {
	t.Parallel()
	for _, pragma := range []string{"PRAGMA page_size = 1024", "PRAGMA auto_vacuum = INCREMENTAL", "PRAGMA page_size = 65536"} {
		t.Run(pragma, func(t *testing.T) {
			t.Parallel()
			db, wal := database(t, pragma)
			found := rows(t, write(t, t.TempDir(), db, wal))
			roots := make(map[string]uint32)
			for _, row := range found[1] {
				roots[row.Values[1].(string)] = uint32(row.Values[3].(int64))
			}
			table := found[roots["t"]]
			slices.SortFunc(table, func(a, b sqlitefile.Row) int { return int(a.RowID - b.RowID) })
			if len(table) != 200 || len(found[roots["t_i"]]) != 200 || len(found[roots["w"]]) != 200 {
				t.Fatalf("there are %d rows, %d entries and %d keys", len(table), len(found[roots["t_i"]]), len(found[roots["w"]]))
			}
			for i, row := range table {
				n := int64(i + 1)
				blob, _ := row.Values[4].([]byte)
				want := []any{nil, n * -1000003, float64(n) / 7, fmt.Sprintf("%*d", n*40, 7), blob, nil}
				if f, ok := row.Values[2].(int64); ok { // a whole number takes less room
					want[2] = f
					if f != n/7 || n%7 != 0 {
						t.Errorf("row %d has %d", n, f)
					}
				}
				if row.RowID != n || len(blob) != int(n) || !reflect.DeepEqual(row.Values, want) {
					t.Errorf("row %d is %v, want %v", row.RowID, row.Values, want)
				}
			}
		})
	}
}

// Reading files of any bytes ends, and doesn't panic.
func TestRows_of_any_bytes(t *testing.T) {
	t.Parallel()
	db, wal := database(t, "PRAGMA auto_vacuum = INCREMENTAL")
	dir := t.TempDir()
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(seed, 3))
		db, wal := slices.Clone(db), slices.Clone(wal)
		for range 1 + random.IntN(200) {
			for _, b := range [][]byte{db, wal} {
				// The headers of pages matter more than their content.
				at := random.IntN(len(b)/4096)*4096 + random.IntN(16)
				if random.IntN(2) == 0 {
					at = random.IntN(len(b))
				}
				b[at] = byte(random.Uint32())
			}
		}
		if seed%5 == 0 {
			db = db[:random.IntN(len(db))]
		}
		rows(t, write(t, dir, db, wal))
	}
	for _, text := range []string{"", "x", "SQLite format 3\x00", strings.Repeat("no database ", 1000)} {
		rows(t, write(t, dir, []byte(text), []byte(text)))
	}
}

// A chain of pages that leads in a circle ends.
func TestRows_with_a_chain_in_a_circle(t *testing.T) {
	t.Parallel()
	db, _ := database(t, "PRAGMA page_size = 1024")
	for page := 2; page < len(db)/1024; page++ {
		if b := db[page*1024:]; b[0] == 0 { // an overflow page names the next one
			copy(b, []byte{0, 0, byte((page + 1) >> 8), byte(page + 1)})
		}
	}
	broken := 0
	for _, list := range rows(t, write(t, t.TempDir(), db, nil)) {
		for _, row := range list {
			if row.Values == nil {
				broken++
			}
		}
	}
	if broken == 0 {
		t.Error("every row was read")
	}
}
