package metrics

import (
	"testing"
	"time"
)

func TestRateCounter_forgets_after_a_minute(t *testing.T) {
	start := time.Date(2026, 3, 19, 12, 0, 0, 0, time.UTC)
	var c RateCounter[string]
	c.Add(start, "a", 5)
	c.Add(start.Add(30*time.Second), "b", 7)
	for after, want := range map[time.Duration]int64{30 * time.Second: 12, 59 * time.Second: 12, 60 * time.Second: 7, 2 * time.Minute: 0} {
		if got := c.Sum(start.Add(after), nil); got != want {
			t.Errorf("after %v: %d, want %d", after, got, want)
		}
	}
	if got := c.Sum(start.Add(30*time.Second), func(key string) bool { return key == "a" }); got != 5 {
		t.Errorf("a was counted %d times, want 5", got)
	}
	c.Add(start.Add(time.Minute), "a", 1) // in the place of the first second
	if got := c.Sum(start.Add(time.Minute), nil); got != 8 {
		t.Errorf("a minute later: %d, want 8", got)
	}
}
