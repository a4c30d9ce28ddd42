package main

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// dieAlong ends a child when this process ends, however it does.
func dieAlong(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

func fdatasync(f *os.File) error { return syscall.Fdatasync(int(f.Fd())) }

// uncache lets the system forget what it has in memory of a file, so that it
// is read from the disk, as after a boot.
func uncache(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(fdatasync(f), unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED), f.Close())
}

// sleep sleeps in the kernel: timers of a Go program that has nothing else to
// do are up to 1 ms late.
func sleep(d time.Duration) {
	t := syscall.NsecToTimespec(d.Nanoseconds())
	_ = syscall.Nanosleep(&t, nil)
}
