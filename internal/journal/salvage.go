package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"postern/internal/event"
	"postern/internal/seqset"
	"postern/internal/sqlitefile"
)

// maxRanges bounds how many ranges of missing events a salvage names.
const maxRanges = 100

// salvageStep is how many rows go into one transaction of a salvage.
const salvageStep = 5000

// Salvaged says what a restore has not found in a file whose trees are broken. It
// has read around the broken pages, and made a new file of everything else.
type Salvaged struct {
	Cause error // what is wrong with the file
	// Missing are the events that should be there and aren't, Ranges the first of
	// them.
	Missing int64
	Ranges  []SeqRange
	// Unsure says that there may have been more events, after the newest one that
	// anything left tells of, since what would tell is lost too.
	Unsure bool
	// Tables are those beside the events that have lost something.
	Tables []TableLoss
	// Pages are those that can't be read, or whose rows can't, of which nobody
	// knows what they held.
	Pages int
	// Headless says that page 1 was lost, which tells what stands where. What a new
	// journal has there was used in its place.
	Headless bool
}

// SeqRange are the sequence numbers from one to another.
type SeqRange struct{ First, Last int64 }

// TableLoss is what a table has lost: rows that were changed, and pages with an
// unknown number of rows.
type TableLoss struct {
	Table string
	Kept  int64
	Rows  int64
	Pages int
}

// Whole reports whether nothing was lost.
func (s *Salvaged) Whole() bool {
	return s.Missing == 0 && !s.Unsure && len(s.Tables) == 0 && s.Pages == 0
}

// Named is how many of the missing events Ranges names.
func (s *Salvaged) Named() (n int64) {
	for _, r := range s.Ranges {
		n += r.Last - r.First + 1
	}
	return n
}

// unsalvaged are tables that aren't copied: they can be made again from the events,
// are SQLite's own, or tell of the file that was broken.
var unsalvaged = []string{"indexes", "verifications", "sqlite_sequence"}

// salvager makes a new journal from what can be read of a damaged one.
type salvager struct {
	file     *sqlitefile.File
	db       *sql.DB
	conn     *sql.Conn // the only one of db
	rows     int       // since the transaction began
	kept     int64     // events
	tables   map[string]*salvageTable
	indexes  map[string]uint32 // their roots
	known    seqset.Set        // numbers that events had, as anything says
	twice    seqset.Set        // as two things say
	newest   int64             // of the events that were copied
	meta     map[string]int64  // as it was found
	unsummed int64             // the newest event without a checksum
	out      *Salvaged
	progress func(done, of int64)
}

// salvage makes a new journal in the file part from what can be read of source. It
// never makes up an event: each has the checksum that it was written with, if its
// version had checksums.
func salvage(ctx context.Context, source, part string, cause error, progress func(done, of int64)) (_ *Salvaged, err error) {
	s := &salvager{out: &Salvaged{Cause: cause}, meta: make(map[string]int64), progress: progress}
	if progress == nil {
		s.progress = func(int64, int64) {}
	}
	pages := func(done, of uint32) { s.progress(int64(done), 2*int64(of)) }
	if s.file, err = sqlitefile.Open(ctx, source, pages); err != nil {
		return nil, pathCause(err)
	}
	defer s.file.Close()
	f, err := openPart(part) // the copy that SQLite can't read goes
	if err != nil {
		return nil, pathCause(err)
	}
	removeBeside(part)
	if err := f.Close(); err != nil {
		return nil, err
	}
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
	if s.out.Headless && s.kept == 0 {
		return nil, errors.New("it is no journal of Postern, or nothing in it can be read; look for an older backup")
	}
	return s.out, errors.Join(s.conn.Close(), s.db.Close())
}

