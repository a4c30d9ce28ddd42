package access

import (
	"slices"

	"github.com/go-json-experiment/json"

	"postern/internal/event"
)

// Cameras is a camera restriction: all cameras, or some. Its zero value is
// all; a restricted one that names none allows none.
//
// An event without a camera is not visible to who is restricted: nobody can
// say that it belongs to their cameras.
type Cameras struct {
	restricted bool
	names      []string // in order
}

// OnlyCameras restricts to the cameras that are named.
func OnlyCameras(names ...string) Cameras {
	sorted := slices.Compact(slices.Sorted(slices.Values(names)))
	// The empty name would let in events without a camera.
	return Cameras{restricted: true, names: slices.DeleteFunc(sorted, func(name string) bool { return name == "" })}
}

// camerasOf reads a restriction as the store keeps it: nil is all.
func camerasOf(list []string) Cameras {
	if list == nil {
		return Cameras{}
	}
	return OnlyCameras(list...)
}

// All reports whether there is no restriction.
func (c Cameras) All() bool { return !c.restricted }

// Names returns the cameras that are allowed, in order; nil where all are.
func (c Cameras) Names() []string { return slices.Clone(c.names) }

// Allow reports whether a camera's events may be seen, or be sent in by a key
// with this restriction. The empty name is an event without a camera.
func (c Cameras) Allow(camera string) bool {
	if !c.restricted {
		return true
	}
	_, found := slices.BinarySearch(c.names, camera)
	return found && camera != ""
}

// MarshalJSON writes the names, or null for no restriction.
func (c Cameras) MarshalJSON() ([]byte, error) {
	if !c.restricted {
		return []byte("null"), nil
	}
	return json.Marshal(c.names)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (c *Cameras) UnmarshalJSON(b []byte) error {
	var names []string
	if err := json.Unmarshal(b, &names); err != nil {
		return err
	}
	*c = camerasOf(names)
	return nil
}

// noCamera is no camera's name: those have no control characters.
const noCamera = "\x00"

// Narrow returns the filter with its cameras narrowed to the allowed ones,
// and whether any is left. Where none is, the answer is nothing, and asking
// anyway finds nothing either: the filter then names a camera that can't be,
// since one without cameras would mean all.
func (c Cameras) Narrow(f event.Filter) (event.Filter, bool) {
	if !c.restricted {
		return f, true
	}
	allowed := c.Names()
	if len(f.Cameras) > 0 {
		allowed = slices.DeleteFunc(slices.Clone(f.Cameras), func(name string) bool { return !c.Allow(name) })
	}
	if f.Cameras = allowed; len(allowed) == 0 {
		f.Cameras = []string{noCamera}
	}
	return f, len(allowed) > 0
}
