package main

import (
	"os"
	"os/exec"
	"syscall"
	"time"
)

// dieAlong ends a child when this process ends, however it does.
func dieAlong(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

func fdatasync(f *os.File) error { return syscall.Fdatasync(int(f.Fd())) }

// sleep sleeps in the kernel: timers of a Go program that has nothing else to
// do are up to 1 ms late.
func sleep(d time.Duration) {
	t := syscall.NsecToTimespec(d.Nanoseconds())
	_ = syscall.Nanosleep(&t, nil)
}
