package salvage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"postern/internal/seqset"
	"postern/internal/sqlitefile"
	"postern/internal/store/database"
	"postern/internal/store/eventrow"
)

// rowsAStep is how many rows go into one transaction of a salvage.
const rowsAStep = 5000

// unsalvaged are tables that aren't copied: they can be rebuilt from the events, are
// SQLite's own, or are about the damaged file.
var unsalvaged = []string{"indexes", "verifications", "sqlite_sequence"}

// salvager makes a new store from what can be read of a damaged one.
type salvager struct {
	file     *sqlitefile.File
	db       *sql.DB
	conn     *sql.Conn // the only one of db
	rows     int       // since the transaction began
	kept     int64     // events
	tables   map[string]*table
	indexes  map[string]uint32 // their roots
	known    seqset.Set        // numbers that events had, as anything says
	twice    seqset.Set        // as two things say
	newest   int64             // of the events that were copied
	meta     map[string]int64  // as it was found
	unsummed int64             // the newest event without a checksum
	out      *Report
	progress func(done, of int64)
}

// Run makes a new store in the file part, which is empty or absent, from what can be
// read of source. Each event that it copies has the checksum that it was written with,
// unless it is older than checksums. cause is the error of SQLite. progress, which may
// be nil, is called meanwhile.
func Run(ctx context.Context, source, part string, cause error, progress func(done, of int64)) (_ *Report, err error) {
	s := &salvager{out: &Report{Cause: cause}, meta: make(map[string]int64), progress: progress}
	if progress == nil {
		s.progress = func(int64, int64) {}
	}
	pages := func(done, of uint32) { s.progress(int64(done), 2*int64(of)) }
	if s.file, err = sqlitefile.Open(ctx, source, pages); err != nil {
		return nil, database.PathCause(err)
	}
	defer s.file.Close()
	if err := s.create(ctx, part); err != nil {
		return nil, err
	}
	defer s.db.Close()
	defer s.conn.Close() //nolint:errcheck // where it is through it was closed
	if err := s.copyAll(ctx); err != nil {
		return nil, err
	}
	if err := s.settleBounds(ctx); err != nil {
		return nil, err
	}
	if err := s.settleAlerts(ctx); err != nil {
		return nil, err
	}
	if s.out.Headless && s.kept == 0 {
		return nil, errors.New("it is no store of Postern, or nothing in it can be read; look for an older backup")
	}
	return s.out, errors.Join(s.conn.Close(), s.db.Close())
}

// create makes an empty store of the version of the damaged one, and finds out
// where that has its tables.
func (s *salvager) create(ctx context.Context, part string) error {
	steps, err := database.Migrations()
	if err != nil {
		return err
	}
	version, known := s.file.UserVersion()
	if !known {
		s.out.Headless = true
		if version, err = versionWithRoots(ctx, steps, s.file.Roots()); err != nil {
			return err
		}
	}
	if version < 1 {
		return errors.New("it is no store of Postern")
	}
	if err := database.CheckVersion(version, steps); err != nil {
		return err
	}
	if s.db, err = newDatabase(ctx, part, database.StepsTo(steps, version)); err != nil {
		return err
	}
	if s.tables, s.indexes, err = readSchema(ctx, s.db); err == nil {
		err = s.findRoots(ctx)
	}
	if err == nil {
		s.conn, err = s.db.Conn(ctx)
	}
	if err != nil {
		err = errors.Join(err, s.db.Close())
	}
	return err
}

// newDatabase makes a database by migrations, as fast as it can: it is made again
// after a crash.
func newDatabase(ctx context.Context, path string, steps []database.Migration) (*sql.DB, error) {
	db, err := sql.Open("sqlite", database.DSN(path, "_pragma=auto_vacuum(INCREMENTAL)", "_pragma=secure_delete(ON)",
		"_pragma=journal_mode(MEMORY)", "_pragma=synchronous(OFF)", "_pragma=cache_size(-65536)", "_txlock=immediate"))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	if err := database.Migrate(ctx, db, steps); err != nil {
		return nil, errors.Join(database.DiskError(err), db.Close())
	}
	return db, nil
}

// versionWithRoots returns the version whose stores have so many trees, else the
// newest one.
func versionWithRoots(ctx context.Context, steps []database.Migration, roots uint32) (int, error) {
	for i := len(steps) - 1; i >= 0; i-- {
		db, err := newDatabase(ctx, ":memory:", steps[:i+1])
		if err != nil {
			return 0, err
		}
		var n uint32
		err = db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema WHERE rootpage > 1").Scan(&n)
		if err = errors.Join(err, db.Close()); err != nil {
			return 0, err
		}
		if n == roots {
			return steps[i].Version, nil
		}
	}
	return database.NewestVersion(steps), nil
}

