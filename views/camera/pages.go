package camera

import (
	"slices"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"postern/views/ui"
)

// ListProps is the page of cameras.
type ListProps struct {
	ui.Frame
	Now     time.Time
	Cameras []Camera
	// State picks those of one state; empty for all.
	State State
	Flash ui.Flash
}

func (p ListProps) matching() []Camera {
	all := slices.SortedFunc(slices.Values(p.Cameras), byAttention)
	if p.State == "" {
		return all
	}
	return slices.DeleteFunc(all, func(c Camera) bool { return c.State != p.State })
}

// SilenceProps is the page on which an operator sets for how long a camera may
// be silent. Problem is what is wrong with what was typed.
type SilenceProps struct {
	ui.Frame
	Now     time.Time
	Camera  Camera
	Choice  string // automatic, never or after
	Minutes string
	Problem string
}

// SilenceChoice is how a camera's setting stands in the form.
func SilenceChoice(c Camera) (choice, minutes string) {
	minutes = strconv.FormatFloat(max(c.SilentAfter, time.Minute).Minutes(), 'f', -1, 64)
	switch {
	case !c.Set:
		return "automatic", minutes
	case c.SilentAfter == 0:
		return "never", "5"
	}
	return "after", minutes
}

func CamerasURL(state State) templ.SafeURL {
	if state == "" {
		return ui.URL("/cameras")
	}
	return ui.URL("/cameras?state=" + string(state))
}
