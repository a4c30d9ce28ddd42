package api

import (
	"errors"
	"strings"

	"github.com/gofiber/fiber/v2"

	"postern/internal/access"
	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/snapshot"
	"postern/internal/store/snapshots"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	"postern/internal/web/upload"
)

// snapshotPolicy is the Content-Security-Policy of an image: should a browser take it
// for a page, it runs nothing and loads nothing.
const snapshotPolicy = "default-src 'none'; sandbox"

// Snapshot is a snapshot as the API describes it.
type Snapshot struct {
	URL    string `json:"url"`
	Type   string `json:"type"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
}

// SnapshotPut gives an event of the principal its snapshot, once.
func (h *Handlers) SnapshotPut(c *fiber.Ctx) error {
	body, err := request.Body(c)
	if err != nil {
		return err
	}
	if len(body) == 0 {
		return problem.New(problem.Invalid, "The body is empty. Send the image itself: a JPEG, PNG or WebP file.")
	}
	p, id, ctx := request.Principal(c), request.PathID(c), c.UserContext()
	allowed := func(e *event.Event) bool { return p.Cameras.Allow(e.Camera) }
	// Before the image is decoded, which takes longer.
	if _, err := h.store.Snapshots.Sent(ctx, p.Producer, id, allowed); err != nil {
		return err
	}
	image, err := snapshot.Clean(body, h.images.Reserve(p.ID()))
	if err != nil {
		return err
	}
	e, err := h.putSnapshot(c, id, image)
	if err != nil {
		return err
	}
	return respond.JSON(c, Snapshot{
		URL: e.SnapshotPath(), Type: e.Snapshot.Format.MediaType(), Width: e.Snapshot.Width, Height: e.Snapshot.Height,
	})
}

// putSnapshot stores an image that was checked, tells the readers of its event, and sets
// the status of the answer.
func (h *Handlers) putSnapshot(c *fiber.Ctx, id string, image snapshot.Image) (*event.Event, error) {
	p := request.Principal(c)
	e, changed, err := h.store.Snapshots.Put(c.UserContext(), p.Producer, id,
		func(e *event.Event) bool { return p.Cameras.Allow(e.Camera) }, image)
	if err == nil && changed {
		h.store.TellRedacted([]*event.Event{e})
		c.Status(fiber.StatusCreated)
	}
	return e, err
}

// errKnown says that the log had the event already, so that no row has the file.
var errKnown = errors.New("the event is known")

// eventWithImage accepts an event with its snapshot: both or neither.
func (h *Handlers) eventWithImage(c *fiber.Ctx, body []byte, boundary string) error {
	eventJSON, content, err := upload.Form(body, boundary)
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
	image, err := snapshot.Clean(content, h.images.Reserve(p.ID()))
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

// SnapshotGet answers an event's snapshot, and puts the look on record. A browser keeps
// the image and asks each time whether it may still show it: an erasure counts at once.
func (h *Handlers) SnapshotGet(c *fiber.Ctx) error {
	e, err := h.eventWithSnapshot(c)
	if err != nil {
		return err
	}
	ctx := c.UserContext()
	hash, err := h.store.Snapshots.Hash(ctx, e.Seq)
	if err != nil {
		return err
	}
	if err := h.audit.Snapshot(c, e); err != nil {
		return err
	}
	tag := `"` + hash.String()[:32] + `"`
	c.Set(fiber.HeaderETag, tag)
	c.Set(fiber.HeaderCacheControl, "private, no-cache")
	c.Set(fiber.HeaderContentSecurityPolicy, snapshotPolicy)
	if c.Get(fiber.HeaderIfNoneMatch) == tag {
		return c.SendStatus(fiber.StatusNotModified)
	}
	content, _, err := h.store.Snapshots.Read(ctx, e.Seq)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, e.Snapshot.Format.MediaType())
	c.Set(fiber.HeaderContentDisposition, `inline; filename="`+snapshotName(e)+`"`)
	return c.Send(content)
}

// eventWithSnapshot returns the event of the request. A principal that may manage legal
// holds also finds the events that only a hold keeps.
func (h *Handlers) eventWithSnapshot(c *fiber.Ctx) (*event.Event, error) {
	id := request.PathID(c)
	e, err := h.scoped.Event(c, id)
	if errors.Is(err, event.ErrNotFound) && request.May(c, access.Erase) {
		e, err = h.store.Holds.Copied(c.UserContext(), id)
	}
	switch {
	case err != nil:
		return nil, err
	case e.Snapshot == nil:
		return nil, snapshots.ErrNone
	case e.Snapshot.Removed:
		return nil, snapshots.ErrGone
	}
	return e, nil
}

// snapshotName returns the name of the file that a browser saves. Some systems allow no
// colon in it.
func snapshotName(e *event.Event) string {
	return strings.ReplaceAll(e.ID, ":", "-") + "." + strings.TrimPrefix(e.Snapshot.Format.MediaType(), "image/")
}
