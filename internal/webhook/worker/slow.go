package worker

import (
	"time"

	"postern/internal/delivery"
	"postern/internal/webhook/send"
	"postern/internal/webhook/stats"
)

// The rule of slow attempts. An attempt is slow if it takes twice as long as 95 % of
// the webhook's deliveries of the last day, but never below send.SlowAtLeast and
// always from slowAlways on.
const (
	slowAlways = time.Second
	slowFactor = 2
	// slowEvery is how often the percentile is worked out, and slowPerMinute how many
	// slow deliveries a minute keep their timelines, so that a receiver that is always
	// slow doesn't fill the disk.
	slowEvery     = time.Minute
	slowPerMinute = 10
)

// slowRule finds the slow attempts of a webhook. The zero value works.
type slowRule struct {
	since time.Time     // when bound was worked out
	bound time.Duration // attempts that take longer are slow
	kept  int           // since then
}

// keepsTimeline reports whether an attempt's timeline is stored: those of failures
// always, those of slow deliveries up to a number a minute.
func (w *Worker) keepsTimeline(r *send.Result) bool {
	if r.Timeline == nil || r.Class != delivery.ClassNone {
		return r.Timeline != nil
	}
	ended, rule := r.At.Add(r.Duration), &w.slow
	if age := ended.Sub(rule.since); age < 0 || age >= slowEvery {
		*rule = slowRule{since: ended, bound: slowBound(stats.P95(w.hours.Hours(ended)...))}
	}
	if r.Duration < rule.bound || rule.kept == slowPerMinute {
		return false
	}
	rule.kept++
	return true
}

// slowBound returns from which duration on an attempt is slow, by the 95th percentile
// of the webhook's deliveries; zero without any.
func slowBound(p95 time.Duration) time.Duration {
	if p95 == 0 {
		return slowAlways
	}
	return min(max(slowFactor*p95, send.SlowAtLeast), slowAlways)
}
