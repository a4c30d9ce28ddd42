package api

import (
	"fmt"
	"slices"

	"postern/internal/account"
	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/web/request"
)

// maxEventErrors is the maximum number of events that an error names.
const maxEventErrors = 100

// refuseCameras refuses a batch with events of cameras outside its sender's
// camera scope, and names these events. It returns nil if there are none.
func refuseCameras(body []byte, events []*event.Event, cameras account.CameraScope) error {
	var wrong []problem.Field
	for i, e := range events {
		if !cameras.Allow(e.Camera) && len(wrong) < maxEventErrors {
			index := i // a copy whose address is taken, for refused events only
			wrong = append(wrong, problem.Field{Index: &index, Field: "camera_id",
				Message: fmt.Sprintf("This key may not send events of the camera %s.", request.QuoteClipped(e.Camera))})
		}
	}
	if wrong == nil {
		return nil
	}
	event.Locate(body, wrong)
	return &problem.Error{
		Code: problem.Forbidden,
		Detail: fmt.Sprintf("Event [%d] has the camera_id %s, but this key may send only events of its own cameras. "+
			"Nothing of the request was accepted.",
			*wrong[0].Index, request.QuoteClipped(events[*wrong[0].Index].Camera)),
		Fields: wrong,
	}
}

// locateEvents adds the lines of the named events to an error of a publish.
func locateEvents(err error, body []byte) error {
	known := problem.Of(err)
	if known == nil || len(known.Fields) == 0 {
		return err
	}
	located := *known
	located.Fields = slices.Clone(known.Fields)
	event.Locate(body, located.Fields)
	located.Cause = err
	return &located
}