// copyAll copies every table.
func (s *salvager) copyAll(ctx context.Context) (err error) {
	if err := s.exec(ctx, "BEGIN"); err != nil {
		return err
	}
	// Events need the bounds in meta, and the other tables need the events.
	names := slices.DeleteFunc(tableNames(s.tables), func(name string) bool {
		return name == "meta" || name == "events" || slices.Contains(unsalvaged, name)
	})
	for _, name := range append([]string{"meta", "events"}, names...) {
		if name == "events" {
			err = s.copyEvents(ctx)
		} else {
			err = s.copyTable(ctx, s.tables[name])
		}
		if err != nil {
			return fmt.Errorf("salvage %s: %w", name, err)
		}
	}
	if err := s.copySequences(ctx); err != nil {
		return fmt.Errorf("salvage sqlite_sequence: %w", err)
	}
	s.out.Pages += s.file.LostElsewhere(s.owned)
	return s.exec(ctx, "COMMIT")
}

func (s *salvager) exec(ctx context.Context, statement string, args ...any) error {
	_, err := s.conn.ExecContext(ctx, statement, args...)
	return database.DiskError(err)
}

// copyTable copies a table beside the events.
func (s *salvager) copyTable(ctx context.Context, t *table) error {
	loss := TableLoss{Table: t.name, Pages: s.file.Lost(t.root)}
	err := s.file.Rows(ctx, t.is, func(row sqlitefile.Row) error {
		if row.Values == nil || len(row.Values) > len(t.columns) {
			loss.Rows++
			return nil
		}
		kept, err := s.insert(ctx, t, row, t.name == "meta")
		if kept {
			loss.Kept++
		} else if err == nil {
			loss.Rows++
		}
		if name, ok := row.Values[0].(string); ok && t.name == "meta" && len(row.Values) == 2 {
			s.meta[name], _ = row.Values[1].(int64)
		}
		return err
	})
	if loss.Rows > 0 || loss.Pages > 0 && t.name != "stretches" { // those are made again
		s.out.Tables = append(s.out.Tables, loss)
	}
	return err
}

// copySequences makes sure that no number is given again that was given.
func (s *salvager) copySequences(ctx context.Context) error {
	t, ok := s.tables["sqlite_sequence"]
	if !ok {
		return nil
	}
	return s.file.Rows(ctx, t.is, func(row sqlitefile.Row) error {
		if len(row.Values) != 2 {
			return nil
		}
		result, err := s.conn.ExecContext(ctx, "UPDATE sqlite_sequence SET seq = max(seq, ?2) WHERE name = ?1", row.Values...)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n > 0 {
			return err
		}
		return s.exec(ctx, "INSERT INTO sqlite_sequence (name, seq) VALUES (?1, ?2)", row.Values...)
	})
}

// copyEvents copies the events that are as they were written, also from pages of
// which it is unknown to which table they belong.
func (s *salvager) copyEvents(ctx context.Context) error {
	t := s.tables["events"]
	place := make([]int, 0, 16) // of eventrow.Columns in the table
	for _, name := range strings.Split(eventrow.Columns, ", ") {
		place = append(place, slices.Index(t.columns, name))
	}
	sumsFrom, known := s.meta["sums_from"]
	if !known {
		sumsFrom = 1 << 62
	}
	copyOne := func(row sqlitefile.Row, needSum bool) (kept bool, err error) {
		if row.Values == nil || len(row.Values) > len(t.columns) {
			return false, nil
		}
		values := make(record, len(place))
		for i, at := range place {
			if at >= 0 && at < len(row.Values) {
				values[i] = row.Values[at]
			}
		}
		values[0] = row.RowID
		summed := values[len(values)-1] != nil
		e, whole, err := eventrow.Scan(values, sumsFrom)
		if err != nil || !whole || needSum && !summed {
			return false, nil
		}
		if row.RowID <= s.meta["floor"] {
			return true, nil // retention has removed it
		}
		if !summed {
			s.unsummed = max(s.unsummed, e.Seq)
		}
		// Of two contents of one, an erased one stays.
		if kept, err = s.insert(ctx, t, row, !e.Erased.IsZero()); kept {
			s.kept++
			s.newest = max(s.newest, e.Seq)
		}
		return kept, err
	}
	err := s.file.Rows(ctx, t.is, func(row sqlitefile.Row) error {
		s.progress(int64(s.file.Pages())+int64(row.Page), 2*int64(s.file.Pages()))
		if row.RowID > 0 {
			s.see(row.RowID)
		}
		_, err := copyOne(row, false)
		return err
	})
	if err != nil {
		return err
	}
	strange := make(map[uint32]bool)
	unowned := func(root uint32) bool { return !s.owned(root) }
	return s.file.Rows(ctx, unowned, func(row sqlitefile.Row) error {
		kept, err := copyOne(row, true)
		if kept {
			s.see(row.RowID)
		} else if row.RowID > 0 && !strange[row.Page] {
			strange[row.Page] = true
			s.out.Pages++
		}
		return err
	})
}
