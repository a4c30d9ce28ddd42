package stats

import (
	"slices"
	"time"
)

// Rules of being degraded. Each has a lower limit for the end than for the
// beginning, so that an endpoint near a limit doesn't change all the time.
const (
	// recentAttempts is how many attempts are judged, at most, and recentFor how old
	// they may be.
	recentAttempts = 64
	recentFor      = 15 * time.Minute
	// degradedDwell is the minimum time for which an endpoint is degraded.
	degradedDwell = time.Minute

	// inRowDegraded attempts that fail in a row begin it; of an ordered endpoint,
	// inRowOrdered, since three refusals of one event make it failing.
	inRowDegraded, inRowOrdered = 3, 2
	// So does a share of failed attempts in percent, of at least shareOf attempts.
	shareBegins, shareEnds, shareOf = 20, 10, 20
	// So does a p95 of at least slowOf deliveries that is many times the normal one
	// and longer by a time that a person notices.
	slowBegins, slowEnds     = 4, 2
	slowBeginsBy, slowEndsBy = 250 * time.Millisecond, 125 * time.Millisecond
	slowOf                   = 20
	// The normal p95 is the median of those of the earlier hours with normalOf
	// deliveries or more. There must be normalHours of them.
	normalOf, normalHours = 20, 3
)

// Recent has an endpoint's last attempts in this run and state, and judges by them
// whether it is degraded. Its zero value has none. Every attempt passes through it,
// so it counts as they come and go.
type Recent struct {
	ring     [recentAttempts]recentAttempt
	first, n int // the oldest attempt in the ring, and how many there are
	inRow    int // that failed in a row
	limit    int // inRowDegraded or inRowOrdered
	counts   recentCounts
	normal   time.Duration
	hour     int64     // in which normal was computed
	since    time.Time // zero while it isn't degraded
}

// recentCounts count the attempts in the ring: those that failed, and the deliveries
// that took longer than the normal p95 allows.
type recentCounts struct{ failed, slow, verySlow int }

type recentAttempt struct {
	ended          time.Time
	took           time.Duration
	ok             bool
	slow, verySlow bool // by the normal p95 of its hour
}

// Note judges an attempt that ended now. hours has the attempts of the hours before.
func (r *Recent) Note(ended time.Time, took time.Duration, ok, ordered bool, hours *HourStats) {
	if hour := hourOf(ended); hour != r.hour {
		r.normal, r.hour = hours.normal(hour), hour
	}
	if r.n == recentAttempts {
		r.drop()
	}
	a := &r.ring[(r.first+r.n)%recentAttempts]
	*a = recentAttempt{
		ended: ended, took: took, ok: ok,
		slow: ok && r.above(took, slowEnds, slowEndsBy), verySlow: ok && r.above(took, slowBegins, slowBeginsBy),
	}
	r.n++
	r.count(a, 1)
	if r.inRow++; ok {
		r.inRow = 0
	}
	if r.limit = inRowDegraded; ordered {
		r.limit = inRowOrdered
	}
	r.judge(ended)
}

// Degraded reports whether the endpoint is degraded, and why.
func (r *Recent) Degraded(now time.Time) (d Degradation, degraded bool) {
	if r.since.IsZero() {
		return d, false
	}
	if r.judge(now); r.since.IsZero() {
		return d, false
	}
	d = Degradation{Since: r.since, Failed: r.counts.failed, Attempts: r.n}
	if r.inRow >= r.limit {
		d.InRow = r.inRow
	}
	if r.exceeds(r.counts.slow) {
		d.P95, d.Normal = r.p95(), r.normal
	}
	return d, true
}

// judge begins or ends the degraded state.
func (r *Recent) judge(now time.Time) {
	for r.n > 0 && now.Sub(r.ring[r.first].ended) >= recentFor {
		r.drop()
	}
	if r.since.IsZero() {
		if r.inRow >= r.limit || r.n >= shareOf && r.counts.failed*100 >= r.n*shareBegins || r.exceeds(r.counts.verySlow) {
			r.since = now
		}
		return
	}
	failing := r.counts.failed > 0 && r.counts.failed*100 >= r.n*shareEnds
	if now.Sub(r.since) >= degradedDwell && r.inRow == 0 && !failing && !r.exceeds(r.counts.slow) {
		r.since = time.Time{}
	}
}

// drop forgets the oldest attempt.
func (r *Recent) drop() {
	r.count(&r.ring[r.first], -1)
	r.first = (r.first + 1) % recentAttempts
	r.n--
}

func (r *Recent) count(a *recentAttempt, by int) {
	if !a.ok {
		r.counts.failed += by
	}
	if a.slow {
		r.counts.slow += by
	}
	if a.verySlow {
		r.counts.verySlow += by
	}
}

// above reports whether a delivery took a multiple of the normal p95, and longer than
// it by a time.
func (r *Recent) above(took time.Duration, factor int64, by time.Duration) bool {
	return r.normal > 0 && int64(took) > int64(r.normal)*factor && took > r.normal+by
}

// exceeds reports whether the p95 of the deliveries is that of so many slow ones.
func (r *Recent) exceeds(slow int) bool {
	deliveries := r.n - r.counts.failed
	return deliveries >= slowOf && slow > deliveries-rank95(deliveries)
}

// p95 returns the 95th percentile of the deliveries' durations.
func (r *Recent) p95() time.Duration {
	durations := make([]time.Duration, 0, r.n)
	for i := range r.n {
		if a := &r.ring[(r.first+i)%recentAttempts]; a.ok {
			durations = append(durations, a.took)
		}
	}
	slices.Sort(durations)
	return durations[rank95(len(durations))-1]
}

// rank95 is the rank of the 95th percentile of n values, from 1.
func rank95(n int) int { return (n*95 + 99) / 100 }

// normal returns the median of the p95 of the hours before one; zero where too few
// had enough deliveries.
func (d *HourStats) normal(hour int64) time.Duration {
	var each []time.Duration
	for i := range d.ring {
		if h := &d.ring[i]; h.number < hour && h.number > hour-Hours && h.Delivered >= normalOf {
			each = append(each, P95(h.Hour))
		}
	}
	if len(each) < normalHours {
		return 0
	}
	slices.Sort(each)
	return each[(len(each)-1)/2]
}
