//go:build !linux

package main

import (
	"os"
	"os/exec"
	"time"
)

// Elsewhere than on Linux the latencies are coarser, and what /proc tells,
// processor time and memory, reads as zero. The system's file cache isn't
// emptied.

func dieAlong(*exec.Cmd) {}

func fdatasync(f *os.File) error { return f.Sync() }

func uncache(string) error { return nil }

func sleep(d time.Duration) { time.Sleep(d) }
