package counters

import (
	"slices"
	"time"
)

// Rate is how many events a camera sends an hour.
type Rate struct {
	// LastHour is the number of its events in the last 60 minutes.
	LastHour int64
	// Usual is how many it usually sends in these 60 minutes of the day: the mean
	// of the days before, at most usualDays of them, back to the first on which it
	// sent some. It is valid if Known.
	Usual float64
	Known bool
}

// usualDays is how many days before tell a usual rate: a week, so that one
// weekend is among them.
const usualDays = 7

// Rates returns the rates of the cameras that have events, by id.
func (c *Counters) Rates(now time.Time) map[string]Rate {
	<-c.loaded
	c.mu.RLock()
	defer c.mu.RUnlock()
	rates := make([]Rate, len(c.names))
	last := now.Unix() / 60
	count := func(counters []counter) {
		for _, one := range counters {
			rates[one.camera].LastHour += int64(one.n)
		}
	}
	for m := last - 59; m <= last; m++ {
		if slot := &c.minutes[m%MinutesKept]; slot.at == m {
			count(slot.counters)
		}
		count(c.removed[m])
		if m == c.now {
			for k, n := range c.fresh {
				rates[k.camera].LastHour += int64(n)
			}
		}
	}
	usual := make([]usualRate, len(c.names))
	c.daysBefore(now, func(day int, counters []counter, weight float64) {
		for _, one := range counters {
			usual[one.camera].add(day, weight*float64(one.n))
		}
	})
	for n := range rates {
		rates[n].Usual, rates[n].Known = usual[n].mean()
	}
	named := make(map[string]Rate, len(rates))
	for n, rate := range rates {
		if n != noCamera && (rate.LastHour > 0 || rate.Known) {
			named[c.names[n]] = rate
		}
	}
	return named
}

// UsualHours returns how many events a camera usually sends in each of the last n
// hours of the clock, oldest first, the current one included; below zero where
// that isn't known.
func (c *Counters) UsualHours(now time.Time, camera string, n int) []float64 {
	<-c.loaded
	c.mu.RLock()
	defer c.mu.RUnlock()
	hours := make([]float64, n)
	number, known := c.numbers[camera]
	end := now.Truncate(time.Hour).Add(time.Hour)
	for i := range hours {
		var usual usualRate
		if known {
			c.daysBefore(end.Add(-time.Duration(n-1-i)*time.Hour), func(day int, counters []counter, weight float64) {
				for _, one := range ofCamera(counters, number) {
					usual.add(day, weight*float64(one.n))
				}
			})
		}
		hours[i] = -1
		if mean, is := usual.mean(); is {
			hours[i] = mean
		}
	}
	return hours
}

// ofCamera returns a camera's counters of sorted ones.
func ofCamera(counters []counter, camera uint32) []counter {
	from, _ := slices.BinarySearchFunc(counters, counterKey{camera: camera}, func(c counter, k counterKey) int { return c.compare(k) })
	to := from
	for to < len(counters) && counters[to].camera == camera {
		to++
	}
	return counters[from:to]
}

// usualRate sums a camera's events in an hour of the days before.
type usualRate struct {
	events float64
	days   int // from the first day on which it sent some to the newest
}

func (u *usualRate) add(day int, events float64) {
	u.events += events
	if events > 0 {
		u.days = max(u.days, day)
	}
}

func (u usualRate) mean() (float64, bool) { return u.events / float64(max(u.days, 1)), u.days > 0 }

// daysBefore visits the counters of the 60 minutes up to a time of day on each of
// the days before, which it numbers from the newest, 1. These minutes are parts of
// two hours, each with its weight. Days with downtime in them, and days of which
// events are removed, are left out. The caller holds mu.
func (c *Counters) daysBefore(now time.Time, visit func(day int, counters []counter, weight float64)) {
	oldest := c.oldestHour()
	into := float64(now.Unix()%3600) / 3600 // the part of the current hour that is over
	day := 0
	for before := int64(1); before <= usualDays; before++ {
		end := now.Unix() - before*24*3600
		if (end-3600)/3600 <= oldest || c.wasDownBetween((end-3600)/60, end/60) {
			continue
		}
		day++
		visit(day, c.hours[end/3600-1], 1-into)
		visit(day, c.hours[end/3600], into)
	}
}

// oldestHour returns the oldest hour with events. Some of its events may be
// removed. The caller holds mu.
func (c *Counters) oldestHour() int64 {
	oldest := int64(1) << 62
	for hour := range c.hours {
		oldest = min(oldest, hour)
	}
	return oldest
}
