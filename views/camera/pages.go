package camera

import (
	"slices"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"postern/views/ui"
)

// ListProps are the props of the page of cameras.
type ListProps struct {
	ui.Frame
	Now     time.Time
	Cameras []Camera
	// State limits the list to cameras in this state; empty means all.
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

// SilenceProps are the props of the page that sets a camera's allowed silence. Problem
// is the error in the value.
type SilenceProps struct {
	ui.Frame
	Now     time.Time
	Camera  Camera
	Choice  string // automatic, never or after
	Minutes string
	Problem string
}

// SilenceChoice returns the form's values for a camera's setting.
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
