package backup

import (
	"context"
	"path/filepath"
	"testing"

	"postern/internal/store/database"
	"postern/internal/store/snapshots"
)

// A snapshot that is removed while a backup is made isn't lost: the copy says that it
// was removed.
func TestCopySnapshots_KnowsThoseThatWereRemovedMeanwhile(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	open := func(rows string) *database.DB {
		db, err := database.Open(ctx, t.TempDir(), database.Options{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		if _, err := db.Exec(ctx, "INSERT INTO snapshots (seq, hash, bytes, received) VALUES "+rows); err != nil {
			t.Fatal(err)
		}
		return db
	}
	const lost, removed = "(7, zeroblob(32), 1, 1)", "(8, randomblob(32), 1, 1)"
	source, copied := open(lost), open(lost+", "+removed)
	var report Copied
	err := copySnapshots(ctx, copied.Path(), snapshots.FolderIn(source.Dir()), snapshots.Folder(filepath.Join(t.TempDir(), "to")),
		source.Path(), &report)
	if err != nil || report.Snapshots != 0 || report.LostSnapshots != 1 {
		t.Errorf("%+v, %v", report, err)
	}
	rows, err := snapshots.After(ctx, copied.Reader(), 0, 10)
	if err != nil || len(rows) != 1 || rows[0].Seq != 7 {
		t.Errorf("the copy has %+v, %v", rows, err)
	}
}
