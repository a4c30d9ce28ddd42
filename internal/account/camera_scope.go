package account

import (
	"slices"

	"github.com/go-json-experiment/json"

	"postern/internal/event"
)

// CameraScope limits an account or key to some cameras. Its zero value allows
// all cameras; a limited scope without cameras allows none.
//
// A limited scope doesn't allow events without a camera: they may be about any
// camera.
type CameraScope struct {
	limited bool
	names   []string // in order
}

// OnlyCameras returns the scope that allows the named cameras only.
func OnlyCameras(names ...string) CameraScope {
	sorted := slices.Compact(slices.Sorted(slices.Values(names)))
	// The empty name would allow events without a camera.
	return CameraScope{limited: true, names: slices.DeleteFunc(sorted, func(name string) bool { return name == "" })}
}

// CamerasOf returns the scope of a list in which nil means all cameras.
func CamerasOf(list []string) CameraScope {
	if list == nil {
		return CameraScope{}
	}
	return OnlyCameras(list...)
}

// All reports whether all cameras are allowed.
func (c CameraScope) All() bool { return !c.limited }

// Names returns the allowed cameras, in order; nil where all are.
func (c CameraScope) Names() []string { return slices.Clone(c.names) }

// Equal reports whether both scopes allow the same cameras.
func (c CameraScope) Equal(other CameraScope) bool {
	return c.limited == other.limited && slices.Equal(c.names, other.names)
}

// Allow reports whether a camera's events may be read with this scope, or
// posted by a key with it. The empty name is that of an event without a camera.
func (c CameraScope) Allow(camera string) bool {
	if !c.limited {
		return true
	}
	_, found := slices.BinarySearch(c.names, camera)
	return found && camera != ""
}

// noCamera is no camera's name: those have no control characters.
const noCamera = "\x00"

// Restrict returns the filter with its cameras restricted to the allowed ones, and
// whether any is left. If none is, the filter names a camera that can't
// exist, so that it matches no event: a filter without cameras matches those of
// all cameras.
func (c CameraScope) Restrict(f event.Filter) (event.Filter, bool) {
	if !c.limited {
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

// MarshalJSON writes the allowed cameras, or null where all are.
func (c CameraScope) MarshalJSON() ([]byte, error) {
	if !c.limited {
		return []byte("null"), nil
	}
	return json.Marshal(c.names)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (c *CameraScope) UnmarshalJSON(b []byte) error {
	var names []string
	if err := json.Unmarshal(b, &names); err != nil {
		return err
	}
	*c = CamerasOf(names)
	return nil
}
