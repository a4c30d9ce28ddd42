package snapshots

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"

	"postern/internal/problem"
	"postern/internal/store/database"
	"postern/internal/store/secretbox"
)

// Errors of snapshots. Each is fit for the client.
var (
	// ErrNone says that an event has no snapshot.
	ErrNone = problem.New(problem.NotFound, "This event has no snapshot.")
	// ErrGone says that the snapshot was removed.
	ErrGone = problem.New(problem.NotFound, "The snapshot of this event was removed, by retention or by an erasure.")
	// ErrOther says that the event has another snapshot already.
	ErrOther = problem.New(problem.Conflict, "This event has another snapshot already. An event gets its snapshot once.")
	// ErrNotYours says that the producer has no event with the id.
	ErrNotYours = problem.New(problem.NotFound,
		"You have sent no event with this id, or retention has removed it. An event's snapshot is sent with the key that sent the event.")
	// ErrErased says that the event's data was erased.
	ErrErased = problem.New(problem.Conflict, "This event's data was erased. It takes no snapshot any more.")
	// ErrDamaged says that a file is missing or was changed on the disk.
	ErrDamaged = problem.New(problem.Internal,
		"The snapshot can't be read: it was changed on the disk. Run postern verify, and restore it from a backup.")
)

// Store is the snapshots of a data folder. Its methods are safe for concurrent use.
type Store struct {
	db     *database.DB
	box    *secretbox.Box
	folder Folder
	log    *slog.Logger
	run    string // begins the names of this process's incomplete files

	// files is held for reading from the writing of a file until the commit of its
	// row, and for writing while a file without a row is taken away: a removal must
	// not take the file of a row that is being committed. A holder of the
	// database's write lock never waits for it.
	files sync.RWMutex

	settling sync.Mutex
	settled  atomic.Bool

	counted [256]bool    // Settle has counted the files whose hash begins with the byte; files guards it
	bytes   atomic.Int64 // of the counted files, as they take room on the disk
	count   atomic.Int64 // of the counted files
	damaged atomic.Int64 // reads of damaged files, and rows without a file
}

// New returns the snapshots of a database. The box encrypts their files.
func New(db *database.DB, box *secretbox.Box, log *slog.Logger) *Store {
	return &Store{db: db, box: box, folder: FolderIn(db.Dir()), log: log, run: newRun()}
}

// FolderName is the name of the folder of files in the data folder.
const FolderName = "snapshots"

// FolderIn returns the folder of files in a data folder.
func FolderIn(dir string) Folder { return Folder(filepath.Join(dir, FolderName)) }

// Stats are numbers about the snapshots.
type Stats struct {
	// Files and Bytes are known once Settle has looked at the folder.
	Files, Bytes int64
	// Damaged counts the damaged and missing files that were met.
	Damaged int64
}

// Stats returns the numbers.
func (s *Store) Stats() Stats { return Stats{s.count.Load(), s.bytes.Load(), s.damaged.Load()} }

// Read returns the image of an event with a snapshot. Its errors are ErrNone and
// ErrDamaged.
func (s *Store) Read(ctx context.Context, seq int64) ([]byte, Hash, error) {
	hash, err := s.Hash(ctx, seq)
	if err != nil {
		return nil, hash, err
	}
	content, err := s.folder.read(hash)
	if err == nil {
		content, err = s.box.DecryptFile(content)
	}
	if err == nil {
		return content, hash, nil
	}
	// It may have been removed meanwhile.
	if _, again := s.Hash(ctx, seq); again != nil {
		return nil, hash, again
	}
	s.damaged.Add(1)
	s.log.Error("a snapshot can't be read", slog.Int64("seq", seq), slog.Any("error", err))
	return nil, hash, fmt.Errorf("%w (%w)", err, ErrDamaged)
}

// Hash returns the hash of the file of an event with a snapshot, or ErrNone.
func (s *Store) Hash(ctx context.Context, seq int64) (hash Hash, err error) {
	var b []byte
	err = s.db.Reader().QueryRowContext(ctx, "SELECT hash FROM snapshots WHERE seq = ?", seq).Scan(&b)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return hash, ErrNone
	case err != nil:
		return hash, fmt.Errorf("look up snapshot: %w", err)
	}
	return hashFrom(b)
}
