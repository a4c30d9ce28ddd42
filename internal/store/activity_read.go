package store

import "time"

// counted returns the counts once they are whole. For a moment after the start
// of a large store they aren't.
func (s *Store) counted() *activity {
	<-s.older
	return s.activity
}

// Minutes returns what arrived in each of the last n minutes, oldest first;
// the last one is under way. n is at most a day's. Where cameras are given,
// only their events count.
func (s *Store) Minutes(now time.Time, n int, cameras ...string) []Minute {
	a := s.counted()
	a.mu.RLock()
	defer a.mu.RUnlock()
	picked := a.picked(cameras)
	last := now.Unix() / 60
	minutes := make([]Minute, 0, n)
	for m := last - int64(min(n, minutesKept)) + 1; m <= last; m++ {
		one := Minute{Start: time.Unix(m*60, 0).UTC()}
		slot := &a.minutes[m%minutesKept]
		if slot.at == m {
			one.Counts.add(slot.cells, picked)
		}
		if m == a.now {
			for k, n := range a.fresh {
				if picked(k.camera) {
					one.Counts[k.kind] += int64(n)
				}
			}
		}
		one.Counts.add(a.removed[m], picked)
		// A clock that was ahead may have put another minute in its place.
		one.Known = one.Counts.Total() > 0 || slot.at <= m && !a.inGap(one.Start)
		if m < a.unknownBefore {
			one.Known, one.AtLeast = false, true
		}
		minutes = append(minutes, one)
	}
	return minutes
}

// PerMinute returns how many events arrived in the 60 seconds before now.
// Where cameras are given, only theirs count.
func (j *Store) PerMinute(now time.Time, cameras ...string) (n int) {
	a := j.activity
	a.mu.RLock()
	defer a.mu.RUnlock()
	picked := a.picked(cameras)
	for _, s := range a.seconds {
		if age := now.Unix() - s.unix; age < 0 || age >= 60 {
			continue
		}
		for camera, count := range s.n {
			if picked(camera) {
				n += count
			}
		}
	}
	return n
}

// Arrived returns how many events that arrived from since to until are kept;
// a zero time leaves that end open. It counts whole minutes within the last
// day and whole hours before, and what retention removes a stretch of the log
// at a time, so that it is a little more than what a search finds. Events of a
// type that is kept for a shorter time count until their stretch goes: they
// did arrive. Where cameras are given, only theirs
// count.
func (s *Store) Arrived(now, since, until time.Time, cameras ...string) (c Counts) {
	a := s.counted()
	a.mu.RLock()
	defer a.mu.RUnlock()
	picked := a.picked(cameras)
	in := func(start, length int64) bool {
		return (since.IsZero() || start+length > since.Unix()) && (until.IsZero() || start < until.Unix())
	}
	byMinute := now.Unix()/3600 - 24 // the first hour that all minutes are kept of
	for hour, cells := range a.hours {
		if hour < byMinute && in(hour*3600, 3600) {
			c.add(cells, picked)
		}
	}
	for i := range a.minutes {
		if m := &a.minutes[i]; m.at/60 >= byMinute && in(m.at*60, 60) {
			c.add(m.cells, picked)
		}
	}
	if in(a.now*60, 60) {
		for k, n := range a.fresh {
			if picked(k.camera) {
				c[k.kind] += int64(n)
			}
		}
	}
	return c
}
