package deliveries

import (
	"context"
	"fmt"
	"time"

	"postern/internal/delivery"
	"postern/internal/store/database"
)

// BandAge is how long the counts of attempts by band are kept: a week of whole days
// in any time zone.
const BandAge = 8 * 24 * time.Hour

// bandCount is a row of attempt_bands.
type bandCount struct {
	hour int64 // since 1970
	band delivery.Band
	n    int64
}

func hourOf(t time.Time) int64 { return t.Unix() / 3600 }

// addBands adds a settlement's attempts to the counts of an endpoint, by the hour in
// which each began: a few rows, however many attempts there are.
func addBands(ctx context.Context, tx *database.Tx, endpoint int64, attempts []delivery.Attempt) error {
	var counts []bandCount
next:
	for i := range attempts {
		hour, band := hourOf(attempts[i].At), attempts[i].Band()
		for j := range counts {
			if counts[j].hour == hour && counts[j].band == band {
				counts[j].n++
				continue next
			}
		}
		counts = append(counts, bandCount{hour, band, 1})
	}
	for _, c := range counts {
		if _, err := tx.ExecPrepared(ctx, addBandSQL, c.hour, endpoint, int64(c.band), c.n); err != nil {
			return err
		}
	}
	return nil
}

const addBandSQL = `INSERT INTO attempt_bands (hour, endpoint, band, attempts) VALUES (?, ?, ?, ?)
	ON CONFLICT DO UPDATE SET attempts = attempts + excluded.attempts`

// BandHours returns an endpoint's attempts by hour and band, from one time to
// another: the hours with attempts, oldest first. since is from when on the store
// counts them. It works for removed endpoints too, and returns ErrNoEndpoint for one
// that never was.
func (s *Store) BandHours(ctx context.Context, id string, from, to time.Time) (hours []delivery.BandHour, since time.Time, err error) {
	if hours, since, err = s.bandHours(ctx, id, from, to); err != nil {
		return nil, time.Time{}, fmt.Errorf("read attempts by hour: %w", err)
	}
	return hours, since, nil
}

func (s *Store) bandHours(ctx context.Context, id string, from, to time.Time) (hours []delivery.BandHour, since time.Time, err error) {
	endpoint, err := s.endpointNumber(ctx, id)
	if err != nil {
		return nil, since, err
	}
	var first int64
	if err := s.db.Reader().QueryRowContext(ctx, "SELECT coalesce((SELECT value FROM meta WHERE name = 'bands_from'), 0)").Scan(&first); err != nil {
		return nil, since, err
	}
	rows, err := s.db.Reader().QueryContext(ctx, `WITH RECURSIVE hours(n) AS (SELECT ? UNION ALL SELECT n + 1 FROM hours WHERE n < ?)
		SELECT hour, band, attempts FROM hours CROSS JOIN attempt_bands ON hour = n AND endpoint = ? ORDER BY hour, band`,
		hourOf(from), hourOf(to), endpoint)
	if err != nil {
		return nil, since, err
	}
	defer rows.Close()
	for rows.Next() {
		var c bandCount
		if err := rows.Scan(&c.hour, &c.band, &c.n); err != nil {
			return nil, since, err
		}
		start := time.Unix(c.hour*3600, 0).UTC()
		if len(hours) == 0 || !hours[len(hours)-1].Start.Equal(start) {
			hours = append(hours, delivery.BandHour{Start: start})
		}
		hours[len(hours)-1].Counts[min(c.band, delivery.BandOther)] += c.n
	}
	return hours, time.Unix(first*3600, 0).UTC(), rows.Err()
}

// removeOldBands removes the counts of hours before a time.
func (s *Store) removeOldBands(ctx context.Context, before time.Time) error {
	_, err := s.db.Exec(ctx, "DELETE FROM attempt_bands WHERE hour < ?", hourOf(before))
	return err
}
