package cameras

import (
	"testing"
	"time"
)

func TestClock_thatJumpsIsNoCamerasSilence(t *testing.T) {
	for name, ahead := range map[string]time.Duration{
		"five minutes ahead": 5 * time.Minute,
		"31 days ahead":      31 * 24 * time.Hour,
		"two years ahead":    2 * 365 * 24 * time.Hour,
		"a day behind":       -24 * time.Hour,
	} {
		t.Run(name, func(t *testing.T) {
			simulated(t, func(s *site) {
				s.speak(10*time.Second, 20*time.Minute, "gate", "dock")
				s.ahead.Store(int64(ahead))
				s.speak(10*time.Second, time.Minute, "gate", "dock")
				s.want("gate", Live)
				s.want("dock", Live)
				// A camera that falls silent meanwhile is noticed as ever.
				s.speak(10*time.Second, 9*time.Minute, "gate")
				s.want("gate", Live)
				s.want("dock", Silent)
				if n := len(s.List()); n != 2 {
					t.Errorf("%d cameras are listed, want 2", n)
				}
				s.wantAnnounced("camera_silent dock")
				s.ahead.Store(0)
				s.speak(10*time.Second, 3*time.Minute, "gate", "dock")
				s.want("gate", Live)
				s.wantAnnounced("camera_silent dock", "camera_back dock resolves 1")
			})
		})
	}
}
