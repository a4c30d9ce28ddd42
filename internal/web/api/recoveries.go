package api

import (
	"github.com/gofiber/fiber/v2"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/web/audit"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	"postern/internal/webhook"
)

// Recovery is a recovery and its progress, in all and at each webhook.
type Recovery struct {
	ID         string           `json:"id"`
	State      string           `json:"state"` // running, done or stopped
	From       string           `json:"from"`
	To         string           `json:"to,omitempty"` // left out where it is when the recovery began
	Causes     []string         `json:"causes"`
	EventTypes []string         `json:"event_types"`
	CameraIDs  []string         `json:"camera_ids,omitempty"`
	Sources    []string         `json:"sources,omitempty"`
	Sent       int64            `json:"sent"`
	Failed     int64            `json:"failed"`
	Expired    int64            `json:"expired"`
	CreatedAt  string           `json:"created_at"`
	EndedAt    string           `json:"ended_at,omitempty"`
	Webhooks   []RecoveryReplay `json:"webhooks"`
}

// RecoveryReplay is the part of a recovery at one webhook.
type RecoveryReplay struct {
	WebhookID string `json:"webhook_id"`
	URL       string `json:"url"`
	ReplayID  string `json:"replay_id"`
	State     string `json:"state"`
	// Position is between AfterSeq and ThroughSeq.
	AfterSeq   int64  `json:"after_seq"`
	ThroughSeq int64  `json:"through_seq"`
	Position   int64  `json:"position"`
	Sent       int64  `json:"sent"`
	Failed     int64  `json:"failed"`
	Expired    int64  `json:"expired"`
	EndedAt    string `json:"ended_at,omitempty"`
}

func recoveryView(r *delivery.Recovery) Recovery {
	first := r.Replays[0]
	out := Recovery{
		ID: r.ID, State: "running", From: event.FormatTime(first.Since), To: formatOptional(first.Until), Causes: first.Causes.Names(),
		EventTypes: first.Filter.Types.Names(), CameraIDs: first.Filter.Cameras, Sources: first.Filter.Sources,
		CreatedAt: event.FormatTime(first.CreatedAt), EndedAt: formatOptional(r.Ended()), Webhooks: []RecoveryReplay{},
	}
	switch {
	case r.Ended().IsZero():
	case r.Stopped():
		out.State = "stopped"
	default:
		out.State = "done"
	}
	for _, one := range r.Replays {
		out.Sent, out.Failed, out.Expired = out.Sent+one.Sent, out.Failed+one.Failed, out.Expired+one.Expired
		out.Webhooks = append(out.Webhooks, RecoveryReplay{
			WebhookID: one.WebhookID, URL: one.URL, ReplayID: one.ID, State: replayView(one).State,
			AfterSeq: one.After, ThroughSeq: one.Through, Position: one.Position,
			Sent: one.Sent, Failed: one.Failed, Expired: one.Expired, EndedAt: formatOptional(one.EndedAt),
		})
	}
	return out
}

// RecoveryCounts are what a recovery would deliver, in all and at each webhook.
type RecoveryCounts struct {
	Undelivered int             `json:"undelivered"`
	Expired     int64           `json:"expired"`
	Exact       bool            `json:"exact"`
	Webhooks    []RecoveryCount `json:"webhooks"`
}

// RecoveryCount is what a recovery would deliver to one webhook.
type RecoveryCount struct {
	WebhookID   string         `json:"webhook_id"`
	URL         string         `json:"url"`
	Undelivered int            `json:"undelivered"`
	ByCause     map[string]int `json:"by_cause"`
	Expired     int64          `json:"expired"`
	Exact       bool           `json:"exact"`
}

