package database

import "golang.org/x/sys/unix"

// System is what the database asks of the operating system. Tests replace parts of
// it; a nil function is the real system. The write lock guards the fields.
type System struct {
	// Room returns how many bytes a folder's file system has free, and in all.
	Room func(dir string) (free, total int64, err error)
	// Committing may fail in place of COMMIT.
	Committing func() error
	// Checkpointing may fail in place of a checkpoint.
	Checkpointing func() error
	// Syncing delays each COMMIT.
	Syncing func()
}

func (s *System) room(dir string) (free, total int64, err error) {
	if s.Room != nil {
		return s.Room(dir)
	}
	var stat unix.Statfs_t
	if err := unix.Statfs(dir, &stat); err != nil {
		return 0, 0, err
	}
	block := int64(stat.Bsize) //nolint:unconvert // of another type on other systems
	return int64(stat.Bavail) * block, int64(stat.Blocks) * block, nil
}

func (s *System) committing() error {
	if s.Committing == nil {
		return nil
	}
	return s.Committing()
}

func (s *System) checkpointing() error {
	if s.Checkpointing == nil {
		return nil
	}
	return s.Checkpointing()
}
