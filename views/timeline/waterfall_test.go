package timeline

import (
	"strings"
	"testing"
	"time"

	"postern/internal/delivery"
)

var began = time.Date(2026, 3, 19, 12, 0, 0, 0, time.UTC)

// told writes a waterfall's rows as "step start took".
func told(p Props) string {
	var rows []string
	for _, r := range p.rows() {
		words := r.name + " " + r.start() + " " + r.took()
		if r.failed {
			words += " failed"
		}
		rows = append(rows, strings.TrimSpace(words))
	}
	return strings.Join(rows, "\n")
}

func TestWaterfall_InventsNoTime(t *testing.T) {
	t.Parallel()
	attempt := delivery.Attempt{Row: 2, At: began, Duration: 500 * time.Millisecond, Class: delivery.ClassTimeout,
		Timeline: new(delivery.Timeline)}
	attempt.Timeline.Phases[delivery.PhaseRequest] = delivery.PhaseTime{From: 0, To: time.Millisecond}
	attempt.Timeline.Phases[delivery.PhaseWait] = delivery.PhaseTime{From: time.Millisecond, To: 500 * time.Millisecond}
	const phases = "Request 0 ms 1 ms\nFirst byte +1 ms 499 ms failed\nDone +500 ms"
	received := began.Add(-8 * time.Millisecond)
	earlier := delivery.Attempt{Row: 1, At: began.Add(-6 * time.Second), Duration: time.Second}
	later := attempt
	later.Replay = true
	quick := delivery.Attempt{Row: 2, At: began, Duration: 3 * time.Millisecond}
	for name, tc := range map[string]struct {
		p    Props
		want string
	}{
		"all known": {Props{Attempt: attempt, Received: received, Committed: received.Add(2 * time.Millisecond)},
			"Received −8 ms\nCommitted −8 ms 2 ms\nQueued −6 ms 6 ms\n" + phases},
		"the commit isn't": {Props{Attempt: attempt, Received: received},
			"Received −8 ms\nCommitted Unknown Not recorded\nQueued −8 ms 8 ms\n" + phases},
		"the event is gone": {Props{Attempt: attempt}, phases},
		"a retry": {Props{Attempt: attempt, Received: received, Delivery: &delivery.Delivery{Attempts: []delivery.Attempt{earlier, attempt}}},
			"Retry −5 s 5 s\n" + phases},
		"a resend":           {Props{Attempt: later, Received: began.Add(-time.Hour)}, "Received −1 h\n" + phases},
		"without a timeline": {Props{Attempt: quick}, "Attempt 0 ms 3 ms"},
	} {
		if got := told(tc.p); got != tc.want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, tc.want)
		}
	}
}

// A wait that is far longer than the attempt has no bar: the phases are seen.
func TestWaterfall_ScaleFitsTheAttempt(t *testing.T) {
	t.Parallel()
	p := Props{Attempt: delivery.Attempt{At: began, Duration: 100 * time.Millisecond}, Received: began.Add(-200 * time.Millisecond)}
	if s := p.scale(); s.from != -200*time.Millisecond || s.at(0) != width*2/3 {
		t.Errorf("a short wait: %+v, the attempt begins at %d", s, s.at(0))
	}
	p.Received = began.Add(-time.Hour)
	s := p.scale()
	if s.from != 0 || s.at(0) != 0 || s.at(100*time.Millisecond) != width {
		t.Errorf("a long wait: %+v", s)
	}
	for _, r := range p.before() {
		if s.shows(r) {
			t.Errorf("%s has a bar", r.name)
		}
	}
}
