package store

import (
	"context"
	"strconv"
	"syscall"
	"testing"
	"time"

	"postern/internal/event"
	"postern/internal/store/eventlog"
)

// BenchmarkAppend appends groups of events that are ready: the store's own
// rate. Processor time is what can be compared on a machine that others use.
func BenchmarkAppend(b *testing.B) {
	for _, size := range []int{1, 24, 100, 500} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			j := open(b)
			b.ReportAllocs()
			var used time.Duration
			for b.Loop() {
				b.StopTimer()
				events := make([]*event.Event, size)
				for i := range events {
					events[i] = typical(i)
				}
				began := processorTime(b)
				b.StartTimer()
				if err := j.Append(context.Background(), []*event.Batch{{Events: events}}); err != nil {
					b.Fatal(err)
				}
				used += processorTime(b) - began
			}
			n := float64(b.N * size)
			b.ReportMetric(n/b.Elapsed().Seconds(), "events/s")
			b.ReportMetric(float64(used.Nanoseconds())/n, "cpu-ns/event")
		})
	}
}

// processorTime is what the process has used so far.
func processorTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// BenchmarkReadRare reads past events of other types, as the worker of an
// endpoint for a rare type does.
func BenchmarkReadRare(b *testing.B) {
	j := open(b)
	fill(b, j, eventlog.ReadSpan)
	for b.Loop() {
		if _, _, err := j.Read(context.Background(), 0, 1<<30, 100); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*eventlog.ReadSpan/b.Elapsed().Seconds(), "events/s")
}
