package cameraname

import (
	"context"

	"postern/views/ui"
)

type namesKey struct{}

// With makes a page call cameras by their names. names returns the name of the camera
// with an id, empty where it has none. Without it cameras are called by their ids.
func With(ctx context.Context, names func(id string) string) context.Context {
	return context.WithValue(ctx, namesKey{}, names)
}

// Of is what a page calls a camera: its name, or its id where it has none.
func Of(ctx context.Context, id string) string {
	if names, _ := ctx.Value(namesKey{}).(func(id string) string); names != nil {
		if name := names(id); name != "" {
			return ui.Tidy(name)
		}
	}
	return ui.Tidy(id)
}

// Has reports whether a camera has a name.
func Has(ctx context.Context, id string) bool { return Of(ctx, id) != ui.Tidy(id) }

// WithID is a camera's name with its id behind it, for texts without a tooltip.
func WithID(ctx context.Context, id string) string {
	if Has(ctx, id) {
		return Of(ctx, id) + " (" + ui.Tidy(id) + ")"
	}
	return ui.Tidy(id)
}
