package web

import (
	"errors"
	"fmt"

	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/internal/event"
	"postern/internal/store"
)

// maxEventErrors bounds how many events one refusal names.
const maxEventErrors = 100

// eventErrors is a refusal of valid events that can't be accepted, with one
// error for each.
type eventErrors struct {
	error
	events []event.FieldError
}

// Unwrap returns the refusal.
func (e eventErrors) Unwrap() error { return e.error }

// nameEvents adds the lines of the refused events to a refusal.
func nameEvents(refusal error, body []byte, events []event.FieldError) error {
	event.Locate(body, events)
	return eventErrors{refusal, events}
}

// refuseCameras refuses a batch with events of cameras outside its sender's
// camera scope, and names these events. It returns nil where there are none.
func refuseCameras(body []byte, events []*event.Event, cameras access.Cameras) error {
	var wrong []event.FieldError
	for i, e := range events {
		if !cameras.Allow(e.Camera) && len(wrong) < maxEventErrors {
			index := i // a copy whose address is taken, for refused events only
			wrong = append(wrong, event.FieldError{Index: &index, Field: "camera_id", Message: fmt.Sprintf("This key may not send events of the camera %s.", quoteClipped(e.Camera))})
		}
	}
	if wrong == nil {
		return nil
	}
	return nameEvents(problemError{fiber.StatusForbidden, fmt.Sprintf("Event [%d]: this key may send events of its own cameras only, and camera_id is %s. Nothing of the request was accepted.",
		*wrong[0].Index, quoteClipped(events[*wrong[0].Index].Camera))}, body, wrong)
}

// refusePublish names the events whose ids are taken, if that is why a batch
// was refused.
func refusePublish(err error, body []byte) error {
	var taken *store.TakenError
	if !errors.As(err, &taken) {
		return err
	}
	var wrong []event.FieldError
	for _, e := range taken.Events[:min(len(taken.Events), maxEventErrors)] {
		wrong = append(wrong, event.FieldError{Index: &e.Index, Field: "id", Message: fmt.Sprintf("The id %q is taken by an event with other content.", e.ID)})
	}
	return nameEvents(err, body, wrong)
}
