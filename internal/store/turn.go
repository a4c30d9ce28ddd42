package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// turn lets a command that stands beside the process that serves have its
// turn at writing. SQLite alone isn't fair: who finds the file locked sleeps
// and tries again, and a writer that commits back to back is always there
// first. So a command holds the file turn while it waits and writes, and the
// writer that serves looks whether somebody does before each commit.
type turn struct {
	file   *os.File
	beside bool
}

// How long a writer gives way, how often it looks meanwhile, and how long a
// command waits for another one. Nobody waits for ever for a process that
// hangs; the kernel lets go for one that ends.
const (
	giveWay  = 2 * time.Second
	lookTurn = time.Millisecond
)

// turnFile is the file of the write lock.
const turnFile = "turn"

func openTurn(dir string, beside bool) (*turn, error) {
	f, err := os.OpenFile(filepath.Join(dir, turnFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the turn at writing: %w", err)
	}
	return &turn{file: f, beside: beside}, nil
}

// take waits for the turn. The caller calls done after its commit.
func (t *turn) take() (done func()) {
	how, wait := syscall.LOCK_SH, giveWay
	if t.beside {
		how, wait = syscall.LOCK_EX, besideWait
	}
	for end := time.Now().Add(wait); ; time.Sleep(lookTurn) {
		err := syscall.Flock(int(t.file.Fd()), how|syscall.LOCK_NB)
		if err == nil {
			break
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) || time.Now().After(end) {
			return func() {} // SQLite's own lock is what keeps writers apart
		}
	}
	release := func() { _ = syscall.Flock(int(t.file.Fd()), syscall.LOCK_UN) }
	if t.beside {
		return release
	}
	release() // it has only looked
	return func() {}
}