// create makes an empty journal of the version of the damaged one, and finds out
// where that has its tables.
func (s *salvager) create(ctx context.Context, part string) error {
	steps, err := migrations()
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
	if version > len(steps) {
		return fmt.Errorf("%w: use that version's program", ErrNewer)
	}
	if version < 1 {
		return errors.New("it is no journal of Postern")
	}
	if s.db, err = newDatabase(ctx, part, steps[:version]); err != nil {
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
func newDatabase(ctx context.Context, path string, steps []string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", dsn(path, "_pragma=auto_vacuum(INCREMENTAL)", "_pragma=secure_delete(ON)",
		"_pragma=journal_mode(MEMORY)", "_pragma=synchronous(OFF)", "_pragma=cache_size(-65536)", "_txlock=immediate"))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	if err := migrate(ctx, db, steps); err != nil {
		return nil, errors.Join(diskError(err), db.Close())
	}
	return db, nil
}

// versionWithRoots returns the version whose journals have so many trees, else the
// newest one.
func versionWithRoots(ctx context.Context, steps []string, roots uint32) (int, error) {
	for version := len(steps); version > 0; version-- {
		db, err := newDatabase(ctx, ":memory:", steps[:version])
		if err != nil {
			return 0, err
		}
		var n uint32
		err = db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema WHERE rootpage > 1").Scan(&n)
		if err = errors.Join(err, db.Close()); err != nil {
			return 0, err
		}
		if n == roots {
			return version, nil
		}
	}
	return len(steps), nil
}

// copyAll copies every table.
func (s *salvager) copyAll(ctx context.Context) (err error) {
	if err := s.exec(ctx, "BEGIN"); err != nil {
		return err
	}
	// What meta says is needed for the events, and those first for what is said of
	// them.
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
	return diskError(err)
}

