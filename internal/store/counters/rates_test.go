package counters

import (
	"math"
	"testing"
	"time"

	"postern/internal/event"
)

// sending counts n events of a camera an hour, for some hours from a time on.
func (c *Counters) sending(camera string, from time.Time, hours, n int) {
	for i := range hours * n {
		at := from.Add(time.Duration(i) * time.Hour / time.Duration(n))
		c.Count(0, &event.Event{Type: event.FaceDetected, Camera: camera, Seq: int64(i + 1), Received: at})
	}
}

func TestRates_areComparedWithTheSameHourOfTheDaysBefore(t *testing.T) {
	t.Parallel()
	c := New(nil, Log{First: func() int64 { return 1 }})
	now := start.Add(10 * 24 * time.Hour).Add(30 * time.Minute)
	midnight := now.Truncate(24 * time.Hour)
	hour := func(day int) time.Time {
		return now.Add(-time.Hour).Add(-time.Duration(day) * 24 * time.Hour).Truncate(time.Hour)
	}
	c.sending("old", midnight.Add(-9*24*time.Hour), 1, 1)
	for day := 3; day > 0; day-- {
		c.sending("gate", hour(day), 2, 30*day) // 90, 60, 30: by the hour
		if day == 2 {
			c.sending("new", hour(day), 2, 10)
		}
	}
	c.sending("gate", now.Add(-59*time.Minute), 1, 12)
	rates := c.Rates(now)
	if got := rates["gate"]; got.LastHour != 12 || !got.Known || math.Abs(got.Usual-60) > 0.5 {
		t.Errorf("gate: %+v, want 12 and 60", got)
	}
	// It sent nothing yesterday: that counts, and the days before its first don't.
	if got := rates["new"]; got.LastHour != 0 || !got.Known || math.Abs(got.Usual-5) > 0.5 {
		t.Errorf("new: %+v, want 0 and 5", got)
	}
	if got, found := rates["old"]; found {
		t.Errorf("old: %+v", got)
	}
	hours := c.UsualHours(now, "gate", 24)
	if len(hours) != 24 || math.Abs(hours[22]-60) > 0.5 || math.Abs(hours[23]-60) > 0.5 || hours[12] != -1 {
		t.Errorf("the usual hours are %v", hours)
	}
	if got := c.UsualHours(now, "unknown", 2); got[0] != -1 || got[1] != -1 {
		t.Errorf("of an unknown camera they are %v", got)
	}
	// A day with downtime in this hour doesn't count.
	c.downtimes = []Downtime{{Since: hour(3).Add(10 * time.Minute), Until: hour(3).Add(80 * time.Minute)}}
	if got := c.Rates(now)["gate"]; math.Abs(got.Usual-45) > 0.5 {
		t.Errorf("with a day of downtime: %+v, want 45", got)
	}
}

func BenchmarkRates(b *testing.B) {
	c := New(nil, Log{First: func() int64 { return 1 }})
	for camera := range 400 {
		name := string(rune('a'+camera%26)) + string(rune('a'+camera/26))
		for minute := range 120 {
			for _, typ := range []event.Type{event.FaceDetected, event.FaceMatched, event.LineCrossed} {
				at := start.Add(time.Duration(minute) * time.Minute)
				c.minutes[at.Unix()/60%MinutesKept].at = at.Unix() / 60
				slot := &c.minutes[at.Unix()/60%MinutesKept]
				slot.counters = append(slot.counters, counter{counterKey{c.number(name), typ}, 1})
			}
		}
	}
	for b.Loop() {
		c.Rates(start.Add(2 * time.Hour))
	}
}
