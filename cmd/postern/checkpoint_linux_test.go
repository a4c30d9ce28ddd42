package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// limitFiles lets the process write no file beyond so many bytes. A write there
// fails, to SQLite as one that a disk refuses.
func (d *daemon) limitFiles(bytes uint64) {
	d.t.Helper()
	if err := unix.Prlimit(d.cmd.Process.Pid, unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: bytes, Max: unix.RLIM_INFINITY}, nil); err != nil {
		d.t.Fatal(err)
	}
}

// A disk that refuses the database's pages, while it takes the write-ahead log:
// events are accepted, and everything tells of it until it is over. No event is
// lost, whether it ends by itself or with a restart.
func TestADatabaseThatTakesNoPagesIsTold(t *testing.T) {
	t.Parallel()
	for _, restart := range []bool{false, true} {
		t.Run(fmt.Sprintf("restart %t", restart), func(t *testing.T) {
			t.Parallel()
			const mib = 1 << 20
			data := t.TempDir()
			d := start(t, data)
			posted := 0
			post := func(events int) {
				t.Helper()
				one := `{"type":"line_crossed","source":"x","data":{"x":"` + strings.Repeat("x", 100_000) + `"}}`
				if status, _ := d.request("POST", "/api/v1/events", "["+one+strings.Repeat(","+one, events-1)+"]", nil); status != 202 {
					t.Fatalf("status %d", status)
				}
				posted += events
			}
			size := func(file string) int64 {
				info, err := os.Stat(filepath.Join(data, file))
				if err != nil {
					t.Fatal(err)
				}
				return info.Size()
			}
			var ready struct{ Degraded []string }
			degraded := func() bool {
				t.Helper()
				ready.Degraded = nil
				if status, _ := d.request("GET", "/readyz", "", &ready); status != 200 {
					t.Fatalf("readyz answers %d", status)
				}
				return slices.ContainsFunc(ready.Degraded, func(s string) bool { return strings.Contains(s, "write-ahead log") })
			}
			for size("postern.db") < 20*mib {
				post(10)
			}
			if degraded() {
				t.Fatalf("on a sound disk: %v", ready.Degraded)
			}

			d.limitFiles(16 * mib)
			for range 5 {
				post(10)
			}
			eventually(t, "readyz tells of it", degraded)
			if n := d.metric("", `postern_store_checkpoints_total{outcome="failed"}`); n < 3 {
				t.Errorf("%d checkpoints have failed", n)
			}
			logged := func(line string) func() bool {
				return func() bool { return strings.Contains(d.log.String(), line) } // it takes a pipe
			}
			eventually(t, "the log tells of it", logged("kind=checkpoints_failing"))
			if n := strings.Count(d.log.String(), "a checkpoint failed"); n != 1 {
				t.Errorf("the log has the first failure %d times", n)
			}
			post(1)

			if restart {
				d.limitFiles(unix.RLIM_INFINITY)
				d.kill()
				d = start(t, data)
			} else {
				d.limitFiles(unix.RLIM_INFINITY)
				eventually(t, "it is over", func() bool { return !degraded() })
				eventually(t, "the log says that it is over", logged(`msg="trouble with the data folder is over" kind=checkpoints_failing`))
			}
			if got := strings.Count(d.fetch("GET", "/api/v1/events/export", "", ""), `"line_crossed"`); got != posted {
				t.Errorf("%d events are there, %d were accepted", got, posted)
			}
		})
	}
}
