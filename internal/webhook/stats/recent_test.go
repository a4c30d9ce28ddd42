package stats

import (
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 19, 12, 30, 0, 0, time.UTC)

// history notes attempts, one a second, and keeps the time.
type history struct {
	recent Recent
	hours  HourStats
	now    time.Time
}

// usual is a history with four hours of deliveries that took so long.
func usual(took time.Duration) *history {
	h := &history{now: noon}
	for i := range 4 * normalOf {
		h.hours.Note(noon.Add(-time.Duration(1+i/normalOf)*time.Hour), took, true)
	}
	return h
}

func (h *history) attempts(n int, took time.Duration, ok bool) {
	for range n {
		h.now = h.now.Add(time.Second)
		h.hours.Note(h.now, took, ok)
		h.recent.Note(h.now, took, ok, false, &h.hours)
	}
}

func (h *history) degraded() bool {
	_, degraded := h.recent.Degraded(h.now)
	return degraded
}

func TestRecent_FailuresInARow(t *testing.T) {
	t.Parallel()
	h := usual(20 * time.Millisecond)
	h.attempts(30, 20*time.Millisecond, true)
	h.attempts(2, time.Millisecond, false)
	if h.degraded() {
		t.Error("two failures make it degraded")
	}
	h.attempts(1, time.Millisecond, false)
	d, degraded := h.recent.Degraded(h.now)
	if !degraded || d.InRow != 3 || d.Failed != 3 || d.Attempts != 33 || !d.Since.Equal(h.now) {
		t.Errorf("after three: %+v, %v", d, degraded)
	}
	h.attempts(1, 20*time.Millisecond, true)
	if !h.degraded() {
		t.Error("one success ends it at once")
	}
	h.attempts(60, 20*time.Millisecond, true)
	if h.degraded() {
		t.Error("it is degraded although a minute of attempts succeeded")
	}
}

func TestRecent_OrderedIsDegradedBeforeItFails(t *testing.T) {
	t.Parallel()
	var r Recent
	for i := range 2 {
		r.Note(noon.Add(time.Duration(i)*time.Second), 0, false, true, new(HourStats))
	}
	if _, degraded := r.Degraded(noon); !degraded {
		t.Error("two refusals of an ordered endpoint's event don't make it degraded")
	}
}

func TestRecent_ShareOfFailures(t *testing.T) {
	t.Parallel()
	h := usual(20 * time.Millisecond)
	mixed := func(n, every int) {
		for i := range n {
			h.attempts(1, 20*time.Millisecond, i%every != 0)
		}
	}
	mixed(64, 8)
	if h.degraded() {
		t.Error("one failure in eight makes it degraded")
	}
	mixed(64, 4)
	d, degraded := h.recent.Degraded(h.now)
	if !degraded || d.InRow != 0 || d.Failed != 16 || d.Attempts != 64 {
		t.Errorf("one failure in four: %+v, %v", d, degraded)
	}
	for range 20 {
		mixed(64, 8)
		if !h.degraded() {
			t.Fatal("it flaps: one failure in eight ends what one in five began")
		}
	}
	mixed(64, 16)
	if h.degraded() {
		t.Error("it is degraded with one failure in sixteen")
	}
}

func TestRecent_SlowerThanNormal(t *testing.T) {
	t.Parallel()
	h := usual(100 * time.Millisecond)
	h.attempts(64, 300*time.Millisecond, true)
	if h.degraded() {
		t.Error("three times the normal p95 makes it degraded")
	}
	h.attempts(8, 900*time.Millisecond, true)
	d, degraded := h.recent.Degraded(h.now)
	if !degraded || d.P95 != 900*time.Millisecond || d.Normal < 100*time.Millisecond || d.Normal > 120*time.Millisecond {
		t.Errorf("nine times: %+v, %v", d, degraded)
	}
	h.attempts(200, 300*time.Millisecond, true)
	if !h.degraded() {
		t.Error("it flaps: less than three times ends what four times began")
	}
	h.attempts(64, 150*time.Millisecond, true)
	if h.degraded() {
		t.Error("it is degraded at its normal p95")
	}
}

// A few milliseconds more are no trouble, however many times the normal they are.
func TestRecent_FastIsNeverSlow(t *testing.T) {
	t.Parallel()
	h := usual(2 * time.Millisecond)
	if h.attempts(64, 40*time.Millisecond, true); h.degraded() {
		t.Error("20 times a very short p95 makes it degraded")
	}
	fresh := &history{now: noon}
	if fresh.attempts(64, 10*time.Second, true); fresh.degraded() {
		t.Error("an endpoint without earlier hours has a normal p95")
	}
}

func TestRecent_OldAttemptsDontCount(t *testing.T) {
	t.Parallel()
	h := usual(20 * time.Millisecond)
	h.attempts(5, time.Millisecond, false)
	h.attempts(1, time.Millisecond, true)
	if h.now = h.now.Add(recentFor - 2*time.Second); !h.degraded() {
		t.Error("it ends while half of the attempts failed")
	}
	if h.now = h.now.Add(2 * time.Second); h.degraded() {
		t.Error("failures of a quarter of an hour ago count")
	}
	h.attempts(3, time.Millisecond, false)
	if h.now = h.now.Add(24 * time.Hour); !h.degraded() {
		t.Error("the last attempts failed, and it isn't degraded")
	}
}

func BenchmarkRecent(b *testing.B) {
	h := usual(20 * time.Millisecond)
	h.attempts(64, 20*time.Millisecond, true)
	b.ReportAllocs()
	for b.Loop() {
		h.recent.Note(h.now, 20*time.Millisecond, true, false, &h.hours)
	}
}
