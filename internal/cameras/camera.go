package cameras

import (
	"time"

	"postern/internal/store/counters"
)

// State tells when a camera was last seen. Its values are part of the API.
type State string

// The states of a camera.
const (
	Live    State = "live"    // seen as often as usual
	Quiet   State = "quiet"   // not seen for a while, which isn't judged or is usual at this time
	Silent  State = "silent"  // not seen for longer than it may be silent
	Offline State = "offline" // it reported so, and no normal event has arrived since
	Unknown State = "unknown" // Postern hasn't run for long enough to know
)

// States returns every state, the worst first.
func States() []State { return []State{Offline, Silent, Unknown, Quiet, Live} }

// Bounds of how silence is judged.
const (
	// silentPauses is for how many of its usual pauses a camera may be silent.
	// Pauses are whole minutes: a camera that sends every few seconds has five
	// minutes.
	silentPauses = 5
	// unknownPause is for how long a camera without a known usual pause may be silent.
	unknownPause = 24 * time.Hour
	// quietPause is the longest SilentAfter with which a camera may be quiet as
	// usual: a camera that sends more seldom has no usual hours. quietLongest is
	// for how long it may be quiet: over a long weekend.
	quietPause  = 4 * time.Hour
	quietLongest = 4 * 24 * time.Hour
	// goneAfter is the time without any event after which a camera is gone
	// rather than silent. A camera with a setting is never gone.
	goneAfter = 7 * 24 * time.Hour
)

// Camera is a camera, its state, and how it is judged.
type Camera struct {
	counters.LastSeen
	State State
	// Since is when a silent camera was last seen, or when an offline one
	// reported that; zero in other states.
	Since time.Time
	// SilentAfter is for how long it may be silent; zero if it isn't judged.
	SilentAfter time.Duration
	// Setting is the operator's setting; nil where the camera's rhythm decides.
	Setting *time.Duration
}

// automatic returns for how long a camera may be silent by its own rhythm.
func automatic(h counters.LastSeen) time.Duration {
	if h.UsualPause == 0 {
		return unknownPause
	}
	return silentPauses * h.UsualPause
}

// describe returns a camera with its state. The caller holds mu.
func (s *Service) describe(h counters.LastSeen, now time.Time) Camera {
	c := Camera{LastSeen: h, SilentAfter: automatic(h)}
	usual := c.SilentAfter // within it, a camera that isn't judged is live
	if setting, set := s.settings[h.Name]; set {
		c.Setting, c.SilentAfter = &setting, setting
		if setting > 0 {
			usual = setting
		}
	}
	trouble, troubled := s.troubles[h.Name]
	_, falling := s.falling[h.Name]
	_, quiet := s.quiet[h.Name]
	switch {
	case !h.Offline.IsZero():
		c.State, c.Since = Offline, h.Offline
	case h.NormalSeq == 0:
		c.State = Unknown
	case now.Sub(h.Normal) < usual:
		c.State = Live
	case c.SilentAfter == 0 || quiet:
		c.State = Quiet
	case falling, troubled && !trouble.Reported && h.NormalSeq <= trouble.Heard:
		c.State, c.Since = Silent, h.Normal
	case now.Sub(s.begun) < c.SilentAfter:
		c.State = Unknown
	default:
		c.State = Live // until the next look, which is due
	}
	return c
}

// gone reports whether a camera wasn't seen for goneAfter. The caller holds mu.
func (s *Service) gone(h counters.LastSeen, now time.Time) bool {
	_, set := s.settings[h.Name]
	return !set && now.Sub(h.Last) > goneAfter
}
