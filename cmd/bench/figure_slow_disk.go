package main

import (
	"fmt"
	"os/exec"
	"time"
)

// slowDiskEndpoints is the number of webhooks in the second measurement of each
// pair.
const slowDiskEndpoints = 5

// slowDisk measures how webhooks delay producers where an fsync takes long, as on a
// hard disk, a network volume or an SD card: strace delays each fsync. A single
// producer waits for each commit; 64 producers share commits. The limits are the
// same figures without webhooks.
func slowDisk(b *bench) ([]row, error) {
	if err := canTrace(); err != nil {
		return nil, err
	}
	var rows []row
	for _, sync := range b.opts.Syncs {
		lone := row{Figure: fmt.Sprintf("fsync %v, %d webhooks: one producer, p50", sync, slowDiskEndpoints), Unit: "ms",
			Beside: "without webhooks", Goal: goal{Within: 1.1}}
		many := row{Figure: fmt.Sprintf("fsync %v, %d webhooks: %d connections", sync, slowDiskEndpoints, ingestConnections), Unit: "events/s",
			Beside: "without webhooks", Goal: goal{Ratio: 0.9}}
		err := b.rounds(func() error {
			wait, rate, err := b.onSlowDisk(sync, 0)
			if err != nil {
				return err
			}
			lone.Limit, many.Limit = append(lone.Limit, wait), append(many.Limit, rate)
			if wait, rate, err = b.onSlowDisk(sync, slowDiskEndpoints); err != nil {
				return err
			}
			lone.Postern, many.Postern = append(lone.Postern, wait), append(many.Postern, rate)
			return nil
		})
		rows = append(rows, lone, many)
		if err != nil {
			return rows, err
		}
	}
	return rows, nil
}

// onSlowDisk measures the median wait of a single producer in milliseconds, and then
// the rate of 64 producers.
func (b *bench) onSlowDisk(sync time.Duration, endpoints int) (wait, rate float64, err error) {
	s, err := b.site(slowSyncs(sync)...)
	if err != nil {
		return 0, 0, err
	}
	defer s.end(&err)
	to, err := s.receivers(endpoints)
	if err != nil {
		return 0, 0, err
	}
	defer to.close()
	numbers := &source{}
	waits, err := loneProducer(s.addr, numbers, b.opts.Time)
	if err != nil {
		return 0, 0, err
	}
	l, err := flood(b.ctx, s.addr, ingestConnections, 1, numbers, b.opts.Time)
	if err != nil {
		return 0, 0, err
	}
	if err := to.have(b.ctx, int(numbers.next.Load())); err != nil {
		return 0, 0, err
	}
	return quantile(waits, 0.5), l.rate(), nil
}

// canTrace reports why strace can't delay system calls here.
func canTrace() error {
	if out, err := exec.Command("strace", "-qq", "-o", "/dev/null", "true").CombinedOutput(); err != nil {
		return fmt.Errorf("a slow disk needs strace, installed and permitted to trace: %w: %s", err, out)
	}
	return nil
}

// slowSyncs returns the command that runs another command and delays each fsync.
func slowSyncs(by time.Duration) []string {
	// With -D the traced command is the child, and not strace: signals reach it.
	return []string{"strace", "-D", "-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", "-e", "trace=fsync,fdatasync",
		"-e", fmt.Sprintf("inject=fsync,fdatasync:delay_exit=%d", by.Microseconds())}
}

// loneProducer posts one event after the other and returns the wait for each answer,
// in milliseconds.
func loneProducer(addr string, numbers *source, long time.Duration) ([]float64, error) {
	p, err := newPoster(addr, eventsPath, "application/json", newEvent())
	if err != nil {
		return nil, err
	}
	defer p.conn.Close()
	var waits []float64
	for end := time.Now().Add(long); time.Now().Before(end); {
		stampNumber(p.body, numbers.take(1))
		begun := time.Now()
		if err := p.sent(); err != nil {
			return nil, err
		}
		waits = append(waits, float64(time.Since(begun).Microseconds())/1e3)
	}
	return waits, nil
}
