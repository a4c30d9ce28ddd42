package eventlist

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"postern/internal/delivery"
)

func TestDeliveriesInWords(t *testing.T) {
	const url = "https://siem.example.com/in"
	for want, d := range map[string]delivery.Delivery{
		"Delivered|Delivered to siem.example.com":                                   {State: delivery.Delivered},
		"Waiting|Waiting for siem.example.com":                                      {State: delivery.Waiting, Webhook: delivery.Active},
		"Waiting, webhook paused|Waiting for siem.example.com, which is paused":     {State: delivery.Waiting, Webhook: delivery.Paused},
		"Waiting, webhook disabled|Waiting for siem.example.com, which is disabled": {State: delivery.Retrying, Webhook: delivery.Disabled},
		"Resending|Waiting for siem.example.com":                                    {State: delivery.Waiting, DeliveredAt: noon},
		"Retrying|Failed at siem.example.com, will be retried":                      {State: delivery.Retrying},
		"Exhausted|Exhausted for siem.example.com":                                  {State: delivery.Exhausted, AttemptCount: 9},
		"Skipped|Not sent to siem.example.com":                                      {State: delivery.Skipped, Webhook: delivery.Active},
		"Not delivered|Not sent to siem.example.com":                                {State: delivery.Skipped},
		"Suppressed|Suppressed for siem.example.com by storm control":               {State: delivery.Suppressed},
		"No record|No record for siem.example.com":                                  {State: delivery.Unknown},
	} {
		d.URL = url
		if got := DeliveryText(&d) + "|" + badgeText(&d); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	icons := make(map[string]delivery.DeliveryState)
	for _, s := range deliveryStates {
		if other, taken := icons[DeliveryIcon(s)]; taken {
			t.Errorf("%s and %s have the same mark", s, other)
		}
		icons[DeliveryIcon(s)] = s
	}
}

func TestMarksOfManyAreSummedUp(t *testing.T) {
	deliveries := make([]delivery.Delivery, 7)
	for i := range deliveries {
		deliveries[i] = delivery.Delivery{URL: "https://a.example/", State: delivery.Delivered}
	}
	deliveries[3].State = delivery.Exhausted
	render := func(some []delivery.Delivery, known bool) string {
		ctx := t.Context()
		if known {
			ctx = WithDeliveries(ctx, map[string][]delivery.Delivery{"one": some})
		}
		var b bytes.Buffer
		if err := DeliveryBadges("one").Render(ctx, &b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	if got := render(deliveries, true); !strings.Contains(got, `title="Exhausted at 1 webhook"`) ||
		!strings.Contains(got, `title="Delivered at 6 webhooks"`) || strings.Contains(got, "data-pending") {
		t.Error(got)
	}
	if got := render(deliveries[:5], true); strings.Count(got, `title="Delivered to a.example"`) != 4 {
		t.Error(got)
	}
	// Badges that weren't looked up are requested; those of an event for no webhook
	// aren't.
	if got := render(nil, false); !strings.Contains(got, "data-pending") {
		t.Error(got)
	}
	if got := render(nil, true); strings.Contains(got, "data-pending") {
		t.Error(got)
	}
}

// noon is the "now" of every golden page.
var noon = time.Date(2026, 3, 19, 12, 0, 0, 0, time.UTC)
