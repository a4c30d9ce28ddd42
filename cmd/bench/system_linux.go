package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// dieAlong ends a child when this process ends, even if it is killed.
func dieAlong(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

func fdatasync(f *os.File) error { return syscall.Fdatasync(int(f.Fd())) }

// forgetPeak resets the peak that memory returns.
func (p *process) forgetPeak() error {
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", p.cmd.Process.Pid), []byte("5"), 0)
}

// uncache drops a file from the system's cache, so that it is read from the disk, as
// after a boot.
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
