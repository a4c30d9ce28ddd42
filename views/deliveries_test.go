package views

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"postern/internal/event"
)

func day(hours ...Hour) Day {
	d := Day{Hours: make([]Hour, 24)}
	for i := range d.Hours {
		d.Hours[i].Start = noon.Add(time.Duration(i-23) * time.Hour)
	}
	for i, h := range hours {
		at := &d.Hours[24-len(hours)+i]
		at.Delivered, at.Failed = h.Delivered, h.Failed
	}
	return d
}

func TestADayInWords(t *testing.T) {
	for want, d := range map[string]Day{
		"Nothing was sent in the last 24 hours.":                                                                                               day(),
		"100 % of 1 attempt in the last 24 hours succeeded. Nothing was sent in 23 hours.":                                                     day(Hour{Delivered: 1}),
		"99.9 % of 100,001 attempts in the last 24 hours succeeded. The worst hour began at 12:00, with 99.9 %. Nothing was sent in 23 hours.": day(Hour{Delivered: 100_000, Failed: 1}),
		"0.1 % of 100,001 attempts in the last 24 hours succeeded. The worst hour began at 12:00, with 0.1 %. Nothing was sent in 23 hours.":   day(Hour{Delivered: 1, Failed: 100_000}),
		"50 % of 4 attempts in the last 24 hours succeeded. The worst hour began at 11:00, with 0 %. Nothing was sent in 22 hours.":            day(Hour{Failed: 1}, Hour{Delivered: 2, Failed: 1}),
	} {
		if got := d.words(time.UTC); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	d := day(Hour{Delivered: 1}, Hour{})
	d.P95, d.LastP95 = 12*time.Millisecond, 9*time.Millisecond
	said := func(d Day) string {
		var b strings.Builder
		if err := dayLatency(d).Render(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	want := `<span class="quiet">95 % answered within 12 ms in the last 24 h, within 9 ms since <time class="clock" datetime="2026-03-19T11:00:00Z" title="19 March 2026 11:00:00 UTC">11:00</time></span>`
	if got := said(d); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if said(day()) != "" || day().short() != "None" {
		t.Error(said(day()), day().short())
	}
}

func TestADaysBarsShowGapsAndTheLeastFailure(t *testing.T) {
	if d := day(); d.deliveredPath()+d.failedPath() != "" {
		t.Error("where nothing was sent, something is drawn")
	}
	d := day(Hour{Delivered: 1_000_000, Failed: 1}, Hour{}, Hour{Failed: 5})
	if got := d.failedPath(); got != "M105 0h4v3h-4zM115 0h4v24h-4z" {
		t.Error(got)
	}
	if got := d.deliveredPath(); got != "M105 3h4v21h-4z" {
		t.Error(got)
	}
}

func TestDeliveriesInWords(t *testing.T) {
	const url = "https://siem.example.com/in"
	for want, d := range map[string]Delivery{
		"Delivered|Delivered to siem.example.com":                           {State: DeliveryDelivered},
		"Waiting|Waiting for siem.example.com":                              {State: DeliveryWaiting, Webhook: StateActive},
		"Waiting, paused|Waiting for siem.example.com, which is paused":     {State: DeliveryWaiting, Webhook: StatePaused},
		"Waiting, disabled|Waiting for siem.example.com, which is disabled": {State: DeliveryRetrying, Webhook: StateDisabled},
		"Being sent again|Waiting for siem.example.com":                     {State: DeliveryWaiting, DeliveredAt: noon},
		"Retrying|Failed at siem.example.com, will be retried":              {State: DeliveryRetrying},
		"Exhausted|Exhausted for siem.example.com":                          {State: DeliveryExhausted, Tries: 9},
		"Skipped|Not sent to siem.example.com":                              {State: DeliverySkipped, Webhook: StateActive},
		"Not delivered|Not sent to siem.example.com":                        {State: DeliverySkipped},
		"Held back|Held back from siem.example.com by storm control":        {State: DeliveryHeldBack},
		"No record|No record for siem.example.com":                          {State: DeliveryUnknown},
	} {
		d.URL = url
		if got := d.words() + "|" + d.mark(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	icons := make(map[string]DeliveryState)
	for _, s := range deliveryStates {
		if other, taken := icons[s.icon()]; taken {
			t.Errorf("%s and %s have the same mark", s, other)
		}
		icons[s.icon()] = s
	}
}

func TestMarksOfManyAreSummedUp(t *testing.T) {
	deliveries := make([]Delivery, 7)
	for i := range deliveries {
		deliveries[i] = Delivery{URL: "https://a.example/", State: DeliveryDelivered}
	}
	deliveries[3].State = DeliveryExhausted
	render := func(some []Delivery, known bool) string {
		ctx := t.Context()
		if known {
			ctx = WithDeliveries(ctx, map[string][]Delivery{"one": some})
		}
		var b bytes.Buffer
		if err := EventMarks("one").Render(ctx, &b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	if got := render(deliveries, true); !strings.Contains(got, "Exhausted at 1 webhook.") || !strings.Contains(got, "Delivered at 6 webhooks.") || strings.Contains(got, "data-ask") {
		t.Error(got)
	}
	if got := render(deliveries[:5], true); strings.Count(got, "Delivered to a.example.") != 4 {
		t.Error(got)
	}
	// What nobody has looked up is asked for; what is for no webhook isn't.
	if got := render(nil, false); !strings.Contains(got, "data-ask") {
		t.Error(got)
	}
	if got := render(nil, true); strings.Contains(got, "data-ask") {
		t.Error(got)
	}
}

func TestURLChecksInWords(t *testing.T) {
	for _, tc := range []struct {
		check   URLCheck
		says    string
		meaning event.Meaning
	}{
		{URLCheck{Wrong: "The URL is wrong."}, "The URL is wrong.", event.Alert},
		{URLCheck{Host: "a", Problem: "No such name."}, "registered all the same", event.Attention},
		{URLCheck{Host: "a", Addresses: []string{"203.0.114.7"}}, "It leads to 203.0.114.7. Nothing was sent there yet.", event.Confirmed},
		{URLCheck{Host: "a", Addresses: []string{"1.1.1.1", "1.1.1.2"}, More: 3}, "1.1.1.1, 1.1.1.2 and 3 more.", event.Confirmed},
		{URLCheck{Host: "a", Addresses: []string{"10.0.0.1"}, Refused: []string{"10.0.0.1"}}, "Deliveries fail until Postern runs with --allow-target", event.Alert},
		{URLCheck{Host: "a", Addresses: []string{"10.0.0.1", "1.1.1.1"}, Refused: []string{"10.0.0.1"}}, "10.0.0.1 is a loopback, private or special-purpose address, which isn't called. The others are.", event.Attention},
		{URLCheck{Host: "a", Plain: true, Addresses: []string{"1.1.1.1"}}, "whoever is on the way", event.Attention},
	} {
		if got := tc.check.said(); !strings.Contains(got, tc.says) || tc.check.meaning() != tc.meaning {
			t.Errorf("%+v: %s, %s", tc.check, got, tc.check.meaning())
		}
	}
}

func TestEveryFailureSaysWhatToDo(t *testing.T) {
	for _, c := range attemptClasses {
		if (Attempt{Class: c.name, Status: 418}).Remedy() == "" {
			t.Errorf("%s says nothing", c.name)
		}
	}
	seen := make(map[string]bool)
	for _, status := range []int{302, 401, 404, 410, 413, 418, 429, 500} {
		seen[Attempt{Class: "status", Status: status}.Remedy()] = true
	}
	if len(seen) != 8 || (Attempt{OK: true}).Remedy() != "" {
		t.Errorf("%d remedies", len(seen))
	}
}
