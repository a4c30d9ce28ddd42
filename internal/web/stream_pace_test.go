package web

import (
	"testing"
	"testing/synctest"
	"time"
)

// Streams rest for longer while rests end late, within a bound, and as before
// once processor time is there again.
func TestStreamsRestLongerWhereProcessorTimeIsShort(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var p streamPace
		pass := func(late, long time.Duration) {
			for range long / streamAdjust {
				time.Sleep(streamAdjust)
				for range 10 { // only one of them changes the rest
					p.note(time.Now(), late)
				}
			}
		}
		for _, step := range []struct {
			late, long time.Duration
			least      time.Duration
			most       time.Duration
		}{
			{0, time.Second, streamRest, streamRest},
			{streamLate, time.Second, streamRest, streamRest},
			{2 * streamLate, 20 * time.Millisecond, streamRest, streamRest * 5 / 4 * 5 / 4},
			{2 * streamLate, time.Second, streamRestMost, streamRestMost},
			{time.Second, time.Second, streamRestMost, streamRestMost},
			{0, 2 * time.Second, streamRest, streamRest},
		} {
			pass(step.late, step.long)
			if got := p.mean(); got < step.least || got > step.most {
				t.Errorf("after %s with rests %s late streams rest %s, want %s to %s", step.long, step.late, got, step.least, step.most)
			}
		}
	})
}

// A few streams look again after a short rest. A thousand that one event wakes
// don't look at the same moment.
func TestStreamsThatAnEventWakesAreSpread(t *testing.T) {
	t.Parallel()
	for _, open := range []int64{1, 1000} {
		synctest.Test(t, func(t *testing.T) {
			var p streamPace
			p.open.Store(open)
			wait := func(rested time.Duration) time.Duration {
				looked := time.Now()
				time.Sleep(rested)
				began := time.Now()
				p.wait(looked)
				return time.Since(began)
			}
			var sum time.Duration
			for range 1000 {
				if got := wait(0); got < streamRest*3/4 || got > max(streamRest*5/4, time.Duration(open+1)*streamSpread) {
					t.Errorf("a stream rests %s", got)
				}
				got := wait(time.Minute)
				if got > time.Duration(open+1)*streamSpread {
					t.Errorf("one of %d streams that have rested waits %s", open, got)
				}
				sum += got
			}
			if mean, want := sum/1000, time.Duration(open)*streamSpread/2; mean < want*3/4 || mean > want*5/4+streamSpread {
				t.Errorf("%d streams that have rested wait %s on average, want about %s", open, mean, want)
			}
		})
	}
}
