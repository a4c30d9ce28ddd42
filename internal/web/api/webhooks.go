package api

import (
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/web/audit"
	"postern/internal/web/request"
	"postern/internal/web/respond"
	"postern/internal/webhook"
	"postern/internal/webhook/stats"
	"postern/internal/webhook/worker"
)

func appendInt(b []byte, n int) []byte { return strconv.AppendInt(b, int64(n), 10) }

// Webhook is a webhook as the API shows it: the four fields of OpenBiometrics,
// then Postern's own.
type Webhook struct {
	ID         string   `json:"id"`
	URL        string   `json:"url"`
	EventTypes []string `json:"event_types"`
	CreatedAt  string   `json:"created_at"`
	UpdatedAt  string   `json:"updated_at"`
	Signed     bool     `json:"signed"`
	Secret     string   `json:"secret,omitempty"` // only in the answer that made it
	// SigningKey is the form of the newest secret's key, SigningNote a note for
	// its receivers.
	SigningKey  delivery.KeyForm `json:"signing_key,omitempty"`
	SigningNote string           `json:"signing_note,omitempty"`
	SignedWith  []signedWith     `json:"signed_with"`
	// OverlapUntil is the time at which the last of the older secrets stops
	// signing.
	OverlapUntil string `json:"overlap_until,omitempty"`
	delivery.Settings
	Status WebhookStatus `json:"status"`
}

// signedWith identifies a secret that signs, without the secret itself.
type signedWith struct {
	ID         string           `json:"id"`
	Hint       string           `json:"hint,omitempty"`
	SigningKey delivery.KeyForm `json:"signing_key"`
	Until      string           `json:"until,omitempty"`
}

// setSecrets fills in the secrets that sign, newest first.
func (w *Webhook) setSecrets(secrets []delivery.SigningSecret) {
	w.SignedWith = []signedWith{}
	for i, one := range secrets {
		if i == 0 {
			w.Signed, w.SigningKey, w.SigningNote = true, one.Key, one.Note
		}
		w.SignedWith = append(w.SignedWith, signedWith{one.ID, one.Hint, one.Key, formatOptional(one.Until)})
	}
}

// WebhookStatus is a webhook's status.
type WebhookStatus struct {
	State          delivery.State `json:"state"`
	StateSince     string         `json:"state_since,omitempty"`
	StateCause     string         `json:"state_cause,omitempty"`
	FailingSince   string         `json:"failing_since,omitempty"`
	NextProbe      string         `json:"next_probe,omitempty"`
	BlockedBy      string         `json:"blocked_by,omitempty"`
	Behind         int64          `json:"behind"`
	Estimated      bool           `json:"behind_estimated"`
	WaitingSince   string         `json:"waiting_since,omitempty"`
	InFlight       int            `json:"in_flight"`
	Retrying       int            `json:"retrying"`
	Exhausted      int            `json:"exhausted"`
	Delivered      int64          `json:"delivered"`
	Failed         int64          `json:"failed"`
	Expired        int64          `json:"expired"`
	ExpiredRetries int64          `json:"expired_retries"`
	Suppressed     int64          `json:"suppressed"`
	Skipped        int64          `json:"skipped"`
	// The attempts of the last 24 hours, in all and by the hour.
	Delivered24 int64      `json:"delivered_24h"`
	Failed24    int64      `json:"failed_24h"`
	P95MS       *float64   `json:"p95_ms"` // null where nothing was delivered
	Hours       []hourJSON `json:"hours"`
}

// hourJSON counts the attempts of an hour. An hour without attempts is left out:
// it says nothing about the receiver.
type hourJSON struct {
	Start     string   `json:"start"`
	Delivered int64    `json:"delivered"`
	Failed    int64    `json:"failed"`
	P95MS     *float64 `json:"p95_ms"`
}

// setHours fills in the last 24 hours.
func (s *WebhookStatus) setHours(hours []stats.Hour) {
	s.Delivered24, s.Failed24 = stats.Sum(hours...)
	s.P95MS, s.Hours = p95JSON(hours...), []hourJSON{}
	for i := range hours {
		if h := &hours[i]; h.Delivered+h.Failed > 0 {
			s.Hours = append(s.Hours, hourJSON{event.FormatTime(h.Start), h.Delivered, h.Failed, p95JSON(*h)})
		}
	}
}

func p95JSON(hours ...stats.Hour) *float64 {
	if delivered, _ := stats.Sum(hours...); delivered == 0 {
		return nil
	}
	ms := milliseconds(stats.P95(hours...))
	return &ms
}

func (h *Handlers) webhookView(e *delivery.Endpoint) Webhook {
	return webhookView(e, h.webhooks.Status(e.ID))
}

