package alerts

import (
	"context"

	"postern/internal/event"
	"postern/views/ui"
)

// MaxNote is the largest length of a note in characters.
const MaxNote = 1000

func withTypes(f event.Filter, types event.TypeSet) event.Filter {
	f.Types = types
	return f
}

// typeNames are the types that a form sends; none for all types.
func typeNames(f event.Filter) []string {
	if !f.RestrictsTypes() {
		return nil
	}
	return f.Types.Names()
}

// camera is the filter's camera in its field.
func camera(f event.Filter) string {
	if len(f.Cameras) == 0 {
		return ""
	}
	return f.Cameras[0]
}

func tabLabel(tab Tab) string {
	for _, t := range Tabs {
		if t.Tab == tab {
			return t.Label
		}
	}
	return ""
}

// formOf is the form of a table's rows; none for a principal who may not acknowledge.
func formOf(ctx context.Context) string {
	if ui.Can(ctx, ui.ActionAcknowledge) {
		return formID
	}
	return ""
}
