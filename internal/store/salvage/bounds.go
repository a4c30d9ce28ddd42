package salvage

import (
	"context"
	"fmt"

	"postern/internal/event"
	"postern/internal/sqlitefile"
	"postern/internal/store/database"
)

// see notes that something says that there was an event.
func (s *salvager) see(seq int64) {
	if s.known.Has(seq) {
		s.twice.Add(seq)
	}
	s.known.Add(seq)
}

// settleBounds makes what the store says of itself fit the events that it has,
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
	removedTypes, removedTypesKnown := s.meta["thinned"]
	removedKnown := removedTypes == 0 && (removedTypesKnown || ok)
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

// openAlerts are statements that make the table of open alerts agree with the events.
// An alert whose acknowledgement is lost is open again; its cause is found at the next
// start.
var openAlerts = []string{
	"DELETE FROM open_alerts WHERE seq NOT IN (SELECT seq FROM events)",
	`INSERT INTO open_alerts (seq, cause, type, camera) SELECT seq, 0, type, coalesce(camera, '') FROM events INDEXED BY events_type
		WHERE type IN (3, 5, 10) AND silence IS NULL
		AND NOT EXISTS (SELECT 1 FROM acknowledgements a WHERE a.seq = events.seq)
		AND NOT EXISTS (SELECT 1 FROM resolutions r WHERE r.seq = events.seq)
		ON CONFLICT DO NOTHING`,
}

// settleAlerts finds the open alerts.
func (s *salvager) settleAlerts(ctx context.Context) error {
	if s.tables["open_alerts"] == nil { // an earlier version, which has a watermark
		return nil
	}
	for _, statement := range openAlerts {
		if err := s.exec(ctx, statement); err != nil {
			return fmt.Errorf("salvage the open alerts: %w", err)
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
	"endpoints": {"SELECT cursor FROM endpoints", "UPDATE endpoints SET cursor = ?1 WHERE cursor > ?1"},
	"counts":    {"SELECT through FROM counts WHERE name = 'head'", "DELETE FROM counts WHERE name = 'head' AND through > ?1"},
	"pending":   {"SELECT max(seq) FROM pending HAVING count(*) > 0", "DELETE FROM pending WHERE seq > ?1"},
	"unsent":    {"SELECT max(seq_max) FROM unsent HAVING count(*) > 0", "DELETE FROM unsent WHERE seq_max > ?1"},
	"settings_versions": {"SELECT max(after_seq) FROM settings_versions HAVING count(*) > 0",
		"UPDATE settings_versions SET after_seq = ?1 WHERE after_seq > ?1"},
	"acknowledgements": {"SELECT max(seq) FROM acknowledgements HAVING count(*) > 0", "DELETE FROM acknowledgements WHERE seq > ?1"},
	"open_alerts":      {"SELECT max(seq) FROM open_alerts HAVING count(*) > 0", "DELETE FROM open_alerts WHERE seq > ?1"},
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
		seqs, err := database.Collect(rows, database.ScanNumber)
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
		s.out.Ranges = append(s.out.Ranges, Range{first, last})
	}
}
