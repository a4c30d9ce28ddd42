package cameras

import (
	"time"

	"postern/internal/store/counters"
)

// State says whether a camera is heard from. The names are part of the API.
type State string

// The states of a camera.
const (
	Live    State = "live"    // heard from as often as usual
	Quiet   State = "quiet"   // not heard from for a while, and that isn't judged or is usual at this time
	Silent  State = "silent"  // not heard from for longer than it may be
	Offline State = "offline" // it said so itself, and no normal event has arrived since
	Unknown State = "unknown" // Postern hasn't listened for long enough to know
)

// States returns every state, the worst first.
func States() []State { return []State{Offline, Silent, Unknown, Quiet, Live} }

// Bounds of how silence is judged.
const (
	// silentPauses is how many of its usual pauses a camera may be silent. At
	// whole minutes, a camera that speaks every few seconds has five minutes.
	silentPauses = 5
	// unknownRhythm is how long a camera may be silent whose rhythm isn't known.
	unknownRhythm = 24 * time.Hour
	// quietRhythm is up to which limit a camera may be quiet as usual: one that
	// speaks more seldom has no hours of its own. quietLongest is for how long
	// it may be: over a long weekend.
	quietRhythm  = 4 * time.Hour
	quietLongest = 4 * 24 * time.Hour
	// goneAfter is after how long without any event a camera is gone rather
	// than silent. One that has a setting never is.
	goneAfter = 7 * 24 * time.Hour
)

// Camera is a camera, its state, and how it is judged.
type Camera struct {
	counters.LastSeen
	State State
	// Since is when a silent camera was heard from last, or when an offline
	// one said that it is; zero in other states.
	Since time.Time
	// SilentAfter is for how long it may be silent; zero if it isn't judged.
	SilentAfter time.Duration
	// Setting is what an operator has set; nil where its rhythm decides.
	Setting *time.Duration
}

// automatic is for how long a camera may be silent by its own rhythm.
func automatic(h counters.LastSeen) time.Duration {
	if h.UsualPause == 0 {
		return unknownRhythm
	}
	return silentPauses * h.UsualPause
}

// describe returns a camera with its state. The caller holds mu.
func (s *Service) describe(h counters.LastSeen, now time.Time) Camera {
	c := Camera{LastSeen: h, SilentAfter: automatic(h)}
	usual := c.SilentAfter // what an unjudged camera counts as live within
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

// gone reports whether a camera hasn't been heard of for so long that it is
// taken to be gone. The caller holds mu.
func (s *Service) gone(h counters.LastSeen, now time.Time) bool {
	_, set := s.settings[h.Name]
	return !set && now.Sub(h.Last) > goneAfter
}
