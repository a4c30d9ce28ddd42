package ui

import "context"

type cameraNamesKey struct{}

// WithCameraNames makes a page call cameras by their names. names returns the name of
// the camera with an id, empty where it has none. Without it cameras are called by
// their ids.
func WithCameraNames(ctx context.Context, names func(id string) string) context.Context {
	return context.WithValue(ctx, cameraNamesKey{}, names)
}

// CameraName is what a page calls a camera: its name, or its id where it has none.
func CameraName(ctx context.Context, id string) string {
	if names, _ := ctx.Value(cameraNamesKey{}).(func(id string) string); names != nil {
		if name := names(id); name != "" {
			return Tidy(name)
		}
	}
	return Tidy(id)
}

// CameraNameAndID is a camera's name with its id behind it, for texts without a
// tooltip.
func CameraNameAndID(ctx context.Context, id string) string {
	if name := CameraName(ctx, id); name != Tidy(id) {
		return name + " (" + Tidy(id) + ")"
	}
	return Tidy(id)
}