func webhookView(e *delivery.Endpoint, status worker.Status) Webhook {
	state, since, cause := status.Shown()
	view := Webhook{
		ID: e.ID, URL: e.URL, EventTypes: e.Types.Names(),
		CreatedAt: event.FormatTime(e.CreatedAt), UpdatedAt: event.FormatTime(e.UpdatedAt),
		OverlapUntil: formatOptional(e.OverlapUntil(time.Now())), Settings: e.Settings,
		Status: WebhookStatus{
			State: state, StateSince: formatOptional(since), StateCause: cause,
			FailingSince: formatOptional(status.FailingSince), NextProbe: formatOptional(status.NextProbe), BlockedBy: status.Blocking,
			Behind: status.Behind, Estimated: status.Estimated, WaitingSince: formatOptional(status.WaitingSince),
			InFlight: status.InFlight, Retrying: status.Retrying,
			Exhausted: status.Exhausted, Delivered: status.Delivered, Failed: status.Failed, Expired: status.Expired,
			ExpiredRetries: status.ExpiredRetries,
			Suppressed:     status.Suppressed, Skipped: status.Skipped,
		},
	}
	view.setSecrets(e.SignedWith(time.Now()))
	view.Status.setHours(status.Hours)
	return view
}

// formatOptional formats a time; empty for the zero time.
func formatOptional(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return event.FormatTime(t)
}

// webhookBody is the body of a registration and of a change. A nil pointer is a
// field that was left out, as opposed to an empty one.
type webhookBody struct {
	URL            *string   `json:"url"`
	EventTypes     *[]string `json:"event_types"`
	Secret         *string   `json:"secret"`
	GenerateSecret *bool     `json:"generate_secret"`
	delivery.SettingsChange
}

// registration is webhookBody with the older name that the OpenBiometrics SDKs
// give event_types when they register.
type registration struct {
	webhookBody
	Events *[]string `json:"events"`
}

// set copies a value unless it was left out, and reports whether it did.
func set[T any](to *T, value *T) bool {
	if value != nil {
		*to = *value
	}
	return value != nil
}

// WebhooksPost registers a webhook. It answers 200, as OpenBiometrics does.
func (h *Handlers) WebhooksPost(c *fiber.Ctx) error {
	var body registration
	if err := request.DecodeBody(c, &body); err != nil {
		return err
	}
	if body.Events != nil {
		if body.EventTypes != nil {
			return request.DuplicateName("events", "event_types")
		}
		body.EventTypes = body.Events
	}
	var r webhook.Registration
	set(&r.URL, body.URL)
	set(&r.EventTypes, body.EventTypes)
	set(&r.Secret, body.Secret)
	set(&r.GenerateSecret, body.GenerateSecret)
	body.SettingsChange.Apply(&r.Settings)
	fresh := worker.Status{State: delivery.Active}
	answersWith(c, fiber.StatusOK, func(made *delivery.Endpoint) any { return webhookView(made, fresh) })
	e, secret, err := h.webhooks.Register(c.UserContext(), r)
	if err != nil {
		return err
	}
	audit.SetTarget(c, e.ID)
	answer := webhookView(e, fresh)
	answer.Secret = secret
	return respond.JSON(c, answer)
}

// WebhooksGet lists the webhooks, by default all of them, oldest first.
func (h *Handlers) WebhooksGet(c *fiber.Ctx) error {
	if err := request.KnownParameters(c, "q", "state", "label", "sort"); err != nil {
		return err
	}
	q, err := request.WebhookQuery(request.Query(c))
	if err != nil {
		return err
	}
	all := []Webhook{}
	for _, one := range h.webhooks.List(q) {
		all = append(all, webhookView(one.Endpoint, one.Status))
	}
	return respond.JSON(c, all)
}

// WebhookGet answers one webhook.
func (h *Handlers) WebhookGet(c *fiber.Ctx) error {
	e, err := h.webhooks.Endpoint(c.Params("id"))
	if err != nil {
		return err
	}
	return respond.JSON(c, h.webhookView(e))
}

// WebhookPatch changes the fields that are given.
func (h *Handlers) WebhookPatch(c *fiber.Ctx) error {
	var body webhookBody
	if err := request.DecodeBody(c, &body); err != nil {
		return err
	}
	if body.GenerateSecret != nil {
		return problem.InvalidField("generate_secret", "This field is only for registrations. Give the new secret as secret.")
	}
	change := webhook.Change{URL: body.URL, EventTypes: body.EventTypes, Secret: body.Secret}
	if body.SettingsChange.Apply(new(delivery.Settings)) {
		// It applies to the settings within the commit: another request may be
		// changing the current ones.
		change.Settings = func(settings *delivery.Settings) { body.SettingsChange.Apply(settings) }
	}
	if change.URL == nil && change.EventTypes == nil && change.Secret == nil && change.Settings == nil {
		return &problem.Error{Code: problem.Invalid, Detail: "The request changes nothing. Give at least one of " +
			strings.Join(request.FieldNames(&body), ", ") + "."}
	}
	e, err := h.webhooks.Change(c.UserContext(), c.Params("id"), change)
	if err != nil {
		return err
	}
	return respond.JSON(c, h.webhookView(e))
}

// WebhookDelete removes a webhook.
func (h *Handlers) WebhookDelete(c *fiber.Ctx) error {
	id := c.Params("id")
	if err := h.webhooks.Remove(c.UserContext(), id); err != nil {
		return err
	}
	return respond.JSON(c, map[string]string{"removed": id})
}
