package webhook

import "time"

// slowDownFor is the least wait after a receiver said that it is too busy.
const slowDownFor = time.Second

// window is how many requests may be in flight at once. A receiver that says
// it is too busy (429, 503) halves it and gets a pause; each success opens it
// a little, as TCP does.
type window struct {
	most  int
	now   float64
	until time.Time // nothing is sent before
}

func newWindow(most int) window { return window{most: most, now: float64(most)} }

func (w *window) size() int { return max(1, min(w.most, int(w.now))) }

func (w *window) succeeded() { w.now = min(float64(w.most), w.now+1/w.now) }

// slowDown takes a receiver's word that it is too busy, and how long it asked
// to be left alone. What it tells several requests that were in flight
// together counts as one: they all began before the pause that the first of
// them brought.
func (w *window) slowDown(began, ended time.Time, retryAfter time.Duration) {
	if !began.Before(w.until) {
		w.now = max(1, w.now/2)
	}
	w.until = later(w.until, ended.Add(max(retryAfter, slowDownFor)))
}