// copyTable copies a table beside the events.
func (s *salvager) copyTable(ctx context.Context, t *salvageTable) error {
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
// which nobody knows where they belong.
func (s *salvager) copyEvents(ctx context.Context) error {
	t := s.tables["events"]
	place := make([]int, 0, 16) // of eventColumns in the table
	for _, name := range strings.Split(eventColumns, ", ") {
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
		e, whole, err := scanRow(values, sumsFrom)
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

// see notes that something says that there was an event.
func (s *salvager) see(seq int64) {
	if s.known.Has(seq) {
		s.twice.Add(seq)
	}
	s.known.Add(seq)
}

// settleBounds makes what the journal says of itself fit the events that it has,
// and finds out which are missing.
func (s *salvager) settleBounds(ctx context.Context) error {
	whole, err := s.readIndexes(ctx)
	if err != nil {
		return err
	}
	s.out.Unsure = !whole
	floor, ok := s.meta["floor"]
	if !ok {
		floor = max(s.known.First(), 1) - 1
	}
	head, err := s.findHead(ctx, floor)
	if err != nil {
		return err
	}
	thinned, thinnedKnown := s.meta["thinned"]
	removedKnown := thinned == 0 && (thinnedKnown || ok)
	absent, err := s.findMissing(ctx, floor, head, removedKnown)
	if err != nil {
		return err
	}
	set := map[string]int64{"floor": floor}
	if s.tables["events"].has("sum") {
		if _, ok := s.meta["sums_from"]; !ok {
			set["sums_from"] = s.unsummed + 1
		}
	}
	if absent != s.meta["missing"] {
		// Their absence is known from now on, as with types that are kept for a
		// shorter time: readers are told of it, and their numbers aren't used again.
		set["removed"], set["missing"], set["thinned"] = head, absent, int64(^event.TypeSet(0))
	}
	for name, value := range set {
		if err := s.exec(ctx, "INSERT OR REPLACE INTO meta VALUES (?, ?)", name, value); err != nil {
			return err
		}
	}
	return nil
}

// maxLeap is how many numbers after the newest event one more is believed in of
// which one thing alone says that it was there: what says so may be damaged.
const maxLeap = 1024

// ahead are the places beside the events that have sequence numbers, by table. What
// they have after the newest event would be taken for something about events to
// come.
var ahead = map[string][2]string{
	"endpoints":        {"SELECT cursor FROM endpoints", "UPDATE endpoints SET cursor = ?1 WHERE cursor > ?1"},
	"counts":           {"SELECT through FROM counts WHERE name = 'head'", "DELETE FROM counts WHERE name = 'head' AND through > ?1"},
	"meta":             {"SELECT value FROM meta WHERE name = 'acknowledged'", "UPDATE meta SET value = ?1 WHERE name = 'acknowledged' AND value > ?1"},
	"pending":          {"SELECT max(seq) FROM pending HAVING count(*) > 0", "DELETE FROM pending WHERE seq > ?1"},
	"acknowledgements": {"SELECT max(seq) FROM acknowledgements HAVING count(*) > 0", "DELETE FROM acknowledgements WHERE seq > ?1"},
	"resolutions":      {"SELECT max(seq) FROM resolutions HAVING count(*) > 0", "DELETE FROM resolutions WHERE seq > ?1"},
}

// findHead returns the newest number that an event had, and takes back what is said
// of later ones.
func (s *salvager) findHead(ctx context.Context, floor int64) (head int64, err error) {
	for table, statements := range ahead {
		if s.tables[table] == nil {
			continue
		}
		rows, err := s.conn.QueryContext(ctx, statements[0])
		if err != nil {
			return 0, err
		}
		seqs, err := collect(rows, scanNumber)
		if err != nil {
			return 0, err
		}
		for _, seq := range seqs {
			if seq > 0 {
				s.see(seq)
			}
		}
	}
	head = max(s.newest, floor, s.meta["removed"])
	for seq := range s.known.Between(head+1, 1<<62) {
		if seq-head > maxLeap && !s.twice.Has(seq) {
			s.out.Unsure = true
			break
		}
		head = seq
	}
	for table, statements := range ahead {
		if s.tables[table] == nil {
			continue
		}
		if err := s.exec(ctx, statements[1], head); err != nil {
			return 0, err
		}
	}
	return head, nil
}

// readIndexes learns from SQLite's indexes which events there were. It reports
// whether that is all of them.
func (s *salvager) readIndexes(ctx context.Context) (whole bool, err error) {
	whole = s.file.Lost(s.tables["events"].root) == 0
	for _, name := range []string{"events_id", "events_type"} {
		root := s.indexes[name]
		complete := s.file.Lost(root) == 0
		err := s.file.Rows(ctx, func(r uint32) bool { return r == root }, func(row sqlitefile.Row) error {
			if len(row.Values) != 2 {
				complete = false
				return nil
			}
			if seq, ok := row.Values[1].(int64); ok && seq > s.meta["floor"] {
				s.see(seq)
			}
			return nil
		})
		if err != nil {
			return false, err
		}
		whole = whole || complete
	}
	return whole && s.file.WALWhole(), nil
}

// findMissing lists the numbers of events that aren't there, and returns how many
// numbers from floor to head have none. Where retention has removed some from the
// middle, those count as missing of which something tells that they were there.
func (s *salvager) findMissing(ctx context.Context, floor, head int64, all bool) (absent int64, err error) {
	rows, err := s.conn.QueryContext(ctx, "SELECT seq FROM events WHERE seq > ? ORDER BY seq", floor)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	next := floor + 1
	gap := func(before int64) {
		if before <= next {
			return
		}
		absent += before - next
		if all {
			s.miss(next, before-1)
			return
		}
		for seq := range s.known.Between(next, before-1) {
			s.miss(seq, seq)
		}
	}
	for rows.Next() {
		var seq int64
		if err := rows.Scan(&seq); err != nil {
			return 0, err
		}
		gap(seq)
		next = seq + 1
	}
	if err := rows.Err(); err != nil {
		return 0, err
	}
	gap(head + 1)
	return absent, nil
}

// miss notes missing numbers, which are later than all before.
func (s *salvager) miss(first, last int64) {
	s.out.Missing += last - first + 1
	if n := len(s.out.Ranges); n > 0 && s.out.Ranges[n-1].Last == first-1 {
		s.out.Ranges[n-1].Last = last
	} else if n < maxRanges {
		s.out.Ranges = append(s.out.Ranges, SeqRange{first, last})
	}
}
