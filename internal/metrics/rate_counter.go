package metrics

import "time"

// RateCounter counts what happened in the 60 seconds before now, by key. The zero
// value is empty. It isn't safe for concurrent use: its owner has a lock already.
type RateCounter[K comparable] struct {
	seconds [60]struct {
		unix   int64
		counts map[K]int64
	}
}

// Add counts n of a key at a time.
func (c *RateCounter[K]) Add(at time.Time, key K, n int64) {
	s := &c.seconds[at.Unix()%60]
	if s.unix != at.Unix() || s.counts == nil {
		s.unix, s.counts = at.Unix(), make(map[K]int64, len(s.counts))
	}
	s.counts[key] += n
}

// Sum returns the count of the keys that counted accepts, of the 60 seconds that
// end with the second of now. A nil counted accepts all.
func (c *RateCounter[K]) Sum(now time.Time, counted func(K) bool) (n int64) {
	for _, s := range c.seconds {
		if age := now.Unix() - s.unix; age < 0 || age >= 60 {
			continue
		}
		for key, count := range s.counts {
			if counted == nil || counted(key) {
				n += count
			}
		}
	}
	return n
}
