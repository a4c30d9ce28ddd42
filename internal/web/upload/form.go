package upload

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"

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

// Boundary returns the boundary of a multipart form; empty for any other body.
func Boundary(c *fiber.Ctx) string {
	if !bytes.HasPrefix(c.Request().Header.ContentType(), []byte("multipart/")) {
		return ""
	}
	_, params, err := mime.ParseMediaType(string(c.Request().Header.ContentType()))
	if err != nil {
		return ""
	}
	return params["boundary"]
}

// Form returns the event and the image of a form. Neither is checked.
func Form(body []byte, boundary string) (eventJSON, image []byte, err error) {
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
