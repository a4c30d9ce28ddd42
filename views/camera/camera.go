package camera

import (
	"cmp"
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
	ID    string
	State State
	// Since is the time of a silent camera's last event, or the time at which an
	// offline camera reported that it is.
	Since    time.Time
	Last     time.Time // when its newest event arrived
	LastType event.Type
	// Normal is when its newest event other than a system_error arrived.
	Normal time.Time
	// Usual is the usual pause between its events; zero while it isn't known.
	// SilentAfter is its allowed silence; zero means no limit. Set says that an
	// operator set it.
	Usual, SilentAfter time.Duration
	Set                bool
}

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

// allowedSilence describes the allowed silence and its origin.
func (c Camera) allowedSilence() string {
	switch {
	case c.Set && c.SilentAfter == 0:
		return "no limit (set by an operator)"
	case c.Set:
		return ui.Span(c.SilentAfter) + " (set by an operator)"
	case c.Usual == 0:
		return ui.Span(c.SilentAfter) + " (usual pause not known yet)"
	}
	return ui.Span(c.SilentAfter) + " (5 times its usual pause)"
}

// maxFirst is the number of cameras that the overview shows.
const maxFirst = 24

// byAttention compares cameras by state, the worst first. Silent and offline cameras
// are ordered by the time since when they are, the latest first; all others by name.
func byAttention(a, b Camera) int {
	if order := cmp.Compare(a.Rank(), b.Rank()); order != 0 {
		return order
	}
	if a.Down() {
		return cmp.Or(b.Since.Compare(a.Since), strings.Compare(a.ID, b.ID))
	}
	return strings.Compare(a.ID, b.ID)
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
