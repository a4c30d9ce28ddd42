package cameras

import (
	"time"

	"postern/internal/store/cameras"
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
	// silentPauses is for how many of its usual pauses, or of its expected
	// intervals, a camera may be silent. Pauses are whole minutes: a camera that
	// sends every few seconds has five minutes.
	silentPauses = 5
	// unknownPause is for how long a camera without a known usual pause may be silent.
	unknownPause = 24 * time.Hour
	// quietPause is the longest SilentAfter with which a camera may be quiet as
	// usual: a camera that sends more seldom has no usual hours. quietLongest is
	// for how long it may be quiet: over a long weekend.
	quietPause   = 4 * time.Hour
	quietLongest = 4 * 24 * time.Hour
	// goneAfter is the time without any event after which a camera is gone
	// rather than silent. A camera with settings is never gone.
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
	// Settings are what an operator set.
	Settings cameras.Settings
}

// DisplayName is the camera's name, or its id where it has none.
func (c Camera) DisplayName() string {
	if c.Settings.Name != "" {
		return c.Settings.Name
	}
	return c.ID
}

// allowance returns for how long a camera may be silent, zero for any time; set
// says that an operator decided that, by a time or by an expected interval.
func allowance(h counters.LastSeen, set cameras.Settings) (allowed time.Duration, isSet bool) {
	if set.SilentAfter != nil {
		return *set.SilentAfter, true
	}
	return automatic(h, set), set.ExpectedInterval > 0
}

// automatic returns for how long a camera may be silent by its expected interval
// or, without one, by its usual pause.
func automatic(h counters.LastSeen, set cameras.Settings) time.Duration {
	switch {
	case set.ExpectedInterval > 0:
		return max(MinSilentAfter, silentPauses*set.ExpectedInterval)
	case h.UsualPause > 0:
		return silentPauses * h.UsualPause
	}
	return unknownPause
}

// describe returns a camera with its state. The caller holds mu.
func (s *Service) describe(h counters.LastSeen, now time.Time) Camera {
	c := Camera{LastSeen: h, Settings: s.settings[h.ID]}
	c.SilentAfter, _ = allowance(h, c.Settings)
	usual := c.SilentAfter
	if usual == 0 { // within it, a camera that isn't judged is live
		usual = automatic(h, c.Settings)
	}
	trouble, troubled := s.troubles[h.ID]
	_, falling := s.falling[h.ID]
	_, quiet := s.quiet[h.ID]
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
	_, set := s.settings[h.ID]
	return !set && now.Sub(h.Last) > goneAfter
}