func recoveryCounts(all []delivery.Undelivered) RecoveryCounts {
	out := RecoveryCounts{Exact: true, Webhooks: []RecoveryCount{}}
	for i := range all {
		u := &all[i]
		one := RecoveryCount{
			WebhookID: u.WebhookID, URL: u.URL, Undelivered: u.Total(), ByCause: make(map[string]int), Expired: u.Expired, Exact: u.Exact,
		}
		for _, cause := range delivery.AllCauses.Each() {
			if n := u.ByCause[cause]; n > 0 {
				one.ByCause[cause.Names()[0]] = n
			}
		}
		out.Undelivered, out.Expired, out.Exact = out.Undelivered+one.Undelivered, out.Expired+one.Expired, out.Exact && one.Exact
		if one.Undelivered > 0 || one.Expired > 0 || !one.Exact {
			out.Webhooks = append(out.Webhooks, one)
		}
	}
	return out
}

// WebhooksRecover begins to deliver events that weren't delivered. For a dry run, it only
// counts them.
func (h *Handlers) WebhooksRecover(c *fiber.Ctx) error {
	var body struct {
		several
		From   request.Time `json:"from"`
		To     request.Time `json:"to"`
		Causes *[]string    `json:"causes"`
		eventFilter
		DryRun bool `json:"dry_run"`
	}
	if err := request.DecodeBody(c, &body); err != nil {
		return err
	}
	r := webhook.RecoverRequest{Causes: delivery.AllCauses}
	var err error
	if body.From == "" {
		return problem.InvalidField("from", "Give the time from which on undelivered events are recovered, such as \"-6h\".")
	}
	now := c.Context().Time()
	if r.Since, err = body.From.Parse("from", now); err != nil {
		return err
	}
	if r.Until, err = endTime("to", body.To, r.Since, now); err != nil {
		return err
	}
	if body.Causes != nil {
		var ok bool
		if r.Causes, ok = delivery.ParseCauses(*body.Causes); !ok {
			return problem.InvalidField("causes", "The causes must be among exhausted, set_aside, skipped and storm_control.")
		}
	}
	if r.Filter, err = body.read(); err != nil {
		return err
	}
	if r.Webhooks, err = h.selected(body.several); err != nil {
		return err
	}
	return h.recover(c, r, body.DryRun)
}

func (h *Handlers) recover(c *fiber.Ctx, r webhook.RecoverRequest, dryRun bool) error {
	if dryRun {
		audit.SetTarget(c, "dry run")
		counts, err := h.webhooks.CountUndelivered(c.UserContext(), r)
		if err != nil {
			return err
		}
		return respond.JSON(c, recoveryCounts(counts))
	}
	answersWith(c, fiber.StatusAccepted, func(made *delivery.Recovery) any { return recoveryView(made) })
	recovery, err := h.webhooks.Recover(c.UserContext(), r)
	if err != nil {
		return err
	}
	var targets []string
	for _, one := range recovery.Replays {
		targets = append(targets, one.WebhookID)
	}
	audit.SetTargets(c, targets, make([]error, len(targets)))
	return respond.JSON(c.Status(fiber.StatusAccepted), recoveryView(recovery))
}

// RecoveriesGet lists the newest recoveries, newest first.
func (h *Handlers) RecoveriesGet(c *fiber.Ctx) error {
	recoveries, err := h.webhooks.Recoveries(c.UserContext())
	if err != nil {
		return err
	}
	out := []Recovery{}
	for _, r := range recoveries {
		out = append(out, recoveryView(r))
	}
	return respond.JSON(c, out)
}

// RecoveryGet answers with a recovery and its progress.
func (h *Handlers) RecoveryGet(c *fiber.Ctx) error {
	r, err := h.webhooks.Recovery(c.UserContext(), c.Params("id"))
	if err != nil {
		return err
	}
	return respond.JSON(c, recoveryView(r))
}

// RecoveryDelete stops a recovery, and answers with it. One that has ended doesn't
// change.
func (h *Handlers) RecoveryDelete(c *fiber.Ctx) error {
	if err := h.webhooks.StopRecovery(c.UserContext(), c.Params("id")); err != nil {
		return err
	}
	return h.RecoveryGet(c)
}
