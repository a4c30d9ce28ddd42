package verify

import (
	"context"
	"database/sql"
	"time"

	"postern/internal/store/database"
	"postern/internal/store/snapshots"
)

// Snapshots reads the files of all snapshots, at most rate a second; zero means as fast
// as it can. It needs no key: the name of a file is its hash. A file that events share
// is read for each of them.
func Snapshots(ctx context.Context, db *sql.DB, folder snapshots.Folder, rate int, v *Report) error {
	began := time.Now()
	for after := int64(0); ; {
		rows, err := snapshots.After(ctx, db, after, step)
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, row := range rows {
			after = row.Seq
			whole, err := folder.Whole(row.Hash)
			if err == nil && !whole {
				// Retention or an erasure may have removed it meanwhile.
				var there bool
				there, err = snapshots.Has(ctx, db, row.Seq)
				whole = !there
			}
			if err != nil {
				return err
			}
			v.Snapshots++
			if !whole {
				v.DamagedSnapshots++
				if len(v.SnapshotNumbers) < maxUnreadable {
					v.SnapshotNumbers = append(v.SnapshotNumbers, row.Seq)
				}
			}
			if rate > 0 {
				due := time.Duration(float64(v.Snapshots) / float64(rate) * float64(time.Second))
				if err := database.Wait(ctx, due-time.Since(began)); err != nil {
					return err
				}
			}
		}
	}
}
