package views

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"postern/internal/event"
)

// CameraState says whether a camera is heard from.
type CameraState string

// The states of a camera.
const (
	CameraLive    CameraState = "live"
	CameraQuiet   CameraState = "quiet"
	CameraSilent  CameraState = "silent"
	CameraOffline CameraState = "offline"
	CameraUnknown CameraState = "unknown"
)

// cameraStates are the states, the worst first, each with its word and mark.
var cameraStates = []struct {
	state   CameraState
	word    string
	meaning event.Meaning
	counted string // after a number of cameras
}{
	{CameraOffline, "Offline", event.Fault, "offline"},
	{CameraSilent, "Silent", event.Attention, "silent"},
	{CameraUnknown, "Unknown", event.Routine, "not known yet"},
	{CameraQuiet, "Quiet", event.Routine, "quiet"},
	{CameraLive, "Live", event.Confirmed, "live"},
}

// Camera is what is known of a camera.
type Camera struct {
	Name  string
	State CameraState
	// Since is when a silent one was heard from last, or when an offline one
	// said that it is.
	Since    time.Time
	Last     time.Time // when its newest event arrived
	LastType event.Type
	// Normal is when its newest event arrived that is no system_error.
	Normal time.Time
	// Usual is the pause between events that is usual for it; zero while it
	// isn't known. SilentAfter is for how long it may be silent; zero if it isn't
	// judged. Set says that an operator set that.
	Usual, SilentAfter time.Duration
	Set                bool
}

func (c Camera) rank() int {
	for i, known := range cameraStates {
		if known.state == c.State {
			return i
		}
	}
	return len(cameraStates)
}

func (c Camera) word() string {
	if i := c.rank(); i < len(cameraStates) {
		return cameraStates[i].word
	}
	return "Unknown"
}

func (c Camera) meaning() event.Meaning {
	if i := c.rank(); i < len(cameraStates) {
		return cameraStates[i].meaning
	}
	return event.Routine
}

// down reports whether somebody should look at the camera.
func (c Camera) down() bool { return c.State == CameraSilent || c.State == CameraOffline }

// stateAt is the time that a camera's state is shown with: since when it is
// down, else that of its newest event.
func (c Camera) stateAt() time.Time {
	if c.down() {
		return c.Since
	}
	return c.Last
}

// why says how the state came about, for a tooltip and a page.
func (c Camera) why() string {
	switch c.State {
	case CameraOffline:
		return "It reported that it is offline, and no normal event has arrived since."
	case CameraSilent:
		return "No normal event has arrived for longer than " + Span(c.SilentAfter) + "."
	case CameraQuiet:
		if c.SilentAfter == 0 {
			return "No event has arrived for a while. An operator has allowed any silence of this camera."
		}
		return "No event has arrived for a while, as is usual for it at this time."
	case CameraLive:
		return "Events arrive as usual."
	}
	if c.Normal.IsZero() {
		return "The log holds no normal event of this camera."
	}
	return "Postern hasn't run for long enough to know."
}

// rhythm says in words for how long the camera may be silent.
func (c Camera) rhythm() string {
	switch {
	case c.Set && c.SilentAfter == 0:
		return "any time (set by an operator)"
	case c.Set:
		return Span(c.SilentAfter) + " (set by an operator)"
	case c.Usual == 0:
		return Span(c.SilentAfter) + " (rhythm not known yet)"
	}
	return Span(c.SilentAfter) + " (5 times its usual pause)"
}

func cameraURL(name string) templ.SafeURL {
	return templ.SafeURL("/cameras/setting?" + url.Values{"camera_id": {name}}.Encode())
}

// camerasShown is how many cameras the overview has room for.
const camerasShown = 24

// byAttention sorts cameras by state, the worst first, and within a state that
// is down by when it began, the latest first; the others stay by name.
func byAttention(a, b Camera) int {
	if order := cmp.Compare(a.rank(), b.rank()); order != 0 {
		return order
	}
	if a.down() {
		return cmp.Or(b.Since.Compare(a.Since), strings.Compare(a.Name, b.Name))
	}
	return strings.Compare(a.Name, b.Name)
}

// firstCameras returns those that the overview has room for.
func firstCameras(cameras []Camera) []Camera {
	sorted := slices.SortedFunc(slices.Values(cameras), byAttention)
	return sorted[:min(len(sorted), camerasShown)]
}

func countCameras(cameras []Camera, state CameraState) (n int64) {
	for _, c := range cameras {
		if c.State == state {
			n++
		}
	}
	return n
}

// camerasInWords counts cameras by state.
func camerasInWords(cameras []Camera) string {
	var words []string
	for _, known := range slices.Backward(cameraStates) {
		if n := countCameras(cameras, known.state); n > 0 {
			words = append(words, Count(n)+" "+known.counted)
		}
	}
	return strings.Join(words, ", ")
}

// CamerasProps is the page of cameras.
type CamerasProps struct {
	Frame
	Now     time.Time
	Cameras []Camera
	// State picks those of one state; empty for all.
	State  CameraState
	Notice Notice
}

func (p CamerasProps) picked() []Camera {
	all := slices.SortedFunc(slices.Values(p.Cameras), byAttention)
	if p.State == "" {
		return all
	}
	return slices.DeleteFunc(all, func(c Camera) bool { return c.State != p.State })
}

// CameraProps is the page on which an operator sets for how long a camera may
// be silent. Problem is what is wrong with what was typed.
type CameraProps struct {
	Frame
	Now     time.Time
	Camera  Camera
	Choice  string // automatic, never or after
	Minutes string
	Problem string
}

// CameraChoice is how a camera's setting stands in the form.
func CameraChoice(c Camera) (choice, minutes string) {
	minutes = strconv.FormatFloat(max(c.SilentAfter, time.Minute).Minutes(), 'f', -1, 64)
	switch {
	case !c.Set:
		return "automatic", minutes
	case c.SilentAfter == 0:
		return "never", "5"
	}
	return "after", minutes
}
