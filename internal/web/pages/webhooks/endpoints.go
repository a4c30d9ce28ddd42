package webhooks

import (
	"time"

	"postern/internal/delivery"
	"postern/internal/webhook/stats"
	"postern/internal/webhook/worker"
	endpointview "postern/views/endpoint"
)

// endpoint returns a webhook as pages show it.
func (h *Handlers) endpoint(id string) (endpointview.Endpoint, error) {
	e, err := h.webhooks.Endpoint(id)
	if err != nil {
		return endpointview.Endpoint{}, err
	}
	return viewOf(e, h.webhooks.Status(id)), nil
}

func viewOf(e *delivery.Endpoint, status worker.Status) endpointview.Endpoint {
	state, since, cause := status.Shown()
	return endpointview.Endpoint{
		ID:           e.ID,
		URL:          e.URL,
		Types:        e.Types,
		Secrets:      e.SignedWith(time.Now()),
		Settings:     e.Settings,
		CreatedAt:    e.CreatedAt,
		State:        state,
		StateAt:      since,
		StateCause:   cause,
		NextProbe:    status.NextProbe,
		Waiting:      status.Behind,
		Estimated:    status.Estimated,
		WaitingSince: status.WaitingSince,
		Blocking:     status.Blocking,
		InFlight:     status.InFlight,
		Retrying:     status.Retrying,
		Exhausted:    status.Exhausted,
		Delivered:    status.Delivered,
		Failed:       status.Failed,
		Expired:      status.Expired, ExpiredRetries: status.ExpiredRetries,
		Suppressed: status.Suppressed,
		Skipped:    status.Skipped,
		Last:       status.Last,
		LastError:  status.LastError,
		Day:        DayView(status.Hours),
	}
}

// DayView returns a webhook's last 24 hours as pages show them.
func DayView(hours []stats.Hour) endpointview.Day {
	d := endpointview.Day{P95: stats.P95(hours...), LastP95: stats.P95(hours[max(0, len(hours)-2):]...)}
	for i := range hours {
		d.Hours = append(d.Hours, endpointview.Hour{Start: hours[i].Start, Delivered: hours[i].Delivered, Failed: hours[i].Failed})
	}
	return d
}
