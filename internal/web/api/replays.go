package api

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/store/deliveries"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	"postern/internal/webhook"
)

// Replay is a replay and its progress.
type Replay struct {
	ID         string   `json:"id"`
	State      string   `json:"state"` // running, done or stopped
	RecoveryID string   `json:"recovery_id,omitempty"`
	Causes     []string `json:"causes,omitempty"` // of a recovery
	EventTypes []string `json:"event_types"`
	CameraIDs  []string `json:"camera_ids,omitempty"`
	Sources    []string `json:"sources,omitempty"`
	AfterSeq   int64    `json:"after_seq"`
	ThroughSeq int64    `json:"through_seq"`
	Position   int64    `json:"position"`
	Sent       int64    `json:"sent"`
	Failed     int64    `json:"failed"`
	Expired    *int64   `json:"expired,omitempty"` // of a recovery
	CreatedAt  string   `json:"created_at"`
	EndedAt    string   `json:"ended_at,omitempty"`
}

func replayView(r *delivery.Replay) Replay {
	out := Replay{
		ID: r.ID, State: "running", EventTypes: r.Filter.Types.Names(), CameraIDs: r.Filter.Cameras, Sources: r.Filter.Sources,
		AfterSeq: r.After, ThroughSeq: r.Through, Position: r.Position, RecoveryID: r.Recovery,
		Sent: r.Sent, Failed: r.Failed, CreatedAt: event.FormatTime(r.CreatedAt), EndedAt: formatOptional(r.EndedAt),
	}
	if r.Causes != 0 {
		out.Causes, out.Expired = r.Causes.Names(), &r.Expired
	}
	switch {
	case r.Stopped:
		out.State = "stopped"
	case !r.EndedAt.IsZero():
		out.State = "done"
	}
	return out
}

// eventFilter narrows the events of a replay or a recovery.
type eventFilter struct {
	EventTypes []string `json:"event_types"`
	CameraIDs  []string `json:"camera_ids"`
	Sources    []string `json:"sources"`
}

// read checks the filter.
func (f *eventFilter) read() (event.Filter, error) {
	filter := event.Filter{Types: event.AllTypes}
	if f.EventTypes != nil {
		var err error
		if filter.Types, err = event.ParseTypes(f.EventTypes); err != nil {
			return filter, problem.InvalidField("event_types", "%s", err)
		}
	}
	settings := delivery.Settings{Cameras: request.Dedupe(f.CameraIDs), Sources: request.Dedupe(f.Sources)}
	if _, wrong := settings.Validate(); len(wrong) > 0 {
		return filter, problem.InvalidField(wrong[0].Field, "%s", wrong[0].Message)
	}
	filter.Cameras, filter.Sources = settings.Cameras, settings.Sources
	return filter, nil
}

// ReplaysPost begins a replay. For a dry run, it only counts the events.
func (h *Handlers) ReplaysPost(c *fiber.Ctx) error {
	var body struct {
		Since    request.Time `json:"since"`
		Until    request.Time `json:"until"`
		AfterSeq *int64       `json:"after_seq"`
		eventFilter
		DryRun bool `json:"dry_run"`
	}
	if err := request.DecodeBody(c, &body); err != nil {
		return err
	}
	var r webhook.ReplayRequest
	var err error
	switch {
	case (body.Since == "") == (body.AfterSeq == nil):
		return &problem.Error{Code: problem.Invalid,
			Detail: `Give the beginning of the replay: either "since" with a time, or "after_seq" with a sequence number.`}
	case body.Since != "":
		if r.Since, err = body.Since.Parse("since", c.Context().Time()); err != nil {
			return err
		}
	case *body.AfterSeq < 0:
		return problem.InvalidField("after_seq", "The sequence number must be 0 or more.")
	default:
		r.After = *body.AfterSeq
	}
	if r.Until, err = endTime("until", body.Until, r.Since, c.Context().Time()); err != nil {
		return err
	}
	if r.Filter, err = body.read(); err != nil {
		return err
	}
	if body.DryRun {
		n, exact, err := h.webhooks.Count(c.UserContext(), c.Params("id"), r)
		if err != nil {
			return err
		}
		return respond.JSON(c, map[string]any{"matching": n, "exact": exact})
	}
	answersWith(c, fiber.StatusAccepted, func(made *delivery.Replay) any { return replayView(made) })
	replay, err := h.webhooks.Replay(c.UserContext(), c.Params("id"), r)
	if err != nil {
		return err
	}
	return respond.JSON(c.Status(fiber.StatusAccepted), replayView(replay))
}

// endTime reads the end of a range of times that begins at since; zero for none.
func endTime(field string, text request.Time, since, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	until, err := text.Parse(field, now)
	if err == nil && !until.After(since) {
		err = problem.InvalidField(field, "The end must be later than the beginning.")
	}
	return until, err
}

// ReplaysGet lists a webhook's replays, newest first.
func (h *Handlers) ReplaysGet(c *fiber.Ctx) error {
	replays, err := h.webhooks.Replays(c.UserContext(), c.Params("id"))
	if err != nil {
		return err
	}
	out := []Replay{}
	for _, r := range replays {
		out = append(out, replayView(r))
	}
	return respond.JSON(c, out)
}

// ReplayDelete stops a replay at its current position, and answers with it. A
// replay that has ended doesn't change.
func (h *Handlers) ReplayDelete(c *fiber.Ctx) error {
	id, replay := c.Params("id"), c.Params("replay")
	if err := h.webhooks.StopReplay(c.UserContext(), id, replay); err != nil {
		return err
	}
	all, err := h.webhooks.Replays(c.UserContext(), id)
	if err != nil {
		return err
	}
	for _, r := range all {
		if r.ID == replay {
			return respond.JSON(c, replayView(r))
		}
	}
	return deliveries.ErrNoReplay
}
