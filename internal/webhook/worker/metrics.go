package worker

import (
	"sync/atomic"
	"time"

	"postern/internal/webhook/send"

	"postern/internal/delivery"
	"postern/internal/metrics"
)

// Metrics are the counts of all workers since Postern started.
type Metrics struct {
	// Attempts are the attempts by Class; ClassNone are the delivered ones.
	Attempts [delivery.ClassOther + 1]int64
	// Repeats counts the requests that were repeated at once because the
	// receiver had closed the kept-alive connection. They cost no attempt.
	Repeats int64
	// Durations are the durations of the same attempts.
	Durations *metrics.Histogram
	// Latency is the time from an event's arrival to its delivery; resent
	// and replayed events are left out.
	Latency *metrics.Histogram
}

// Counters count for Metrics; all workers share them.
type Counters struct {
	attempts           [delivery.ClassOther + 1]atomic.Int64
	repeats            atomic.Int64
	durations, latency *metrics.Histogram
}

func NewCounters() *Counters {
	short := []time.Duration{
		time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond, 10 * time.Millisecond, 25 * time.Millisecond, 50 * time.Millisecond,
		100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond,
		time.Second, 2500 * time.Millisecond, 5 * time.Second, 15 * time.Second,
	}
	long := append(short[:len(short):len(short)], time.Minute, 10*time.Minute, time.Hour, 6*time.Hour, 24*time.Hour)
	return &Counters{
		durations: metrics.NewDurations("postern_delivery_attempt_duration_seconds", "Time of one attempt, delivered or failed.", short...),
		latency: metrics.NewDurations("postern_delivery_latency_seconds",
			"Time from an event's arrival until a receiver had it; resent and replayed ones aside.", long...),
	}
}

// count counts an attempt.
func (c *Counters) count(d *task, r send.Result) {
	c.attempts[min(r.Class, delivery.ClassOther)].Add(1)
	c.repeats.Add(r.Repeats)
	c.durations.ObserveDuration(r.Duration)
	// Only the sequence number is left of an event that has left the log
	// meanwhile.
	if r.Class == delivery.ClassNone && !d.Replay && !d.Event.IsRemoved() {
		c.latency.ObserveDuration(r.At.Add(r.Duration).Sub(d.Event.Received))
	}
}

// Snapshot returns the counts so far.
func (c *Counters) Snapshot() Metrics {
	m := Metrics{Repeats: c.repeats.Load(), Durations: c.durations, Latency: c.latency}
	for i := range m.Attempts {
		m.Attempts[i] = c.attempts[i].Load()
	}
	return m
}
