package webhookform

import (
	"strings"
	"testing"

	"postern/internal/event"
)

func TestURLChecksInWords(t *testing.T) {
	for _, tc := range []struct {
		check   URLCheck
		says    string
		meaning event.Meaning
	}{
		{URLCheck{Wrong: "The URL is wrong."}, "The URL is wrong.", event.Alert},
		{URLCheck{Host: "a", Problem: "No such name."}, "register it anyway", event.Attention},
		{URLCheck{Host: "a", Addresses: []string{"203.0.114.7"}}, "Resolves to 203.0.114.7. Nothing has been sent yet.", event.Confirmed},
		{URLCheck{Host: "a", Addresses: []string{"1.1.1.1", "1.1.1.2"}, More: 3}, "1.1.1.1, 1.1.1.2 and 3 more.", event.Confirmed},
		{URLCheck{Host: "a", Addresses: []string{"10.0.0.1"}, Refused: []string{"10.0.0.1"}},
			"Deliveries fail until Postern runs with --allow-target", event.Alert},
		{URLCheck{Host: "a", Addresses: []string{"10.0.0.1", "1.1.1.1"}, Refused: []string{"10.0.0.1"}},
			"10.0.0.1 is a loopback, private or special-purpose address: deliveries to it are refused. The other addresses are allowed.",
			event.Attention},
		{URLCheck{Host: "a", Plain: true, Addresses: []string{"1.1.1.1"}}, "others on the network can read the events", event.Attention},
	} {
		if got := tc.check.summary(); !strings.Contains(got, tc.says) || tc.check.meaning() != tc.meaning {
			t.Errorf("%+v: %s, %s", tc.check, got, tc.check.meaning())
		}
	}
}
