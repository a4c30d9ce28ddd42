package main

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// keepMemoryPrivate keeps what is in memory (secrets, and events about people)
// out of core dumps, and from other processes of the same user, which could
// otherwise attach to this one or read its memory. Root can do so still.
func keepMemoryPrivate() error {
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("forbid core dumps: %w", err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil {
		return fmt.Errorf("forbid core dumps: %w", err)
	}
	return nil
}
