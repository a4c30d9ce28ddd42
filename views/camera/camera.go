package camera

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"postern/internal/event"
	"postern/views/ui"
)

// State says whether a camera sends events.
type State string

// The states of a camera.
const (
	Live    State = "live"
	Quiet   State = "quiet"
	Silent  State = "silent"
	Offline State = "offline"
	Unknown State = "unknown"
)

// States are the states, the worst first, each with its name and its meaning.
var States = []struct {
	state   State
	word    string
	meaning event.Meaning
	counted string // after a number of cameras
}{
	{Offline, "Offline", event.Fault, "offline"},
	{Silent, "Silent", event.Attention, "silent"},
	{Unknown, "Unknown", event.Routine, "not known yet"},
	{Quiet, "Quiet", event.Routine, "quiet"},
	{Live, "Live", event.Confirmed, "live"},
}

// Camera is a camera with its state.
type Camera struct {
	ID string
	// Name, Site and Group are what an operator set; empty for nothing.
	Name, Site, Group string
	State             State
	// Since is the time of a silent camera's last event, or the time at which an
	// offline camera reported that it is.
	Since    time.Time
	Last     time.Time // when its newest event arrived
	LastType event.Type
	// Normal is when its newest event other than a system_error arrived.
	Normal time.Time
	// Usual is the usual pause between its events; zero while it isn't known.
	// Expected is the expected interval; zero for none. SilentAfter is its allowed
	// silence; zero means no limit. Set says that an operator set it.
	Usual, Expected, SilentAfter time.Duration
	Set                          bool
	// OpenAlerts counts its open alerts.
	OpenAlerts int64
}

// Called is what people call the camera: its name, or its id.
func (c Camera) Called() string { return ui.Tidy(cmp.Or(c.Name, c.ID)) }

func (c Camera) Rank() int {
	for i, known := range States {
		if known.state == c.State {
			return i
		}
	}
	return len(States)
}

func (c Camera) Word() string {
	if i := c.Rank(); i < len(States) {
		return States[i].word
	}
	return "Unknown"
}

func (c Camera) Meaning() event.Meaning {
	if i := c.Rank(); i < len(States) {
		return States[i].meaning
	}
	return event.Routine
}

// Down reports whether the camera is silent or offline.
func (c Camera) Down() bool { return c.State == Silent || c.State == Offline }

// StateAt is the time shown beside the state: the begin of a downtime, else the newest
// event.
func (c Camera) StateAt() time.Time {
	if c.Down() {
		return c.Since
	}
	return c.Last
}

// Explanation gives the reason for the state, for a tooltip and a page.
func (c Camera) Explanation() string {
	switch c.State {
	case Offline:
		return "The camera reported that it is offline. No normal event has arrived since."
	case Silent:
		return "No normal event has arrived for more than " + ui.Span(c.SilentAfter) + "."
	case Quiet:
		if c.SilentAfter == 0 {
			return "No event has arrived for a while. An operator allowed any silence for this camera."
		}
		return "No event has arrived for a while, which is usual for this camera at this time of day."
	case Live:
		return "Events arrive as usual."
	}
	if c.Normal.IsZero() {
		return "No normal event of this camera is stored."
	}
	return "Postern hasn't been running for long enough to tell."
}

// allowedSilence is the allowed silence, and reason is where it comes from.
func (c Camera) allowedSilence() string {
	if c.SilentAfter == 0 {
		return "No limit"
	}
	return ui.Span(c.SilentAfter)
}

func (c Camera) allowedReason() string {
	switch {
	case c.Set:
		return "set by an operator"
	case c.Expected > 0 && c.SilentAfter > 5*c.Expected:
		return "the least for its expected interval of " + ui.Span(c.Expected)
	case c.Expected > 0:
		return "5 times its expected interval of " + ui.Span(c.Expected)
	case c.Usual == 0:
		return "usual pause not known yet"
	}
	return "5 times its usual pause of " + ui.Span(c.Usual)
}

// Rate is how many events a camera sent in the last hour, and how many it usually
// sends in this hour of the day; below zero where that isn't known.
type Rate struct {
	LastHour int64
	Usual    float64
}

// leastUsual is the usual rate below which chance alone makes a large difference.
const leastUsual = 10

// off reports whether the rate is far from the usual one, and whether it is below.
func (r Rate) off() (far, below bool) {
	if r.Usual < leastUsual {
		return r.Usual >= 0 && float64(r.LastHour) > 10*leastUsual, false
	}
	below = float64(r.LastHour) < r.Usual/2
	return below || float64(r.LastHour) > 2*r.Usual, below
}

// usual writes the usual rate.
func (r Rate) usual() string {
	if r.Usual < 0 {
		return "–"
	}
	return ui.Count(int64(math.Round(r.Usual)))
}

// difference compares the rate with the usual one in words.
func (r Rate) difference() string {
	far, below := r.off()
	switch {
	case r.Usual < 0:
		return "not known yet"
	case far && below:
		return "far below usual"
	case far:
		return "far above usual"
	}
	return "as usual"
}

// maxFirst is the number of cameras that the overview shows.
const maxFirst = 24

// byAttention compares cameras by state, the worst first. Silent and offline cameras
// are ordered by the time since when they are, the latest first; all others by name.
func byAttention(a, b Camera) int {
	if order := cmp.Compare(a.Rank(), b.Rank()); order != 0 {
		return order
	}
	byName := cmp.Or(strings.Compare(a.Called(), b.Called()), strings.Compare(a.ID, b.ID))
	if a.Down() {
		return cmp.Or(b.Since.Compare(a.Since), byName)
	}
	return byName
}

// First returns the cameras that the overview shows, the worst first.
func First(cameras []Camera) []Camera {
	sorted := slices.SortedFunc(slices.Values(cameras), byAttention)
	return sorted[:min(len(sorted), maxFirst)]
}

func CountState(cameras []Camera, state State) (n int64) {
	for _, c := range cameras {
		if c.State == state {
			n++
		}
	}
	return n
}

// Summary counts cameras by state.
func Summary(cameras []Camera) string {
	var words []string
	for _, known := range slices.Backward(States) {
		if n := CountState(cameras, known.state); n > 0 {
			words = append(words, ui.Count(n)+" "+known.counted)
		}
	}
	return strings.Join(words, ", ")
}
