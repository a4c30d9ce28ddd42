package overview

import (
	"time"

	"postern/internal/delivery"
	"postern/views/chart"
	"postern/views/endpoint"
	"postern/views/ui"
)

func paused(endpoints []endpoint.Endpoint) int {
	return endpoint.CountState(endpoints, delivery.Paused)
}

func first(endpoints []endpoint.Endpoint, n int) []endpoint.Endpoint {
	return endpoints[:min(n, len(endpoints))]
}

// lastHour are the minutes of the last hour.
func (p Props) lastHour() []chart.Minute {
	return p.Minutes[max(0, len(p.Minutes)-60):]
}

func (p Props) hourChart() chart.Chart {
	return chart.Chart{Title: "Received per minute, last hour", ID: "hour", Bars: p.lastHour(), Length: time.Minute, Row: 5 * time.Minute}
}

func (p Props) dayChart() chart.Chart {
	return chart.Chart{Title: "Received per 15 minutes, last 24 hours", ID: "day", Bars: chart.Bars(p.Minutes, 15*time.Minute),
		Length: 15 * time.Minute, Row: time.Hour}
}

// backlog is the sum of all webhooks' backlogs.
func (p Props) backlog() string {
	var n int64
	estimated := false
	for _, e := range p.Endpoints {
		n += max(e.Waiting, 0) + int64(e.Retrying)
		estimated = estimated || e.Estimated
	}
	if estimated {
		return "about " + ui.Count(n)
	}
	return ui.Count(n)
}
