package api

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"strings"

	"github.com/gofiber/fiber/v2"

	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/snapshot"
	"postern/internal/web/request"
)

// The parts of a form with an event and its snapshot.
const (
	eventPart    = "event"
	snapshotPart = "snapshot"
)

// formRule says which form a request may have.
const formRule = `Send one part "event" with the event as JSON, and one part "snapshot" with the image.`

// boundaryOf returns the boundary of a multipart form; empty for any other body.
func boundaryOf(c *fiber.Ctx) string {
	if !bytes.HasPrefix(c.Request().Header.ContentType(), []byte("multipart/")) {
		return ""
	}
	_, params, err := mime.ParseMediaType(string(c.Request().Header.ContentType()))
	if err != nil {
		return ""
	}
	return params["boundary"]
}

// parts returns the event and the image of a form. Neither is checked.
func parts(body []byte, boundary string) (eventJSON, image []byte, err error) {
	found := make(map[string][]byte, 2)
	for reader := multipart.NewReader(bytes.NewReader(body), boundary); ; {
		part, err := reader.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, problem.New(problem.Invalid, "The form can't be read as multipart/form-data. "+formRule)
		}
		name := part.FormName()
		limit := event.MaxEventBytes
		switch name {
		case eventPart:
		case snapshotPart:
			limit = snapshot.MaxBytes
		default:
			return nil, nil, problem.New(problem.Invalid, "The form has the part %s. "+formRule, request.QuoteClipped(name))
		}
		if _, twice := found[name]; twice {
			return nil, nil, problem.New(problem.Invalid, "The form has the part %q twice. "+formRule, name)
		}
		content, err := io.ReadAll(io.LimitReader(part, int64(limit)+1))
		if err != nil {
			return nil, nil, problem.New(problem.Invalid, "The form ends early. "+formRule)
		}
		if len(content) > limit {
			return nil, nil, problem.New(problem.TooLarge, "The part %q is larger than %d KiB.", name, limit>>10)
		}
		found[name] = content
	}
	for _, name := range []string{eventPart, snapshotPart} {
		if len(found[name]) == 0 {
			return nil, nil, problem.New(problem.Invalid, "The form has no part %q. "+formRule, name)
		}
	}
	return found[eventPart], found[snapshotPart], nil
}

// errKnown says that the log had the event already, so that no row has the file.
var errKnown = errors.New("the event is known")

// eventWithImage accepts an event with its snapshot: both or neither.
func (h *Handlers) eventWithImage(c *fiber.Ctx, body []byte, boundary string) error {
	eventJSON, content, err := parts(body, boundary)
	if err != nil {
		return err
	}
	p := request.Principal(c)
	events, err := event.DecodeForwarded(eventJSON, h.now(), p.Site)
	if err != nil {
		return err
	}
	if len(events) != 1 || strings.HasPrefix(strings.TrimSpace(string(eventJSON)), "[") {
		return problem.New(problem.Invalid, `The part "event" must be one event. An event gets its own snapshot.`)
	}
	if err := refuseCameras(eventJSON, events, p.Cameras); err != nil {
		return err
	}
	image, err := snapshot.Clean(content, h.images.reserve(p.ID()))
	if err != nil {
		return err
	}
	e := events[0]
	e.Snapshot = image.Info()
	e.Finalize()
	var duplicates int
	err = h.store.Snapshots.Keep(c.UserContext(), image, func(stored *snapshot.Stored) error {
		duplicates, err = h.hub.PublishSnapshot(c.UserContext(), p.Producer, e, stored)
		if err == nil && e.Seq == 0 {
			return errKnown
		}
		return err
	})
	if err != nil && !errors.Is(err, errKnown) {
		return locateEvents(err, eventJSON)
	}
	if duplicates > 0 {
		// The producer sends again what it has no answer to. The snapshot may have been
		// missing then.
		if _, err := h.putSnapshot(c, e.SentID(), image); err != nil {
			return err
		}
	}
	return accepted(c, events, duplicates)
}
