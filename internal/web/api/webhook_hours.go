package api

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/store/deliveries"
	"postern/internal/web/request"
	"postern/internal/web/respond"
)

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
