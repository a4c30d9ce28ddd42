package lograte

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestLine_is_written_once_an_interval_and_counts_everything(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		line := New(slog.New(slog.NewTextHandler(&out, nil)), slog.LevelWarn, "clients are refused", "clients", time.Minute)
		lines := func() []string {
			line.mu.Lock() // a timer writes, too
			defer line.mu.Unlock()
			return strings.Split(strings.TrimSpace(out.String()), "\n")
		}
		line.Add(1, slog.String("reason", "first"))
		if got := lines(); len(got) != 1 || !strings.Contains(got[0], "level=WARN") ||
			!strings.Contains(got[0], `msg="clients are refused" clients=1 reason=first`) {
			t.Fatalf("the first occurrence: %q", got)
		}
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() { line.Add(2, slog.String("reason", "many")) })
		}
		all.Wait()
		time.Sleep(59 * time.Second)
		synctest.Wait()
		if got := lines(); len(got) != 1 {
			t.Fatalf("within the interval: %q", got)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if got := lines(); len(got) != 2 || !strings.Contains(got[1], "clients=200 reason=many") {
			t.Fatalf("after the interval, without another occurrence: %q", got)
		}
		line.Add(1)
		time.Sleep(time.Hour)
		synctest.Wait()
		line.Add(1)
		time.Sleep(time.Hour)
		synctest.Wait()
		if got := lines(); len(got) != 4 || !strings.HasSuffix(got[2], "clients=1") || !strings.HasSuffix(got[3], "clients=1") {
			t.Fatalf("later: %q", got)
		}
	})
}

// Occurrences that are counted when the owner ends are written then, and only once.
func TestLine_is_flushed_once(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		line := New(slog.New(slog.NewTextHandler(&out, nil)), slog.LevelInfo, "events went", "events", time.Minute)
		line.Flush()
		line.Add(1)
		line.Flush()
		line.Add(2)
		line.Add(3)
		line.Flush()
		time.Sleep(time.Hour)
		synctest.Wait()
		if got := out.String(); strings.Count(got, "events went") != 2 || !strings.Contains(got, "events=5") {
			t.Errorf("the log says %q", got)
		}
	})
}
