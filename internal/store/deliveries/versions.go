package deliveries

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/store/database"
)

// maxVersions bounds the versions of an endpoint's settings that are kept, since a
// program may change them every minute.
const maxVersions = 200

// addVersion keeps the types and settings that select an endpoint's events as a version
// for the events after the endpoint's cursor, unless the newest version has the same. It
// returns the version's number; zero where it added none.
func addVersion(ctx context.Context, tx *database.Tx, endpoint int64, e *delivery.Endpoint, at time.Time) (int64, error) {
	settings, err := e.Settings.Selecting().Encode()
	if err != nil {
		return 0, err
	}
	result, err := tx.ExecContext(ctx, `INSERT INTO settings_versions (endpoint, after_seq, at, types, settings)
		SELECT n, cursor, ?2, ?3, ?4 FROM endpoints WHERE n = ?1 AND NOT EXISTS (SELECT 1 FROM settings_versions
			WHERE n = (SELECT max(n) FROM settings_versions WHERE endpoint = ?1) AND types = ?3 AND settings = ?4)`,
		endpoint, at.UnixMicro(), int64(e.Types), settings)
	if err != nil {
		return 0, err
	}
	if added, err := result.RowsAffected(); err != nil || added == 0 {
		return 0, err
	}
	n, err := result.LastInsertId()
	if err != nil {
		return 0, err
	}
	_, err = tx.ExecContext(ctx, `DELETE FROM settings_versions WHERE n IN
		(SELECT n FROM settings_versions WHERE endpoint = ? ORDER BY n DESC LIMIT -1 OFFSET ?)`, endpoint, maxVersions)
	return n, err
}

// SettingsApplied says from where on a delivery worker uses a version of its
// endpoint's settings.
type SettingsApplied struct {
	Version int64
	After   int64 // it is used for the events after this sequence number
}

// applyVersion writes from where on a version is used, within a settlement.
func applyVersion(ctx context.Context, tx *database.Tx, a SettingsApplied) error {
	_, err := tx.ExecContext(ctx, "UPDATE settings_versions SET after_seq = max(after_seq, ?) WHERE n = ?", a.After, a.Version)
	return err
}

// readVersions reads the versions of an endpoint's settings, or of all if it is zero,
// that hold for events from one sequence number to another, oldest first.
func (s *Store) readVersions(ctx context.Context, q database.Querier, d *Records, endpoint, first, last int64) error {
	rows, err := q.QueryContext(ctx, `SELECT v.n, v.endpoint, v.after_seq, v.at, v.types, v.settings,
		(SELECT min(w.at) FROM settings_versions w WHERE w.endpoint = v.endpoint AND w.n > v.n)
		FROM settings_versions v WHERE (?1 = 0 OR v.endpoint = ?1) AND v.after_seq < ?3 AND NOT EXISTS
			(SELECT 1 FROM settings_versions w WHERE w.endpoint = v.endpoint AND w.n > v.n AND w.after_seq < ?2) ORDER BY v.n`,
		endpoint, first, last)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var v delivery.SettingsVersion
		var endpoint, at, types int64
		var settings sql.RawBytes
		var until sql.NullInt64
		if err := rows.Scan(&v.N, &endpoint, &v.After, &at, &types, &settings, &until); err != nil {
			return err
		}
		p := d.Endpoints[endpoint]
		if p == nil {
			continue
		}
		v.At, v.Types = event.FromMicro(at), event.TypeSet(types)
		if until.Valid {
			v.Until = event.FromMicro(until.Int64)
		}
		if v.Settings, v.Filter, err = s.parsed.settings(v.N, v.Types, settings); err != nil {
			return fmt.Errorf("read the settings of %s: %w", p.ID, err)
		}
		p.Versions = append(p.Versions, v)
	}
	return rows.Err()
}

// removeVersions removes the versions of settings that hold for no event that the log
// still has.
func (s *Store) removeVersions(ctx context.Context) error {
	_, err := s.db.Exec(ctx, `DELETE FROM settings_versions WHERE EXISTS (SELECT 1 FROM settings_versions w
		WHERE w.endpoint = settings_versions.endpoint AND w.n > settings_versions.n
		AND w.after_seq <= (SELECT value FROM meta WHERE name = 'floor'))
		OR NOT EXISTS (SELECT 1 FROM endpoints WHERE endpoints.n = settings_versions.endpoint)`)
	return err
}

// maxParsed bounds the parsed settings that are kept in memory.
const maxParsed = 2000

// parsedSettings are the settings of versions, parsed. The text of a version never
// changes.
type parsedSettings struct {
	mu  sync.Mutex
	byN map[int64]parsedVersion
}

type parsedVersion struct {
	settings delivery.Settings
	filter   event.Filter
}

func (p *parsedSettings) settings(n int64, types event.TypeSet, text []byte) (delivery.Settings, event.Filter, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if known, ok := p.byN[n]; ok {
		return known.settings, known.filter, nil
	}
	settings, conditions, err := delivery.ParseSettings(string(text))
	if err != nil {
		return settings, event.Filter{}, err
	}
	if p.byN == nil || len(p.byN) >= maxParsed {
		p.byN = make(map[int64]parsedVersion)
	}
	known := parsedVersion{settings, settings.Filter(types, conditions)}
	p.byN[n] = known
	return known.settings, known.filter, nil
}
