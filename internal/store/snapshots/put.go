package snapshots

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"syscall"

	"postern/internal/event"
	"postern/internal/snapshot"
	"postern/internal/store/database"
	"postern/internal/store/eventrow"
)

// parts numbers the incomplete files of this process.
var parts atomic.Int64

// Keep makes the file of an image durable, and calls commit, which commits its row. If
// commit fails, the file goes again, unless another event has it.
func (s *Store) Keep(ctx context.Context, image snapshot.Image, commit func(*snapshot.Stored) error) error {
	content := s.box.EncryptFile(image.Bytes)
	hash := Hash(sha256.Sum256(content))
	if err := s.db.AdmitFile(int64(len(content))); err != nil {
		return fmt.Errorf("store snapshot: %w", err)
	}
	err := s.keep(hash, content, commit)
	if err != nil {
		s.RemoveFiles(context.WithoutCancel(ctx), hash)
	}
	return err
}

func (s *Store) keep(hash Hash, content []byte, commit func(*snapshot.Stored) error) error {
	s.files.RLock()
	defer s.files.RUnlock()
	made, err := s.folder.write(hash, content, s.run+"-"+strconv.FormatInt(parts.Add(1), 10))
	if made && s.counted[hash[0]] {
		s.count.Add(1)
		s.bytes.Add(roomOf(int64(len(content))))
	}
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("store snapshot: %w: %w", database.ErrFull, database.PathCause(err))
	case err != nil:
		return fmt.Errorf("store snapshot: %w: %w", database.ErrUnwritable, database.PathCause(err))
	}
	return commit(&snapshot.Stored{Hash: hash[:], Bytes: int64(len(content))})
}

// Insert writes the row of a stored snapshot, in the commit of its event.
func Insert(ctx context.Context, tx *database.Tx, seq, received int64, stored *snapshot.Stored) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO snapshots (seq, hash, bytes, received) VALUES (?, ?, ?, ?)",
		seq, stored.Hash, stored.Bytes, received)
	return err
}

// Put gives an image to the event with an id of a producer. Where it has the same one
// already, nothing changes. It returns the event as it is now, and whether it has
// changed. Its errors are ErrNotYours, ErrOther, ErrGone and ErrErased, and those of
// the disk.
func (s *Store) Put(ctx context.Context, producer, id string, allowed func(*event.Event) bool, image snapshot.Image) (
	e *event.Event, changed bool, err error,
) {
	if _, err = s.Sent(ctx, producer, id, allowed); err != nil {
		return nil, false, err
	}
	err = s.Keep(ctx, image, func(stored *snapshot.Stored) error {
		return s.db.Write(ctx, func(tx *database.Tx) error {
			changed = false
			// As it is now: another Put, an erasure or retention may have come first.
			if e, err = s.sent(ctx, tx, producer, id); err != nil {
				return err
			}
			if !e.Erased.IsZero() {
				return ErrErased
			}
			if e.Snapshot != nil {
				return s.repeated(ctx, tx, e, stored)
			}
			changed = true
			e = e.WithSnapshot(image.Info())
			if err := Insert(ctx, tx, e.Seq, s.db.Now().UnixMicro(), stored); err != nil {
				return err
			}
			_, err := tx.ExecContext(ctx, "UPDATE events SET snapshot = ? WHERE seq = ?", e.Snapshot.Pack(), e.Seq)
			return err
		})
	})
	if err != nil {
		return nil, false, err
	}
	return e, changed, nil
}

// Sent returns the event that a producer sent with an id, if it is allowed, or
// ErrNotYours.
func (s *Store) Sent(ctx context.Context, producer, id string, allowed func(*event.Event) bool) (*event.Event, error) {
	e, err := s.sent(ctx, s.db.Reader(), producer, id)
	if err == nil && !allowed(e) {
		err = ErrNotYours
	}
	return e, err
}

// repeated returns nil if an event with a snapshot has the stored one.
func (s *Store) repeated(ctx context.Context, tx *database.Tx, e *event.Event, stored *snapshot.Stored) error {
	if e.Snapshot.Removed {
		return ErrGone
	}
	var same bool
	err := tx.QueryRowContext(ctx, "SELECT hash = ? FROM snapshots WHERE seq = ?", stored.Hash, e.Seq).Scan(&same)
	if err == nil && !same {
		err = ErrOther
	}
	return err
}

// sent returns the event that a producer sent with an id.
func (s *Store) sent(ctx context.Context, from database.Querier, producer, id string) (*event.Event, error) {
	const number = "coalesce((SELECT n FROM producers WHERE name = ?1), iif(?1 = '', 0, -1))"
	value := eventrow.IDValue(id)
	// An event whose id another producer had taken has the producer's own beside.
	for _, where := range []string{"producer_id = ?2 AND renamed", "id = ?2"} {
		e, err := eventrow.ScanAsIs(from.QueryRowContext(ctx,
			"SELECT "+eventrow.Columns+" FROM events WHERE producer = "+number+" AND "+where, producer, value))
		if !errors.Is(err, sql.ErrNoRows) {
			return e, err
		}
	}
	return nil, ErrNotYours
}
