package audit

import (
	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/internal/event"
	"postern/views/ui"
)

// Read writes an audit entry for a read, before the response is sent.
func (r *Recorder) Read(c *fiber.Ctx, action access.Action, target string, details access.Details) error {
	if r.access == nil {
		return nil
	}
	return r.access.RecordRead(c.UserContext(), r.Actor(c), access.Entry{Action: action, Target: target, Details: details})
}

// Search writes an audit entry for a search by text, or for an export. The
// entry has the text only as a hash with the data folder's key: an erased person
// must not stay in it, and with the text the entry can still be found.
func (r *Recorder) Search(c *fiber.Ctx, action access.Action, f event.Filter) error {
	details := access.Details{}
	for name, values := range ui.FilterQuery(f) {
		switch {
		case name == "q":
			details["text"] = r.digest(values[0])
		case len(values) == 1:
			details[name] = values[0]
		default:
			details[name] = values
		}
	}
	return r.Read(c, action, "", details)
}

// Preview writes an audit entry for a preview with conditions, which may
// name a person. The entry has their digest.
func (r *Recorder) Preview(c *fiber.Ctx, conditions event.Conditions) error {
	return r.Read(c, access.EventSearch, "", access.Details{"conditions": r.digest(conditions.String())})
}

// Identity writes an audit entry for a count of the data about an identity,
// as for a search.
func (r *Recorder) Identity(c *fiber.Ctx, identity string) error {
	return r.Read(c, access.EventSearch, "", access.Details{"identity": r.digest(identity)})
}
