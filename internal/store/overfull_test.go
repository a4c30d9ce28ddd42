package store

import (
	"bytes"
	"context"
	"log/slog"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/event"
	"postern/internal/store/legalhold"
)

// bulky returns n events of about 10 KiB.
func bulky(n int) []*event.Event {
	events := make([]*event.Event, n)
	for i := range events {
		events[i] = made(withData(`{"pad":"` + strings.Repeat("x", 10<<10) + `"}`))
	}
	return events
}

// Retention is woken between its regular runs while the log is too large.
// Events on hold, which it can't remove, don't wake it.
func TestRetentionIsWokenForBytesThatMayGo(t *testing.T) {
	t.Parallel()
	const bound = 1 << 20
	for _, tc := range []struct {
		name        string
		held, after int // events on hold, and events that arrive later
		want        bool
	}{
		{"an empty log", 0, 0, false},
		{"a log within the bound", 0, 30, false},
		{"a log beyond the bound", 0, 200, true},
		{"more than the bound on hold", 120, 0, false},
		{"the same, and a log within the bound", 120, 20, false},
		{"the same, and a log beyond the bound", 120, 200, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				j := openAt(t, t.TempDir(), Options{RetainBytes: bound})
				defer closeStore(t, j)
				id := hold(t, j, &legalhold.Hold{})
				add(t, j, bulky(tc.held)...)
				retain(t, j)
				h, err := j.Holds.Get(context.Background(), id)
				if err != nil {
					t.Fatal(err)
				}
				if tc.held > 0 && h.Bytes < bound {
					t.Fatalf("only %d bytes are on hold beside the log", h.Bytes)
				}
				// The hold is for those before.
				if err := j.Holds.Release(context.Background(), id); err != nil {
					t.Fatal(err)
				}
				add(t, j, bulky(tc.after)...)
				ctx, cancel := context.WithCancel(context.Background())
				ended := make(chan struct{})
				go func() { j.upkeep(ctx); close(ended) }()
				time.Sleep(3*upkeepEvery + upkeepEvery/2)
				cancel()
				<-ended
				if got := len(j.overfull) == 1; got != tc.want {
					t.Errorf("retention is woken: %t, want %t", got, tc.want)
				}
			})
		})
	}
}

// At the size bound retention removes events every second. It logs that once a
// minute, with their sum, and the rest at the end.
func TestRetentionAtTheSizeBoundLogsOnceAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var logs bytes.Buffer
		j := openAt(t, t.TempDir(), Options{RetainBytes: 1 << 20, Logger: slog.New(slog.NewTextHandler(&logs, nil))})
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error)
		go func() { ended <- j.Run(ctx) }()
		const seconds = 150
		for range seconds {
			add(t, j, bulky(20)...)
			time.Sleep(time.Second)
			synctest.Wait()
			if kept := j.Head() - j.First() + 1; kept > 200 {
				t.Fatalf("%d events of 10 KiB are kept, which is beyond the bound", kept)
			}
		}
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
		sum, lines := 0, regexp.MustCompile(`msg="retention removed events" events=(\d+)`).FindAllStringSubmatch(logs.String(), -1)
		for _, line := range lines {
			n, _ := strconv.Atoi(line[1])
			sum += n
		}
		if most := seconds/int(retainLogEvery.Seconds()) + 2; len(lines) > most || int64(sum) != j.First()-1 {
			t.Errorf("%d lines of %d events, want at most %d of %d:\n%s", len(lines), sum, most, j.First()-1, &logs)
		}
		closeStore(t, j)
	})
}

// Where nothing can be removed, being beyond the bound doesn't make retention
// fail more often.
func TestRetentionThatFailsIsNotWoken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var logs bytes.Buffer
		j := openAt(t, t.TempDir(), Options{RetainBytes: 1 << 20, Logger: slog.New(slog.NewTextHandler(&logs, nil))})
		add(t, j, bulky(300)...)
		readOnly(t, j, true)
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error)
		go func() { ended <- j.Run(ctx) }()
		time.Sleep(3*retainEvery + time.Second)
		readOnly(t, j, false)
		time.Sleep(retainEvery)
		synctest.Wait()
		if j.First() == 1 {
			t.Error("retention doesn't go on after a failure")
		}
		cancel()
		<-ended
		if n := strings.Count(logs.String(), "retention failed"); n != 4 {
			t.Errorf("%d failures are logged, want 4:\n%s", n, &logs)
		}
		closeStore(t, j)
	})
}
