package salvage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"postern/internal/sqlitefile"
	"postern/internal/store/database"
)

// table is a table of the new store, and where the damaged one has it.
type table struct {
	name    string
	root    uint32
	columns []string // in the order of its records
	rowID   bool
	alias   int // the column that stands for the rowid; -1 for none
	inserts map[string]*sql.Stmt
}

func (t *table) is(root uint32) bool    { return root == t.root }
func (t *table) has(column string) bool { return slices.Contains(t.columns, column) }

func tableNames(tables map[string]*table) []string {
	return slices.Sorted(maps.Keys(tables))
}

// readSchema reads which tables and indexes a database has.
func readSchema(ctx context.Context, db *sql.DB) (tables map[string]*table, indexes map[string]uint32, err error) {
	tables, indexes = make(map[string]*table), make(map[string]uint32)
	rows, err := db.QueryContext(ctx, "SELECT s.type, s.name, s.rootpage, coalesce(l.wr, "+
		"0) FROM sqlite_schema AS s LEFT JOIN pragma_table_list AS l ON l.name = s.name AND l.schema = 'main' WHERE s.rootpage > 0")
	if err != nil {
		return nil, nil, err
	}
	_, err = database.Collect(rows, func(row database.Row) (none struct{}, err error) {
		t := &table{alias: -1, inserts: make(map[string]*sql.Stmt)}
		var kind string
		var without bool
		err = row.Scan(&kind, &t.name, &t.root, &without)
		if t.rowID = !without; kind == "table" {
			tables[t.name] = t
		} else {
			indexes[t.name] = t.root
		}
		return none, err
	})
	if err != nil {
		return nil, nil, err
	}
	for _, t := range tables {
		if err := t.readColumns(ctx, db); err != nil {
			return nil, nil, err
		}
	}
	return tables, indexes, nil
}

// readColumns reads the columns of a table. One without rowids has those of its
// key first in its records.
func (t *table) readColumns(ctx context.Context, db *sql.DB) error {
	order := "cid"
	if !t.rowID {
		order = "pk = 0, pk, cid"
	}
	rows, err := db.QueryContext(ctx, "SELECT name, type, pk FROM pragma_table_info(?) ORDER BY "+order, t.name)
	if err != nil {
		return err
	}
	keys := 0
	t.columns, err = database.Collect(rows, func(row database.Row) (name string, err error) {
		var kind string
		var key int
		if err = row.Scan(&name, &kind, &key); err != nil || key == 0 {
			return name, err
		}
		if keys++; t.rowID && kind == "INTEGER" {
			t.alias = -2 // known once all are read
		}
		return name, nil
	})
	if err != nil || t.alias != -2 {
		return err
	}
	t.alias = -1
	if keys == 1 {
		return db.QueryRowContext(ctx, "SELECT cid FROM pragma_table_info(?) WHERE pk = 1", t.name).Scan(&t.alias)
	}
	return nil
}

// findRoots finds where the damaged file has its tables. It is where a new one of
// its version has them, since with auto_vacuum that depends on the migrations
// alone; what can be read of its own schema counts more.
func (s *salvager) findRoots(ctx context.Context) error {
	return s.file.Rows(ctx, func(root uint32) bool { return root == 1 }, func(row sqlitefile.Row) error {
		if len(row.Values) != 5 {
			return nil
		}
		name, _ := row.Values[1].(string)
		root, _ := row.Values[3].(int64)
		if root < 2 || root > int64(s.file.Pages()) {
			return nil
		}
		switch row.Values[0] {
		case "table":
			if t := s.tables[name]; t != nil {
				t.root = uint32(root)
			}
		case "index":
			if _, ok := s.indexes[name]; ok {
				s.indexes[name] = uint32(root)
			}
		}
		return nil
	})
}

// owned reports whether a page begins a table or an index.
func (s *salvager) owned(root uint32) bool {
	if root == 1 {
		return true
	}
	for _, t := range s.tables {
		if t.root == root {
			return true
		}
	}
	for _, r := range s.indexes {
		if r == root {
			return true
		}
	}
	return false
}

// insert writes a row as it was. It reports false where the table doesn't take it:
// a value isn't of its type. A row that is there already is replaced, or stays and
// counts as written.
func (s *salvager) insert(ctx context.Context, t *table, row sqlitefile.Row, replace bool) (kept bool, err error) {
	if s.rows++; s.rows > rowsAStep {
		if err := s.exec(ctx, "COMMIT; BEGIN"); err != nil {
			return false, err
		}
		s.rows = 0
	}
	insert, err := t.prepare(ctx, s.conn, len(row.Values), replace)
	if err != nil {
		return false, err
	}
	args := make([]any, 0, len(row.Values)+1)
	if t.rowID {
		args = append(args, row.RowID)
	}
	for i, v := range row.Values {
		if i != t.alias {
			args = append(args, v)
		}
	}
	_, err = insert.ExecContext(ctx, args...)
	var failed *sqlite.Error
	if errors.As(err, &failed) && failed.Code()&0xff == sqlite3.SQLITE_CONSTRAINT {
		switch failed.Code() {
		case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
			return true, nil
		}
		return false, nil
	}
	return err == nil, database.DiskError(err)
}

// prepare returns the statement for rows of so many values. Older rows lack the
// columns that were added later.
func (t *table) prepare(ctx context.Context, conn *sql.Conn, values int, replace bool) (*sql.Stmt, error) {
	verb := "INSERT"
	if replace {
		verb = "INSERT OR REPLACE"
	}
	key := fmt.Sprint(verb, values)
	if stmt := t.inserts[key]; stmt != nil {
		return stmt, nil
	}
	columns := slices.Clone(t.columns[:values])
	if t.alias >= 0 && t.alias < values {
		columns = slices.Delete(columns, t.alias, t.alias+1)
	}
	if t.rowID {
		columns = append([]string{"rowid"}, columns...)
	}
	stmt, err := conn.PrepareContext(ctx, fmt.Sprintf(`%s INTO "%s" ("%s") VALUES (?%s)`, verb, t.name, strings.Join(columns, `", "`),
		strings.Repeat(", ?", len(columns)-1)))
	t.inserts[key] = stmt
	return stmt, err
}

// record is a row as scanRow reads it.
type record []any

// Scan stores the values. A value of another type than its column's is an error.
func (r record) Scan(to ...any) error {
	for i, v := range r {
		ok := true
		switch to := to[i].(type) {
		case *int64:
			*to, ok = v.(int64)
		case *string:
			*to, ok = v.(string)
		case *[]byte: // of a TEXT
			var text string
			text, ok = v.(string)
			*to = []byte(text)
		case *any:
			*to = v
		case sql.Scanner:
			ok = to.Scan(v) == nil
		}
		if !ok {
			return fmt.Errorf("column %d has a %T", i, v)
		}
	}
	return nil
}
