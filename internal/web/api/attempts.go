package api

import (
	"errors"
	"strconv"
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

// Attempt is one attempt as the API shows it.
type Attempt struct {
	ID         string  `json:"id,omitempty"`
	EventID    string  `json:"event_id,omitempty"`
	EventType  string  `json:"event_type,omitempty"`
	Seq        int64   `json:"seq,omitzero"`
	At         string  `json:"attempted_at"`
	DurationMS float64 `json:"duration_ms"`
	Try        int     `json:"try"`
	Outcome    string  `json:"outcome"` // delivered or failed
	Status     int     `json:"status,omitzero"`
	Class      string  `json:"class,omitempty"`
	Detail     string  `json:"detail,omitempty"`
	Response   string  `json:"response,omitempty"`
	Replay     bool    `json:"replay,omitzero"`
	// The timeline of a failed or slow attempt.
	Phases          []Phase          `json:"phases,omitempty"`
	Address         string           `json:"address,omitempty"`
	TLS             string           `json:"tls,omitempty"`
	Reused          bool             `json:"reused_connection,omitzero"`
	ResponseHeaders []ResponseHeader `json:"response_headers,omitempty"`
	HeadersLeftOut  int              `json:"response_headers_left_out,omitzero"`
}

// Phase is a step of an attempt. Its times are in milliseconds, Start since the
// attempt began. An attempt without an answer failed in the phase that has Failed.
type Phase struct {
	Phase    string  `json:"phase"`
	Start    float64 `json:"start_ms"`
	Duration float64 `json:"duration_ms"`
	Failed   bool    `json:"failed,omitzero"`
}

// ResponseHeader is a header of an answer.
type ResponseHeader struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// AttemptDetail is one attempt with what is known of its event and its request.
type AttemptDetail struct {
	Attempt
	EventReceived  string `json:"event_received_at,omitempty"`
	EventCommitted string `json:"event_committed_at,omitempty"`
	NextTry        string `json:"next_try,omitempty"`
	// Signature has the headers of the signature as they were sent, by name.
	Signature map[string]string `json:"signature,omitempty"`
}

// WebhookAttempts answers a page of a webhook's attempts, newest first, as an
// array; also of a removed webhook, for as long as retention keeps them.
func (h *Handlers) WebhookAttempts(c *fiber.Ctx) error {
	if err := request.KnownParameters(c, "limit", "cursor", "outcome", "class", "band", "replay", "since", "until"); err != nil {
		return err
	}
	q, err := parseAttemptQuery(c)
	if err != nil {
		return err
	}
	page, err := h.webhooks.Attempts(c.UserContext(), c.Params("id"), q)
	if err != nil {
		return err
	}
	if page.Next != "" {
		respond.LinkNext(c, page.Next)
	}
	out := []Attempt{}
	for _, a := range page.Attempts {
		out = append(out, attemptAnswer(a))
	}
	return respond.JSON(c, out)
}

func attemptAnswer(a delivery.Attempt) Attempt {
	out := Attempt{
		ID: a.ID(), EventID: a.EventID, EventType: a.EventType.String(), Seq: a.Seq, At: event.FormatTime(a.At),
		DurationMS: milliseconds(a.Duration), Try: a.Number, Outcome: "delivered", Replay: a.Replay,
		Status: a.Status, Class: a.Class.String(), Detail: a.Detail, Response: a.Response,
	}
	if !a.OK() {
		out.Outcome = "failed"
	}
	if t := a.Timeline; t != nil {
		failed, known := a.FailedIn()
		for p, at := range t.Phases {
			if at.Reached() {
				out.Phases = append(out.Phases, Phase{delivery.Phase(p).String(), milliseconds(at.From), milliseconds(at.Took()),
					known && failed == delivery.Phase(p)})
			}
		}
		out.Address, out.TLS, out.Reused = t.Address, t.TLS, t.Reused
		for _, h := range t.Headers {
			out.ResponseHeaders = append(out.ResponseHeaders, ResponseHeader(h))
		}
		out.HeadersLeftOut = t.HeadersLeftOut
	}
	return out
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// parseAttemptQuery reads limit, cursor and the filter of a list of attempts.
func parseAttemptQuery(c *fiber.Ctx) (webhook.AttemptQuery, error) {
	values := request.Query(c)
	q := webhook.AttemptQuery{Limit: event.DefaultPageEvents, Cursor: values.Get("cursor")}
	var err error
	if s := values.Get("limit"); s != "" {
		if q.Limit, err = strconv.Atoi(s); err != nil || q.Limit < 1 || q.Limit > event.MaxPageEvents {
			return q, problem.InvalidField("limit", "The limit must be a whole number from 1 to %d.", event.MaxPageEvents)
		}
	}
	q.AttemptFilter, err = request.AttemptFilter(values, c.Context().Time())
	return q, err
}

// WebhookAttempt answers one attempt; also of a removed webhook, without its request.
func (h *Handlers) WebhookAttempt(c *fiber.Ctx) error {
	x, err := h.webhooks.AttemptDetail(c.UserContext(), c.Params("id"), c.Params("attempt"))
	if errors.Is(err, webhook.ErrNotFound) {
		x.Attempt, err = h.webhooks.Attempt(c.UserContext(), c.Params("id"), c.Params("attempt"))
	}
	if err != nil {
		return err
	}
	out := AttemptDetail{Attempt: attemptAnswer(x.Attempt)}
	if e := x.Event; e != nil {
		out.EventReceived, out.EventCommitted = event.FormatTime(e.Received), formatOptional(x.Committed())
	}
	if x.Delivery != nil {
		out.NextTry = formatOptional(x.Delivery.NextAttempt)
	}
	if x.Signed {
		out.Signature = make(map[string]string)
		for _, header := range x.Headers {
			switch {
			case header.Signature, header.Name == "webhook-id", header.Name == "webhook-timestamp":
				out.Signature[header.Name] = header.Value
			}
		}
	}
	return respond.JSON(c, out)
}

// BandHours are a webhook's attempts by hour and band.
type BandHours struct {
	// CountedSince is from when on attempts are counted.
	CountedSince string     `json:"counted_since"`
	Hours        []BandHour `json:"hours"`
}

// BandHour has the attempts that began in an hour, by the names of their bands: the
// delivered by duration, the failed by cause. Bands without attempts are left out.
type BandHour struct {
	Start     string           `json:"start"`
	Delivered map[string]int64 `json:"delivered,omitempty"`
	Failed    map[string]int64 `json:"failed,omitempty"`
}

// WebhookHours answers a webhook's attempts by hour and band, oldest first, of the
// last seven days unless since says otherwise; also of a removed webhook.
func (h *Handlers) WebhookHours(c *fiber.Ctx) error {
	if err := request.KnownParameters(c, "since"); err != nil {
		return err
	}
	now := c.Context().Time()
	since, err := request.QueryTime("since", request.Query(c), now)
	if err != nil {
		return err
	}
	if since.IsZero() {
		since = now.Add(-7 * 24 * time.Hour)
	}
	if first := now.Add(-deliveries.BandAge); since.Before(first) {
		since = first // nothing before is kept
	}
	hours, counted, err := h.webhooks.BandHours(c.UserContext(), c.Params("id"), since, now)
	if err != nil {
		return err
	}
	out := BandHours{CountedSince: event.FormatTime(counted), Hours: []BandHour{}}
	for i := range hours {
		out.Hours = append(out.Hours, bandHourAnswer(&hours[i]))
	}
	return respond.JSON(c, out)
}

func bandHourAnswer(h *delivery.BandHour) BandHour {
	out := BandHour{Start: event.FormatTime(h.Start), Delivered: make(map[string]int64), Failed: make(map[string]int64)}
	for b, n := range h.Counts {
		band := delivery.Band(b)
		switch {
		case n == 0:
		case band.Failed():
			out.Failed[band.String()] = n
		default:
			out.Delivered[band.String()] = n
		}
	}
	return out
}
